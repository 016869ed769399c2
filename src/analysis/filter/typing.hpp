// Which types may stand together in a filter, and what comes out of it.
#pragma once

#include "analysis/filter/program.hpp"

#include <optional>
#include <string>

namespace ft::analysis::filter {

/// A value that was compiled, or a literal that waits to be told its type.
struct Value {
  FieldType type = FieldType::none;
  std::uint16_t place = 0;  // its register
  bool literal = false;
  const Field* field = nullptr;  // whose values they are, for names and words
  bool whole_protocol = false;   // not a part of one
  bool tested = false;           // can stand alone as a condition because it is zero or not: arithmetic
};

/// How the two are compared; nullopt when they cannot be.
std::optional<Comparison> comparable(const Value& a, const Value& b);
/// The relation with its sides exchanged.
Op mirrored(Op op);

/// Whether a function takes such an argument, and what it gives when that is its first one.
bool takes(const FunctionRule& rule, const Value& value);
FieldType given(const FunctionRule& rule, const Value& first);

/// The text as messages show it.
std::string quoted(const Lexeme& at);
/// A word that was rather meant as a number or an address than as a name.
bool looks_like_value(const Lexeme& at);

}  // namespace ft::analysis::filter
