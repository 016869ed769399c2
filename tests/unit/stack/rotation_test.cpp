// New secrets while everything goes on (Stack::rotate_secrets).
#include "pair.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::test;

namespace {
std::array<std::uint8_t, 32> another_secret() {
  std::array<std::uint8_t, 32> secret;
  secret.fill(99);
  return secret;
}
}  // namespace

TEST_CASE("connections, half-open ones and TIME-WAIT live on when the secrets change") {
  for (const bool v6 : {false, true}) {
    Pair pair(v6);
    pair.establish();
    const auto waits = *pair.stacks[0].connect(pair.now, pair.at(1, 80));
    pair.run(100ms);
    const auto other_end = *pair.stacks[1].accept(pair.listener);
    REQUIRE(pair.stacks[0].close(waits));
    pair.run(100ms);
    REQUIRE(pair.stacks[1].close(other_end));
    pair.run(100ms);
    const auto opening = *pair.stacks[0].connect(pair.now, pair.at(1, 80));
    pair.run(15ms);  // the SYN has arrived, its answer is under way
    pair.stacks[0].rotate_secrets(pair.now, another_secret());
    pair.stacks[1].rotate_secrets(pair.now, another_secret());
    CHECK(pair.stacks[0].ports().size() == 3);
    pair.run(100ms);
    CHECK(pair.state(0, opening) == "ESTABLISHED");
    CHECK(pair.write(0, pair.client, "one") == 3);
    pair.run(100ms);
    CHECK(pair.read_all(1, pair.server) == "one");
    CHECK(pair.write(1, pair.server, "two") == 3);
    pair.run(100ms);
    CHECK(pair.read_all(0, pair.client) == "two");
    pair.run(61s);
    CHECK(pair.stacks[0].ports().size() == 2);
  }
}

TEST_CASE("a cookie that left before the secrets changed is taken for two minutes more") {
  for (const int rotations : {1, 2}) {
    Pair pair;
    pair.listener = *pair.stacks[1].listen(pair.at(1, 80), {.syn_cookies = SynCookieUse::always});
    pair.client = *pair.stacks[0].connect(pair.now, pair.at(1, 80));
    pair.run(15ms);
    for (int i = 0; i < rotations; ++i) {
      auto secret = another_secret();
      secret[0] = static_cast<std::uint8_t>(i);
      pair.stacks[1].rotate_secrets(pair.now, secret);
    }
    pair.run(100ms);
    CHECK(pair.stacks[1].counters().syn_cookies_accepted == (rotations == 1 ? 1 : 0));  // the last secret's, no older ones
  }
}

TEST_CASE("new secrets mean new initial sequence numbers and ports") {
  Pair pair;
  const auto isn = [&] {
    const auto id = pair.stacks[0].connect(pair.now, pair.at(1, 80), {.local_port = 4000});
    const auto value = pair.stacks[0].info(*id)->snd_una;
    REQUIRE(pair.stacks[0].abort(*id));
    return value;
  };
  const auto first = isn();
  CHECK(isn() == first);
  pair.stacks[0].rotate_secrets(pair.now, another_secret());
  CHECK(isn() != first);
}
