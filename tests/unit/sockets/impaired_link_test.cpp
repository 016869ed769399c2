#include "sockets/impaired_link.hpp"

#include "fourtuple/impair.hpp"

#include "unit/io/fake_link.hpp"

#include <doctest/doctest.h>

#include <array>
#include <set>

using namespace ft;
using namespace ft::sockets;
using namespace std::chrono_literals;
using io::FakeLink;
using io::Packet;

namespace {

Packet numbered(unsigned n) {
  Packet packet(40);
  packet[0] = std::byte{0x45};
  packet[30] = static_cast<std::byte>(n >> 8);
  packet[31] = static_cast<std::byte>(n);
  return packet;
}

struct Fixture {
  FakeLink* inner = nullptr;
  std::unique_ptr<ImpairedLink> link;
  std::array<std::byte, 2000> into{};

  explicit Fixture(std::string_view impairment, io::LinkReporter reporter = {}) {
    auto fake = std::make_unique<FakeLink>();
    inner = fake.get();
    const auto both = parse_both_ways(impairment);
    REQUIRE(both);
    link = std::make_unique<ImpairedLink>(std::move(fake), both->out, both->in, reporter);
  }
  unsigned received(Instant now) {
    unsigned count = 0;
    while (link->receive(now, into).outcome == Link::Outcome::done) ++count;
    return count;
  }
};

struct Counter final : trace::Sink {
  unsigned sent = 0, delivered = 0, lost = 0;
  void on_event(const trace::Event& event) override {
    sent += std::holds_alternative<trace::LinkSent>(event.what);
    delivered += std::holds_alternative<trace::LinkDelivered>(event.what);
    lost += std::holds_alternative<trace::LinkLost>(event.what);
  }
};

}  // namespace

TEST_CASE("without faults every packet passes at once and unchanged") {
  Fixture f("seed=1");
  f.inner->incoming.push_back(numbered(7));
  CHECK(f.link->send(Instant{}, numbered(9), {}) == Link::Outcome::done);
  REQUIRE(f.inner->sent.size() == 1);
  CHECK(f.inner->sent[0] == numbered(9));
  const auto got = f.link->receive(Instant{}, f.into);
  REQUIRE(got.outcome == Link::Outcome::done);
  CHECK(Packet(f.into.begin(), f.into.begin() + static_cast<std::ptrdiff_t>(got.length)) == numbered(7));
}

TEST_CASE("a program puts faults in front of its link by a text, and a wrong word is named") {
  auto fake = std::make_unique<FakeLink>();
  const FakeLink& inner = *fake;
  const auto link = impair(std::move(fake), "drop=1");
  REQUIRE(link);
  CHECK((*link)->send(Instant{}, numbered(1), {}) == Link::Outcome::done);
  CHECK((*link)->send(Instant{}, numbered(2), {}) == Link::Outcome::done);
  REQUIRE(inner.sent.size() == 1);
  CHECK(inner.sent[0] == numbered(2));
  const auto wrong = impair(std::make_unique<FakeLink>(), "los=1%");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().find("los") != std::string::npos);
}

TEST_CASE("a delay holds packets back in both directions, and the link says until when") {
  Fixture f("delay=20ms");
  const Instant start{1s};
  f.inner->incoming.push_back(numbered(1));
  CHECK(f.link->send(start, numbered(2), {}) == Link::Outcome::done);
  CHECK(f.received(start) == 0);
  CHECK(f.inner->sent.empty());
  CHECK(f.link->next_deadline() == start + 20ms);
  CHECK(f.received(start + 19ms) == 0);
  CHECK(f.received(start + 20ms) == 1);
  CHECK(f.inner->sent.size() == 1);
  CHECK_FALSE(f.link->next_deadline());
}

TEST_CASE("loss takes about its share in each direction, not the same packets, and tells of each") {
  Counter counter;
  Fixture f("loss=10%,seed=5", io::LinkReporter(&counter, Medium::ip, 0, 1));
  for (unsigned i = 0; i < 2000; ++i) {
    f.link->send(Instant{}, numbered(i), {});
    f.inner->incoming.push_back(numbered(i));
  }
  std::set<std::size_t> in, out;
  for (Link::Received got = f.link->receive(Instant{}, f.into); got.outcome == Link::Outcome::done || !f.inner->incoming.empty();
       got = f.link->receive(Instant{}, f.into)) {
    if (got.outcome == Link::Outcome::done)
      in.insert(static_cast<std::size_t>(f.into[30]) * 256 + static_cast<std::size_t>(f.into[31]));
  }
  for (const auto& packet : f.inner->sent)
    out.insert(static_cast<std::size_t>(packet[30]) * 256 + static_cast<std::size_t>(packet[31]));
  CHECK(in.size() > 1740);
  CHECK(in.size() < 1860);
  CHECK(out.size() > 1740);
  CHECK(out.size() < 1860);
  CHECK(in != out);
  CHECK(counter.sent == 4000);
  CHECK(counter.delivered == in.size() + out.size());
  CHECK(counter.lost == 4000 - counter.delivered);
}

TEST_CASE("when the device has no room, packets wait and then leave in order") {
  Fixture f("delay=1ms");
  const Instant start{1s};
  f.inner->room = 1;
  for (unsigned i = 0; i < 3; ++i) CHECK(f.link->send(start, numbered(i), {}) == Link::Outcome::done);
  CHECK(f.received(start + 1ms) == 0);
  CHECK(f.inner->sent.size() == 1);
  CHECK(f.link->wants_room());
  CHECK_FALSE(f.link->next_deadline());
  f.inner->room = 10;
  CHECK(f.received(start + 2ms) == 0);
  REQUIRE(f.inner->sent.size() == 3);
  CHECK(f.inner->sent[2] == numbered(2));
  CHECK_FALSE(f.link->wants_room());
}

TEST_CASE("a device that stays without room is felt by the sender instead of filling memory") {
  Fixture f("seed=1");
  f.inner->room = 0;
  unsigned taken = 0;
  while (taken < 5000 && f.link->send(Instant{}, numbered(taken), {}) == Link::Outcome::done) ++taken;
  CHECK(taken > 100);
  CHECK(taken < 2000);
}

TEST_CASE("a broken device breaks the link") {
  Fixture f("seed=1");
  f.inner->broken = true;
  CHECK(f.link->send(Instant{}, numbered(1), {}) == Link::Outcome::failed);
  CHECK(f.link->receive(Instant{}, f.into).outcome == Link::Outcome::failed);
  CHECK(f.link->failure().find("broken") != std::string::npos);
}

TEST_CASE("a fault that is not known is refused") { CHECK_FALSE(parse_both_ways("losss=2%")); }
