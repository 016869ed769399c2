// The stories of scenarios/*.toml, built into the program (cmake/embed_scenarios.cmake generates the function's body).
#pragma once

#include <span>
#include <string_view>

namespace ft::sim {

struct EmbeddedScenario {
  std::string_view name;  // the file's name without .toml
  std::string_view text;
};

/// All of them, in the order of their names.
std::span<const EmbeddedScenario> embedded_scenarios();

}  // namespace ft::sim
