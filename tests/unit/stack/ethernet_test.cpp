// Two stacks on an Ethernet link: the first segment waits for ARP or neighbour discovery, and no frame is too short.
#include "covers.hpp"
#include "pair.hpp"

#include <doctest/doctest.h>

using namespace ft;
using ft::test::Pair;
using namespace std::chrono_literals;

namespace {

void on_ethernet(StackConfig& a, StackConfig& b) {
  a.medium = b.medium = Medium::ethernet;
  a.mac = {{2, 0, 0, 0, 0, 1}};
  b.mac = {{2, 0, 0, 0, 0, 2}};
}

}  // namespace

TEST_CASE("a connection over Ethernet resolves its neighbour first, and every frame has at least 60 octets") {
  for (const bool v6 : {false, true}) {
    CAPTURE(v6);
    Pair pair(v6, on_ethernet);
    std::size_t shortest = 2000;
    pair.filter = [&](int, std::vector<std::byte>& frame) {
      shortest = std::min(shortest, frame.size());
      return true;
    };
    pair.establish();
    REQUIRE(pair.state(0, pair.client) == "ESTABLISHED");
    CHECK(pair.sent[0] >= 3);  // a question, SYN, ACK
    CHECK(pair.write(0, pair.client, "over the wire") == 13);
    pair.run(200ms);
    CHECK(pair.read_all(1, pair.server) == "over the wire");
    REQUIRE(pair.stacks[0].shutdown(pair.client));
    REQUIRE(pair.stacks[1].shutdown(pair.server));
    pair.run(1s);
    CHECK(pair.close_reason(1) == CloseReason::normal);
    CHECK(shortest >= 60);
  }
}

TEST_CASE("a lost ARP request is repeated after a second and the SYN goes out then") {
  Pair pair(false, on_ethernet);
  int lost = 0;
  pair.filter = [&](int, std::vector<std::byte>&) { return lost++ != 0; };
  pair.listener = *pair.stacks[1].listen(pair.at(1, 80));
  pair.client = *pair.stacks[0].connect(pair.now, pair.at(1, 80));
  pair.run(900ms);
  CHECK(pair.state(0, pair.client) == "SYN-SENT");
  CHECK(lost == 1);
  pair.run(300ms);
  CHECK(pair.state(0, pair.client) == "ESTABLISHED");
}

TEST_CASE("a neighbour that never answers is told as unreachable while the connect goes on trying") {
  Pair pair(false, on_ethernet);
  pair.filter = [](int, std::vector<std::byte>&) { return false; };
  pair.client = *pair.stacks[0].connect(pair.now, pair.at(1, 80));
  pair.run(5s);
  CHECK(pair.saw(0, Event::Kind::trouble));
  const auto info = pair.stacks[0].info(pair.client);
  REQUIRE(info.has_value());
  CHECK(info->soft_error == Error::host_unreachable);
  CHECK(info->state == "SYN-SENT");
}

TEST_CASE("a listener that must first ask for the peer's address answers as soon as it knows, not a timeout later") {
  for (const bool v6 : {false, true}) {
    CAPTURE(v6);
    Pair pair(v6, on_ethernet);
    pair.establish();
    // The server restarts and remembers no neighbour; the client still knows where to send.
    pair.stacks[1] = Stack(pair.stacks[1].config());
    REQUIRE(pair.stacks[1].listen(pair.at(1, 81)));
    const auto client = pair.stacks[0].connect(pair.now, pair.at(1, 81));
    const auto refused = pair.stacks[0].connect(pair.now, pair.at(1, 82));
    REQUIRE(client);
    REQUIRE(refused);
    pair.run(100ms);
    CHECK(pair.state(0, *client) == "ESTABLISHED");
    CHECK(pair.close_reason(0) == CloseReason::refused);
  }
}

TEST_CASE("a connection that reaches R1 without an answer has its neighbour asked whether it is still there") {
  FT_COVERS("rfc9293 MUST-20");
  for (const bool v6 : {false, true}) {
    CAPTURE(v6);
    Pair pair(v6, on_ethernet);
    pair.establish();
    int questions = 0;
    pair.filter = [&](int from, std::vector<std::byte>& frame) {
      const unsigned type = std::to_integer<unsigned>(frame[12]) << 8 | std::to_integer<unsigned>(frame[13]);
      const bool arp = type == 0x0806;
      const bool solicitation = type == 0x86dd && frame[20] == std::byte{58} && frame[54] == std::byte{135};
      if (from == 0 && (arp || solicitation)) ++questions;
      return arp || type == 0x86dd ? frame[20] != std::byte{6} : false;  // the link carries no TCP any more
    };
    CHECK(pair.write(0, pair.client, "anybody?") == 8);
    pair.run(800ms);
    CHECK(questions == 0);  // two repeats, and the neighbour was confirmed a moment ago
    pair.run(3s);
    CHECK(pair.saw(0, Event::Kind::trouble));
    CHECK(questions == 1);
  }
}
