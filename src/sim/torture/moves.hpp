// Which moves from state to state one segment, one timer or one call may make (RFC 9293 3.3.2, figure 5). Written down a second
// time on purpose: the connection's own table is what is being judged.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ft::sim::torture {

enum class Phase : std::uint8_t {
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

/// From the RFC's name; nullopt for anything else.
std::optional<Phase> phase_of(std::string_view name);

enum class Mover : std::uint8_t { sending, arrival, other };  // a segment left, a segment came, a call or a timer

bool may_move(Phase from, Phase to, Mover by);

}  // namespace ft::sim::torture
