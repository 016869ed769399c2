// The state machine as data (RFC 9293 3.3.2): one table of edges, each with its clause. The diagram in the docs is generated
// from it, and a connection can move along these edges only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ft::tcp {

enum class State : std::uint8_t {
  closed,
  listen,
  syn_sent,
  syn_received,
  established,
  fin_wait_1,
  fin_wait_2,
  close_wait,
  closing,
  last_ack,
  time_wait,
};
inline constexpr std::size_t state_count = 11;

/// The RFC's name: "FIN-WAIT-1".
std::string_view to_string(State state);

/// What moves a connection from state to state.
enum class Transition : std::uint8_t {
  active_open,       // OPEN call, SYN to be sent
  passive_open,      // LISTEN
  syn,               // a SYN without ACK arrived
  syn_ack,           // a SYN that acknowledges ours arrived
  ack_of_syn,        // our SYN is acknowledged
  fin_sent,          // CLOSE call: the FIN left
  fin,               // the peer's FIN arrived in order
  ack_of_fin,        // our FIN is acknowledged
  time_out,          // 2 MSL passed
  return_to_listen,  // RST or SYN in SYN-RECEIVED after a passive open
  reset,             // RST, abort, or a timeout that gives up
  close,             // CLOSE call before anything was sent or agreed
};

struct Edge {
  State from;
  Transition by;
  State to;
  std::string_view clause;
};

std::span<const Edge> edges();

/// Where `by` leads from `from`; nullopt when the RFC knows no such edge.
std::optional<State> next(State from, Transition by);

/// ESTABLISHED and later: both SYNs are acknowledged (RFC 9293 3.3.2).
constexpr bool is_synchronized(State s) { return s >= State::established; }
/// The application may still queue data.
constexpr bool may_send(State s) {
  return s == State::syn_sent || s == State::syn_received || s == State::established || s == State::close_wait;
}
/// The peer may still send text: its FIN has not arrived.
constexpr bool may_receive(State s) {
  return s == State::syn_received || s == State::established || s == State::fin_wait_1 || s == State::fin_wait_2;
}

}  // namespace ft::tcp
