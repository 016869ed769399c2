// RFC 9293 3.4, 3.5 and 3.9.1.1: initial sequence numbers, and what OPEN must accept and refuse.
#include "script.hpp"

#include "tcp/half_open.hpp"

#include <set>

using namespace ft;
using namespace ft::test;

namespace {

/// The ISN that a stack so configured gives to a connection at that time.
Seq isn_of(const StackConfig& config, Instant now, const Endpoint& remote, std::uint16_t local_port) {
  Stack stack(config);
  const auto id = stack.connect(now, remote, {.local_port = local_port});
  REQUIRE(id);
  return Seq{stack.info(*id)->snd_una};
}

IpAddress address(Variant variant, const char* v4, const char* v6) { return *IpAddress::parse(variant.v6 ? v6 : v4); }

}  // namespace

SCRIPT_CASE("the ISN of one four-tuple moves by one every four microseconds") {
  FT_COVERS("rfc9293 MUST-8", "rfc9293 SHLD-1", "rfc6528 3-1");
  Script s(name, variant);
  const StackConfig config = s.stack().config();
  const Endpoint peer{s.peers(), 80};
  const Seq first = isn_of(config, s.now(), peer, 40000);
  CHECK(isn_of(config, s.now(), peer, 40000) == first);
  CHECK(isn_of(config, s.now() + 4us, peer, 40000) == first + 1);
  CHECK(isn_of(config, s.now() + 1s, peer, 40000) == first + 250'000);
  CHECK(isn_of(config, s.now() + 3h, peer, 40000) == first + 2'700'000'000u);
}

SCRIPT_CASE("the ISN depends on each part of the four-tuple and on a secret, and on no other connection") {
  FT_COVERS("rfc9293 MUST-9", "rfc9293 SHLD-1", "rfc6528 3-1", "rfc6528 3-2", "rfc6528 3-3");
  Script s(name, variant);
  StackConfig config = s.stack().config();
  const Endpoint peer{s.peers(), 80};
  const Endpoint neighbour{address(variant, "10.0.0.3", "fd00::3"), 80};
  const Seq known = isn_of(config, s.now(), peer, 40000);
  const std::int32_t other_port = distance(known, isn_of(config, s.now(), peer, 40001));
  const std::int32_t other_peer = distance(known, isn_of(config, s.now(), neighbour, 40000));
  CHECK(std::abs(std::int64_t{other_port}) > 65536);
  CHECK(std::abs(std::int64_t{other_peer}) > 65536);
  CHECK(isn_of(config, s.now(), {peer.address, 81}, 40000) != known);
  // Another secret, other distances: who knows some numbers cannot tell the rest.
  config.secret[0] ^= 1;
  const Seq secret = isn_of(config, s.now(), peer, 40000);
  CHECK(secret != known);
  CHECK(distance(secret, isn_of(config, s.now(), peer, 40001)) != other_port);
  CHECK(distance(secret, isn_of(config, s.now(), neighbour, 40000)) != other_peer);
}

SCRIPT_CASE("a RST in SYN-RECEIVED after an active open tells the application that it was refused") {
  FT_COVERS("rfc9293 MUST-11");
  Script s(name, variant);
  s.connects();
  s.expects("S 0:0(0)"_seg);
  s.receives("S 0:0(0) win 65535 <mss 1000>"_seg);
  s.expects("S. 0:0(0) ack 1"_seg);
  s.has_state("SYN-RECEIVED");
  s.receives("R 1:1(0)"_seg);
  s.has_closed(CloseReason::refused);
  s.stays_silent_for(3min);
}

SCRIPT_CASE("text that was written before the handshake ends goes with its last ACK") {
  FT_COVERS("rfc9293 UNL-3");
  Script s(name, variant);
  s.connects();
  s.expects("S 0:0(0)"_seg);
  CHECK(s.app_writes(10) == 10);
  s.receives("S. 0:0(0) ack 1 win 9000 <mss 1000>"_seg);
  s.expects("P. 1:11(10) ack 1"_seg);
  s.has_state("ESTABLISHED");
}

SCRIPT_CASE("a second listener on an address and port is refused, and the first goes on") {
  FT_COVERS("rfc9293 MUST-41");
  auto s = Script::accepted(name, variant);
  const auto second = s.stack().listen({IpAddress::unspecified(s.ours().family()), 80});
  REQUIRE(!second);
  CHECK(second.error() == Error::address_in_use);
  s.receives("P. 1:11(10) ack 1"_seg);
  s.expects(". 1:1(0) ack 11"_seg);
  s.app_reads(10);
}

SCRIPT_CASE("a listener beside a connection of the same port leaves that connection alone") {
  FT_COVERS("rfc9293 MUST-41");
  auto s = Script::established(name, variant);
  REQUIRE(s.stack().listen({IpAddress::unspecified(s.ours().family()), s.our_port()}));
  s.receives("P. 1:11(10) ack 1"_seg);
  s.expects(". 1:1(0) ack 11"_seg);
  s.app_reads(10);
  s.has_state("ESTABLISHED");
}

SCRIPT_CASE("a port can be listened on while a connection from it is in SYN-SENT or SYN-RECEIVED") {
  FT_COVERS("rfc9293 MUST-42");
  for (const bool crossed : {false, true}) {
    CAPTURE(crossed);
    Script s(name, variant);
    s.connects();
    s.expects("S 0:0(0)"_seg);
    if (crossed) {
      s.receives("S 0:0(0) win 65535 <mss 1000>"_seg);
      s.expects("S. 0:0(0) ack 1"_seg);
      s.has_state("SYN-RECEIVED");
    }
    REQUIRE(s.stack().listen({IpAddress::unspecified(s.ours().family()), s.our_port()}));
    s.receives("S. 0:0(0) ack 1 win 65535 <mss 1000>"_seg);
    if (!crossed) s.expects(". 1:1(0) ack 1"_seg);
    s.has_state("ESTABLISHED");
  }
}

SCRIPT_CASE("a passive and an active open may name the local address; a foreign one is refused") {
  FT_COVERS("rfc9293 MUST-43");
  Setup setup;
  const IpAddress second = address(variant, "10.0.0.7", "fd00::7");
  setup.stack_wide = [&](StackConfig& config) { config.addresses.push_back({second, config.addresses[0].prefix_length}); };
  Script s(name, variant, setup);
  const IpAddress foreign = address(variant, "10.0.0.99", "fd00::99");
  REQUIRE(s.stack().listen({second, 80}));
  CHECK(s.stack().listen({foreign, 81}).error() == Error::address_not_local);
  const auto named = s.stack().connect(s.now(), {s.peers(), 80}, {.local_address = second});
  REQUIRE(named);
  CHECK(s.stack().info(*named)->tuple.local.address == second);
  CHECK(s.stack().connect(s.now(), {s.peers(), 80}, {.local_address = foreign}).error().code == Error::address_not_local);
}

SCRIPT_CASE("a listener on one address does not answer for another") {
  FT_COVERS("rfc9293 MUST-43");
  Setup setup;
  const IpAddress second = address(variant, "10.0.0.7", "fd00::7");
  setup.stack_wide = [&](StackConfig& config) { config.addresses.push_back({second, config.addresses[0].prefix_length}); };
  Script s(name, variant, setup);
  REQUIRE(s.stack().listen({second, s.our_port()}));
  s.receives("S 0:0(0) win 1000 <mss 1000>"_seg);
  s.dropped(DropReason::no_listener_rst_sent);
  s.expects("R. 0:0(0) ack 1"_seg);
}

SCRIPT_CASE("without a local address the route chooses it before the SYN, and the connection keeps it") {
  FT_COVERS("rfc9293 MUST-44", "rfc9293 MUST-45");
  Setup setup;
  const IpAddress other_net = address(variant, "10.1.0.1", "fd01::1");
  setup.stack_wide = [&](StackConfig& config) { config.addresses.push_back({other_net, config.addresses[0].prefix_length}); };
  Script s(name, variant, setup);
  const auto far = s.stack().connect(s.now(), {address(variant, "10.1.0.9", "fd01::9"), 80});
  REQUIRE(far);
  CHECK(s.stack().info(*far)->tuple.local.address == other_net);
  REQUIRE(s.stack().abort(*far));
  s.connects();  // from here on the harness fails when a segment comes from any other address than ours()
  CHECK(s.info().tuple.local.address == s.ours());
  s.expects("S 0:0(0)"_seg);
  s.expects("S 0:0(0)"_seg);
  s.receives("S. 0:0(0) ack 1 win 65535 <mss 1000>"_seg);
  s.expects(". 1:1(0) ack 1"_seg);
  s.app_writes(10);
  s.expects("P. 1:11(10) ack 1"_seg);
  CHECK(s.info().tuple.local.address == s.ours());
}

SCRIPT_CASE("an active open to a broadcast, multicast or unspecified address is refused with an error") {
  FT_COVERS("rfc9293 MUST-46");
  Script s(name, variant);
  const auto refused = [&](const char* text) {
    CAPTURE(text);
    const auto id = s.stack().connect(s.now(), {*IpAddress::parse(text), 80});
    REQUIRE(!id);
    CHECK(id.error().code == Error::invalid_argument);
  };
  if (variant.v6) {
    refused("ff02::1");
    refused("ff0e::42");
    refused("::");
  } else {
    refused("10.0.0.255");
    refused("255.255.255.255");
    refused("224.0.0.1");
    refused("0.0.0.0");
  }
  s.stays_silent_for(1s);
}

SCRIPT_CASE("a SYN to a broadcast or multicast address is dropped without a word") {
  FT_COVERS("rfc9293 MUST-57");
  Script s(name, variant);
  s.listens();
  const auto ignored = [&](const char* to) {
    CAPTURE(to);
    s.receives("S 0:0(0) win 1000 <mss 1000>"_seg, {.destination = IpAddress::parse(to)});
    s.stays_silent_for(2s);
  };
  if (variant.v6) {
    ignored("ff02::1");
    ignored("ff02::1:ff00:1");
  } else {
    ignored("10.0.0.255");
    ignored("255.255.255.255");
    ignored("224.0.0.1");
  }
  CHECK(s.stack().ports().size() == 1);  // the listener alone
}

SCRIPT_CASE("a SYN from an address that cannot be a host's is ignored") {
  FT_COVERS("rfc9293 MUST-63");
  Script s(name, variant);
  s.listens();
  const auto ignored = [&](const char* from) {
    CAPTURE(from);
    s.receives("S 0:0(0) win 1000 <mss 1000>"_seg, {.source = IpAddress::parse(from)});
    s.stays_silent_for(2s);
  };
  if (variant.v6) {
    ignored("ff02::1");
    ignored("::");
    ignored("::1");
  } else {
    ignored("224.0.0.1");
    ignored("255.255.255.255");
    ignored("10.0.0.255");
    ignored("0.0.0.0");
    ignored("127.0.0.1");
  }
  CHECK(s.stack().ports().size() == 1);
}

SCRIPT_CASE("a half-open connection takes no buffers and is no connection yet") {
  FT_COVERS("rfc4987 3.5-1");
  Script s(name, variant);
  s.listens();
  s.receives("S 0:0(0) win 1000 <mss 1000>"_seg);
  s.expects("S. 0:0(0) ack 1"_seg);
  CHECK(s.stack().buffer_memory() == 0);
  CHECK(!s.stack().accept(s.listener()).has_value());
  CHECK(sizeof(tcp::HalfOpen) <= 64);
}

SCRIPT_CASE("an ephemeral port is never one that somebody listens on") {
  FT_COVERS("rfc6056 3.2-2", "rfc6056 3.2-3");
  Setup setup;
  setup.stack_wide = [](StackConfig& config) { config.ephemeral = {1024, 1030}; };
  Script s(name, variant, setup);
  for (const std::uint16_t port : std::initializer_list<std::uint16_t>{1024, 1027})
    REQUIRE(s.stack().listen({IpAddress::unspecified(s.ours().family()), port}));
  std::set<std::uint16_t> ports;
  while (const auto id = s.stack().connect(s.now(), {s.peers(), 80})) ports.insert(s.stack().info(*id)->tuple.local.port);
  CHECK(ports == std::set<std::uint16_t>{1025, 1026, 1028, 1029, 1030});
}
