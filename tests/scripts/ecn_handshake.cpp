// Explicit Congestion Notification in the handshake: asking, answering, falling back (RFC 3168 6.1.1, RFC 9768 3.1).
#include "ecn_setups.hpp"

using namespace ft;
using namespace ft::test;
using namespace std::chrono_literals;

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
    Script s(name, variant, with_ecn(c.ours));
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
