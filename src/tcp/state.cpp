#include "tcp/state.hpp"

#include <array>

namespace ft::tcp {

namespace {

using enum State;
using T = Transition;

constexpr auto edge_table = std::to_array<Edge>({
    {closed, T::passive_open, listen, "RFC 9293 3.10.1"},
    {closed, T::active_open, syn_sent, "RFC 9293 3.10.1"},
    {listen, T::syn, syn_received, "RFC 9293 3.10.7.2"},
    {listen, T::close, closed, "RFC 9293 3.10.4"},
    {syn_sent, T::syn_ack, established, "RFC 9293 3.10.7.3"},
    {syn_sent, T::syn, syn_received, "RFC 9293 3.5, figure 7"},
    {syn_sent, T::close, closed, "RFC 9293 3.10.4"},
    {syn_sent, T::reset, closed, "RFC 9293 3.10.7.3"},
    {syn_received, T::ack_of_syn, established, "RFC 9293 3.10.7.4"},
    {syn_received, T::return_to_listen, listen, "RFC 9293 3.10.7.4"},
    {syn_received, T::fin_sent, fin_wait_1, "RFC 9293 3.10.4"},
    {syn_received, T::fin, close_wait, "RFC 9293 3.10.7.4"},
    {syn_received, T::reset, closed, "RFC 9293 3.10.7.4"},
    {established, T::fin_sent, fin_wait_1, "RFC 9293 3.10.4"},
    {established, T::fin, close_wait, "RFC 9293 3.10.7.4"},
    {established, T::reset, closed, "RFC 9293 3.10.7.4"},
    {fin_wait_1, T::ack_of_fin, fin_wait_2, "RFC 9293 3.10.7.4"},
    {fin_wait_1, T::fin, closing, "RFC 9293 3.10.7.4"},
    {fin_wait_1, T::reset, closed, "RFC 9293 3.10.7.4"},
    {fin_wait_2, T::fin, time_wait, "RFC 9293 3.10.7.4"},
    {fin_wait_2, T::reset, closed, "RFC 9293 3.10.7.4"},
    {close_wait, T::fin_sent, last_ack, "RFC 9293 3.10.4"},
    {close_wait, T::reset, closed, "RFC 9293 3.10.7.4"},
    {closing, T::ack_of_fin, time_wait, "RFC 9293 3.10.7.4"},
    {closing, T::reset, closed, "RFC 9293 3.10.7.4"},
    {last_ack, T::ack_of_fin, closed, "RFC 9293 3.10.7.4"},
    {last_ack, T::reset, closed, "RFC 9293 3.10.7.4"},
    {time_wait, T::time_out, closed, "RFC 9293 3.10.8"},
    {time_wait, T::reset, closed, "RFC 9293 3.10.5"},
});

constexpr std::optional<State> lookup(State from, Transition by) {
  for (const Edge& edge : edge_table)
    if (edge.from == from && edge.by == by) return edge.to;
  return std::nullopt;
}

constexpr bool is_deterministic() {
  for (std::size_t i = 0; i < edge_table.size(); ++i)
    for (std::size_t j = i + 1; j < edge_table.size(); ++j)
      if (edge_table[i].from == edge_table[j].from && edge_table[i].by == edge_table[j].by) return false;
  return true;
}

/// From every state but CLOSED some path leads to CLOSED, and every state can be reached.
constexpr bool is_connected() {
  for (std::size_t s = 0; s < state_count; ++s) {
    bool leaves = false;
    bool entered = false;
    for (const Edge& edge : edge_table) {
      leaves = leaves || static_cast<std::size_t>(edge.from) == s;
      entered = entered || static_cast<std::size_t>(edge.to) == s;
    }
    if (!leaves || !entered) return false;
  }
  return true;
}

static_assert(is_deterministic());
static_assert(is_connected());
static_assert(lookup(syn_sent, T::syn_ack) == established);
static_assert(!lookup(closed, T::fin));
static_assert(!lookup(time_wait, T::fin_sent));

/// The same for who asks often: a place for each pair; no_edge where there is none.
constexpr std::uint8_t no_edge = 0xff;
constexpr std::size_t transition_count = static_cast<std::size_t>(T::close) + 1;
constexpr auto next_table = [] {
  std::array<std::uint8_t, state_count * transition_count> table{};
  table.fill(no_edge);
  for (const Edge& edge : edge_table)
    table[static_cast<std::size_t>(edge.from) * transition_count + static_cast<std::size_t>(edge.by)] =
        static_cast<std::uint8_t>(edge.to);
  return table;
}();

constexpr std::array<std::string_view, state_count> names = {"CLOSED",      "LISTEN",     "SYN-SENT",   "SYN-RECEIVED",
                                                             "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT",
                                                             "CLOSING",     "LAST-ACK",   "TIME-WAIT"};

}  // namespace

std::string_view to_string(State state) { return names[static_cast<std::size_t>(state)]; }
std::span<const Edge> edges() { return edge_table; }
std::optional<State> next(State from, Transition by) {
  const std::uint8_t to = next_table[static_cast<std::size_t>(from) * transition_count + static_cast<std::size_t>(by)];
  return to == no_edge ? std::nullopt : std::optional(static_cast<State>(to));
}

}  // namespace ft::tcp
