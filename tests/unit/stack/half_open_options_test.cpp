// Options of a listener that change between SYN-ACK and ACK: what was promised holds.
#include "pair.hpp"
#include "wire/tcp.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::test;

namespace {

/// The SYN-ACK has left, then the listener's options change, then the ACK comes.
struct Changed : Pair {
  Changed(bool v6, SynCookieUse cookies) : Pair(v6) {
    TcpOptions large;
    large.receive_buffer = 16u << 20;  // needs a shift of 9
    listener = *stacks[1].listen(at(1, 80), {.syn_cookies = cookies, .tcp = large});
    client = *stacks[0].connect(now, at(1, 80));
    run(15ms);
    TcpOptions small;
    small.receive_buffer = 60'000;  // needs none
    small.sack = false;
    small.timestamps = false;
    REQUIRE(stacks[1].set_options(listener, small));
    run(100ms);
    server = *stacks[1].accept(listener);
  }
};

}  // namespace

TEST_CASE("a listener's options that change under a handshake do not change what its SYN-ACK said") {
  for (const bool v6 : {false, true}) {
    Changed pair(v6, SynCookieUse::off);
    const auto ours = pair.stacks[1].info(pair.server)->agreed;
    const auto theirs = pair.stacks[0].info(pair.client)->agreed;
    CHECK(ours.receive_shift == theirs.send_shift);
    CHECK(ours.receive_shift == 9);
    CHECK(ours.sack == theirs.sack);
    CHECK(ours.timestamps == theirs.timestamps);
    CHECK(ours.timestamps);
    const std::string text(40'000, 'x');
    CHECK(pair.write(0, pair.client, text) == text.size());
    pair.run(1s);
    CHECK(pair.read_all(1, pair.server) == text);
    CHECK(pair.stacks[0].info(pair.client)->retransmissions == 0);
  }
}

TEST_CASE("nor do they change what a SYN cookie's SYN-ACK said of the window") {
  Changed pair(false, SynCookieUse::always);
  const auto ours = pair.stacks[1].info(pair.server)->agreed;
  CHECK(ours.receive_shift == pair.stacks[0].info(pair.client)->agreed.send_shift);
  CHECK(ours.receive_shift == 9);
}
