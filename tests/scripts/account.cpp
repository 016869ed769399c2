// What a connection tells about itself: info() and the decision trace, in conversations whose truth is known.
#include "fourtuple/trace.hpp"
#include "script.hpp"

#include <algorithm>
#include <vector>

using namespace ft;
using namespace ft::test;

namespace {

class Decisions final : public trace::Sink {
 public:
  void on_event(const trace::Event& event) override { events.push_back(event); }

  template <class Kind>
  std::vector<Kind> all() const {
    std::vector<Kind> found;
    for (const trace::Event& event : events)
      if (const auto* what = std::get_if<Kind>(&event.what)) found.push_back(*what);
    return found;
  }
  std::vector<std::string> holds() const {
    std::vector<std::string> ids;
    for (const auto& held : all<trace::SegmentHeld>()) ids.emplace_back(held.why.id);
    return ids;
  }

  std::vector<trace::Event> events;
};

std::uint64_t value(const trace::Why& why, Fact fact) {
  for (const Particular& p : why.particulars)
    if (p.fact == fact) return p.value;
  FAIL("no particular ", to_string(fact));
  return 0;
}

Setup with_sack() {
  Setup setup;
  setup.sack = true;
  setup.rtt = 100ms;
  setup.options.pacing = false;
  return setup;
}

}  // namespace

SCRIPT_CASE("time is charged to what held the sender back") {
  Setup setup{.peer_window = 2000, .rtt = 100ms};
  auto s = Script::established(name, variant, setup);
  CHECK(s.info().limits.busy == 0ms);
  s.app_writes(3000);
  s.expects(". 1:1001(1000) ack 1"_seg);
  s.expects(". 1001:2001(1000) ack 1"_seg);
  s.stays_silent_for(50ms);
  CHECK(s.info().limits.now == "receive window");
  CHECK(s.info().limits.hold == "hold-receive-window");
  s.receives(". 1:1(0) ack 2001 win 5000"_seg);
  s.expects("P. 2001:3001(1000) ack 1"_seg);
  s.stays_silent_for(30ms);
  CHECK(s.info().limits.now == "application");
  s.receives(". 1:1(0) ack 3001 win 5000"_seg);
  s.stays_silent_for(1s);
  const LimitInfo limits = s.info().limits;
  CHECK(limits.now == "idle");
  CHECK(limits.hold.empty());
  CHECK(limits.receive_window == 50ms);
  CHECK(limits.application == 30ms);
  CHECK(limits.congestion == 0ms);
  CHECK(limits.busy == 80ms);
}

SCRIPT_CASE("retransmissions are counted by their cause, and the next deadline says what it is for") {
  auto s = Script::established(name, variant, {.rtt = 100ms});
  CHECK_FALSE(s.info().deadline.at.has_value());
  s.app_writes(500);
  s.expects("P. 1:501(500) ack 1"_seg);
  CHECK(s.info().deadline.timer == "retransmit");
  CHECK(s.info().deadline.clause == "RFC 6298 5");
  CHECK(s.info().deadline.at == s.now() + 300ms);
  s.expects("P. 1:501(500) ack 1"_seg);
  s.expects("P. 1:501(500) ack 1"_seg);
  const ConnectionInfo info = s.info();
  CHECK(info.retransmitted[Repeat::timeout].segments == 2);
  CHECK(info.retransmitted[Repeat::timeout].octets == 1000);
  CHECK(info.retransmitted.timeouts == 2);
  CHECK(info.retransmitted.recoveries == 0);
  CHECK(info.backoff == 2);
  CHECK(info.congestion.recovery == "loss");
  CHECK(info.rings.unacknowledged == 500);
  CHECK(info.rings.unsent == 0);
}

SCRIPT_CASE("what was agreed, what is in the rings and when something was heard") {
  Setup setup{.wscale = 7, .sack = true, .timestamps = true, .rtt = 100ms};
  auto s = Script::established(name, variant, setup);
  ConnectionInfo info = s.info();
  CHECK(info.agreed.send_shift == 7);
  CHECK(info.agreed.peer_mss == 1000);
  CHECK(info.agreed.sack);
  CHECK(info.agreed.timestamps);
  CHECK_FALSE(info.agreed.ecn);
  CHECK(info.srtt == 100ms);
  CHECK(info.limits.now == "idle");
  CHECK_FALSE(info.last.data_sent.has_value());
}

SCRIPT_CASE("what came early, and what came twice, is counted") {
  Setup setup;
  setup.sack = true;
  auto s = Script::established(name, variant, setup);
  s.receives(". 1001:2001(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 1 <sack 1001:2001>"_seg);
  CHECK(s.info().rings.out_of_order == 1000);
  CHECK(s.info().reordering.out_of_order == 1);
  s.receives(". 1001:2001(1000) ack 1"_seg);
  s.expects_something();
  CHECK(s.info().reordering.duplicates == 1);
  CHECK(s.info().reordering.duplicate_sacks_sent == 1);
  s.receives(". 1:1001(1000) ack 1"_seg);
  s.expects_something();
  CHECK(s.info().rings.out_of_order == 0);
  CHECK(s.info().rings.readable == 2000);
}

SCRIPT_CASE("the trace says what waits, for what, and how long it had waited when it leaves") {
  auto s = Script::established(name, variant);
  Decisions decisions;
  s.stack().set_trace(&decisions);
  s.app_writes(10);
  s.expects("P. 1:11(10) ack 1"_seg);
  s.app_writes(20);
  s.stays_silent_for(15ms);
  CHECK(decisions.holds() == std::vector<std::string>{"hold-nagle"});
  const trace::Why why = decisions.all<trace::SegmentHeld>()[0].why;
  CHECK(why.clause == "RFC 9293 3.7.4");
  CHECK(value(why, Fact::queued) == 20);
  CHECK(value(why, Fact::unacknowledged) == 10);
  s.receives(". 1:1(0) ack 11"_seg);
  s.expects("P. 11:31(20) ack 1"_seg);
  CHECK(value(decisions.all<trace::SegmentSent>().back().why, Fact::held) == 15'000'000);
  s.stack().set_trace(nullptr);
}

SCRIPT_CASE("the trace tells a full congestion window and a receive window apart") {
  Setup setup = with_sack();
  setup.options.initial_window = 2;
  auto s = Script::established(name, variant, setup);
  Decisions decisions;
  s.stack().set_trace(&decisions);
  s.app_writes(5000);
  s.expects(". 1:1001(1000) ack 1"_seg);
  s.expects(". 1001:2001(1000) ack 1"_seg);
  s.stays_silent_for(10ms);
  REQUIRE(decisions.holds() == std::vector<std::string>{"hold-congestion-window"});
  CHECK(value(decisions.all<trace::SegmentHeld>()[0].why, Fact::cwnd) == 2000);
  s.receives(". 1:1(0) ack 2001 win 0"_seg);
  s.stays_silent_for(10ms);
  CHECK(decisions.holds().back() == "hold-receive-window");
  s.stack().set_trace(nullptr);
}

SCRIPT_CASE("the trace tells a loss with its judge, the repair, and its end") {
  auto s = Script::established(name, variant, with_sack());
  s.app_writes(5000);
  for (int i = 0; i < 5; ++i) s.expects_something();
  Decisions decisions;
  s.stack().set_trace(&decisions);
  s.waits(100ms);
  s.receives(". 1:1(0) ack 1 <sack 1001:4001>"_seg);
  s.expects(". 1:1001(1000) ack 1"_seg);
  const auto lost = decisions.all<trace::SegmentLost>();
  REQUIRE(lost.size() == 1);
  CHECK(lost[0].length == 1000);
  CHECK(lost[0].why.id == "loss-rack");
  CHECK(lost[0].why.clause == "RFC 8985 6.2");
  CHECK(value(lost[0].why, Fact::sent_ago) == 100'000'000);
  const auto sent = decisions.all<trace::SegmentSent>().back();
  CHECK(sent.why.id == "retransmit-rack");
  CHECK(value(sent.why, Fact::sent_ago) == 100'000'000);
  const auto turns = decisions.all<trace::CongestionChanged>();
  REQUIRE(turns.size() == 1);
  CHECK(turns[0].to == "recovery");
  CHECK(turns[0].why.id == "congestion-recovery");
  CHECK(s.info().retransmitted.recoveries == 1);
  CHECK(s.info().retransmitted[Repeat::rack].segments == 1);
  s.waits(100ms);
  s.receives(". 1:1(0) ack 5001"_seg);
  s.stays_silent_for(10ms);
  const auto last = decisions.all<trace::CongestionChanged>().back();
  CHECK(last.from == "recovery");
  CHECK(last.why.id == "congestion-recovered");
  s.stack().set_trace(nullptr);
}

SCRIPT_CASE("the trace tells each round trip measured, and timers as they are set, cancelled and fire") {
  auto s = Script::established(name, variant, {.rtt = 100ms});
  Decisions decisions;
  s.stack().set_trace(&decisions);
  s.app_writes(500);
  s.expects("P. 1:501(500) ack 1"_seg);
  const auto set = decisions.all<trace::TimerChanged>();
  REQUIRE(set.size() == 1);
  CHECK(set[0].timer == "retransmit");
  CHECK(set[0].at == s.now() + 300ms);
  s.waits(120ms);
  s.receives(". 1:1(0) ack 501"_seg);
  s.stays_silent_for(1ms);
  const auto cancelled = decisions.all<trace::TimerChanged>().back();
  CHECK_FALSE(cancelled.at.has_value());
  const auto metrics = decisions.all<trace::MetricsUpdated>();
  CHECK(std::ranges::any_of(metrics, [](const auto& m) { return m.latest_rtt == 120ms; }));
  s.app_writes(500);
  s.expects("P. 501:1001(500) ack 1"_seg);
  s.expects("P. 501:1001(500) ack 1"_seg);
  CHECK(std::ranges::any_of(decisions.all<trace::TimerFired>(), [](const auto& t) { return t.timer == "retransmit"; }));
  CHECK(decisions.all<trace::CongestionChanged>().back().why.id == "congestion-timeout");
  s.stack().set_trace(nullptr);
}
