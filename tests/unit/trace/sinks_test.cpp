#include "trace/sinks.hpp"

#include "unit/trace/example_events.hpp"

#include <doctest/doctest.h>

#include <array>
#include <memory>

using namespace ft;
using namespace ft::trace;
using namespace ft::trace::examples;

namespace {

Event link_sent(std::uint64_t packet, std::span<const std::byte> octets) { return event(0, 0, LinkSent{packet, 0, 1, octets}); }
const LinkSent& sent_in(const Event& e) { return std::get<LinkSent>(e.what); }

/// Feeds a packet whose octets are gone when the call is over.
void feed(Sink& sink, std::uint64_t packet, std::size_t length) {
  std::vector<std::byte> octets(length, static_cast<std::byte>(packet));
  sink.on_event(link_sent(packet, octets));
  octets.assign(length, std::byte{0xee});
}

bool holds(const Event& e, std::uint64_t packet, std::size_t length) {
  const LinkSent& sent = sent_in(e);
  if (sent.packet != packet || sent.octets.size() != length) return false;
  for (const std::byte b : sent.octets) {
    if (b != static_cast<std::byte>(packet)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("a recorder keeps every event with octets of its own, also when it moves") {
  Recorder recorder;
  for (std::uint64_t i = 1; i <= 100; ++i) feed(recorder, i, i);
  recorder.on_event(syn_sent());
  const Recorder moved = std::move(recorder);
  REQUIRE(moved.records().size() == 101);
  for (std::uint64_t i = 1; i <= 100; ++i) CHECK(holds(moved.records()[i - 1].event(), i, i));
  CHECK(std::get<SegmentSent>(moved.records()[100].event().what).segment.seq == 1000);
}

TEST_CASE("a recorder that is full counts what it did not keep") {
  Recorder recorder{2};
  for (std::uint64_t i = 1; i <= 5; ++i) feed(recorder, i, 1);
  CHECK(recorder.records().size() == 2);
  CHECK(recorder.not_kept() == 3);
  recorder.clear();
  feed(recorder, 9, 1);
  REQUIRE(recorder.records().size() == 1);
  CHECK(holds(recorder.records()[0].event(), 9, 1));
  CHECK(recorder.not_kept() == 0);
}

TEST_CASE("a ring keeps the last events, oldest first") {
  Ring ring{3};
  CHECK(ring.size() == 0);
  for (std::uint64_t i = 1; i <= 2; ++i) feed(ring, i, 10 * i);
  CHECK(ring.size() == 2);
  CHECK(holds(ring[0], 1, 10));
  for (std::uint64_t i = 3; i <= 8; ++i) feed(ring, i, 100 - i);
  REQUIRE(ring.size() == 3);
  CHECK(ring.seen() == 8);
  CHECK(holds(ring[0], 6, 94));
  CHECK(holds(ring[1], 7, 93));
  CHECK(holds(ring[2], 8, 92));
}

TEST_CASE("a tee tells every sink and passes over null ones") {
  Recorder a;
  Recorder b;
  Tee tee{&a, nullptr};
  tee.add(&b);
  tee.add(nullptr);
  tee.on_event(syn_sent());
  CHECK(a.records().size() == 1);
  CHECK(b.records().size() == 1);
}

TEST_CASE("line sinks write one line an event") {
  std::string text;
  std::string json;
  TextLines text_lines{[&](std::string_view line) { text += line; }};
  JsonLines json_lines{[&](std::string_view line) { json += line; }};
  Tee tee{&text_lines, &json_lines};
  tee.on_event(event(0, 0, LinkLost{1, 0, 1, "random"}));
  tee.on_event(event(1'000'000, 1, LinkLost{2, 1, 0, "queue"}));
  CHECK(text == "0.000000000 host 0 link 0 -> 1 lost packet 1: random\n0.001000000 host 1 link 1 -> 0 lost packet 2: queue\n");
  CHECK(json ==
        "{\"time\":0,\"name\":\"link:packet_lost\",\"data\":{\"host\":0,\"packet\":1,\"from\":0,\"to\":1,\"why\":\"random\"}}\n"
        "{\"time\":1,\"name\":\"link:packet_lost\",\"data\":{\"host\":1,\"packet\":2,\"from\":1,\"to\":0,\"why\":\"queue\"}}\n");
}
