// Explicit Congestion Notification once a connection stands: ECE and CWR, counters, and who may be marked (RFC 3168, RFC 9768,
// RFC 8257 3.2).
#include "ecn_setups.hpp"

using namespace ft;
using namespace ft::test;
using namespace std::chrono_literals;

namespace {

Setup accurate_with_timestamps() {
  Setup setup = accurate();
  setup.timestamps = true;
  setup.sack = true;
  return setup;
}

/// Sixteen full segments, each acknowledged at once by `ack`: past the quick ones.
void spends_quick_acks(Script& s, const Seg& ack) {
  for (std::uint32_t i = 0; i < 16; ++i) {
    s.receives(". 0:0(0) ack 1 ect0"_seg.with_text(1 + 1000 * i, 1000));
    s.expects(ack.acking(1001 + 1000 * i));
  }
}

}  // namespace

// --- RFC 3168 ----------------------------------------------------------------------------------------------------------

SCRIPT_CASE("a mark is echoed on every ACK until CWR comes") {
  FT_COVERS("rfc3168 6.1.3-1", "rfc3168 6.1.1-5", "rfc3168 6.1.4-1", "rfc3168 5.2-2", "rfc9293 SHLD-8");
  auto s = Script::established(name, variant, classic());
  s.receives(". 1:1001(1000) ack 1 ect0"_seg);
  s.expects(". 1:1(0) ack 1001 not-ect"_seg);
  s.receives(". 1001:2001(1000) ack 1 ce"_seg);
  s.expects(".E 1:1(0) ack 2001 not-ect"_seg);
  s.receives(". 2001:3001(1000) ack 1 ect0"_seg);
  s.expects(".E 1:1(0) ack 3001"_seg);
  s.app_writes(10);
  s.expects("P.E 1:11(10) ack 3001 ect0"_seg);
  s.receives(".W 3001:4001(1000) ack 11 ect0"_seg);
  s.expects(". 11:11(0) ack 4001"_seg);
  s.receives(".W 4001:5001(1000) ack 11 ce"_seg);  // reduced, and marked again
  s.expects(".E 11:11(0) ack 5001"_seg);
}

SCRIPT_CASE("marks on octets outside the window are not heard") {
  FT_COVERS("rfc3168 6.1.5-2");
  auto s = Script::established(name, variant, classic());
  s.receives(". 1:1001(1000) ack 1 ect0"_seg);
  s.expects(". 1:1(0) ack 1001"_seg);
  s.receives(". 1:1001(1000) ack 1 ce"_seg);
  s.expects(". 1:1(0) ack 1001"_seg);
}

SCRIPT_CASE("an echo makes the window smaller once a round trip, and the next new text says so") {
  FT_COVERS("rfc3168 5-2", "rfc3168 6.1.2-1", "rfc3168 6.1.2-5", "rfc3168 5-1", "rfc3168 6.1.1-4", "rfc9293 SHLD-8");
  auto s = Script::established(name, variant, classic());
  s.app_writes(20000);
  for (std::uint32_t i = 0; i < 10; ++i) s.expects(". 0:0(0) ack 1 ect0"_seg.with_text(1 + 1000 * i, 1000));
  const auto before = s.info().cwnd;
  s.receives(".E 1:1(0) ack 1001"_seg);
  const auto reduced = s.info().cwnd;
  CHECK(reduced < before);
  s.receives(".E 1:1(0) ack 3001"_seg);
  CHECK(s.info().cwnd >= reduced);
  s.receives(".E 1:1(0) ack 10001"_seg);
  CHECK(s.info().cwnd >= reduced);
  s.expects(".W 10001:11001(1000) ack 1 ect0"_seg);
  s.expects(". 11001:12001(1000) ack 1 ect0"_seg);
  while (s.whatever_leaves(10ms)) {
  }
  const auto again = s.info().cwnd;
  s.receives(".E 1:1(0) ack 11001"_seg);  // of a segment sent after the reduction
  CHECK(s.info().cwnd < again);
}

SCRIPT_CASE("what is sent again and what probes a window is not ECT") {
  FT_COVERS("rfc3168 6.1.5-1", "rfc3168 6.1.2-4", "rfc3168 6.1.6-1", "rfc3168 5.2-1");
  {
    auto s = Script::established(name, variant, classic());
    s.app_writes(1000);
    s.expects("P. 1:1001(1000) ack 1 ect0"_seg);
    s.expects("P. 1:1001(1000) ack 1 not-ect"_seg);
    s.receives(". 1:1(0) ack 1001"_seg);
    s.app_writes(1000);
    s.expects("P.W 1001:2001(1000) ack 1 ect0"_seg);  // the timeout made the window smaller, too
  }
  Setup setup = classic();
  setup.peer_window = 0;
  auto s = Script::established(name, variant, setup);
  s.app_writes(1000);
  s.expects("P. 1:2(1) ack 1 not-ect"_seg);
}

// --- RFC 9768 ----------------------------------------------------------------------------------------------------------

SCRIPT_CASE("a packet that is marked after one that was not is told at once") {
  FT_COVERS("rfc9768 3.2-1", "rfc9768 3.2-2", "rfc9768 3.2.2.5.1-1", "rfc9768 3.2.2.5.1-2", "rfc9768 3.2.3.3-2");
  auto s = Script::established(name, variant, accurate());
  spends_quick_acks(s, ".EA 1:1(0) ack 0"_seg);
  s.receives(". 16001:17001(1000) ack 1 ect0"_seg);
  s.stays_silent_for(10ms);
  s.expects_after(40ms, ".EA 1:1(0) ack 17001 <accecn0 17001>"_seg);
  s.receives(". 17001:18001(1000) ack 1 ce"_seg);
  s.expects_after(0ms, ".WA 1:1(0) ack 18001 <accecn0 17001 1000>"_seg);
  s.receives(". 18001:19001(1000) ack 1 ce"_seg);
  s.stays_silent_for(10ms);
  s.receives(". 19001:20001(1000) ack 1 ce"_seg);
  s.expects_after(0ms, ". 1:1(0) ack 20001 <accecn0 17001 3000>"_seg);  // 8 packets: the field went round to 0
}

SCRIPT_CASE("acknowledgements that are marked are answered only every third time") {
  FT_COVERS("rfc9768 3.2.2.5.1-2");
  auto s = Script::established(name, variant, accurate());
  s.receives(".W 1:1(0) ack 1 ce"_seg);
  s.receives(".W 1:1(0) ack 1 ce"_seg);
  s.stays_silent_for(1s);
  s.receives(".W 1:1(0) ack 1 ce"_seg);
  s.expects_after(0ms, ". 1:1(0) ack 1 not-ect <>"_seg);
}

SCRIPT_CASE("the counter of the peer makes the window smaller, and no CWR is said") {
  FT_COVERS("rfc9768 3.1.5-7");
  auto s = Script::established(name, variant, accurate_with_timestamps());
  s.app_writes(20000);
  s.expects(".EA 1:977(976) ack 1 ect0"_seg);
  for (std::uint32_t i = 0; i < 9; ++i) s.expects(".EA 0:0(0) ack 1 ect0"_seg.with_text(977 + 988 * i, 988));
  const auto before = s.info().cwnd;
  s.receives(".WA 1:1(0) ack 977 <accecn0 1 988>"_seg);
  CHECK(s.info().cwnd < before);
  const auto reduced = s.info().cwnd;
  s.receives(".EWA 1:1(0) ack 1965 <accecn0 1 1976>"_seg);
  CHECK(s.info().cwnd >= reduced);
}

SCRIPT_CASE("an ACK for more than seven packets without an option: the safest count") {
  FT_COVERS("rfc9768 3.2.2.5.2-1");
  auto s = Script::established(name, variant, accurate());
  s.app_writes(20000);
  while (s.whatever_leaves()) {
  }
  s.receives(".EA 1:1(0) ack 9989"_seg);  // 5, as at the beginning: nothing, or eight
  CHECK(s.info().ssthresh < UINT64_MAX);
}

SCRIPT_CASE("an option tells it apart, whatever its length") {
  FT_COVERS("rfc9768 3.2.3-1");
  for (const Seg& ack : {".EA 1:1(0) ack 9989 <accecn0 9989>"_seg, ".EA 1:1(0) ack 9989 <accecn0 9989 0>"_seg,
                         ".EA 1:1(0) ack 9989 <accecn1 1 0 9989>"_seg}) {
    auto s = Script::established(name, variant, accurate());
    s.app_writes(20000);
    while (s.whatever_leaves()) {
    }
    s.receives(ack);
    CHECK(s.info().ssthresh == UINT64_MAX);
  }
}

SCRIPT_CASE("marked octets without marked packets, again and again: no more ECT") {
  FT_COVERS("rfc9768 3.2.3.2.5-1");
  auto s = Script::established(name, variant, accurate());
  s.app_writes(988);
  s.expects("P.EA 1:989(988) ack 1 ect0"_seg);
  std::uint32_t at = 989;
  for (std::uint32_t i = 1; i <= 3; ++i) {
    Seg ack = ".EA 1:1(0) ack 0"_seg.acking(at);
    ack.accecn = wire::AccEcnOption{.order = 0, .fields = 2, .octets = {1, 900 * i}};
    s.receives(ack);
    s.app_writes(1000);
    Seg next = "P.EA 0:0(0) ack 1"_seg.with_text(at, 1000);
    next.ip_ecn = i < 3 ? 2 : 0;
    s.expects(next);
    at += 1000;
  }
}

SCRIPT_CASE("beside holes a mark is told in two fields, and two SACK blocks keep their room") {
  FT_COVERS("rfc9768 3.2.3.3-1", "rfc9768 3.2.3.3-3");
  auto s = Script::established(name, variant, accurate_with_timestamps());
  s.receives(". 1:1001(1000) ack 1 ect0"_seg);
  s.expects(".EA 1:1(0) ack 1001"_seg);
  s.receives(". 2001:3001(1000) ack 1 ect0"_seg);
  s.expects(".EA 1:1(0) ack 1001 <TS val 0 ecr 0,sack 2001:3001>"_seg);
  s.receives(". 4001:5001(1000) ack 1 ect0"_seg);
  s.expects(".EA 1:1(0) ack 1001 <TS val 0 ecr 0,sack 4001:5001 2001:3001>"_seg);
  s.receives(". 6001:7001(1000) ack 1 ce"_seg);
  s.expects(".WA 1:1(0) ack 1001 <TS val 0 ecr 0,sack 6001:7001 4001:5001,accecn0 3001 1000>"_seg);
}

SCRIPT_CASE("DCTCP's receiver mirrors every packet, and what came before a change is acknowledged apart") {
  Setup setup = classic();
  setup.options.congestion = Congestion::dctcp;
  auto s = Script::established(name, variant, setup);
  spends_quick_acks(s, ". 1:1(0) ack 0"_seg);
  s.receives(". 16001:17001(1000) ack 1 ect0"_seg);
  s.receives(". 17001:18001(1000) ack 1 ce"_seg);
  s.expects_after(0ms, ". 1:1(0) ack 17001"_seg);
  s.expects_after(0ms, ".E 1:1(0) ack 18001"_seg);
  s.receives(". 18001:19001(1000) ack 1 ce"_seg);
  s.receives(". 19001:20001(1000) ack 1 ce"_seg);
  s.expects_after(0ms, ".E 1:1(0) ack 20001"_seg);
  s.receives(".W 20001:21001(1000) ack 1 ect0"_seg);  // CWR is nothing to it
  s.expects_after(0ms, ". 1:1(0) ack 21001"_seg);
}
