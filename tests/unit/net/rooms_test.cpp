// The small rooms, each alone: routes, source choice, path MTUs, rate limits, outbox, fragments.
#include "net/fragments.hpp"
#include "net/outbox.hpp"
#include "net/path_mtu.hpp"
#include "net/routes.hpp"
#include "net/source_choice.hpp"
#include "net/token_bucket.hpp"
#include "packets.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::net;
using namespace ft::test;
using namespace std::chrono_literals;

namespace {

KeyedHash hash() { return {std::array<std::uint8_t, 32>{1, 2, 3}, 0}; }

}  // namespace

TEST_CASE("the longest prefix wins, and on link wins over a gateway of equal length") {
  StackConfig c;
  c.addresses = {{ip("10.0.0.1"), 24}};
  c.routes = {{ip("0.0.0.0"), 0, ip("10.0.0.254")},
              {ip("10.1.0.0"), 16, ip("10.0.0.253")},
              {ip("10.1.2.0"), 24, ip("10.0.0.252")},
              {ip("10.1.2.0"), 24, {}},
              {ip("10.1.2.77"), 32, ip("10.0.0.251")}};
  const Routes routes(c);
  CHECK(routes.next_hop(ip("198.51.100.1")) == ip("10.0.0.254"));
  CHECK(routes.next_hop(ip("10.1.9.9")) == ip("10.0.0.253"));
  CHECK(routes.next_hop(ip("10.1.2.9")) == ip("10.1.2.9"));
  CHECK(routes.next_hop(ip("10.1.2.77")) == ip("10.0.0.251"));
  CHECK(routes.next_hop(ip("10.0.0.9")) == ip("10.0.0.9"));
  CHECK(routes.next_hop(ip("2001:db8::1")) == std::nullopt);
  CHECK(routes.is_on_link(ip("10.1.2.9")));
  CHECK_FALSE(routes.is_on_link(ip("10.1.9.9")));
}

TEST_CASE("a default route of one family does not serve the other") {
  StackConfig c;
  c.routes = {{ip("::"), 0, {}}};
  const Routes routes(c);
  CHECK(routes.next_hop(ip("2001:db8::1")) == ip("2001:db8::1"));
  CHECK(routes.next_hop(ip("10.0.0.1")) == std::nullopt);
}

TEST_CASE("the subnet broadcast address follows from the prefix, and short subnets have none") {
  StackConfig c;
  c.addresses = {{ip("10.0.5.1"), 22}, {ip("192.168.1.4"), 31}, {ip("192.168.2.9"), 32}, {ip("172.16.0.9"), 29}};
  const Routes routes(c);
  CHECK(routes.is_broadcast(ip("10.0.7.255")));
  CHECK_FALSE(routes.is_broadcast(ip("10.0.5.255")));
  CHECK_FALSE(routes.is_broadcast(ip("192.168.1.5")));
  CHECK_FALSE(routes.is_broadcast(ip("192.168.2.9")));
  CHECK(routes.is_broadcast(ip("172.16.0.15")));
  CHECK(routes.is_broadcast(ip("255.255.255.255")));
  CHECK_FALSE(routes.is_broadcast(ip("ff02::1")));
}

TEST_CASE("we listen to all-hosts, all-nodes and our own solicited-node groups") {
  StackConfig c;
  c.addresses = {{ip("2001:db8::12:3456"), 64}};
  const Routes routes(c);
  CHECK(routes.is_own_group(ip("224.0.0.1")));
  CHECK(routes.is_own_group(ip("ff02::1")));
  CHECK(routes.is_own_group(ip("ff02::1:ff12:3456")));
  CHECK_FALSE(routes.is_own_group(ip("ff02::1:ff12:3457")));
  CHECK_FALSE(routes.is_own_group(ip("224.0.0.2")));
  CHECK_FALSE(routes.is_own_group(ip("2001:db8::12:3456")));
}

TEST_CASE("the source address has the scope of its destination") {
  const std::array<InterfaceAddress, 2> own{{{ip("2001:db8::1"), 64}, {ip("fe80::1"), 64}}};
  CHECK(choose_source(own, ip("fe80::9"), ip("fe80::9")) == ip("fe80::1"));
  CHECK(choose_source(own, ip("2001:db8:5::9"), ip("fe80::ff")) == ip("2001:db8::1"));
  CHECK(choose_source(own, ip("ff02::1"), ip("ff02::1")) == ip("fe80::1"));
  CHECK(choose_source(own, ip("10.0.0.1"), ip("10.0.0.1")) == std::nullopt);
}

TEST_CASE("the source address is on the next hop's subnet, else shares the longest prefix and the label") {
  const std::array<InterfaceAddress, 2> two_nets{{{ip("10.0.0.1"), 24}, {ip("10.5.0.1"), 24}}};
  CHECK(choose_source(two_nets, ip("10.5.0.9"), ip("10.5.0.9")) == ip("10.5.0.1"));
  CHECK(choose_source(two_nets, ip("198.51.100.1"), ip("10.5.0.254")) == ip("10.5.0.1"));
  const std::array<InterfaceAddress, 2> labels{{{ip("2001:db8::1"), 64}, {ip("fd00::1"), 64}}};
  CHECK(choose_source(labels, ip("fd00:7::1"), ip("fe80::ff")) == ip("fd00::1"));
  CHECK(choose_source(labels, ip("2400::1"), ip("fe80::ff")) == ip("2001:db8::1"));
  const std::array<InterfaceAddress, 2> prefixes{{{ip("2001:db8:1::1"), 64}, {ip("2001:db8:2::1"), 64}}};
  CHECK(choose_source(prefixes, ip("2001:db8:2:9::1"), ip("fe80::ff")) == ip("2001:db8:2::1"));
}

TEST_CASE("path MTUs only fall, have a floor, and are forgotten in the order they were lowered") {
  PathMtus mtus(1500, 2, hash());
  CHECK(mtus.get(ip("10.0.0.1")) == 1500);
  CHECK(mtus.lower(start, ip("10.0.0.1"), 9000) == 1500);
  CHECK(mtus.lower(start, ip("10.0.0.1"), 1000) == 1000);
  CHECK(mtus.lower(start + 1s, ip("10.0.0.2"), 1000) == 1000);
  CHECK(mtus.lower(start + 2s, ip("10.0.0.1"), 900) == 900);
  CHECK(mtus.lower(start + 3s, ip("10.0.0.3"), 800) == 800);
  CHECK(mtus.get(ip("10.0.0.2")) == 1500);
  CHECK(mtus.get(ip("10.0.0.1")) == 900);
  CHECK(mtus.next_deadline() == start + 2s + 10min);
  mtus.on_deadline(start + 2s + 10min);
  CHECK(mtus.get(ip("10.0.0.1")) == 1500);
  CHECK(mtus.get(ip("10.0.0.3")) == 800);
}

TEST_CASE("a link narrower than the floor keeps its own MTU") {
  PathMtus mtus(500, 2, hash());
  CHECK(mtus.lower(start, ip("10.0.0.1"), 68) == 500);
  CHECK(mtus.get(ip("2001:db8::1")) == 500);
}

TEST_CASE("a token bucket allows a burst and then its rate") {
  TokenBucket bucket(10, 3);
  CHECK(bucket.take(start));
  CHECK(bucket.take(start));
  CHECK(bucket.take(start));
  CHECK_FALSE(bucket.take(start));
  CHECK_FALSE(bucket.take(start + 99ms));
  CHECK(bucket.take(start + 100ms));
  CHECK_FALSE(bucket.take(start + 150ms));
  CHECK(bucket.take(start + 200ms));
  CHECK_FALSE(bucket.take(start - 5s));
}

TEST_CASE("the outbox refuses a message too many") {
  Outbox outbox;
  Message message;
  message.payload.resize(100);
  for (std::size_t i = 0; i < Outbox::max_messages; ++i) CHECK(outbox.push(message));
  CHECK_FALSE(outbox.push(message));
  outbox.erase(5);
  CHECK(outbox.push(message));
  Outbox large;
  message.payload.resize(Outbox::max_octets / 2);
  CHECK(large.push(message));
  CHECK(large.push(message));
  CHECK_FALSE(large.push(message));
}

TEST_CASE("pieces are multiples of eight octets but for the last") {
  CHECK(piece_at(100, 0, 100).length == 100);
  CHECK_FALSE(piece_at(100, 0, 100).more);
  CHECK(piece_at(100, 0, 99).length == 96);
  CHECK(piece_at(100, 0, 99).more);
  CHECK(piece_at(100, 96, 99).length == 4);
}
