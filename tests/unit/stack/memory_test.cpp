// Accounted memory: what is charged is what is held, and neither passes its ceiling.
#include "pair.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::test;

TEST_CASE("an idle connection holds its record and nothing of the buffers; text and what is in flight are charged to it") {
  Pair pair;
  pair.establish();
  const auto idle = *pair.stacks[0].memory(pair.client);
  CHECK(pair.stacks[0].memory().buffers == 0);
  CHECK(pair.write(0, pair.client, std::string(10'000, 'm')) == 10'000);
  CHECK(*pair.stacks[0].memory(pair.client) >= idle + 10'000);
  CHECK(pair.stacks[0].is_memory_balanced());
  pair.drain();
  CHECK(pair.stacks[0].memory().buffers > 16 * 1024);  // the records of segments in flight as well
  CHECK(pair.stacks[0].is_memory_balanced());
  pair.run(1s);
  CHECK(pair.stacks[0].memory().buffers == 0);
  CHECK(pair.stacks[1].memory().buffers >= 10'000);
  CHECK(pair.stacks[1].is_memory_balanced());
  CHECK(pair.read_all(1, pair.server).size() == 10'000);
  CHECK(pair.stacks[1].memory().buffers == 0);
}

TEST_CASE("charged equals held while packets are lost, and everything is given back in the end") {
  Pair pair;
  pair.establish();
  int count = 0;
  pair.filter = [&](int, auto&) { return ++count % 7 != 0; };
  for (int round = 0; round < 50; ++round) {
    pair.write(0, pair.client, std::string(30'000, 'x'));
    pair.write(1, pair.server, std::string(3'000, 'y'));
    pair.run(50ms);
    if (round % 3 == 0) pair.read_all(1, pair.server);
    if (round % 5 == 0) pair.read_all(0, pair.client);
    for (const auto& stack : pair.stacks) {
      CHECK(stack.is_memory_balanced());
      CHECK(stack.memory().total() <= stack.memory_ceiling());
    }
  }
  REQUIRE(pair.stacks[0].abort(pair.client));
  REQUIRE(pair.stacks[1].abort(pair.server));
  pair.run(100ms);
  for (const auto& stack : pair.stacks) {
    CHECK(stack.memory().buffers == 0);
    CHECK(stack.memory().parts == 0);
    CHECK(stack.is_memory_balanced());
  }
}

TEST_CASE("the last eighth of the buffers is for modest wishes: one who hoards cannot keep out the others") {
  Pair pair(false, [](StackConfig& a, StackConfig&) { a.max_buffer_memory = 512 * 1024; });
  pair.listener = *pair.stacks[1].listen(pair.at(1, 80));
  std::vector<ConnectionId> hoarders;
  for (int i = 0; i < 8; ++i) hoarders.push_back(*pair.stacks[0].connect(pair.now, pair.at(1, 80)));
  const auto modest = *pair.stacks[0].connect(pair.now, pair.at(1, 80));
  pair.run(100ms);
  for (const auto id : hoarders) pair.write(0, id, std::string(256 * 1024, 'h'));
  CHECK(pair.stacks[0].memory().buffers <= 512 * 1024 / 8 * 7);
  CHECK(pair.write(0, modest, std::string(4096, 'm')) == 4096);
  CHECK(pair.stacks[0].is_memory_balanced());
}

TEST_CASE("options of its own are charged to the connection that has them") {
  Pair pair;
  pair.establish();
  const auto shared = *pair.stacks[0].memory(pair.client);
  REQUIRE(pair.stacks[0].set_nagle(pair.client, false));
  CHECK(*pair.stacks[0].memory(pair.client) == shared + sizeof(TcpOptions));
}

TEST_CASE("at the ceiling a write of as much as there is said to be room for is taken whole") {
  Pair pair(false, [](StackConfig& a, StackConfig&) { a.max_buffer_memory = 256 * 1024; });
  pair.listener = *pair.stacks[1].listen(pair.at(1, 80));
  std::vector<ConnectionId> ids;
  for (int i = 0; i < 40; ++i) ids.push_back(*pair.stacks[0].connect(pair.now, pair.at(1, 80)));
  pair.run(100ms);
  bool refused = false;
  for (const auto id : ids) {
    const std::size_t room = pair.stacks[0].readiness(id)->room;
    CHECK(pair.write(0, id, std::string(room, 'h')) == room);
    refused = refused || room == 0;
  }
  CHECK(refused);
}
