// What the SYN exchange says about Explicit Congestion Notification (RFC 3168 6.1.1, RFC 9768 3.1 and 3.2.2.1): which flags to
// send, and what those that arrive mean. AE, CWR and ECE go together as one number of three bits, AE the highest.
#pragma once

#include "fourtuple/config.hpp"

#include <cstdint>
#include <optional>

namespace ft::tcp {

/// How the two ends tell each other of marks.
enum class EcnMode : std::uint8_t {
  off,
  classic,   // ECE until CWR (RFC 3168 6.1.2, 6.1.3)
  accurate,  // counters (RFC 9768)
};

/// The IP header's ECN field (RFC 3168 5).
namespace codepoint {
inline constexpr std::uint8_t not_ect = 0, ect_1 = 1, ect_0 = 2, ce = 3;
}

/// The three flags of SYNs and SYN-ACKs (RFC 9768 3.1.1, table 2).
namespace ecn_setup {
inline constexpr std::uint8_t none = 0b000, classic_syn = 0b011, classic_syn_ack = 0b001, accurate_syn = 0b111;
}

/// The flags of our SYN after so many retransmissions. What asks for accurate feedback is lost twice before we believe that the
/// path dislikes it (RFC 9768 3.1.4.1), the older one once (RFC 3168 6.1.1.1); neither is followed by the other (9768 3.1.5).
std::uint8_t syn_flags(const ft::TcpOptions& ours, unsigned retransmissions);

/// What an arriving SYN makes of us, as its listener or in a simultaneous open. Combinations that mean nothing yet ask for the
/// best we have (RFC 9768 3.1.3).
EcnMode mode_of_syn(const ft::TcpOptions& ours, std::uint8_t flags);

/// The flags of the SYN-ACK, which say how the latest SYN's IP header arrived (RFC 9768 table 2).
std::uint8_t syn_ack_flags(EcnMode mode, std::uint8_t syn_codepoint);

/// Both kinds of SYN in one handshake: neither end could know what the other one uses (RFC 9768 3.1.5).
bool is_mixed_setup(const ft::TcpOptions& ours, EcnMode first, std::uint8_t later_syn_flags);

struct SynAckMeaning {
  EcnMode mode = EcnMode::off;
  std::optional<std::uint8_t> syn_codepoint{};  // how our SYN arrived; none: it was not said
};
/// What a SYN-ACK agrees to, when the best we asked for was `asked` (syn_flags()).
SynAckMeaning judge_syn_ack(std::uint8_t asked, std::uint8_t flags);

/// How the SYN-ACK arrived, told by the ACK of it (RFC 9768 3.2.2.1, table 3: the same code).
std::uint8_t handshake_ace(std::uint8_t syn_ack_codepoint);

struct HandshakeAck {
  bool bleached = false;                            // zero: somebody on the path, or the client, does not play along
  std::optional<std::uint8_t> syn_ack_codepoint{};  // none: unused values
};
/// Table 4: the same, read by the server in SYN-RECEIVED.
HandshakeAck judge_handshake_ack(std::uint8_t ace);

/// The mode after a handshake without a record (SYN cookies): accurate when the ACK's ACE field says so, for the other two kinds
/// leave it 0 or 1 (RFC 9768 5.1); `classic`: what the cookie kept.
EcnMode mode_of_cookie(const ft::TcpOptions& ours, bool classic, std::uint8_t ace);

}  // namespace ft::tcp
