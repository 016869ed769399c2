#include "wire/ipv4_options.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace ft;
using namespace ft::wire;

namespace {

std::vector<std::byte> octets(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}

SourceRoute route_over(std::initializer_list<IpAddress> hops) {
  SourceRoute route;
  for (const IpAddress& hop : hops) route.hops[route.count++] = hop;
  return route;
}

const IpAddress a = IpAddress::v4(10, 0, 0, 1), b = IpAddress::v4(10, 0, 1, 1), c = IpAddress::v4(10, 0, 2, 1);

}  // namespace

TEST_CASE("a source route is written with its pointer at the first address, the destination last") {
  std::array<std::byte, 40> out{};
  const auto route = route_over({a, b});
  CHECK(route.option_length() == 12);
  REQUIRE(write_source_route(route, c, out) == 12);
  const auto expected = octets({1, 131, 11, 4, 10, 0, 1, 1, 10, 0, 2, 1});
  CHECK(std::equal(expected.begin(), expected.end(), out.begin()));
}

TEST_CASE("the longest route fills the 40 octets of options") {
  SourceRoute route;
  for (std::uint8_t i = 0; i < SourceRoute::most; ++i) route.hops[route.count++] = IpAddress::v4(10, 0, 0, i);
  route.strict = true;
  std::array<std::byte, 40> out{};
  CHECK(write_source_route(route, c, out) == 40);
  const auto read = read_source_route(out);
  REQUIRE(read);
  REQUIRE(*read);
  CHECK((*read)->recorded.strict);
  CHECK((*read)->recorded.count == 9);
  CHECK_FALSE((*read)->complete);
}

TEST_CASE("a route that ends here is complete, and leads back in reverse") {
  const auto read = read_source_route(octets({1, 131, 11, 12, 10, 0, 0, 1, 10, 0, 1, 1}));
  REQUIRE(read);
  REQUIRE(*read);
  CHECK((*read)->complete);
  CHECK((*read)->reversed() == route_over({b, a}));
}

TEST_CASE("other options are passed over, in whatever order they come") {
  for (const auto& list : {octets({}), octets({0}), octets({1, 1, 1, 0}), octets({7, 7, 4, 0, 0, 0, 0, 0}),
                           octets({68, 8, 5, 0, 0, 0, 0, 0}), octets({148, 4, 0, 0, 200, 3, 9, 0})}) {
    const auto read = read_source_route(list);
    REQUIRE(read);
    CHECK_FALSE(*read);
  }
  const auto read = read_source_route(octets({148, 4, 0, 0, 131, 7, 8, 10, 0, 0, 1, 0}));
  REQUIRE(read);
  CHECK(*read);
}

TEST_CASE("what cannot be read is malformed: lengths, pointers, two routes") {
  for (const auto& list : {octets({131}), octets({131, 1}), octets({131, 0}), octets({131, 7, 4, 10, 0, 0}), octets({131, 3, 4}),
                           octets({131, 6, 4, 10, 0, 0}), octets({131, 7, 0, 10, 0, 0, 1}), octets({131, 7, 5, 10, 0, 0, 1}),
                           octets({131, 7, 4, 10, 0, 0, 1, 137, 7, 4, 10, 0, 0, 2})}) {
    CHECK(read_source_route(list).error() == DropReason::bad_options);
  }
}
