// The stories of scenarios/*.toml, carried inside the program (cmake/scenarios.cmake generates the definition).
#pragma once

#include <span>
#include <string_view>

namespace ft::sim {

struct EmbeddedScenario {
  std::string_view name;  // the file's name without ".toml": "handshake"
  std::string_view text;  // the file, octet for octet
};

/// Sorted by name; static storage.
std::span<const EmbeddedScenario> embedded_scenarios();

}  // namespace ft::sim
