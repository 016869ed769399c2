// What RFC 5681 says about the congestion window, seen from the wire.
#include "covers.hpp"
#include "script.hpp"

using namespace ft;
using namespace ft::test;

SCRIPT_CASE("the initial window leaves and no octet more, since the handshake opens no window") {
  FT_COVERS("rfc5681 3-1", "rfc5681 3.1-3");
  auto s = Script::established(name, variant, {.rtt = 100ms});
  CHECK(s.info().cwnd == 10'000);
  s.app_writes(20'000);
  s.expects_full_segments(10);
  s.stays_silent_for(150ms);
}

SCRIPT_CASE("the first two duplicate ACKs let out a segment each and open no window") {
  FT_COVERS("rfc5681 3.2-4", "rfc5681 3.2-5");
  auto s = Script::established(name, variant, {.rtt = 100ms});
  s.app_writes(20'000);
  s.expects_full_segments(10);
  s.waits(100ms);
  s.receives(". 1:1(0) ack 1"_seg);
  s.expects(". 10001:11001(1000) ack 1"_seg);
  CHECK(s.info().cwnd == 10'000);
  s.receives(". 1:1(0) ack 1"_seg);
  s.expects(". 11001:12001(1000) ack 1"_seg);
  CHECK(s.info().cwnd == 10'000);
}

SCRIPT_CASE("with SACK a duplicate ACK without news lets out nothing") {
  FT_COVERS("rfc5681 3.2-6");
  auto s = Script::established(name, variant, {.sack = true, .rtt = 100ms});
  s.app_writes(20'000);
  s.expects_full_segments(10);
  s.waits(100ms);
  s.receives(". 1:1(0) ack 1 <sack 1001:2001>"_seg);
  s.expects(". 10001:11001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 1 <sack 1001:2001>"_seg);
  s.stays_silent_for(10ms);
}
