#include "fourtuple/link.hpp"

#include <doctest/doctest.h>

using namespace ft;

TEST_CASE("a TUN link is a name, our address and the kernel's") {
  const auto spec = parse_link("tun:ft0,10.9.0.2/24,10.9.0.1");
  REQUIRE(spec);
  CHECK(spec->kind == LinkSpec::Kind::tun);
  CHECK(spec->device == "ft0");
  REQUIRE(spec->ours.size() == 1);
  CHECK(spec->ours[0].address == IpAddress::v4(10, 9, 0, 2));
  CHECK(spec->ours[0].prefix_length == 24);
  REQUIRE(spec->kernel.size() == 1);
  CHECK(spec->kernel[0].address == IpAddress::v4(10, 9, 0, 1));
  CHECK(spec->kernel[0].prefix_length == 24);
}

TEST_CASE("the kernel's address may be left out") {
  const auto spec = parse_link("tap:ft0,fd00::2/64");
  REQUIRE(spec);
  CHECK(spec->kind == LinkSpec::Kind::tap);
  CHECK(spec->kernel.empty());
}

TEST_CASE("a UDP tunnel is two endpoints and our address") {
  const auto spec = parse_link("udp:127.0.0.1:7001,127.0.0.1:7002,10.9.0.1/24");
  REQUIRE(spec);
  CHECK(spec->kind == LinkSpec::Kind::udp);
  CHECK(spec->local.port == 7001);
  CHECK(spec->remote.port == 7002);
  const auto v6 = parse_link("udp:[::1]:7001,[::1]:7002,fd00::1/64");
  REQUIRE(v6);
  CHECK(v6->ours[0].address.is_v6());
}

TEST_CASE("a second address brings the other family") {
  auto spec = parse_link("tun:ft0,10.9.0.2/24,10.9.0.1");
  REQUIRE(spec);
  REQUIRE(add_address(*spec, "fd00::2/64,fd00::1"));
  CHECK(spec->ours.size() == 2);
  CHECK(spec->kernel.size() == 2);
  const auto again = add_address(*spec, "fd00::3/64,fd00::1");
  REQUIRE_FALSE(again);
  CHECK(again.error().find("same family") != std::string::npos);
}

TEST_CASE("a link that cannot be says what is wrong and what was expected") {
  const struct {
    const char* text;
    const char* says;
  } cases[] = {
      {"", "no kind of link"},
      {"tun", "a name and one or two addresses"},
      {"wire:ft0,10.0.0.1/8", "\"wire\" is no kind of link"},
      {"tun:ft0", "a name and one or two addresses"},
      {"tun:,10.9.0.2/24", "no device name"},
      {"tun:a-name-that-is-too-long,10.9.0.2/24", "no device name"},
      {"tun:ft0,10.9.0.2", "no address with a prefix length"},
      {"tun:ft0,10.9.0.2/33", "no address with a prefix length"},
      {"tun:ft0,10.9.0.2/", "no address with a prefix length"},
      {"tun:ft0,fd00::2/129", "no address with a prefix length"},
      {"tun:ft0,0.0.0.0/0", "cannot be a host's address"},
      {"tun:ft0,10.9.0.2/24,nobody", "\"nobody\" is no address"},
      {"tun:ft0,10.9.0.2/24,10.9.0.2", "both ends have the same address"},
      {"tun:ft0,10.9.0.2/24,10.8.0.1", "not inside"},
      {"tun:ft0,10.9.0.2/24,fd00::1", "not inside"},
      {"tun:ft0,10.9.0.2/24,10.9.0.1,x", "a name and one or two addresses"},
      {"udp:127.0.0.1:7001,10.9.0.1/24", "three parts"},
      {"udp:127.0.0.1:0,127.0.0.1:7002,10.9.0.1/24", "no ADDRESS:PORT"},
      {"udp:127.0.0.1:7001,7002,10.9.0.1/24", "no ADDRESS:PORT"},
      {"udp:127.0.0.1:7001,[::1]:7002,10.9.0.1/24", "different families"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    const auto spec = parse_link(c.text);
    REQUIRE_FALSE(spec);
    CHECK(spec.error().find(c.says) != std::string::npos);
    CHECK(spec.error().find("expected") != std::string::npos);
    CHECK(spec.error().find('\n') == std::string::npos);
  }
}
