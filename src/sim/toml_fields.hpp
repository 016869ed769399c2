// TOML values into the fields of structs: a table of names says what may stand where, and what cannot be read is told in one
// sentence with its line.
#pragma once

#include "sim/toml.hpp"
#include "sim/units.hpp"

#include "fourtuple/time.hpp"

#include <algorithm>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ft::sim {

/// What was wrong, and the line when it is another than the value's own.
struct Complaint {
  std::string text;
  unsigned line = 0;
};
using Problem = std::optional<Complaint>;

/// A key of a table and what takes its value.
template <class Target>
struct Field {
  std::string_view name;
  Problem (*set)(Target&, const toml::node&);
};

unsigned line_of(const toml::node& node);
Problem complain(std::string text);

Problem set_text(std::string& target, const toml::node& node);
Problem set_bool(bool& target, const toml::node& node);
Problem set_duration(Duration& target, const toml::node& node);
/// Octets as a whole number or as a text: 4096 or "4KiB".
Problem set_octets(std::uint32_t& target, const toml::node& node);

template <class Integer>
Problem set_integer(Integer& target, const toml::node& node, std::int64_t least, std::int64_t most) {
  const auto* value = node.as_integer();
  if (value == nullptr || value->get() < least || value->get() > most)
    return complain("must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  target = static_cast<Integer>(value->get());
  return std::nullopt;
}

/// A text that parse() understands.
template <class Target, class Value>
Problem set_parsed(Target& target, const toml::node& node, std::expected<Value, std::string> (*parse)(std::string_view)) {
  std::string text;
  if (auto problem = set_text(text, node)) return problem;
  auto value = parse(text);
  if (!value) return complain(value.error());
  target = std::move(*value);
  return std::nullopt;
}

Problem for_each_element(const toml::node& node, std::size_t most, auto&& take) {
  const auto* array = node.as_array();
  if (array == nullptr) return complain("must be a list in [ ]");
  if (array->size() > most) return complain("has more than " + std::to_string(most) + " entries");
  for (const toml::node& element : *array) {
    if (Problem problem = take(element)) {
      if (problem->line == 0) problem->line = line_of(element);
      return problem;
    }
  }
  return std::nullopt;
}

/// The complaint about a key that is not among `known`.
Problem unknown_key(const toml::key& key, std::span<const std::string_view> known);

/// Every key must be known; the error bears the line of the key's value.
template <class Target>
Problem read_table(Target& target, const toml::node& node, std::span<const Field<Target>> fields) {
  const auto* table = node.as_table();
  if (table == nullptr) return complain("must be a table");
  for (const auto& [key, value] : *table) {
    const std::string_view name{key.str()};
    const auto field = std::ranges::find(fields, name, &Field<Target>::name);
    if (field == fields.end()) {
      std::vector<std::string_view> known;
      for (const auto& f : fields) known.push_back(f.name);
      return unknown_key(key, known);
    }
    if (Problem problem = field->set(target, value)) {
      if (problem->line == 0) *problem = {std::string{name} + " " + problem->text, line_of(value)};
      return problem;
    }
  }
  return std::nullopt;
}

}  // namespace ft::sim
