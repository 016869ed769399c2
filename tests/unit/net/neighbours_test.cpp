#include "net/neighbours.hpp"
#include "packets.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::net;
using namespace ft::test;
using namespace std::chrono_literals;

namespace {

KeyedHash hash() { return {std::array<std::uint8_t, 32>{5}, 0}; }
constexpr MacAddress mac_a{{2, 0, 0, 0, 0, 0xa}}, mac_b{{2, 0, 0, 0, 0, 0xb}};
const IpAddress peer = ip("10.0.0.2");

Neighbours::Answer answer(MacAddress mac, bool solicited = true, bool override_cached = true) {
  return {peer, mac, solicited, override_cached};
}

bool is_broadcast_question(const std::optional<Neighbours::Question>& q) { return q && q->target == peer && !q->mac; }
bool is_probe_of(const std::optional<Neighbours::Question>& q, MacAddress mac) { return q && q->target == peer && q->mac == mac; }

}  // namespace

TEST_CASE("an unknown neighbour is asked for, and usable once it answers") {
  Neighbours n(10, hash());
  CHECK(n.resolve(start, peer) == Reach::resolving);
  CHECK(n.find(peer) == nullptr);
  CHECK(is_broadcast_question(n.poll_question()));
  CHECK_FALSE(n.poll_question().has_value());
  CHECK(n.resolve(start, peer) == Reach::resolving);
  CHECK_FALSE(n.poll_question().has_value());
  const auto before = n.resolution_count();
  n.on_answer(start, answer(mac_a));
  CHECK(n.resolution_count() == before + 1);
  CHECK(n.resolve(start, peer) == Reach::ready);
  REQUIRE(n.find(peer) != nullptr);
  CHECK(*n.find(peer) == mac_a);
}

TEST_CASE("a silent neighbour is asked three times a second apart, then unreachable for three seconds") {
  Neighbours n(10, hash());
  n.resolve(start, peer);
  CHECK(is_broadcast_question(n.poll_question()));
  for (int retry = 1; retry <= 2; ++retry) {
    REQUIRE(n.next_deadline() == start + std::chrono::seconds(retry));
    n.on_deadline(start + std::chrono::seconds(retry));
    CHECK(is_broadcast_question(n.poll_question()));
    CHECK(n.resolve(start + std::chrono::seconds(retry), peer) == Reach::resolving);
  }
  const auto before = n.resolution_count();
  n.on_deadline(start + 3s);
  CHECK(n.resolution_count() == before + 1);
  CHECK(n.resolve(start + 3s, peer) == Reach::unreachable);
  CHECK_FALSE(n.poll_question().has_value());
  CHECK(n.next_deadline() == std::nullopt);
  CHECK(n.resolve(start + 6s, peer) == Reach::resolving);
  CHECK(is_broadcast_question(n.poll_question()));
}

TEST_CASE("on_deadline is harmless when early") {
  Neighbours n(10, hash());
  n.resolve(start, peer);
  CHECK(n.poll_question().has_value());
  n.on_deadline(start + 999ms);
  CHECK_FALSE(n.poll_question().has_value());
}

TEST_CASE("a neighbour not confirmed for thirty seconds is probed when it is used, and stays usable meanwhile") {
  Neighbours n(10, hash());
  n.resolve(start, peer);
  n.poll_question();
  n.on_answer(start, answer(mac_a));
  CHECK(n.resolve(start + 29s, peer) == Reach::ready);
  CHECK_FALSE(n.poll_question().has_value());
  CHECK(n.resolve(start + 30s, peer) == Reach::ready);
  CHECK(is_probe_of(n.poll_question(), mac_a));
  CHECK(n.resolve(start + 30s, peer) == Reach::ready);
  CHECK_FALSE(n.poll_question().has_value());
  n.on_answer(start + 30s, answer(mac_a));
  CHECK(n.resolve(start + 59s, peer) == Reach::ready);
  CHECK_FALSE(n.poll_question().has_value());
}

TEST_CASE("a probed neighbour that stays silent is forgotten and asked for anew") {
  Neighbours n(10, hash());
  n.resolve(start, peer);
  n.on_answer(start, answer(mac_a));
  n.resolve(start + 40s, peer);
  for (const auto at : {41s, 42s, 43s}) {
    n.on_deadline(start + at);
    n.poll_question();
  }
  CHECK(n.find(peer) == nullptr);
  CHECK(n.resolve(start + 43s, peer) == Reach::resolving);
  CHECK(is_broadcast_question(n.poll_question()));
}

TEST_CASE("an answer from somebody we never asked about is not remembered") {
  Neighbours n(10, hash());
  n.on_answer(start, answer(mac_a));
  CHECK(n.size() == 0);
}

TEST_CASE("an unsolicited answer makes a neighbour stale, so it is probed on use") {
  Neighbours n(10, hash());
  n.resolve(start, peer);
  n.poll_question();
  n.on_answer(start, answer(mac_a, false));
  CHECK(n.resolve(start + 1s, peer) == Reach::ready);
  CHECK(is_probe_of(n.poll_question(), mac_a));
}

TEST_CASE("however often a neighbour is put in doubt, it is asked once a second at most") {
  Neighbours n(10, hash());
  n.resolve(start, peer);
  n.poll_question();
  n.on_answer(start, answer(mac_a));
  int asked = 0;
  for (int i = 1; i <= 500; ++i) {
    const Instant now = start + i * 10ms;
    n.on_answer(now, answer(i % 2 == 0 ? mac_a : mac_b, false));
    CHECK(n.resolve(now, peer) == Reach::ready);
    while (n.poll_question()) ++asked;
  }
  CHECK(asked == 5);
}

TEST_CASE("another MAC replaces the known one only with override") {
  Neighbours n(10, hash());
  n.resolve(start, peer);
  n.poll_question();
  n.on_answer(start, answer(mac_a));
  n.on_answer(start, answer(mac_b, true, false));
  CHECK(*n.find(peer) == mac_a);
  n.resolve(start + 1s, peer);  // doubt: RFC 4861 7.2.5 makes it stale
  CHECK(is_probe_of(n.poll_question(), mac_a));
  n.on_answer(start, answer(mac_b, true, true));
  CHECK(*n.find(peer) == mac_b);
  n.on_answer(start, answer(mac_a, false, true));
  CHECK(*n.find(peer) == mac_a);
  n.resolve(start + 2s, peer);
  CHECK(is_probe_of(n.poll_question(), mac_a));
}

TEST_CASE("who introduces itself is known, but has to be confirmed") {
  Neighbours n(10, hash());
  n.on_introduced(peer, mac_a);
  CHECK(n.resolve(start, peer) == Reach::ready);
  CHECK(is_probe_of(n.poll_question(), mac_a));
  n.on_introduced(peer, mac_b);
  CHECK(*n.find(peer) == mac_b);
}

TEST_CASE("a full table forgets whom nobody used lately, never those being asked") {
  Neighbours n(2, hash());
  n.on_introduced(ip("10.0.0.11"), mac_a);
  n.on_introduced(ip("10.0.0.12"), mac_a);
  n.resolve(start, ip("10.0.0.11"));  // used, and being probed
  n.on_introduced(ip("10.0.0.13"), mac_b);
  CHECK(n.find(ip("10.0.0.12")) == nullptr);
  CHECK(n.find(ip("10.0.0.11")) != nullptr);
  n.resolve(start, ip("10.0.0.13"));
  CHECK(n.resolve(start, ip("10.0.0.14")) == Reach::resolving);
  CHECK(n.size() == 2);
  n.on_introduced(ip("10.0.0.15"), mac_b);
  CHECK(n.find(ip("10.0.0.15")) == nullptr);
}
