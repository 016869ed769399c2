// Events that the tests of this room share.
#pragma once

#include "fourtuple/trace.hpp"

#include <chrono>

namespace ft::trace::examples {

inline FourTuple tuple() { return {.local = *Endpoint::parse("10.0.0.1:49152"), .remote = *Endpoint::parse("10.0.0.2:80")}; }
inline FourTuple tuple6() {
  return {.local = *Endpoint::parse("[2001:db8::2]:80"), .remote = *Endpoint::parse("[2001:db8::1]:49152")};
}

inline Event event(std::int64_t nanoseconds, std::uint8_t host, decltype(Event::what) what) {
  return {.at = Instant{Duration{nanoseconds}}, .host = host, .what = std::move(what)};
}

inline Event syn_sent() {
  SegmentFields s;
  s.seq = 1000;
  s.flags = 0x02;
  s.window = 65535;
  s.mss = 1460;
  s.window_scale = 7;
  s.sack_permitted = true;
  s.timestamps = {7, 0};
  return event(0, 0, SegmentSent{tuple(), s, {"call-connect", "RFC 9293 3.10.1"}, "CLOSED", "SYN-SENT"});
}

inline Event data_dropped() {
  SegmentFields s;
  s.seq = 5;
  s.ack = 4294967295;
  s.flags = 0x38;
  s.window = 100;
  s.urgent = 3;
  s.length = 10;
  s.sack_count = 2;
  s.sack[0] = {1, 2};
  s.sack[1] = {3, 4};
  return event(40'000'001, 1,
               SegmentReceived{tuple6(), s, {"paws", "RFC 7323 5"}, DropReason::paws, "ESTABLISHED", "ESTABLISHED"});
}

}  // namespace ft::trace::examples
