#include "sim/torture/moves.hpp"

#include <algorithm>
#include <array>

namespace ft::sim::torture {
namespace {

constexpr std::array<std::string_view, 11> names = {"CLOSED",      "LISTEN",     "SYN-SENT",   "SYN-RECEIVED",
                                                    "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT",
                                                    "CLOSING",     "LAST-ACK",   "TIME-WAIT"};

struct Move {
  Phase from, to;
};
using enum Phase;

/// By the arrival of one segment; one that acknowledges and ends the stream makes two steps of the figure at once.
constexpr Move arrivals[] = {
    {listen, syn_received},      {syn_sent, established},    {syn_sent, syn_received},
    {syn_sent, close_wait},  // SYN, ACK and FIN in one
    {syn_received, established}, {syn_received, close_wait}, {syn_received, listen},
    {syn_received, fin_wait_2},  // the FIN was queued before the handshake was over
    {syn_received, closing},     {established, close_wait},  {fin_wait_1, fin_wait_2},
    {fin_wait_1, closing},       {fin_wait_1, time_wait},    {fin_wait_2, time_wait},
    {closing, time_wait},        {last_ack, closed},         {time_wait, syn_received},  // RFC 6191
    {listen, established},                             // a SYN cookie came back: what was between was remembered by nobody
    {listen, close_wait},        {time_wait, listen},  // RFC 6191 with a cookie for the answer
};

}  // namespace

std::optional<Phase> phase_of(std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Phase>(found - names.begin());
}

bool may_move(Phase from, Phase to, Mover by) {
  if (from == to) return true;
  switch (by) {
    case Mover::sending:  // of the FIN; and of what an active open begins with
      return (from == established && to == fin_wait_1) || (from == close_wait && to == last_ack) ||
             (from == syn_received && to == fin_wait_1);
    case Mover::arrival:
      if (to == closed) return from != listen && from != time_wait;  // a reset
      return std::any_of(std::begin(arrivals), std::end(arrivals), [&](const Move& m) { return m.from == from && m.to == to; });
    case Mover::other:
      return to == closed || (from == closed && (to == syn_sent || to == listen)) || (from == syn_received && to == listen);
  }
  return false;
}

}  // namespace ft::sim::torture
