#include "fourtuple/address.hpp"

#include <doctest/doctest.h>

#include <array>

using ft::Endpoint;
using ft::Family;
using ft::FourTuple;
using ft::IpAddress;

namespace {
IpAddress ip(std::string_view text) {
  const auto parsed = IpAddress::parse(text);
  REQUIRE_MESSAGE(parsed, "not an address: ", std::string(text));
  return *parsed;
}
}  // namespace

TEST_CASE("dotted quads are read and written") {
  CHECK(ip("10.0.0.1") == IpAddress::v4(10, 0, 0, 1));
  CHECK(ip("255.255.255.255").to_string() == "255.255.255.255");
  CHECK(ip("0.0.0.0") == IpAddress{});
}

TEST_CASE("text that is no IPv4 address is refused") {
  for (const char* text : {"", ".", "1", "1.2.3", "1.2.3.", "1.2.3.4.", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.00",
                           "1.2.3.-4", " 1.2.3.4", "1.2.3.4 ", "1..2.3", "1.2.3.4444", "a.b.c.d", "+1.2.3.4"}) {
    CAPTURE(text);
    CHECK_FALSE(IpAddress::parse(text));
  }
}

TEST_CASE("addresses are in the order of their octets") {
  const auto address = [](std::string_view text) { return *IpAddress::parse(text); };
  const IpAddress sorted[] = {address("::"),           address("::1"),      address("::100"),       address("9.255.255.255"),
                              address("10.0.0.1"),     address("10.0.1.0"), address("11.0.0.0"),    address("2001:db8::1:0"),
                              address("2001:db8:1::"), address("fd00::2"),  address("fd00:0:0:1::")};
  for (std::size_t a = 0; a < std::size(sorted); ++a)
    for (std::size_t b = 0; b < std::size(sorted); ++b) {
      CAPTURE(sorted[a].to_string());
      CAPTURE(sorted[b].to_string());
      CHECK((sorted[a] <=> sorted[b]) == (a <=> b));
    }
  CHECK(address("0.0.0.0") < address("::"));  // the same octets: IPv4 first
}

TEST_CASE("IPv6 text of RFC 4291 2.2 is read") {
  const std::array<std::uint8_t, 16> full{0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89,
                                          0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89};
  CHECK(ip("ABCD:EF01:2345:6789:ABCD:EF01:2345:6789") == IpAddress::from_octets(Family::ipv6, full));
  CHECK(ip("2001:DB8:0:0:8:800:200C:417A") == ip("2001:db8::8:800:200c:417a"));
  CHECK(ip("FF01:0:0:0:0:0:0:101") == ip("ff01::101"));
  CHECK(ip("0:0:0:0:0:0:0:1") == ip("::1"));
  CHECK(ip("::") == IpAddress::unspecified(Family::ipv6));
  CHECK(ip("0:0:0:0:0:0:13.1.68.3") == ip("::d01:4403"));
  CHECK(ip("1:2:3:4:5:6:7::") == ip("1:2:3:4:5:6:7:0"));
  CHECK(ip("::2:3:4:5:6:7:8") == ip("0:2:3:4:5:6:7:8"));
  CHECK(ip("1::8").octets()[15] == 8);
}

TEST_CASE("text that is no IPv6 address is refused") {
  for (const char* text : {":",
                           ":::",
                           "1:",
                           ":1",
                           "1:2",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4:5:6:7:8:",
                           ":1:2:3:4:5:6:7:8",
                           "1::2::3",
                           "1:2:3:4:5:6:7:8::",
                           "::1:2:3:4:5:6:7:8",
                           "1:2:3:4::5:6:7:8",
                           "12345::",
                           "g::",
                           "::1.2.3",
                           "::1.2.3.4:5",
                           "1.2.3.4::",
                           "1:2:3:4:5:6:7:1.2.3.4",
                           "::1%eth0",
                           "[::1]",
                           "::ffff:1.2.3.256",
                           ":::1",
                           "1:::2"}) {
    CAPTURE(text);
    CHECK_FALSE(IpAddress::parse(text));
  }
}

TEST_CASE("IPv6 addresses are written as RFC 5952 recommends") {
  CHECK(ip("2001:0DB8::0001").to_string() == "2001:db8::1");                // 4.1, 4.3
  CHECK(ip("2001:db8:0:0:0:0:2:1").to_string() == "2001:db8::2:1");         // 4.2.1
  CHECK(ip("2001:db8:0:1:1:1:1:1").to_string() == "2001:db8:0:1:1:1:1:1");  // 4.2.2
  CHECK(ip("2001:0:0:1:0:0:0:1").to_string() == "2001:0:0:1::1");           // 4.2.3 the longest
  CHECK(ip("2001:db8:0:0:1:0:0:1").to_string() == "2001:db8::1:0:0:1");     // 4.2.3 the first of equals
  CHECK(ip("::").to_string() == "::");
  CHECK(ip("::1").to_string() == "::1");
  CHECK(ip("fe80::").to_string() == "fe80::");
  CHECK(ip("1:2:3:4:5:6:0:0").to_string() == "1:2:3:4:5:6::");
  CHECK(ip("0:0:3:4:5:6:7:8").to_string() == "::3:4:5:6:7:8");
  CHECK(ip("::ffff:1.2.3.4").to_string() == "::ffff:1.2.3.4");  // 5
  CHECK(ip("::ffff:102:304") == ip("::ffff:1.2.3.4"));
}

TEST_CASE("special addresses are told apart in both families") {
  CHECK(ip("0.0.0.0").is_unspecified());
  CHECK(ip("::").is_unspecified());
  CHECK_FALSE(ip("::1").is_unspecified());
  CHECK(ip("127.255.0.1").is_loopback());
  CHECK(ip("::1").is_loopback());
  CHECK_FALSE(ip("::2").is_loopback());
  CHECK_FALSE(ip("1::1").is_loopback());
  CHECK(ip("224.0.0.1").is_multicast());
  CHECK(ip("239.255.255.255").is_multicast());
  CHECK_FALSE(ip("240.0.0.1").is_multicast());
  CHECK(ip("ff02::1").is_multicast());
  CHECK_FALSE(ip("fe80::1").is_multicast());
  CHECK(ip("169.254.3.4").is_link_local());
  CHECK(ip("fe80::1").is_link_local());
  CHECK(ip("febf::1").is_link_local());
  CHECK_FALSE(ip("fec0::1").is_link_local());
  CHECK(ip("255.255.255.255").is_limited_broadcast());
  CHECK_FALSE(ip("10.0.0.255").is_limited_broadcast());
}

TEST_CASE("a prefix matches by its bits alone, within one family") {
  CHECK(ip("10.1.2.3").in_prefix(ip("10.0.0.0"), 8));
  CHECK_FALSE(ip("11.1.2.3").in_prefix(ip("10.0.0.0"), 8));
  CHECK(ip("10.0.0.130").in_prefix(ip("10.0.0.129"), 30 - 5));
  CHECK_FALSE(ip("10.0.0.127").in_prefix(ip("10.0.0.128"), 25));
  CHECK(ip("1.2.3.4").in_prefix(ip("9.9.9.9"), 0));
  CHECK_FALSE(ip("::").in_prefix(ip("0.0.0.0"), 0));
  CHECK(ip("10.0.0.1").in_prefix(ip("10.0.0.1"), 32));
  CHECK_FALSE(ip("10.0.0.1").in_prefix(ip("10.0.0.2"), 32));
  CHECK_FALSE(ip("10.0.0.1").in_prefix(ip("10.0.0.2"), 128));
  CHECK(ip("2001:db8:7fff::1").in_prefix(ip("2001:db8::"), 33));
  CHECK_FALSE(ip("2001:db8:8000::1").in_prefix(ip("2001:db8::"), 33));
}

TEST_CASE("endpoints are read and written") {
  CHECK(Endpoint::parse("10.0.0.1:80") == Endpoint{.address = ip("10.0.0.1"), .port = 80});
  CHECK(Endpoint::parse("[2001:db8::1]:65535") == Endpoint{.address = ip("2001:db8::1"), .port = 65535});
  CHECK(Endpoint::parse("8080") == Endpoint{.address = {}, .port = 8080});
  CHECK(Endpoint::parse("*:8080") == Endpoint{.address = {}, .port = 8080});
  CHECK(Endpoint{.address = ip("::1"), .port = 1}.to_string() == "[::1]:1");
  CHECK(FourTuple{.local = *Endpoint::parse("10.0.0.1:49152"), .remote = *Endpoint::parse("10.0.0.2:80")}.to_string() ==
        "10.0.0.1:49152 -> 10.0.0.2:80");
}

TEST_CASE("text that is no endpoint is refused") {
  for (const char* text : {"", ":", "10.0.0.1", "10.0.0.1:", ":80", "10.0.0.1:65536", "10.0.0.1:-1", "10.0.0.1:80x", "::1:80",
                           "[::1]", "[10.0.0.1]:80", "[::1:80", "::1]:80", "[]:80", "80 ", "000080"}) {
    CAPTURE(text);
    CHECK_FALSE(Endpoint::parse(text));
  }
}
