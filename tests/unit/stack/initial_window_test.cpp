// RFC 6928: ten segments at once, unless the handshake lost something (RFC 5681 3.1).
#include "covers.hpp"
#include "unit/stack/pair.hpp"

#include <doctest/doctest.h>

#include <utility>

using namespace ft;
using namespace ft::test;

TEST_CASE("both ends of a new connection may send ten segments at once") {
  for (const bool v6 : {false, true}) {
    Pair pair{v6};
    pair.establish();
    for (const auto& info : {pair.stacks[0].info(pair.client), pair.stacks[1].info(pair.server)}) {
      REQUIRE(info);
      CHECK(info->cwnd == 10u * info->mss);
    }
  }
}

TEST_CASE("a connection whose SYN-ACK had to be repeated starts with one segment") {
  FT_COVERS("rfc5681 3.1-4");
  Pair pair;
  bool lost = false;
  pair.filter = [&lost](int from, const std::vector<std::byte>&) { return from == 0 || std::exchange(lost, true); };
  pair.listener = *pair.stacks[1].listen(pair.at(1, 80));
  pair.client = *pair.stacks[0].connect(pair.now, pair.at(1, 80));
  pair.run(3s);
  const auto server = pair.stacks[1].accept(pair.listener);
  REQUIRE(server);
  const auto info = pair.stacks[1].info(*server);
  REQUIRE(info);
  CHECK(info->cwnd == info->mss);
}
