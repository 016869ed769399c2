// Explicit Congestion Notification: the handshake and its fallbacks, ECE and CWR, counters, and who may be marked (RFC 3168,
// RFC 9768, RFC 8257 3.2).
#include "covers.hpp"
#include "script.hpp"

using namespace ft;
using namespace ft::test;
using namespace std::chrono_literals;

namespace {

Setup with(Ecn ecn) {
  Setup setup;
  setup.ecn = ecn;
  setup.options.mss = 1000;
  return setup;
}
Setup classic() { return with(Ecn::classic); }
Setup accurate() { return with(Ecn::accurate); }

Setup accurate_with_timestamps() {
  Setup setup = accurate();
  setup.timestamps = true;
  setup.sack = true;
  return setup;
}

}  // namespace

// --- asking ------------------------------------------------------------------------------------------------------------

SCRIPT_CASE("a SYN asks for accurate ECN with all three flags and is not ECT itself") {
  FT_COVERS("rfc3168 6.1.1-8", "rfc9768 3.1.1-1", "rfc9768 3.2.2-1", "rfc9768 3.2.2.1-1", "rfc9768 3.2.3.2.1-1",
            "rfc9768 3.2.3.2.1-3", "rfc9768 3.2.3.1-1");
  Script s(name, variant, accurate());
  s.connects();
  s.expects("SEWA 0:0(0) not-ect"_seg);
  s.receives("S.W 0:0(0) ack 1 win 65535 <mss 1000,accecn0 1 0 1>"_seg);
  s.expects(".W 1:1(0) ack 1 not-ect <accecn0 1 0 1>"_seg);  // the SYN-ACK arrived Not-ECT
  s.app_writes(1988);
  s.expects(".EA 1:989(988) ack 1 ect0 <accecn0 1 0 1>"_seg);  // the first text shows the option again
  s.expects("P.EA 989:1989(1000) ack 1 ect0 <>"_seg);
}

SCRIPT_CASE("a peer that knows only RFC 3168 makes it that") {
  FT_COVERS("rfc9768 3.1.2-1");
  Script s(name, variant, accurate());
  s.connects();
  s.expects("SEWA 0:0(0)"_seg);
  s.receives("S.E 0:0(0) ack 1 win 65535 <mss 1000>"_seg);
  s.expects(". 1:1(0) ack 1 not-ect <>"_seg);
  s.app_writes(1000);
  s.expects("P. 1:1001(1000) ack 1 ect0"_seg);
  s.receives(".E 1:1(0) ack 1001"_seg);
  s.app_writes(1000);
  s.expects("P.W 1001:2001(1000) ack 1 ect0"_seg);
}

SCRIPT_CASE("a peer that knows nothing of ECN, or mirrors what it does not know, gets none") {
  FT_COVERS("rfc3168 6.1.1-7", "rfc3168 6.1.1-3", "rfc9768 3.1.2-2", "rfc9768 3.1.2-3", "rfc9768 3.1.5-6");
  for (const Seg& answer : {"S. 0:0(0) ack 1 win 65535 <mss 1000>"_seg, "S.EWA 0:0(0) ack 1 win 65535 <mss 1000>"_seg}) {
    Script s(name, variant, accurate());
    s.connects();
    s.expects("SEWA 0:0(0)"_seg);
    s.receives(answer);
    s.expects(". 1:1(0) ack 1 not-ect <>"_seg);
    s.app_writes(1000);
    s.expects("P. 1:1001(1000) ack 1 not-ect <>"_seg);
  }
}

SCRIPT_CASE("a SYN that asked is lost once, asks once more, then goes without") {
  FT_COVERS("rfc3168 6.1.1.1-1", "rfc9768 3.1.4.1-1", "rfc9768 3.1.4.1-2", "rfc9768 3.1.4.1-3", "rfc9768 3.1.5-3");
  Script s(name, variant, accurate());
  s.connects();
  s.expects("SEWA 0:0(0)"_seg);
  s.expects_after(1s, "SEWA 0:0(0)"_seg);
  s.expects_after(2s, "S 0:0(0)"_seg);
  s.receives("S. 0:0(0) ack 1 win 65535 <mss 1000>"_seg);
  s.expects(". 1:1(0) ack 1 not-ect"_seg);
}

SCRIPT_CASE("a SYN that asks for classic ECN is lost, and the next goes without and forbids ECT") {
  FT_COVERS("rfc3168 6.1.1.1-1", "rfc3168 6.1.1-2");
  Script s(name, variant, classic());
  s.connects();
  s.expects("SEW 0:0(0) not-ect"_seg);
  s.expects_after(1s, "S 0:0(0)"_seg);
  s.receives("S.E 0:0(0) ack 1 win 65535 <mss 1000>"_seg);  // it answers the first
  s.expects(". 1:1(0) ack 1"_seg);
  s.app_writes(1000);
  s.expects("P. 1:1001(1000) ack 1 not-ect"_seg);
  s.receives(". 1:1001(1000) ack 1001 ce"_seg);  // but marks that come are echoed
  s.expects(".E 1001:1001(0) ack 1001"_seg);
}

SCRIPT_CASE("a RST to a SYN that asked for ECN: once more without, and then refused is refused") {
  FT_COVERS("rfc3168 6.1.1.1-1");
  Script s(name, variant, accurate());
  s.connects();
  s.expects("SEWA 0:0(0)"_seg);
  s.receives("R. 0:0(0) ack 1"_seg);
  s.expects_after(0ms, "S 0:0(0)"_seg);
  s.receives("R. 0:0(0) ack 1"_seg);
  s.stays_silent_for(10s);
  s.has_closed(CloseReason::refused);
}

SCRIPT_CASE("a RST to a SYN that asked for ECN ends it where that is wanted") {
  Setup setup = accurate();
  setup.options.ecn_retry_after_reset = false;
  Script s(name, variant, setup);
  s.connects();
  s.expects("SEWA 0:0(0)"_seg);
  s.receives("R. 0:0(0) ack 1"_seg);
  s.stays_silent_for(10s);
  s.has_closed(CloseReason::refused);
}

SCRIPT_CASE("one who only answers does not ask") {
  Setup setup = accurate();
  setup.options.ecn_request = false;
  Script s(name, variant, setup);
  s.connects();
  s.expects("S 0:0(0) not-ect"_seg);
}

// --- answering ---------------------------------------------------------------------------------------------------------

SCRIPT_CASE("whatever ECN flags a SYN carries, it is answered and never refused") {
  FT_COVERS("rfc3168 6.1.1-1", "rfc3168 6.1.1-7", "rfc3168 6.1.1-8", "rfc9768 3.1.1-2", "rfc9768 3.1.2-4", "rfc9768 3.1.2-5",
            "rfc9768 3.1.3-1", "rfc9768 3.2.3.2.1-2");
  struct Case {
    Ecn ours;
    Seg syn;
    Seg answer;
  };
  for (const Case& c : {Case{Ecn::accurate, "S 0:0(0)"_seg, "S. 0:0(0) ack 1 not-ect <mss 1000>"_seg},
                        Case{Ecn::accurate, "SEW 0:0(0)"_seg, "S.E 0:0(0) ack 1 not-ect <mss 1000>"_seg},
                        Case{Ecn::accurate, "SEWA 0:0(0)"_seg, "S.W 0:0(0) ack 1 not-ect <mss 1000,accecn0 1 0 1>"_seg},
                        Case{Ecn::accurate, "SEWA 0:0(0) ect1"_seg, "S.EW 0:0(0) ack 1 not-ect"_seg},
                        Case{Ecn::accurate, "SEWA 0:0(0) ect0"_seg, "S.A 0:0(0) ack 1 not-ect"_seg},
                        Case{Ecn::accurate, "SEWA 0:0(0) ce"_seg, "S.WA 0:0(0) ack 1 not-ect"_seg},
                        Case{Ecn::accurate, "SA 0:0(0)"_seg, "S.W 0:0(0) ack 1 not-ect"_seg},
                        Case{Ecn::classic, "SEWA 0:0(0)"_seg, "S.E 0:0(0) ack 1 not-ect"_seg},
                        Case{Ecn::classic, "SW 0:0(0)"_seg, "S. 0:0(0) ack 1 not-ect"_seg},
                        Case{Ecn::off, "SEW 0:0(0)"_seg, "S. 0:0(0) ack 1 not-ect"_seg},
                        Case{Ecn::off, "SEWA 0:0(0) ce"_seg, "S. 0:0(0) ack 1 not-ect"_seg}}) {
    Setup setup;
    setup.ecn = c.ours;
    setup.options.mss = 1000;
    Script s(name, variant, setup);
    s.listens();
    s.receives(c.syn);
    s.expects(c.answer);
  }
}

SCRIPT_CASE("a SYN-ACK that is lost goes again without the option, then without ECN, and the server sets no ECT") {
  FT_COVERS("rfc9768 3.2.3.2.2-1", "rfc9768 3.2.3.2.2-2", "rfc9768 3.1.5-5");
  Script s(name, variant, accurate());
  s.listens();
  s.receives("SEWA 0:0(0) <mss 1000>"_seg);
  s.expects("S.W 0:0(0) ack 1 <mss 1000,accecn0 1 0 1>"_seg);
  s.expects_after(1s, "S.W 0:0(0) ack 1 <mss 1000>"_seg);
  s.expects_after(2s, "S. 0:0(0) ack 1 <mss 1000>"_seg);
  s.receives(".W 1:1(0) ack 1"_seg);
  s.accepts();
  s.app_writes(1000);
  s.expects("P.EA 1:1001(1000) ack 1 not-ect"_seg);  // the feedback goes on all the same
}

SCRIPT_CASE("a repeated SYN tells how the latest one arrived; the other kind of ECN in it ends the handshake") {
  FT_COVERS("rfc9768 3.1.5-1", "rfc9768 3.1.5-2", "rfc9768 3.1.5-4");
  Script s(name, variant, accurate());
  s.listens();
  s.receives("SEWA 0:0(0) <mss 1000>"_seg);
  s.expects("S.W 0:0(0) ack 1"_seg);
  s.receives("SEWA 0:0(0) ce <mss 1000>"_seg);
  s.expects("S.WA 0:0(0) ack 1"_seg);
  s.receives("SEW 0:0(0) <mss 1000>"_seg);
  s.expects("R. 1:1(0) ack 1"_seg);
}

SCRIPT_CASE("crossing SYNs agree as if each had answered the other's") {
  FT_COVERS("rfc9768 3.1.2-6");
  Script s(name, variant, accurate());
  s.connects();
  s.expects("SEWA 0:0(0)"_seg);
  s.receives("SEWA 0:0(0) ect0 <mss 1000>"_seg);
  s.expects("S.A 0:0(0) ack 1 not-ect"_seg);
  s.receives("S.W 0:0(0) ack 1 win 65535 <mss 1000>"_seg);
  s.has_state("ESTABLISHED");
  s.app_writes(1000);
  s.expects("P.EA 1:1001(1000) ack 1 ect0 <>"_seg);
}

SCRIPT_CASE("a handshake packet that arrives otherwise than it was sent: no ECT, but feedback goes on") {
  FT_COVERS("rfc9768 3.2.2.1-4", "rfc9768 3.1.5-8");
  {
    Script s(name, variant, accurate());
    s.connects();
    s.expects("SEWA 0:0(0)"_seg);
    s.receives("S.A 0:0(0) ack 1 win 65535 <mss 1000,accecn0 1 0 1>"_seg);  // our SYN came as ECT(0)
    s.expects(".W 1:1(0) ack 1"_seg);
    s.app_writes(500);
    s.expects("P.EA 1:501(500) ack 1 not-ect"_seg);
  }
  Script s(name, variant, accurate());
  s.listens();
  s.receives("SEWA 0:0(0) <mss 1000>"_seg);
  s.expects("S.W 0:0(0) ack 1"_seg);
  s.receives(". 1:1(0) ack 1"_seg);  // zero: bleached, or a client that plays no part in it
  s.accepts();
  s.app_writes(1000);
  s.expects("P.EA 1:1001(1000) ack 1 not-ect"_seg);
  const auto before = s.info().cwnd;
  s.receives(".WA 1:1(0) ack 1001"_seg);
  CHECK(s.info().cwnd >= before);
}

SCRIPT_CASE("the mark of a SYN-ACK is told at once and counted once") {
  FT_COVERS("rfc9768 3.2.2.1-2", "rfc9768 3.2.2.1-3", "rfc9768 3.2.2.2-2", "rfc9768 3.2-3");
  Script s(name, variant, accurate());
  s.connects();
  s.expects("SEWA 0:0(0)"_seg);
  s.app_writes(100);
  s.receives("S.W 0:0(0) ack 1 win 65535 ce <mss 1000,accecn0 1 0 1>"_seg);
  s.expects(".WA 1:1(0) ack 1 <accecn0 1 0 1>"_seg);  // a pure ACK goes before the text that waits
  s.expects("P.WA 1:101(100) ack 1 ect0"_seg);        // r.cep is 6
  s.receives("S.W 0:0(0) ack 1 win 65535 ce <mss 1000>"_seg);
  s.expects(".WA 101:101(0) ack 1"_seg);  // 0b110 again: this time because of table 3
  s.receives(". 1:101(100) ack 101"_seg);
  s.expects(".WA 101:101(0) ack 101"_seg);
}

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
  for (std::uint32_t i = 0; i < 10; ++i) {
    Seg seg = ". 0:0(0) ack 1 ect0"_seg;
    seg.seq = 1 + 1000 * i;
    seg.length = 1000;
    s.expects(seg);
  }
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
  for (std::uint32_t i = 0; i < 16; ++i) {  // past the quick ones
    Seg seg = ". 0:0(0) ack 1 ect0"_seg;
    seg.seq = 1 + 1000 * i;
    seg.length = 1000;
    s.receives(seg);
    Seg ack = ".EA 1:1(0) ack 0"_seg;
    ack.ack = 1001 + 1000 * i;
    s.expects(ack);
  }
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
  for (std::uint32_t i = 0; i < 9; ++i) {
    Seg seg = ".EA 0:0(0) ack 1 ect0"_seg;
    seg.seq = 977 + 988 * i;
    seg.length = 988;
    s.expects(seg);
  }
  const auto before = s.info().cwnd;
  s.receives(".WA 1:1(0) ack 977 <accecn0 1 988>"_seg);
  CHECK(s.info().cwnd < before);
  const auto reduced = s.info().cwnd;
  s.receives(".EWA 1:1(0) ack 1965 <accecn0 1 1976>"_seg);
  CHECK(s.info().cwnd >= reduced);
}

SCRIPT_CASE("the SYN-ACK's unused combination agrees, and tells nothing of the SYN") {
  FT_COVERS("rfc9768 3.1.3-2");
  Script s(name, variant, accurate());
  s.connects();
  s.expects("SEWA 0:0(0)"_seg);
  s.receives("S.EA 0:0(0) ack 1 win 65535 <mss 1000>"_seg);
  s.expects(".W 1:1(0) ack 1 not-ect <accecn0 1 0 1>"_seg);
  s.app_writes(500);
  s.expects("P.EA 1:501(500) ack 1 ect0"_seg);
}

SCRIPT_CASE("the mark of a SYN is told by the SYN-ACK and not counted") {
  FT_COVERS("rfc9768 3.2.2.2-1");
  Script s(name, variant, accurate());
  s.listens();
  s.receives("SEWA 0:0(0) ce <mss 1000>"_seg);
  s.expects("S.WA 0:0(0) ack 1"_seg);
  s.receives(".W 1:1(0) ack 1"_seg);
  s.accepts();
  s.app_writes(1000);
  s.expects("P.EA 1:1001(1000) ack 1 ect0"_seg);  // still 5
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
    Seg ack = ".EA 1:1(0) ack 0"_seg;
    ack.ack = at;
    ack.accecn = wire::AccEcnOption{.order = 0, .fields = 2, .octets = {1, 900 * i}};
    s.receives(ack);
    s.app_writes(1000);
    Seg next = "P.EA 0:0(0) ack 1"_seg;
    next.seq = at;
    next.length = 1000;
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
  for (std::uint32_t i = 0; i < 16; ++i) {  // past the quick ones
    Seg seg = ". 0:0(0) ack 1 ect0"_seg;
    seg.seq = 1 + 1000 * i;
    seg.length = 1000;
    s.receives(seg);
    Seg ack = ". 1:1(0) ack 0"_seg;
    ack.ack = 1001 + 1000 * i;
    s.expects(ack);
  }
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
