// What fields are read from: a frame, and what is known about it that is not in its octets. Whoever filters fills in what it has;
// what is not there makes the fields that need it absent. Filter::needs() says what is worth having.
#pragma once

#include "analysis/dissect/frame.hpp"
#include "analysis/flow/connection.hpp"
#include "fourtuple/time.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace ft::analysis {

/// Numbers of a TCP segment as people read them: relative to where its side began. Made by StreamNumbers.
struct TcpNumbers {
  std::uint32_t stream = 0;
  std::uint32_t seq = 0, ack = 0;            // relative
  std::uint32_t next = 0;                    // relative: seq, text, SYN and FIN
  std::uint32_t window = 0;                  // octets
  std::int32_t scale = -1;                   // what the window was multiplied with; -1 not known, -2 no scaling
  bool scale_told = false;                   // false in SYN segments, whose windows are never scaled
  std::uint8_t completeness = 0;             // bits: SYN 1, SYN-ACK 2, ACK 4, text 8, FIN 16, RST 32
  Duration since_first{}, since_previous{};  // in this stream
};

struct FrameContext {
  const Frame& frame;
  Instant first{};                               // of the capture
  std::optional<Instant> previous{};             // frame
  std::optional<Instant> displayed{};            // the frame before it that was shown
  std::string_view interface_name{};             // borrowed
  const TcpNumbers* tcp = nullptr;               // of the frame's segment
  const TcpNumbers* quoted = nullptr;            // of the stream that an ICMP error quotes: no sequence numbers
  std::optional<std::uint32_t> quoted_stream{};  // of the segment that an ICMP error quotes
  std::optional<std::uint32_t> udp_stream{};

  // What the end of the capture told.
  const Connection* connection = nullptr;  // of the segment, or of the one that an ICMP error quotes
  bool judged = false;                     // label, cause and of_frame hold
  Label label = Label::original;
  RepeatCause cause = RepeatCause::none;
  std::uint64_t of_frame = 0;  // the first copy, of a repeat
  bool lost = false;           // its octets had to be sent again, and not in vain
};

}  // namespace ft::analysis
