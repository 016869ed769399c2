// What the events of fourtuple/trace.hpp look like in words: one line an event, flags as tcpdump's readers know them by
// name, and the comment that a capture carries on each packet.
#pragma once

#include "fourtuple/trace.hpp"

#include <string>

namespace ft::trace {

/// "SYN,ACK"; "none" when no flag is set.
std::string flags_text(std::uint8_t flags, bool ae = false);
/// "31 ms", "1.5 s", "800 ns": at most three decimals.
std::string duration_text(Duration time);
/// "queued 20, unacknowledged 1460", "sent_before 31 ms"
std::string particulars_text(const Particulars& particulars);
/// "retransmit-rto (RFC 6298 5.4)"; only the id where there is no clause, "" where there is neither. Particulars follow a
/// semicolon.
std::string why_text(const Why& why);
/// "SYN seq 1000 win 65535 len 0 <mss 1460,sackOK,TS 7/0,wscale 7>"
std::string segment_text(const SegmentFields& segment);

/// One line without its newline: "0.040000000 host 0 sent 10.0.0.1:49152 -> 10.0.0.2:80 SYN seq ..."
std::string to_text(const Event& event);

}  // namespace ft::trace
