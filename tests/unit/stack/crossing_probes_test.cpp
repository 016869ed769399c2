// Zero-window probes that cross (RFC 9293 3.8.6.1), found by the fuzzer of two stacks: both windows open while a probe is on
// its way in each direction, both octets are taken, and neither end can know. Then every segment carries a number that the
// other has passed.
#include "unit/stack/pair.hpp"
#include "wire/ipv4.hpp"
#include "wire/tcp.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::test;

namespace {

std::size_t text_length(const std::vector<std::byte>& packet) {
  const auto ip = wire::parse_ipv4(packet);
  REQUIRE(ip);
  const auto tcp = wire::parse_tcp(ip->payload);
  REQUIRE(tcp);
  return tcp->text.size();
}

}  // namespace

TEST_CASE("probes that cross while both windows open do not stop the connection") {
  Pair pair{false, [](StackConfig& a, StackConfig& b) { a.tcp.receive_buffer = b.tcp.receive_buffer = 1000; }};
  pair.establish();
  const std::string from_client(5000, 'c');
  const std::string from_server(5000, 's');
  REQUIRE(pair.write(0, pair.client, from_client) == from_client.size());
  REQUIRE(pair.write(1, pair.server, from_server) == from_server.size());

  std::array<bool, 2> probed{};
  pair.filter = [&probed](int from, std::vector<std::byte>& packet) {
    if (text_length(packet) == 1) probed[static_cast<std::size_t>(from)] = true;
    return true;
  };
  for (int i = 0; i < 2000 && !(probed[0] && probed[1]); ++i) pair.run(1ms);
  REQUIRE(probed[0]);
  REQUIRE(probed[1]);

  std::string at_server = pair.read_all(1, pair.server);
  std::string at_client = pair.read_all(0, pair.client);
  for (int i = 0; i < 60; ++i) {
    pair.run(1s);
    at_server += pair.read_all(1, pair.server);
    at_client += pair.read_all(0, pair.client);
  }
  CHECK((at_server == from_client));
  CHECK((at_client == from_server));
}
