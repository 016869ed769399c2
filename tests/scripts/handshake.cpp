#include "script.hpp"

using namespace ft;
using namespace ft::test;

SCRIPT_CASE("our SYN offers mss, SACK, timestamps and window scale, and the third segment finishes the handshake") {
  FT_COVERS("rfc9293 MUST-14", "rfc9293 SHLD-5", "rfc9293 MAY-3", "rfc7323 2.2-1", "rfc7323 3.2-1", "rfc7323 3.2-4");
  Script s(name, variant);
  s.connects();
  if (variant.v6) {
    s.expects("S 0:0(0) win 65535 <mss 1440,sackOK,TS val 0 ecr 0,wscale 7>"_seg);
  } else {
    s.expects("S 0:0(0) win 65535 <mss 1460,sackOK,TS val 0 ecr 0,wscale 7>"_seg);
  }
  s.has_state("SYN-SENT");
  s.waits(30ms);
  s.receives("S. 0:0(0) ack 1 win 65535 <mss 1460>"_seg);
  s.expects_after(0ms, ". 1:1(0) ack 1"_seg);
  s.has_state("ESTABLISHED");
  CHECK(s.told(Event::Kind::connected));
}

SCRIPT_CASE("a SYN-ACK offers back only what the SYN offered") {
  FT_COVERS("rfc9293 MUST-15", "rfc7323 2.2-1", "rfc7323 3.2-4");
  Script s(name, variant);
  s.listens();
  s.receives("S 0:0(0) win 1000"_seg);
  if (variant.v6) {
    s.expects("S. 0:0(0) ack 1 win 65535 <mss 1440>"_seg);
  } else {
    s.expects("S. 0:0(0) ack 1 win 65535 <mss 1460>"_seg);
  }
  s.receives(". 1:1(0) ack 1 win 1000"_seg);
  s.accepts();
  s.has_state("ESTABLISHED");
  // No MSS option: 536 octets for IPv4, 1220 for IPv6 (MUST-15)
  s.app_writes(2000);
  if (variant.v6) {
    s.expects(". 1:1001(1000) ack 1"_seg);  // the window is smaller still
  } else {
    s.expects(". 1:537(536) ack 1"_seg);
  }
}

SCRIPT_CASE("a SYN that carries ECE and CWR is accepted") {
  FT_COVERS("rfc3168 6.1.1-6", "rfc3168 6.1.1-7");
  Script s(name, variant);
  s.listens();
  s.receives("SEW 0:0(0) win 65535 <mss 1000>"_seg);
  s.expects("S. 0:0(0) ack 1"_seg);
  s.receives(". 1:1(0) ack 1"_seg);
  s.accepts();
  s.has_state("ESTABLISHED");
}

SCRIPT_CASE("SYNs repeat after 1, 2, 4, 8, 16, 32 and 64 s, and the connect gives up after three minutes") {
  FT_COVERS("rfc9293 MUST-22", "rfc9293 MUST-23", "rfc6298 2.1-1", "rfc6298 5.5-1");
  Script s(name, variant);
  s.connects();
  s.expects("S 0:0(0)"_seg);
  for (const auto gap : {1s, 2s, 4s, 8s, 16s, 32s, 64s}) s.expects_after(gap, "S 0:0(0)"_seg);
  s.stays_silent_for(52s);
  s.waits(2s);
  s.has_closed(CloseReason::timed_out);
  s.has_state("CLOSED");
}

SCRIPT_CASE("SYN-ACKs repeat after 1, 2, 4, 8 and 16 s, then the half-open record goes") {
  FT_COVERS("rfc4987 3.3-1");
  Script s(name, variant);
  s.listens();
  s.receives("S 0:0(0) win 1000 <mss 1000>"_seg);
  s.expects("S. 0:0(0) ack 1"_seg);
  for (const auto gap : {1s, 2s, 4s, 8s, 16s}) s.expects_after(gap, "S. 0:0(0) ack 1"_seg);
  s.has_state("SYN-RECEIVED");
  s.stays_silent_for(33s);
  s.has_state("CLOSED");
}

SCRIPT_CASE("a repeated SYN is answered with the same SYN-ACK at once") {
  Script s(name, variant);
  s.listens();
  s.receives("S 0:0(0) win 1000 <mss 1000>"_seg);
  s.expects("S. 0:0(0) ack 1"_seg);
  s.waits(500ms);
  s.receives("S 0:0(0) win 1000 <mss 1000>"_seg);
  s.expects_after(0ms, "S. 0:0(0) ack 1"_seg);
}

SCRIPT_CASE("a RST that answers our SYN refuses the connection") {
  Script s(name, variant);
  s.connects();
  s.expects("S 0:0(0)"_seg);
  s.receives("R. 0:0(0) ack 1"_seg);
  s.has_closed(CloseReason::refused);
  s.stays_silent_for(10s);
}

SCRIPT_CASE("a RST without an ACK of our SYN is ignored in SYN-SENT") {
  FT_COVERS("rfc5961 3.2-5");
  Script s(name, variant);
  s.connects();
  s.expects("S 0:0(0)"_seg);
  s.receives("R 0:0(0)"_seg);
  s.dropped(DropReason::rst_unacceptable);
  s.receives("R. 0:0(0) ack 2"_seg);
  s.dropped(DropReason::rst_unacceptable);
  s.has_state("SYN-SENT");
}

SCRIPT_CASE("an ACK of something we never sent is answered with RST in SYN-SENT, and the SYN goes on") {
  Script s(name, variant);
  s.connects();
  s.expects("S 0:0(0)"_seg);
  s.receives(". 700:700(0) ack 500"_seg);
  s.dropped(DropReason::bad_handshake_ack);
  s.expects("R 500:500(0)"_seg);
  s.has_state("SYN-SENT");
  s.expects("S 0:0(0)"_seg);
}

SCRIPT_CASE("a wrong ACK in SYN-RECEIVED is answered with RST and changes nothing") {
  Script s(name, variant);
  s.listens();
  s.receives("S 0:0(0) win 1000 <mss 1000>"_seg);
  s.expects("S. 0:0(0) ack 1"_seg);
  s.receives(". 1:1(0) ack 77"_seg);
  s.expects("R 77:77(0)"_seg);
  s.receives(". 1:1(0) ack 1"_seg);
  s.accepts();
  s.has_state("ESTABLISHED");
}

SCRIPT_CASE("a RST in SYN-RECEIVED after a passive open returns to LISTEN") {
  FT_COVERS("rfc9293 MUST-11");
  Script s(name, variant);
  s.listens();
  s.receives("S 0:0(0) win 1000 <mss 1000>"_seg);
  s.expects("S. 0:0(0) ack 1"_seg);
  s.receives("R 1:1(0)"_seg);
  s.has_state("CLOSED");
  s.receives("S 0:0(0) win 1000 <mss 1000>"_seg);
  s.expects("S. 0:0(0) ack 1"_seg);
}

SCRIPT_CASE("the window of a SYN-ACK that crosses ours is not scaled") {
  FT_COVERS("rfc7323 2.2-3");
  Setup setup;
  setup.wscale = 7;
  Script s(name, variant, setup);
  s.connects();
  s.expects("S 0:0(0)"_seg);
  s.receives("S 0:0(0) win 2000 <mss 1000,wscale 7>"_seg);
  s.expects("S. 0:0(0) ack 1"_seg);
  s.receives("S. 0:0(0) ack 1 win 2000 <mss 1000,wscale 7>"_seg);
  s.has_state("ESTABLISHED");
  s.app_writes(9000);
  s.expects(". 1:1001(1000) ack 1"_seg);
  s.stays_silent_for(100ms);
}

SCRIPT_CASE("crossing SYNs open one connection (RFC 9293 figure 7)") {
  FT_COVERS("rfc9293 MUST-10");
  Script s(name, variant);
  s.connects();
  s.expects("S 0:0(0)"_seg);
  s.receives("S 0:0(0) win 65535 <mss 1000>"_seg);
  s.has_state("SYN-RECEIVED");
  s.expects("S. 0:0(0) ack 1 win 65535"_seg);
  s.receives("S. 0:0(0) ack 1 win 65535 <mss 1000>"_seg);
  s.has_state("ESTABLISHED");
  s.app_writes(10);
  s.expects("P. 1:11(10) ack 1"_seg);
}

SCRIPT_CASE("data and FIN on the handshake's ACK are taken") {
  Script s(name, variant);
  s.listens();
  s.receives("S 0:0(0) win 1000 <mss 1000>"_seg);
  s.expects("S. 0:0(0) ack 1"_seg);
  s.receives("FP. 1:11(10) ack 1"_seg);
  s.expects(". 1:1(0) ack 12"_seg);
  s.accepts();
  s.has_state("CLOSE-WAIT");
  s.app_reads(10);
  s.app_reads(0);
}

SCRIPT_CASE("a segment for a port where nobody listens is answered with RST, a RST is not") {
  Script s(name, variant);
  s.receives("S 0:0(0) win 1000"_seg);
  s.expects("R. 0:0(0) ack 1"_seg);
  s.receives("P. 10:20(10) ack 300"_seg);
  s.expects("R 300:300(0)"_seg);
  s.receives("F 10:10(0)"_seg);
  s.expects("R. 0:0(0) ack 11"_seg);
  s.receives("R. 0:0(0) ack 1"_seg);
  s.dropped(DropReason::rst_to_closed);
  s.stays_silent_for(1s);
}

SCRIPT_CASE("with a full accept queue the handshake's ACK waits for the next SYN-ACK") {
  FT_COVERS("rfc4987 3.2-1");
  Script s(name, variant);
  s.listens(1);
  s.receives("S 0:0(0) win 1000 <mss 1000>"_seg);
  s.expects("S. 0:0(0) ack 1"_seg);
  s.receives(". 1:1(0) ack 1"_seg);
  s.accepts();
  s.has_state("ESTABLISHED");
}
