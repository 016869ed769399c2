// A listener that remembers no SYN (RFC 4987 3.6), octet for octet.
#include "script.hpp"

using namespace ft;
using namespace ft::test;

namespace {

Setup cookies(SynCookieUse use = SynCookieUse::always) {
  Setup setup;
  setup.listen.syn_cookies = use;
  return setup;
}

std::size_t held(Script& s, std::string_view state) {
  std::size_t count = 0;
  for (const auto& entry : s.stack().ports()) count += entry.state == state ? 1u : 0u;
  return count;
}

}  // namespace

SCRIPT_CASE("a cookie keeps MSS, window scale and SACK through the timestamp; nothing is held until the ACK comes") {
  FT_COVERS("rfc4987 3.6-1", "rfc4987 3.6-4");
  Setup setup = cookies();
  setup.timestamps = true;
  Script s(name, variant, setup);
  s.listens();
  s.receives("S 0:0(0) win 65535 <mss 1220,sackOK,wscale 7>"_seg);
  s.expects("S. 0:0(0) ack 1 win 65535"_seg);
  CHECK(held(s, "SYN-RECEIVED") == 0);
  s.waits(20ms);
  s.receives(". 1:1(0) ack 1 win 500"_seg);
  s.accepts();
  s.has_state("ESTABLISHED");
  const auto info = s.info();
  CHECK(info.sack);
  CHECK(info.timestamps);
  CHECK(info.window_scale);
  CHECK(info.snd_wnd == 500u << 7);
  CHECK(info.mss == 1220 - 12);
  CHECK(s.stack().counters().syn_cookies_accepted == 1);
}

SCRIPT_CASE("without timestamps a cookie keeps the MSS alone, and offers nothing that it would forget") {
  Script s(name, variant, cookies());
  s.listens();
  s.receives("S 0:0(0) win 65535 <mss 1000,sackOK,wscale 7>"_seg);
  if (variant.v6) {
    s.expects("S. 0:0(0) ack 1 win 65535 <mss 1440>"_seg);
  } else {
    s.expects("S. 0:0(0) ack 1 win 65535 <mss 1460>"_seg);
  }
  s.receives(". 1:1(0) ack 1 win 500"_seg);
  s.accepts();
  const auto info = s.info();
  CHECK_FALSE(info.sack);
  CHECK_FALSE(info.window_scale);
  CHECK(info.snd_wnd == 500);
  CHECK(info.mss == 768);  // the next smaller size of the table
}

SCRIPT_CASE("the ACK that brings a cookie back may bring text and FIN as well") {
  Script s(name, variant, cookies());
  s.listens();
  s.receives("S 0:0(0) win 65535 <mss 1000>"_seg);
  s.expects("S. 0:0(0) ack 1"_seg);
  s.receives("FP. 1:101(100) ack 1 win 500"_seg);
  s.accepts();
  s.expects(". 1:1(0) ack 102"_seg);
  s.has_state("CLOSE-WAIT");
  s.app_reads(100);
}

SCRIPT_CASE("text that overtakes the ACK with the cookie is dropped in silence, and comes again") {
  Script s(name, variant, cookies());
  s.listens();
  s.receives("S 0:0(0) win 65535 <mss 1000>"_seg);
  s.expects("S. 0:0(0) ack 1"_seg);
  s.receives(". 1001:2001(1000) ack 1"_seg);
  s.dropped(DropReason::bad_handshake_ack);
  s.stays_silent_for(1ms);
  s.receives(". 1:1(0) ack 1"_seg);
  s.accepts();
  s.has_state("ESTABLISHED");
}

SCRIPT_CASE("a repeated SYN gets the same cookie, and a SYN-ACK with a cookie is not repeated by itself") {
  Script s(name, variant, cookies());
  s.listens();
  s.receives("S 0:0(0) win 65535 <mss 1000>"_seg);
  s.expects("S. 0:0(0) ack 1"_seg);
  s.stays_silent_for(1s);
  s.receives("S 0:0(0) win 65535 <mss 1000>"_seg);
  s.expects("S. 0:0(0) ack 1"_seg);
  s.receives(". 1:1(0) ack 1"_seg);
  s.accepts();
}

SCRIPT_CASE("a cookie two minutes old is refused with RST, and so is an acknowledgement that brings none") {
  FT_COVERS("rfc4987 3.6-3");
  Script s(name, variant, cookies());
  s.listens();
  s.receives("S 0:0(0) win 65535 <mss 1000>"_seg);
  s.expects("S. 0:0(0) ack 1"_seg);
  s.receives(". 1:1(0) ack 5000"_seg);
  s.dropped(DropReason::bad_handshake_ack);
  s.expects("R 5000:5000(0)"_seg);
  CHECK(s.stack().counters().syn_cookies_refused == 1);
  s.waits(128s);
  s.receives(". 1:1(0) ack 1"_seg);
  s.expects("R 1:1(0)"_seg);
  CHECK(held(s, "ESTABLISHED") == 0);
}

SCRIPT_CASE("a listener that has sent no cookie accepts none") {
  FT_COVERS("rfc4987 3.6-2");
  Script s(name, variant, cookies(SynCookieUse::when_full));
  s.listens();
  s.receives(". 1:1(0) ack 1"_seg);
  s.dropped(DropReason::bad_handshake_ack);
  CHECK(s.stack().counters().syn_cookies_refused == 0);
}

SCRIPT_CASE("with cookies off a SYN that finds no place is dropped") {
  Setup setup = cookies(SynCookieUse::off);
  setup.listen.syn_queue = 0;
  Script s(name, variant, setup);
  s.listens();
  s.receives("S 0:0(0) win 65535 <mss 1000>"_seg);
  s.dropped(DropReason::syn_queue_full);
  s.stays_silent_for(10s);
}

SCRIPT_CASE("a connection opened by a cookie starts with the usual window and measures its round trip by data") {
  Script s(name, variant, cookies());
  s.listens();
  s.receives("S 0:0(0) win 65535 <mss 1024>"_seg);
  s.expects("S. 0:0(0) ack 1"_seg);
  s.receives(". 1:1(0) ack 1"_seg);
  s.accepts();
  CHECK_FALSE(s.info().srtt);
  CHECK(s.info().cwnd == 10 * 1024);
}
