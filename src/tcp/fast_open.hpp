// TCP Fast Open (RFC 7413) as far as one connection knows of it: text on the SYN, and what became of it. Cookies are made,
// checked and remembered by the stack.
#pragma once

#include "wire/tcp.hpp"

#include <cstdint>
#include <optional>

namespace ft::tcp {

/// Held only while the handshake lasts.
struct FastOpen {
  // Active open:
  wire::FastOpenCookie cookie;   // goes with the first SYN; empty: asks for one
  bool without_cookie = false;   // no option at all: the server is known to believe everybody (RFC 7413 7.3)
  std::uint32_t text_limit = 0;  // octets of text that may ride on the first SYN
  std::uint32_t text_sent = 0;   // octets that did
  bool answered = false;         // the SYN-ACK came; the rest is what it said
  bool syn_repeated = false;     // ... only to a SYN without text and cookie
  std::uint32_t text_acknowledged = 0;
  std::optional<wire::FastOpenCookie> learnt;
  std::uint16_t peer_mss = 0;

  // Passive open: text came with the SYN and a good cookie; the handshake is not over.
  bool pending = false;
  bool syn_ack_due = false;
  bool fin_wanted = false;  // the application closed its direction: the FIN waits for the handshake
  std::uint8_t syn_acks = 0;
  std::optional<wire::FastOpenCookie> fresh;  // goes with the first SYN-ACK: the peer's cookie is of an old key
};

}  // namespace ft::tcp
