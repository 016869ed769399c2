#include "trace/text.hpp"

#include "unit/trace/example_events.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::trace;
using namespace ft::trace::examples;

TEST_CASE("flags are named, the decisive ones first") {
  CHECK(flags_text(0x02) == "SYN");
  CHECK(flags_text(0x12) == "SYN,ACK");
  CHECK(flags_text(0x11) == "FIN,ACK");
  CHECK(flags_text(0x14) == "RST,ACK");
  CHECK(flags_text(0x18) == "PSH,ACK");
  CHECK(flags_text(0x00) == "none");
  CHECK(flags_text(0xff) == "SYN,FIN,RST,PSH,URG,ACK,ECE,CWR");
}

TEST_CASE("the comment of a packet is its reason with the clause") {
  CHECK(why_text({"retransmit-rto", "RFC 6298 5.4"}) == "retransmit-rto (RFC 6298 5.4)");
  CHECK(why_text({"retransmit-rto", ""}) == "retransmit-rto");
  CHECK(why_text({"", "RFC 6298 5.4"}) == "RFC 6298 5.4");
  CHECK(why_text({}).empty());
}

TEST_CASE("every kind of event is one line of text") {
  CHECK(to_text(syn_sent()) ==
        "0.000000000 host 0 sent 10.0.0.1:49152 -> 10.0.0.2:80 SYN seq 1000 win 65535 len 0 <mss 1460,sackOK,TS 7/0,wscale 7>"
        " CLOSED -> SYN-SENT: call-connect (RFC 9293 3.10.1)");
  CHECK(
      to_text(data_dropped()) ==
      "0.040000001 host 1 received [2001:db8::1]:49152 -> [2001:db8::2]:80 PSH,URG,ACK seq 5 ack 4294967295 win 100 urg 3 len 10"
      " <sack 1:2,sack 3:4> in ESTABLISHED: dropped, paws");
  CHECK(to_text(event(1'500'000'000, 0, StateChanged{tuple(), "TIME-WAIT", "CLOSED", {"timer-time-wait", "RFC 9293 3.10.8"}})) ==
        "1.500000000 host 0 state 10.0.0.1:49152 -> 10.0.0.2:80 TIME-WAIT -> CLOSED: timer-time-wait (RFC 9293 3.10.8)");
  CHECK(to_text(event(-1, 0, Call{tuple(), "write", 1000, ""})) ==
        "-0.000000001 host 0 call write 10.0.0.1:49152 -> 10.0.0.2:80 1000 octets");
  CHECK(to_text(event(0, 0, Call{tuple(), "read", 0, "would_block"})) ==
        "0.000000000 host 0 call read 10.0.0.1:49152 -> 10.0.0.2:80: would_block");
  CHECK(to_text(event(0, 0, TimerFired{tuple(), "retransmit"})) ==
        "0.000000000 host 0 timer retransmit 10.0.0.1:49152 -> 10.0.0.2:80");
  CHECK(to_text(event(0, 0, PacketDropped{DropReason::bad_ip_checksum, 60})) ==
        "0.000000000 host 0 dropped packet of 60 octets: bad_ip_checksum");
  CHECK(to_text(event(0, 0, PacketMade{{"icmp-echo-reply", "RFC 792"}, 84})) ==
        "0.000000000 host 0 made packet of 84 octets: icmp-echo-reply (RFC 792)");
  CHECK(to_text(event(0, 0, LinkSent{3, 0, 1, {}})) == "0.000000000 host 0 link 0 -> 1 sent packet 3, 0 octets");
  CHECK(to_text(event(0, 0, LinkDelivered{3, 0, 1, true, true})) ==
        "0.000000000 host 0 link 0 -> 1 delivered packet 3, duplicate, corrupted");
  CHECK(to_text(event(0, 0, LinkLost{3, 0, 1, "burst"})) == "0.000000000 host 0 link 0 -> 1 lost packet 3: burst");
}

TEST_CASE("what a sender decides between segments is a line of text, too") {
  Why nagle{"hold-nagle", "RFC 9293 3.7.4"};
  nagle.particulars.add(Fact::queued, 20u);
  nagle.particulars.add(Fact::unacknowledged, 1460u);
  CHECK(to_text(event(0, 0, SegmentHeld{tuple(), nagle})) ==
        "0.000000000 host 0 held 10.0.0.1:49152 -> 10.0.0.2:80: hold-nagle (RFC 9293 3.7.4); queued 20, unacknowledged 1460");
  Why rack{"lost-rack", "RFC 8985 6.2"};
  rack.particulars.add(Fact::sent_before, std::chrono::milliseconds(31));
  CHECK(to_text(event(0, 0, SegmentLost{tuple(), 1, 1460, rack})) ==
        "0.000000000 host 0 lost 10.0.0.1:49152 -> 10.0.0.2:80 seq 1 len 1460: lost-rack (RFC 8985 6.2); sent_before 31 ms");
  CHECK(to_text(event(0, 0, CongestionChanged{tuple(), "slow start", "recovery", {}})) ==
        "0.000000000 host 0 congestion 10.0.0.1:49152 -> 10.0.0.2:80 slow start -> recovery");
  MetricsUpdated metrics{.tuple = tuple()};
  metrics.cwnd = 14600;
  metrics.latest_rtt = std::chrono::microseconds(1500);
  CHECK(to_text(event(0, 0, metrics)) == "0.000000000 host 0 metrics 10.0.0.1:49152 -> 10.0.0.2:80 cwnd 14600 rtt 1.5 ms");
  CHECK(to_text(event(0, 0, TimerChanged{tuple(), "retransmit", Instant{std::chrono::seconds(1)}, "RFC 6298 5.1"})) ==
        "0.000000000 host 0 timer retransmit set to 1.000000000 10.0.0.1:49152 -> 10.0.0.2:80: RFC 6298 5.1");
}

TEST_CASE("lengths of time are said in the unit that fits") {
  CHECK(duration_text(Duration{0}) == "0 ns");
  CHECK(duration_text(Duration{999}) == "999 ns");
  CHECK(duration_text(Duration{1'000}) == "1 us");
  CHECK(duration_text(Duration{1'050'000}) == "1.05 ms");
  CHECK(duration_text(std::chrono::milliseconds(1500)) == "1.5 s");
  CHECK(duration_text(std::chrono::seconds(90)) == "90 s");
}

TEST_CASE("a decision has room for four particulars, and what is more is passed over") {
  Particulars particulars;
  CHECK(particulars.empty());
  for (std::uint64_t i = 0; i < 6; ++i) particulars.add(Fact::queued, i);
  CHECK(particulars_text(particulars) == "queued 0, queued 1, queued 2, queued 3");
  Particulars past;
  past.add(Fact::wait, Duration{-5});  // a wait that is over
  CHECK(particulars_text(past) == "wait 0 ns");
}

TEST_CASE("every fact has a name") {
  for (auto i = 0; i < static_cast<int>(Fact::count_); ++i) CHECK(!to_string(static_cast<Fact>(i)).empty());
}
