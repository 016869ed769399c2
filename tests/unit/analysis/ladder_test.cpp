#include "analysis/ladder.hpp"

#include "tell.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace ft;
using namespace ft::analysis;

namespace {

std::size_t count_of(const Ladder& ladder, Row::Kind kind) {
  return static_cast<std::size_t>(std::ranges::count(ladder.rows, kind, &Row::kind));
}

}  // namespace

TEST_CASE("a handshake is three arrows with relative numbers and the states of both ends") {
  Teller t;
  t.handshake();
  const Ladder ladder = t.builder.finish();
  REQUIRE(ladder.rows.size() == 3);
  CHECK(count_of(ladder, Row::Kind::segment) == 3);
  CHECK(ladder.rows[0].seq == 0);
  CHECK(ladder.rows[0].segment.seq == client_isn);
  CHECK(ladder.rows[0].to_state.after == "SYN-RECEIVED");
  CHECK(ladder.rows[1].ack == 1);
  CHECK(ladder.rows[1].to_state.after == "ESTABLISHED");
  CHECK(ladder.rows[2].seq == 1);
  CHECK(ladder.rows[2].arrived == Instant{} + 60ms);
}

TEST_CASE("a SYN's window stands as it is, later windows are scaled when both SYNs offered to") {
  Teller t;
  t.handshake();
  const Ladder ladder = t.builder.finish();
  CHECK(ladder.rows[0].window == 65535);
  CHECK(ladder.rows[2].window == 512U << 7U);
}

TEST_CASE("a window is not scaled when one SYN did not offer it") {
  Teller t;
  auto p = t.send(0ms, 0, Teller::syn(), "syn", "CLOSED", "SYN-SENT");
  t.deliver(20ms, 1, p, "LISTEN", "SYN-RECEIVED");
  auto answer = Teller::syn_ack();
  answer.window_scale.reset();
  p = t.send(20ms, 1, answer, "syn-ack", "SYN-RECEIVED", "SYN-RECEIVED");
  t.deliver(40ms, 0, p, "SYN-SENT", "ESTABLISHED");
  t.send(40ms, 0, Teller::data(1, 0), "handshake-ack", "ESTABLISHED", "ESTABLISHED");
  CHECK(t.builder.finish().rows.back().window == 512);
}

TEST_CASE("a lost packet is a row without an arrival") {
  Teller t;
  const auto p = t.send(0ms, 0, Teller::syn(), "syn", "CLOSED", "SYN-SENT");
  t.lose(0ms, 0, p);
  const Ladder ladder = t.builder.finish();
  REQUIRE(ladder.rows.size() == 1);
  CHECK(ladder.rows[0].kind == Row::Kind::segment);
  CHECK(ladder.rows[0].lost == "random");
  CHECK_FALSE(ladder.rows[0].arrived);
}

TEST_CASE("FINs that cross are drawn as two departures and two arrivals") {
  Teller t;
  t.handshake();
  const auto a = t.send(100ms, 0, Teller::fin(1, 1), "fin", "ESTABLISHED", "FIN-WAIT-1");
  const auto b = t.send(105ms, 1, Teller::fin(1, 1), "fin", "ESTABLISHED", "FIN-WAIT-1");
  t.deliver(120ms, 1, a, "FIN-WAIT-1", "CLOSING", "simultaneous-close");
  t.deliver(125ms, 0, b, "FIN-WAIT-1", "CLOSING", "simultaneous-close");
  const Ladder ladder = t.builder.finish();
  CHECK(count_of(ladder, Row::Kind::departure) == 2);
  CHECK(count_of(ladder, Row::Kind::arrival) == 2);
  CHECK(ladder.rows.back().to_state.after == "CLOSING");
}

TEST_CASE("segments in flight one after the other stay single arrows") {
  Teller t;
  t.handshake();
  const auto a = t.send(100ms, 0, Teller::data(1, 100), "data", "ESTABLISHED", "ESTABLISHED");
  const auto b = t.send(100ms, 0, Teller::data(101, 100), "data-push", "ESTABLISHED", "ESTABLISHED");
  t.deliver(120ms, 1, a, "ESTABLISHED", "ESTABLISHED", "text-in-order");
  t.deliver(120ms, 1, b, "ESTABLISHED", "ESTABLISHED", "text-in-order");
  const Ladder ladder = t.builder.finish();
  CHECK(ladder.rows.size() == 5);
  CHECK(count_of(ladder, Row::Kind::segment) == 5);
}

TEST_CASE("a segment that was overtaken arrives in a row of its own and is called late") {
  Teller t;
  t.handshake();
  const auto a = t.send(100ms, 0, Teller::data(1, 100), "data", "ESTABLISHED", "ESTABLISHED");
  const auto b = t.send(100ms, 0, Teller::data(101, 100), "data-push", "ESTABLISHED", "ESTABLISHED");
  t.deliver(120ms, 1, b, "ESTABLISHED", "ESTABLISHED", "text-out-of-order");
  t.deliver(130ms, 1, a, "ESTABLISHED", "ESTABLISHED", "text-in-order");
  const Ladder ladder = t.builder.finish();
  REQUIRE(ladder.rows.size() == 6);
  CHECK(ladder.rows[3].kind == Row::Kind::departure);
  CHECK(ladder.rows[4].kind == Row::Kind::segment);
  CHECK(ladder.rows[5].kind == Row::Kind::arrival);
  CHECK(ladder.rows[5].late);
  CHECK(ladder.rows[5].seq == 1);
}

TEST_CASE("a copy that the link made is an arrival of its own") {
  Teller t;
  t.handshake();
  const auto p = t.send(100ms, 0, Teller::data(1, 100), "data-push", "ESTABLISHED", "ESTABLISHED");
  t.deliver(120ms, 1, p, "ESTABLISHED", "ESTABLISHED", "text-in-order");
  t.deliver(121ms, 1, p, "ESTABLISHED", "ESTABLISHED", "not_acceptable", DropReason::not_acceptable, true);
  const Ladder ladder = t.builder.finish();
  REQUIRE(ladder.rows.size() == 5);
  CHECK(ladder.rows[4].duplicate);
  CHECK(ladder.rows[4].dropped == DropReason::not_acceptable);
}

TEST_CASE("a call and the change of state that it made are one row, whichever comes first") {
  for (const bool call_first : {true, false}) {
    Teller t;
    t.handshake();
    const trace::StateChanged changed{t.tuples[0], "ESTABLISHED", "FIN-WAIT-1", {"call-close", "RFC 9293 3.10.4"}};
    if (call_first) t.tell(100ms, 0, trace::Call{t.tuples[0], "close", 0, ""});
    t.tell(100ms, 0, changed);
    if (!call_first) t.tell(100ms, 0, trace::Call{t.tuples[0], "close", 0, ""});
    const Ladder ladder = t.builder.finish();
    REQUIRE(ladder.rows.size() == 4);
    CHECK(ladder.rows[3].kind == Row::Kind::call);
    CHECK(ladder.rows[3].from_state.after == "FIN-WAIT-1");
  }
}

TEST_CASE("a new SYN on the same four-tuple begins at 0 again, and old numbers stay readable") {
  Teller t;
  t.handshake();
  auto again = Teller::syn();
  again.seq = 900'000'000;
  const auto p = t.send(5s, 0, again, "syn", "CLOSED", "SYN-SENT");
  t.deliver(5020ms, 1, p, "ESTABLISHED", "ESTABLISHED", "syn_challenged", DropReason::syn_challenged);
  t.send(5020ms, 1, Teller::bare_ack(), "ack-challenge-syn", "ESTABLISHED", "ESTABLISHED");
  const Ladder ladder = t.builder.finish();
  CHECK(ladder.rows[3].seq == 0);
  CHECK(ladder.rows[3].connection == 1);
  CHECK(ladder.rows[4].seq == 1);
  CHECK(ladder.rows[4].ack == 1);  // of the old connection
}

TEST_CASE("events of one end alone make rows of arrivals") {
  Teller t;
  trace::SegmentFields f = Teller::syn();
  f.seq = client_isn;
  t.tell(0ms, 1, trace::SegmentReceived{t.tuples[1], f, {"syn-received", ""}, DropReason::none, "LISTEN", "SYN-RECEIVED"});
  const Ladder ladder = t.builder.finish();
  REQUIRE(ladder.rows.size() == 1);
  CHECK(ladder.rows[0].kind == Row::Kind::arrival);
  CHECK(ladder.rows[0].from == 0);
  CHECK(ladder.rows[0].to == 1);
  CHECK(ladder.rows[0].seq == 0);
}
