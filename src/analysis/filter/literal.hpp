// Values as people write them, read as the type of the field that they are compared with.
#pragma once

#include "analysis/fields/field.hpp"
#include "analysis/filter/syntax.hpp"

#include <expected>
#include <string>

namespace ft::analysis::filter {

/// `storage` keeps the octets of the value and must outlive it. `field` gives names to numbers; it may be nullptr.
std::expected<Occurrence, FilterError> read_literal(const Lexeme& lexeme, FieldType type, const Field* field,
                                                    std::string& storage);

/// The greatest value of an unsigned type.
std::uint64_t greatest(FieldType type);

}  // namespace ft::analysis::filter
