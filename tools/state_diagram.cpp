// Prints docs/internals/states.md: the state machine of src/tcp/state.hpp as a Mermaid diagram and as a table. A test compares
// the file with what this prints (tests/arrows/CMakeLists.txt).
#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>

#include "tcp/state.hpp"

namespace {

using ft::tcp::Edge;
using ft::tcp::Transition;

/// What a reader of the diagram calls it: event, and what is sent where the RFC's own figure says so.
std::string_view words(Transition by) {
  switch (by) {
    case Transition::active_open:
      return "active open, send SYN";
    case Transition::passive_open:
      return "passive open";
    case Transition::syn:
      return "receive SYN, send SYN and ACK";
    case Transition::syn_ack:
      return "receive SYN and ACK, send ACK";
    case Transition::ack_of_syn:
      return "receive ACK of our SYN";
    case Transition::fin_sent:
      return "close, send FIN";
    case Transition::fin:
      return "receive FIN, send ACK";
    case Transition::ack_of_fin:
      return "receive ACK of our FIN";
    case Transition::time_out:
      return "2 MSL have passed";
    case Transition::return_to_listen:
      return "receive RST after a passive open";
    case Transition::reset:
      return "RST, abort or giving up";
    case Transition::close:
      return "close";
  }
  return "?";
}

/// Mermaid's names of states have no dashes.
std::string identifier(ft::tcp::State state) {
  std::string name{to_string(state)};
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::string text(std::string_view view) { return std::string{view}; }

}  // namespace

int main() {
  std::puts("# The states of a connection\n");
  std::puts(
      "Generated from the table in `src/tcp/state.cpp` by `tools/state_diagram.cpp`; a test fails when the two differ. To write "
      "it anew:");
  std::puts("`build/release/tools/state_diagram > docs/internals/states.md`.\n");
  std::puts(
      "Resets, aborts and timeouts that give up lead to CLOSED from wherever a peer is known; the diagram leaves them out, the "
      "table has them.\n");
  std::puts("```mermaid\nstateDiagram-v2\n    direction TB");
  for (std::size_t i = 0; i < ft::tcp::state_count; ++i) {
    const auto state = static_cast<ft::tcp::State>(i);
    std::printf("    state \"%s\" as %s\n", text(to_string(state)).c_str(), identifier(state).c_str());
  }
  std::puts("    [*] --> CLOSED");
  for (const Edge& edge : ft::tcp::edges())
    if (edge.by != Transition::reset)
      std::printf("    %s --> %s : %s\n", identifier(edge.from).c_str(), identifier(edge.to).c_str(),
                  text(words(edge.by)).c_str());
  std::puts("```\n");
  std::puts("| from | what happens | to | source |\n|---|---|---|---|");
  for (const Edge& edge : ft::tcp::edges())
    std::printf("| %s | %s | %s | %s |\n", text(to_string(edge.from)).c_str(), text(words(edge.by)).c_str(),
                text(to_string(edge.to)).c_str(), text(edge.clause).c_str());
}
