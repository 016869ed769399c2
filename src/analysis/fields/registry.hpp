// All fields by name.
#pragma once

#include "analysis/fields/field.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace ft::analysis {

/// In the order of a tree: frame, link, network, transport, then what is known of the connection.
std::vector<const Field*> all_fields();

/// nullptr when there is none. Names are case-sensitive, as Wireshark's.
const Field* find_field(std::string_view name);

/// The names nearest to one that does not exist, best first; none when all are far.
std::vector<std::string_view> near_fields(std::string_view name, std::size_t most = 3);

/// The name among `words` that differs least; "" when all are far.
std::string_view nearest_of(std::string_view word, std::span<const std::string_view> words);

}  // namespace ft::analysis
