#include "analysis/report/compare_wireshark.hpp"

#include "analysis/report/document_text.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::analysis;
using namespace ft::analysis::report;
using namespace std::chrono_literals;

namespace {

Connection connection() {
  Connection c;
  c.sides[0].endpoint = {IpAddress::v4(10, 0, 0, 1), 40000};
  c.sides[1].endpoint = {IpAddress::v4(10, 0, 0, 2), 80};
  for (Side& side : c.sides) side.packets = 5, side.text = 100, side.syns = 1, side.fins = 1;
  c.opening = Opening::normal;
  c.handshake = 20ms;
  return c;
}

WiresharkStream same_as(const Connection& c) {
  WiresharkStream w;
  for (std::size_t i = 0; i < 2; ++i) {
    const Side& side = c.sides[i];
    w.sides[i] = {side.endpoint, side.packets, side.text, side.syns, side.fins, side.resets};
  }
  w.handshake = c.handshake;
  return w;
}

std::string text(const WiresharkComparison& comparison, Lang lang = Lang::en) {
  return document_text(comparison.document("some.pcap", lang), {});
}

}  // namespace

TEST_CASE("what Wireshark says as well is counted and not explained") {
  WiresharkComparison comparison;
  comparison.streams(1, 1);
  const Connection ours = connection();
  const WiresharkStream theirs = same_as(ours);
  comparison.stream(ours, &theirs);
  comparison.frame(1, WiresharkWord::nothing, Label::original);
  comparison.frame(2, WiresharkWord::fast_retransmission, Label::retransmission);
  comparison.frame(3, WiresharkWord::spurious_retransmission, Label::needless);
  CHECK(comparison.same_facts());
  CHECK(text(comparison).find("3 of 3 TCP frames") != std::string::npos);
}

TEST_CASE("the sides of a stream may stand in either order") {
  WiresharkComparison comparison;
  comparison.streams(1, 1);
  const Connection ours = connection();
  WiresharkStream theirs = same_as(ours);
  std::swap(theirs.sides[0], theirs.sides[1]);
  comparison.stream(ours, &theirs);
  CHECK(comparison.same_facts());
}

TEST_CASE("a fact that differs is shown with both values") {
  WiresharkComparison comparison;
  comparison.streams(1, 1);
  const Connection ours = connection();
  WiresharkStream theirs = same_as(ours);
  theirs.sides[1].packets = 7;
  theirs.handshake = 21ms;
  comparison.stream(ours, &theirs);
  CHECK_FALSE(comparison.same_facts());
  const std::string page = text(comparison);
  CHECK(page.find("10.0.0.2:80 packets") != std::string::npos);
  CHECK(page.find("handshake") != std::string::npos);
}

TEST_CASE("a difference comes with its frames and its reason, in both languages") {
  WiresharkComparison comparison;
  comparison.frame(9, WiresharkWord::out_of_order, Label::retransmission);
  CHECK(text(comparison).find("[9]") != std::string::npos);
  for (const Lang lang : {Lang::en, Lang::zh}) {
    const std::string_view reason = reason_of_difference(WiresharkWord::out_of_order, Label::retransmission, lang);
    CHECK_FALSE(reason.empty());
  }
  CHECK(text(comparison, Lang::zh) != text(comparison));
}

TEST_CASE("a difference that nobody can explain is said to be one") {
  WiresharkComparison comparison;
  comparison.frame(9, WiresharkWord::keep_alive, Label::injected);
  CHECK(text(comparison).find("one of both is wrong") != std::string::npos);
}

TEST_CASE("when streams are split otherwise, that is said and nothing of them is compared") {
  WiresharkComparison comparison;
  comparison.streams(1, 2);
  WiresharkStream theirs = same_as(connection());
  theirs.sides[0].packets = 1;
  comparison.stream(connection(), &theirs);
  CHECK_FALSE(comparison.same_facts());
  const std::string page = text(comparison);
  CHECK(page.find("Connections: 1; Wireshark: 2. ") != std::string::npos);
  CHECK(page.find("Facts that differ") == std::string::npos);
}
