#include "report_case.hpp"

#include "analysis/report/document_text.hpp"
#include "analysis/report/lab_report.hpp"

using namespace ft::analysis;
using namespace ft::analysis::report;

namespace {

/// Six segments, each acknowledged: after 100 ms, 50 ms, 100 ms, ...
Case six_segments() {
  Case c;
  c.shake_hands();
  for (unsigned i = 0; i < 6; ++i) {
    const auto when = 100ms + i * 200ms;
    c.send({.side = 0, .when = when, .seq = 1 + i * 1000, .ack = 1, .length = 1000});
    c.send({.side = 1, .when = when + (i % 2 == 0 ? 100ms : 50ms), .seq = 1, .ack = 1 + (i + 1) * 1000});
  }
  c.close(3s, 6001, 1);
  return c;
}

}  // namespace

TEST_CASE("the estimate of the round trip follows RFC 6298: 7/8 of the old one and 1/8 of the new sample") {
  Case c = six_segments();
  const auto lines = first_round_trips(c.settled(), 0, 6);
  REQUIRE(lines.size() == 6);
  CHECK(lines[0].srtt == 100ms);
  CHECK(lines[0].rttvar == 50ms);
  CHECK(lines[1].rtt == 50ms);
  CHECK(lines[1].srtt == 93'750us);
  CHECK(lines[1].rto == 1s);  // never below a second (2.4)
}

TEST_CASE("a segment that was sent again is no sample (Karn)") {
  Case c;
  c.shake_hands();
  c.send({.side = 0, .when = 100ms, .seq = 1, .ack = 1, .length = 1000});
  c.send(
      {.side = 0, .when = 400ms, .seq = 1, .ack = 1, .length = 1000, .label = Label::retransmission, .cause = RepeatCause::rto});
  c.send({.side = 1, .when = 420ms, .seq = 1, .ack = 1001});
  CHECK(first_round_trips(c.settled(), 0, 6).empty());
}

TEST_CASE("octets are counted by rounds from the first text on") {
  Case c = six_segments();
  CHECK(octets_by_round(c.settled(), 0, 400ms, 12) == std::vector<std::uint64_t>{2000, 2000, 2000});
  CHECK(octets_by_round(c.settled(), 0, 0ms, 12).empty());
}

TEST_CASE("a quiz asks and says nothing; its answers come at the end when they are asked for") {
  Case c = six_segments();
  CaptureFile file;
  file.name = "lab.pcap";
  const auto text = [&](Answers answers) { return document_text(lab_report(file, c.settled(), Lang::en, answers), {}); };
  const std::string sheet = text(Answers::with_questions), quiz = text(Answers::hidden), both = text(Answers::at_the_end);
  CHECK(sheet.find("4294967280") != std::string::npos);
  CHECK(quiz.find("Which initial sequence numbers") != std::string::npos);
  CHECK(quiz.find("4294967280") == std::string::npos);
  CHECK(quiz.find("SRTT = ") == std::string::npos);
  CHECK(both.find("Answers") < both.find("4294967280"));
  const std::string json = lab_report_json(file, c.settled(), Lang::en, false);
  CHECK(json.find("\"answer\"") == std::string::npos);
}
