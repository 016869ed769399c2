// Any acknowledgement at any time: a cookie is what we made is accepted in time, and refused when it is old.
#include "base/assert.hpp"
#include "bytes.hpp"
#include "stack/syn_cookies.hpp"

using namespace ft;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes bytes(data, size);
  std::array<std::uint8_t, 16> key{bytes.u8()};
  const stack::SynCookies jar(key);
  const bool v6 = bytes.flag();
  const auto address = [&] {
    std::array<std::uint8_t, 16> octets{};
    for (auto& octet : octets) octet = bytes.u8();
    return IpAddress::from_octets(v6 ? Family::ipv6 : Family::ipv4, octets);
  };
  const FourTuple tuple{{address(), bytes.u16()}, {address(), bytes.u16()}};
  const Seq irs{bytes.u32()};
  const Instant made{std::chrono::milliseconds(bytes.u32())};
  const std::uint16_t mss = bytes.u16();
  const Seq cookie = jar.make(made, tuple, irs, mss);
  FT_ASSERT(jar.check(made, tuple, irs, cookie) == stack::SynCookies::remembered(mss));

  const Seq number = cookie + bytes.offset();
  const auto late = std::chrono::milliseconds(bytes.u32());
  const auto found = jar.check(made + late, tuple, irs, number);
  if (number == cookie && late < stack::SynCookies::period) FT_ASSERT(found == stack::SynCookies::remembered(mss));
  // The count of eight bits comes round after four and a half hours; up to then an old cookie is refused for its age alone.
  if (number == cookie && late >= stack::SynCookies::lifetime && late < std::chrono::hours(4)) FT_ASSERT(!found);

  const std::uint32_t clock = bytes.u32();
  const auto options = stack::read_cookie_timestamp(clock);
  FT_ASSERT(!options.window_scale || *options.window_scale <= 14);
  const std::uint32_t said = stack::make_cookie_timestamp(bytes.u32(), options);
  FT_ASSERT(stack::read_cookie_timestamp(said) == options);
  return 0;
}
