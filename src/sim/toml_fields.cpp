#include "sim/toml_fields.hpp"

#include "sim/spelling.hpp"

namespace ft::sim {

namespace {
constexpr std::size_t most_text = 4000;
constexpr std::uint32_t most_octets = 1u << 30;
}  // namespace

unsigned line_of(const toml::node& node) { return node.source().begin.line; }

Problem complain(std::string text) { return Complaint{std::move(text)}; }

Problem unknown_key(const toml::key& key, std::span<const std::string_view> known) {
  return Complaint{unknown_word("key", key.str(), known), key.source().begin.line};
}

Problem set_text(std::string& target, const toml::node& node) {
  const auto* text = node.as_string();
  if (text == nullptr) return complain("must be a text in quotes");
  if (text->get().size() > most_text) return complain("is longer than " + std::to_string(most_text) + " octets");
  target = text->get();
  return std::nullopt;
}

Problem set_bool(bool& target, const toml::node& node) {
  const auto* value = node.as_boolean();
  if (value == nullptr) return complain("must be true or false");
  target = value->get();
  return std::nullopt;
}

Problem set_duration(Duration& target, const toml::node& node) { return set_parsed(target, node, parse_duration); }

Problem set_octets(std::uint32_t& target, const toml::node& node) {
  if (node.is_integer()) return set_integer(target, node, 1, most_octets);
  std::uint64_t octets = 0;
  if (auto problem = set_parsed(octets, node, parse_size)) return problem;
  if (octets < 1 || octets > most_octets) return complain("must be from 1 octet to 1GiB");
  target = static_cast<std::uint32_t>(octets);
  return std::nullopt;
}

}  // namespace ft::sim
