#include "analysis/fields/registry.hpp"

#include "analysis/fields/extract.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace ft::analysis {
namespace {

std::array<std::span<const Field>, 9> tables() {
  return {frame_fields(), link_fields(), ipv4_fields(),       ipv6_fields(),      icmp_fields(),
          udp_fields(),   tcp_fields(),  tcp_option_fields(), connection_fields()};
}

/// Letters to add, leave out, change, or swap with their neighbour, to make one word of the other; `most` + 1 when it takes more.
std::size_t letters_between(std::string_view a, std::string_view b, std::size_t most) {
  constexpr std::size_t room = 64;
  if (a.size() >= room || b.size() >= room || a.size() > b.size() + most || b.size() > a.size() + most) return most + 1;
  std::array<std::array<std::size_t, room>, 3> rows{};
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i + 2) % 3];
    const auto& two_above = rows[(i + 1) % 3];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], two_above[j - 2] + 1);
    }
  }
  return rows[a.size() % 3][b.size()];
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr std::size_t tolerance(std::size_t letters) { return letters < 4 ? 1 : letters < 8 ? 2 : 3; }

}  // namespace

std::vector<const Field*> all_fields() {
  std::vector<const Field*> all;
  for (const std::span<const Field> table : tables())
    for (const Field& field : table) all.push_back(&field);
  return all;
}

const Field* find_field(std::string_view name) {
  for (const std::span<const Field> table : tables())
    for (const Field& field : table)
      if (field.name == name) return &field;
  return nullptr;
}

std::vector<std::string_view> near_fields(std::string_view name, std::size_t most) {
  std::string small(name.substr(0, 64));
  std::ranges::transform(small, small.begin(), lower);
  std::vector<std::pair<std::size_t, const Field*>> found;
  const std::vector<const Field*> all = all_fields();
  const std::size_t limit = tolerance(small.size());
  for (const Field* field : all) {
    std::size_t distance = letters_between(small, field->name, limit);
    // "tcp.flags.rst" means tcp.flags.reset, "dstport" means tcp.dstport.
    if (distance > limit && small.size() >= 4 && field->name.ends_with("." + small)) distance = limit;
    if (distance > limit && small.size() >= 5 && field->name.starts_with(small)) distance = limit;
    if (distance <= limit) found.emplace_back(distance, field);
  }
  // Equally near ones in the order of the tables.
  std::ranges::sort(found, {}, [&](const auto& one) { return std::pair(one.first, std::ranges::find(all, one.second)); });
  std::vector<std::string_view> names;
  for (const auto& [distance, field] : found)
    if (names.size() < most && (names.empty() || distance <= found.front().first + 1)) names.push_back(field->name);
  return names;
}

std::string_view nearest_of(std::string_view word, std::span<const std::string_view> words) {
  std::string_view best;
  std::size_t least = tolerance(word.size()) + 1;
  for (std::string_view one : words) {
    const std::size_t distance = letters_between(word, one, least);
    if (distance < least) {
      least = distance;
      best = one;
    }
  }
  return best;
}

}  // namespace ft::analysis
