// SYN cookies (RFC 4987 3.6): what goes in comes back, for every input; what we did not make is refused.
#include "stack/syn_cookies.hpp"

#include "base/rng.hpp"

#include "covers.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace ft;
using stack::CookieOptions;
using stack::SynCookies;

namespace {

template <typename T>
T any() {
  return *rc::gen::arbitrary<T>();
}

IpAddress any_address(bool v6) {
  if (!v6) return IpAddress::v4(any<std::uint8_t>(), any<std::uint8_t>(), any<std::uint8_t>(), any<std::uint8_t>());
  std::array<std::uint8_t, 16> octets;
  for (auto& octet : octets) octet = any<std::uint8_t>();
  return IpAddress::from_octets(Family::ipv6, octets);
}

FourTuple any_tuple() {
  const bool v6 = any<bool>();
  return {{any_address(v6), any<std::uint16_t>()}, {any_address(v6), any<std::uint16_t>()}};
}

SynCookies any_jar() {
  std::array<std::uint8_t, 16> key;
  for (auto& octet : key) octet = any<std::uint8_t>();
  return SynCookies(key);
}

Instant any_time() { return Instant(std::chrono::milliseconds(*rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << 40))); }

}  // namespace

TEST_CASE("a SYN cookie brings back the MSS, rounded down to the table, for a minute at least and two at most") {
  FT_COVERS("rfc4987 3.6-3");
  CHECK(rc::check([] {
    const auto jar = any_jar();
    const auto tuple = any_tuple();
    const Seq irs{any<std::uint32_t>()};
    const auto mss = any<std::uint16_t>();
    const Instant now = any_time();
    const Seq cookie = jar.make(now, tuple, irs, mss);
    const auto after = [&](std::int64_t ms) { return jar.check(now + std::chrono::milliseconds(ms), tuple, irs, cookie); };
    const auto kept = SynCookies::remembered(mss);
    RC_ASSERT(kept <= mss || mss < 64);
    RC_ASSERT(after(0) == kept);
    RC_ASSERT(after(*rc::gen::inRange(0, 64'000)) == kept);
    // The count of eight bits comes round after four and a half hours; up to then its age alone refuses it.
    RC_ASSERT(!after(*rc::gen::inRange<std::int64_t>(128'000, 16'000'000)));
  }));
}

TEST_CASE("the MSS table forgets no more than a third, and nothing of what Ethernet hosts say") {
  for (std::uint16_t mss = 536; mss <= 1460; ++mss) CHECK(SynCookies::remembered(mss) * 3 >= mss * 2);
  for (const int usual : {536, 1220, 1440, 1460, 8940}) CHECK(SynCookies::remembered(static_cast<std::uint16_t>(usual)) == usual);
  CHECK(SynCookies::remembered(0) == 64);
  CHECK(SynCookies::remembered(65535) == 8940);
}

TEST_CASE("a cookie of one four-tuple, SYN or key is none of another") {
  FT_COVERS("rfc4987 3.6-2");
  CHECK(rc::check([] {
    const auto jar = any_jar();
    const auto tuple = any_tuple();
    const Seq irs{any<std::uint32_t>()};
    const Instant now = any_time();
    const Seq cookie = jar.make(now, tuple, irs, 1460);
    auto other = tuple;
    other.remote.port = static_cast<std::uint16_t>(other.remote.port + *rc::gen::inRange(1, 65535));
    // One in 2^27 would be accepted by chance; a thousand draws meet none.
    RC_ASSERT(!jar.check(now, other, irs, cookie));
    RC_ASSERT(!jar.check(now, tuple, irs + *rc::gen::inRange<std::uint32_t>(1, UINT32_MAX), cookie));
    std::array<std::uint8_t, 16> key{1, 2, 3};
    RC_ASSERT(!SynCookies(key).check(now, tuple, irs, cookie));
  }));
}

TEST_CASE("of 2^27 random acknowledgements a handful is accepted: one in 2^27 is expected") {
  std::array<std::uint8_t, 16> key{9};
  const SynCookies jar(key);
  const FourTuple tuple{{IpAddress::v4(10, 0, 0, 1), 80}, {IpAddress::v4(10, 0, 0, 2), 50000}};
  const Instant now{std::chrono::hours(1)};
  Rng rng{7};
  // A part of them is enough: what passes the first check, one in 128 of all, decides; so draw numbers with a count in force.
  const std::uint32_t genuine = jar.make(now, tuple, Seq{1}, 64).value();
  unsigned accepted = 0;
  constexpr unsigned draws = 1u << 20;  // stands for 2^27 blind ones
  for (unsigned i = 0; i < draws; ++i) {
    const auto blind = static_cast<std::uint32_t>(genuine + (rng.next() & 0x1ff'ffff) - 0x100'0000);
    if (jar.check(now, tuple, Seq{1}, Seq{blind})) ++accepted;
  }
  CHECK(accepted <= 8);
}

TEST_CASE("cookies for one four-tuple grow with time and with the peer's numbers, as initial sequence numbers do") {
  CHECK(rc::check([] {
    const auto jar = any_jar();
    const auto tuple = any_tuple();
    const Seq irs{any<std::uint32_t>()};
    const Instant now = any_time();
    const Seq first = jar.make(now, tuple, irs, 1460);
    const Seq later = jar.make(now + 2 * SynCookies::period, tuple, irs, 1460);
    RC_ASSERT(ft::after(later, first));
  }));
}

TEST_CASE("the options come back in the timestamp, which never runs ahead and lags by less than 64 ms") {
  CHECK(rc::check([] {
    const auto clock = any<std::uint32_t>();
    CookieOptions options;
    if (any<bool>()) options.window_scale = *rc::gen::inRange<std::uint8_t>(0, 15);
    options.sack = any<bool>();
    options.ecn = any<bool>();
    const std::uint32_t said = stack::make_cookie_timestamp(clock, options);
    RC_ASSERT(clock - said < 64u);
    RC_ASSERT(stack::read_cookie_timestamp(said) == options);
  }));
}
