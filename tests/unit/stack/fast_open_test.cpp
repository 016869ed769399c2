// TCP Fast Open (RFC 7413) between two stacks, and what each remembers.
#include "stack/fast_open.hpp"

#include "covers.hpp"
#include "pair.hpp"
#include "wire/tcp.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::test;

namespace {

/// What the packet of a pair says in its TCP header; its text follows.
struct Seen {
  int from;
  wire::TcpHeader header;
  std::size_t text;
};

Seen look(int from, const std::vector<std::byte>& packet) {
  const std::size_t ip = std::to_integer<int>(packet[0]) >> 4 == 4 ? 20 : 40;
  const auto parsed = wire::parse_tcp(std::span(packet).subspan(ip));
  REQUIRE(parsed);
  return {from, parsed->header, parsed->text.size()};
}

struct Fast : Pair {
  explicit Fast(bool v6 = false, std::uint32_t pending = 8, const std::function<void(StackConfig&, StackConfig&)>& change = {})
      : Pair(v6, change) {
    listener = *stacks[1].listen(at(1, 80), {.fast_open = pending});
    filter = [this](int from, auto& packet) {
      const Seen segment = look(from, packet);
      if (segment.header.has(wire::tcp_flag::syn)) syns.push_back(segment);
      return !lose || !lose(segment);
    };
  }
  ConnectionId opens(std::string_view text) {
    syns.clear();
    return *stacks[0].connect(now, at(1, 80), {.first_text = std::as_bytes(std::span(text)), .fast_open = true});
  }
  /// A connection that brings the client its cookie, and is over again.
  void learns() {
    const auto first = opens("");
    run(100ms);
    REQUIRE(stacks[1].abort(*stacks[1].accept(listener)));
    run(100ms);
    REQUIRE(stacks[0].abort(first));
    run(100ms);
  }
  std::vector<Seen> syns;
  std::function<bool(const Seen&)> lose;
};

}  // namespace

TEST_CASE("the first connection asks for a cookie and gets one; the second sends its text with the SYN") {
  FT_COVERS("rfc7413 4.2.1-1", "rfc7413 4.2.2-1", "rfc7413 4.1.3-1");
  for (const bool v6 : {false, true}) {
    Fast pair(v6);
    const auto first = pair.opens("before");
    pair.run(100ms);
    REQUIRE(pair.syns.size() == 2);
    CHECK(pair.syns[0].header.options.fast_open == wire::FastOpenCookie{});
    CHECK(pair.syns[0].text == 0);
    REQUIRE(pair.syns[1].header.options.fast_open);
    CHECK(pair.syns[1].header.options.fast_open->length == 8);
    const auto first_server = *pair.stacks[1].accept(pair.listener);
    CHECK(pair.read_all(1, first_server) == "before");  // behind the handshake

    const auto second = pair.opens("with the SYN");
    pair.run(15ms);  // one way
    CHECK(pair.syns[0].header.options.fast_open ==
          pair.syns[1].header.options.fast_open.value_or(*pair.syns[0].header.options.fast_open));
    CHECK(pair.syns[0].text == 12);
    const auto server = pair.stacks[1].accept(pair.listener);
    REQUIRE(server);
    CHECK(pair.state(1, *server) == "SYN-RECEIVED");
    CHECK(pair.read_all(1, *server) == "with the SYN");
    CHECK(pair.write(1, *server, "answered before the handshake is over") == 37);
    pair.run(10ms);  // and back: one round trip in all
    CHECK(pair.read_all(0, second) == "answered before the handshake is over");
    pair.run(100ms);
    CHECK(pair.state(1, *server) == "ESTABLISHED");
    CHECK(pair.stacks[0].counters().fast_opens_sent == 1);
    CHECK(pair.stacks[1].counters().fast_opens_accepted == 1);
    CHECK(pair.stacks[0].info(second)->retransmissions == 0);
    CHECK(pair.stacks[0].info(second)->agreed.fast_open);
    CHECK(pair.stacks[1].info(*server)->agreed.fast_open);
    CHECK_FALSE(pair.stacks[0].info(first)->agreed.fast_open);
    CHECK_FALSE(pair.stacks[1].info(first_server)->agreed.fast_open);
  }
}

TEST_CASE("without being asked for, nothing of fast open is on the wire") {
  FT_COVERS("rfc7413 2.1-1", "rfc7413 4.2-1", "rfc7413 4.2-2");
  Fast pair;
  pair.client = *pair.stacks[0].connect(pair.now, pair.at(1, 80));
  pair.run(100ms);
  for (const auto& syn : pair.syns) CHECK_FALSE(syn.header.options.fast_open);

  Fast off(false, 0);
  off.opens("text");
  off.run(100ms);
  REQUIRE(off.syns.size() == 2);
  CHECK(off.syns[0].header.options.fast_open);
  CHECK_FALSE(off.syns[1].header.options.fast_open);
  CHECK(off.read_all(1, *off.stacks[1].accept(off.listener)) == "text");
}

TEST_CASE("text that the SYN-ACK does not acknowledge goes again at once") {
  FT_COVERS("rfc7413 4.2.2-6");
  Fast pair;
  pair.learns();
  pair.stacks[1].close(pair.listener);
  pair.listener = *pair.stacks[1].listen(pair.at(1, 80));  // the server no longer knows fast open
  const auto second = pair.opens("once more");
  pair.run(35ms);
  CHECK(pair.syns[0].text == 9);
  const auto server = pair.stacks[1].accept(pair.listener);
  REQUIRE(server);
  CHECK(pair.read_all(1, *server) == "once more");
  CHECK(pair.stacks[0].info(second)->retransmissions == 1);
  // It is not believed to have a cookie any more.
  pair.opens("again");
  CHECK((pair.run(5ms), pair.syns[0].text) == 0);
}

TEST_CASE("a SYN with text that is lost goes again without text and cookie, and the server is left alone for a time") {
  FT_COVERS("rfc7413 4.2.2-2", "rfc7413 4.1.3.1-1", "rfc7413 4.1.3.1-2", "rfc7413 4.2.1-2", "rfc7413 4.2.1-3");
  Fast pair;
  pair.learns();
  pair.lose = [](const Seen& s) { return s.from == 0 && s.header.has(wire::tcp_flag::syn) && s.header.options.fast_open; };
  pair.opens("through the black hole");
  pair.run(2s);
  REQUIRE(pair.syns.size() == 3);
  CHECK(pair.syns[0].text == 22);
  CHECK(pair.syns[1].text == 0);
  CHECK_FALSE(pair.syns[1].header.options.fast_open);
  const auto server = pair.stacks[1].accept(pair.listener);
  REQUIRE(server);
  CHECK(pair.read_all(1, *server) == "through the black hole");
  for (const auto& [later, asks] : {std::pair{30min, false}, {31min, true}}) {
    pair.run(later);
    pair.opens("next");
    pair.run(5ms);
    CHECK(pair.syns[0].header.options.fast_open.has_value() == asks);
    pair.run(2s);
  }
  // The second time it is left alone for two hours.
  pair.run(90min);
  pair.opens("still not");
  pair.run(5ms);
  CHECK_FALSE(pair.syns[0].header.options.fast_open);
}

TEST_CASE("a SYN-ACK that is lost comes again after a second without cookie, and the text is not taken twice") {
  FT_COVERS("rfc7413 4.2.2-4");
  Fast pair;
  pair.learns();
  bool lost = false;
  pair.lose = [&](const Seen& s) { return s.from == 1 && s.header.has(wire::tcp_flag::syn) && !std::exchange(lost, true); };
  const auto client = pair.opens("just once");
  pair.run(15ms);
  const auto server = *pair.stacks[1].accept(pair.listener);
  CHECK(pair.write(1, server, "reply") == 5);
  CHECK(pair.stacks[1].shutdown(server).has_value());
  pair.run(5s);
  CHECK(pair.read_all(1, server) == "just once");
  CHECK(pair.read_all(0, client) == "reply");
  CHECK(pair.state(0, client) == "CLOSE-WAIT");
  CHECK(pair.state(1, server) == "FIN-WAIT-2");
}

TEST_CASE("beyond the limit of pending fast opens the handshake is ordinary, until there are fewer") {
  FT_COVERS("rfc7413 4.2-3");
  Fast pair(false, 2);
  pair.learns();
  pair.lose = [](const Seen& s) { return s.from == 0 && !s.header.has(wire::tcp_flag::syn); };  // no ACK: they stay pending
  for (int i = 0; i < 4; ++i) pair.opens("pending");
  pair.run(15ms);
  CHECK(pair.stacks[1].counters().fast_opens_accepted == 2);
  CHECK(pair.stacks[1].counters().fast_opens_refused == 2);
  pair.lose = {};
  pair.run(5s);
  // What was not taken made the client ask anew; then it may again.
  for (const auto text : {"asks", "now"}) {
    pair.opens(text);
    pair.run(100ms);
  }
  CHECK(pair.stacks[1].counters().fast_opens_accepted == 3);
}

TEST_CASE("an unanswered SYN-ACK ends a pending fast open after 63 seconds, and the reader is told") {
  Fast pair;
  pair.learns();
  pair.lose = [](const Seen& s) { return s.from == 1; };
  const auto client = pair.opens("hello?");
  pair.run(15ms);
  const auto server = *pair.stacks[1].accept(pair.listener);
  REQUIRE(pair.stacks[0].abort(client));
  pair.run(64s);
  CHECK(pair.state(1, server) == "CLOSED");
  CHECK(pair.close_reason(1) == CloseReason::timed_out);
  pair.lose = {};
  pair.opens("the place is free");
  pair.run(100ms);
  CHECK(pair.stacks[1].counters().fast_opens_accepted == 2);
}

TEST_CASE("a RST while a fast open is pending ends the connection, for it may have been accepted already") {
  Fast pair;
  pair.learns();
  const auto client = pair.opens("going");
  pair.run(15ms);
  const auto server = *pair.stacks[1].accept(pair.listener);
  pair.run(6ms);  // the SYN-ACK is there, the client resets
  REQUIRE(pair.stacks[0].abort(client));
  pair.run(100ms);
  CHECK(pair.state(1, server) == "CLOSED");
  CHECK(pair.close_reason(1) == CloseReason::reset);
}

TEST_CASE("a cookie of the last key is taken and replaced; one of the key before that is not taken") {
  Fast pair;
  pair.learns();
  std::array<std::uint8_t, 32> secret{5};
  pair.stacks[1].rotate_secrets(pair.now, secret);
  pair.opens("old but good");
  pair.run(100ms);
  CHECK(pair.stacks[1].counters().fast_opens_accepted == 1);
  CHECK(pair.syns[1].header.options.fast_open);
  for (const std::uint8_t i : {std::uint8_t{6}, std::uint8_t{7}}) {
    secret.fill(i);
    pair.stacks[1].rotate_secrets(pair.now, secret);
  }
  pair.opens("too old");
  pair.run(100ms);
  CHECK(pair.stacks[1].counters().fast_opens_accepted == 1);
  CHECK(pair.syns[1].header.options.fast_open);
  pair.opens("new");
  pair.run(100ms);
  CHECK(pair.stacks[1].counters().fast_opens_accepted == 2);
}

TEST_CASE("first text needs no fast open; what does not fit into the send buffer is refused") {
  Fast pair;
  const std::vector<std::byte> much(8 * 1024 * 1024);
  const auto refused = pair.stacks[0].connect(pair.now, pair.at(1, 80), {.first_text = much});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Error::invalid_argument);
  const std::string_view text = "plain";
  REQUIRE(pair.stacks[0].connect(pair.now, pair.at(1, 80), {.first_text = std::as_bytes(std::span(text))}));
  pair.run(100ms);
  CHECK(pair.read_all(1, *pair.stacks[1].accept(pair.listener)) == "plain");
}

TEST_CASE("before the handshake is over the server sends no more than its initial window") {
  FT_COVERS("rfc7413 4.2.2-3");
  Fast pair;
  pair.learns();
  pair.lose = [](const Seen& s) { return s.from == 0 && !s.header.has(wire::tcp_flag::syn); };  // no ACK comes
  pair.opens("much, please");
  pair.run(15ms);
  const auto server = *pair.stacks[1].accept(pair.listener);
  CHECK(pair.write(1, server, std::string(100'000, 'r')) == 100'000);
  pair.run(500ms);
  const auto info = *pair.stacks[1].info(server);
  CHECK(info.state == "SYN-RECEIVED");
  CHECK(info.octets_sent <= 10 * std::uint64_t{info.mss});
  CHECK(info.octets_sent > 8 * std::uint64_t{info.mss});
}

TEST_CASE("more first text than a SYN carries follows in its turn") {
  Fast pair;
  pair.learns();
  std::string text(20'000, 'x');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i % 23);
  pair.opens(text);
  pair.run(15ms);
  CHECK(pair.syns[0].text == 1460 - 40);
  pair.run(200ms);
  CHECK(pair.read_all(1, *pair.stacks[1].accept(pair.listener)) == text);
}

TEST_CASE("a client remembers so many servers and no more, and forgets the oldest") {
  stack::FastOpenMemory memory(3, 1h);
  const Instant now{1s};
  tcp::FastOpen outcome;
  outcome.answered = true;
  outcome.learnt = wire::FastOpenCookie{.length = 8, .octets = {}};
  outcome.peer_mss = 1000;
  for (std::uint8_t i = 1; i <= 5; ++i) memory.learn(now, IpAddress::v4(10, 0, 0, i), outcome, false);
  CHECK(memory.size() == 3);
  CHECK(memory.plan(now, IpAddress::v4(10, 0, 0, 1), 1460, false)->text_limit == 0);
  CHECK(memory.plan(now, IpAddress::v4(10, 0, 0, 5), 1460, false)->text_limit == 960);
  CHECK(memory.plan(now, IpAddress::v4(10, 0, 0, 5), 500, false)->text_limit == 460);
}

TEST_CASE("cookies are SipHash-2-4 of client and server address, so that servers with one key agree, also with Linux") {
  FastOpenKeys keys;
  for (std::size_t i = 0; i < keys.newest.size(); ++i) keys.newest[i] = static_cast<std::uint8_t>(i);
  const stack::FastOpenCookies cookies(keys);
  const auto text = [](const wire::FastOpenCookie& cookie) {
    std::string hex;
    for (std::size_t i = 0; i < cookie.length; ++i)
      for (const int shift : {4, 0}) hex += "0123456789abcdef"[std::to_integer<unsigned>(cookie.octets[i]) >> shift & 15];
    return hex;
  };
  CHECK(text(cookies.make(IpAddress::v4(10, 0, 0, 2), IpAddress::v4(10, 0, 0, 1))) == "84dc7a7d3b3a4769");
  CHECK(text(cookies.make(*IpAddress::parse("fd00::2"), *IpAddress::parse("fd00::1"))) == "382749443a1e5daa");
}

TEST_CASE("keys of the user's are not rotated with the stack's secrets, and a listener may have its own") {
  FastOpenKeys keys;
  keys.newest.fill(9);
  Fast pair(false, 8, [&](StackConfig&, StackConfig& server) { server.fast_open_keys = keys; });
  pair.learns();
  for (const std::uint8_t i : {std::uint8_t{6}, std::uint8_t{7}}) {
    std::array<std::uint8_t, 32> secret;
    secret.fill(i);
    pair.stacks[1].rotate_secrets(pair.now, secret);
  }
  pair.opens("still good");
  pair.run(100ms);
  CHECK(pair.stacks[1].counters().fast_opens_accepted == 1);
  CHECK_FALSE(pair.syns[1].header.options.fast_open);
  REQUIRE(pair.stacks[1].set_fast_open_cookies(pair.listener, FastOpenKeys{{1}, {}}));
  pair.opens("of another key");
  pair.run(100ms);
  CHECK(pair.stacks[1].counters().fast_opens_accepted == 1);
  CHECK(pair.stacks[1].counters().fast_opens_refused == 1);
  CHECK(pair.syns[1].header.options.fast_open);
}

TEST_CASE("the cookie and the MSS of the latest SYN-ACK are the ones that count") {
  FT_COVERS("rfc7413 4.2.2-5");
  TcpOptions narrow;
  narrow.mss = 900;
  Fast pair;
  pair.learns();
  REQUIRE(pair.stacks[1].set_options(pair.listener, narrow));
  REQUIRE(pair.stacks[1].set_fast_open_cookies(pair.listener, FastOpenKeys{{1}, {}}));
  const std::string much(3000, 'm');
  pair.opens(much);
  pair.run(100ms);
  CHECK(pair.syns[0].text == 1460 - 40);
  const auto given = pair.syns[1].header.options.fast_open;
  REQUIRE(given);
  CHECK(given != pair.syns[0].header.options.fast_open);
  pair.opens(much);
  pair.run(100ms);
  CHECK(pair.syns[0].header.options.fast_open == given);
  CHECK(pair.syns[0].text == 900 - 40);
  CHECK(pair.stacks[1].counters().fast_opens_accepted == 1);
}

TEST_CASE("a SYN-ACK that brings a cookie late is believed: the SYN that asked did arrive") {
  Fast pair;
  pair.delay = 600ms;
  pair.opens("");
  pair.run(5s);
  CHECK(pair.syns.size() >= 3);  // SYN, its repeat, SYN-ACK
  pair.opens("with the SYN");
  CHECK((pair.run(5ms), pair.syns[0].text) == 12);
}

TEST_CASE("a listener that believes everybody takes text without a cookie, and the client asks for none") {
  Fast pair;
  REQUIRE(pair.stacks[1].set_fast_open_cookies(pair.listener, {}, true));
  const std::string_view text = "no cookie";
  for (int i = 0; i < 2; ++i) {
    pair.syns.clear();
    REQUIRE(pair.stacks[0].connect(
        pair.now, pair.at(1, 80),
        {.first_text = std::as_bytes(std::span(text)), .fast_open = true, .fast_open_without_cookie = true}));
    pair.run(100ms);
    CHECK_FALSE(pair.syns[0].header.options.fast_open);
    CHECK_FALSE(pair.syns[1].header.options.fast_open);
    CHECK(pair.syns[0].text == 9);
    CHECK(pair.read_all(1, *pair.stacks[1].accept(pair.listener)) == text);
  }
  CHECK(pair.stacks[1].counters().fast_opens_accepted == 2);
}

TEST_CASE("a SYN with text has no PSH") {
  Fast pair;
  pair.learns();
  pair.opens("text");
  pair.run(5ms);
  CHECK(pair.syns[0].text == 4);
  CHECK_FALSE(pair.syns[0].header.has(wire::tcp_flag::psh));
}
