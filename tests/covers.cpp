#include "covers.hpp"

#include <algorithm>

namespace ft::test {

namespace {

std::vector<std::string>& said() {
  static std::vector<std::string> requirements;
  return requirements;
}

}  // namespace

void covers(std::initializer_list<std::string_view> requirements) {
  for (const std::string_view requirement : requirements)
    if (std::find(said().begin(), said().end(), requirement) == said().end()) said().emplace_back(requirement);
}

const std::vector<std::string>& covered() { return said(); }

void forget_covered() { said().clear(); }

}  // namespace ft::test
