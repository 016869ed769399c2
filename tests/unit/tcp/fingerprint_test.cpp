// What makes two connections different for an explorer.
#include "tcp/fingerprint.hpp"

#include "tcp/connection.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::tcp;
using namespace std::chrono_literals;

namespace {

constexpr Instant now{100s};

Opening opening() {
  Opening o;
  o.options = std::make_shared<const ft::TcpOptions>();
  o.iss = Seq{1000};
  return o;
}

HalfOpen record(EcnMode ecn) {
  HalfOpen h;
  h.iss = Seq{1000};
  h.irs = Seq{2000};
  h.peer_mss = 1460;
  h.peer_window = 60'000;
  h.ecn = ecn;
  return h;
}

std::uint64_t passive(EcnMode ecn, std::uint8_t signature = 0) {
  Opening o = opening();
  o.path.signature = signature;
  return fingerprint(Connection(std::move(o), record(ecn), now), now);
}

std::uint64_t active(std::unique_ptr<FastOpen> fast_open) {
  Opening o = opening();
  o.fast_open = std::move(fast_open);
  return fingerprint(Connection(std::move(o), now), now);
}

std::unique_ptr<FastOpen> with_cookie(std::byte octet) {
  auto fast_open = std::make_unique<FastOpen>();
  fast_open->cookie.length = 8;
  fast_open->cookie.octets[7] = octet;
  return fast_open;
}

/// In ESTABLISHED with accurate ECN, after a segment that arrived with this codepoint.
std::uint64_t after_mark(std::uint8_t ip_ecn) {
  BufferPool pool(1 << 20);
  const Context context{now, pool};
  Connection connection(opening(), record(EcnMode::accurate), now);
  Segment segment;
  segment.header.seq = Seq{2001};
  segment.header.ack = Seq{1001};
  segment.header.flags = wire::tcp_flag::ack;
  segment.header.window = 60'000;
  segment.header.set_ace(0b010);
  (void)connection.on_segment(context, segment);
  const std::array text{std::byte{1}};
  segment.text = text;
  segment.ip_ecn = ip_ecn;
  (void)connection.on_segment(context, segment);
  CHECK(connection.state() == State::established);
  const std::uint64_t number = fingerprint(connection, now);
  connection.release(pool);
  return number;
}

}  // namespace

TEST_CASE("connections that are alike have one fingerprint") {
  CHECK(passive(EcnMode::off) == passive(EcnMode::off));
  CHECK(active(nullptr) == active(nullptr));
  CHECK(active(with_cookie(std::byte{1})) == active(with_cookie(std::byte{1})));
  CHECK(after_mark(2) == after_mark(2));
}

TEST_CASE("the fingerprint knows which ECN was agreed, and what arrived marked") {
  CHECK(passive(EcnMode::off) != passive(EcnMode::classic));
  CHECK(passive(EcnMode::classic) != passive(EcnMode::accurate));
  CHECK(after_mark(2) != after_mark(3));
  CHECK(after_mark(1) != after_mark(2));
}

TEST_CASE("the fingerprint knows what a fast open carries") {
  CHECK(active(nullptr) != active(std::make_unique<FastOpen>()));
  CHECK(active(std::make_unique<FastOpen>()) != active(with_cookie(std::byte{1})));
  CHECK(active(with_cookie(std::byte{1})) != active(with_cookie(std::byte{2})));
}

TEST_CASE("the fingerprint knows the room that a signature takes") { CHECK(passive(EcnMode::off) != passive(EcnMode::off, 20)); }
