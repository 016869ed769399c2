#include "tcp/ecn.hpp"

#include <array>

namespace ft::tcp {

namespace {
/// By codepoint: not ECT, ECT(1), ECT(0), CE.
constexpr std::array<std::uint8_t, 4> handshake_code{0b010, 0b011, 0b100, 0b110};

std::optional<std::uint8_t> codepoint_of(std::uint8_t code) {
  for (std::uint8_t point = 0; point < handshake_code.size(); ++point)
    if (handshake_code[point] == code) return point;
  return std::nullopt;
}
}  // namespace

std::uint8_t syn_flags(const ft::TcpOptions& ours, unsigned retransmissions) {
  if (!ours.ecn_request || ours.ecn == Ecn::off) return ecn_setup::none;
  if (ours.ecn == Ecn::accurate) return retransmissions <= 1 ? ecn_setup::accurate_syn : ecn_setup::none;
  return retransmissions == 0 ? ecn_setup::classic_syn : ecn_setup::none;
}

EcnMode mode_of_syn(const ft::TcpOptions& ours, std::uint8_t flags) {
  if (ours.ecn == Ecn::off || flags == ecn_setup::none) return EcnMode::off;
  if (ours.ecn == Ecn::accurate && flags != ecn_setup::classic_syn) return EcnMode::accurate;
  // To RFC 3168 a SYN asks when both ECE and CWR are set; it knows no third flag.
  return (flags & ecn_setup::classic_syn) == ecn_setup::classic_syn ? EcnMode::classic : EcnMode::off;
}

std::uint8_t syn_ack_flags(EcnMode mode, std::uint8_t syn_codepoint) {
  if (mode == EcnMode::accurate) return handshake_code[syn_codepoint & 3];
  return mode == EcnMode::classic ? ecn_setup::classic_syn_ack : ecn_setup::none;
}

bool is_mixed_setup(const ft::TcpOptions& ours, EcnMode first, std::uint8_t later_syn_flags) {
  if (ours.ecn != Ecn::accurate || later_syn_flags == ecn_setup::none) return false;
  const bool classic = later_syn_flags == ecn_setup::classic_syn;
  return classic ? first == EcnMode::accurate : first == EcnMode::classic;
}

SynAckMeaning judge_syn_ack(std::uint8_t asked, std::uint8_t flags) {
  if (asked == ecn_setup::none || flags == ecn_setup::none) return {};
  // RFC 3168 6.1.1: ECE without CWR. The third flag was the nonce's (RFC 3540) and says nothing here.
  if (asked == ecn_setup::classic_syn)
    return {(flags & 0b011) == ecn_setup::classic_syn_ack ? EcnMode::classic : EcnMode::off, {}};
  if (flags == ecn_setup::classic_syn_ack) return {EcnMode::classic, {}};
  if (flags == ecn_setup::accurate_syn) return {};  // our own flags come back: it knows none of this
  return {EcnMode::accurate, codepoint_of(flags)};  // 0b101 is yet unused and agrees (RFC 9768 3.1.3)
}

std::uint8_t handshake_ace(std::uint8_t syn_ack_codepoint) { return handshake_code[syn_ack_codepoint & 3]; }

HandshakeAck judge_handshake_ack(std::uint8_t ace) { return {ace == 0, codepoint_of(ace)}; }

EcnMode mode_of_cookie(const ft::TcpOptions& ours, bool classic, std::uint8_t ace) {
  if (ours.ecn == Ecn::off) return EcnMode::off;
  if (ours.ecn == Ecn::accurate && ace >= 2) return EcnMode::accurate;
  return classic ? EcnMode::classic : EcnMode::off;
}

}  // namespace ft::tcp
