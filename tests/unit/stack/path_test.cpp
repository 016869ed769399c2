// Whole connections over paths that are narrower than their ends' links.
#include "covers.hpp"
#include "pair.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"

#include <doctest/doctest.h>

using namespace ft;
using ft::test::Pair;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t much = std::size_t{1} << 20;

struct Kind {
  bool v6 = false;
  bool modern = true;  // SACK and timestamps
};

template <class F>
void over_all_kinds(F f) {
  for (const bool v6 : {false, true}) {
    for (const bool modern : {true, false}) {
      CAPTURE(v6);
      CAPTURE(modern);
      f(Kind{v6, modern});
    }
  }
}

Pair pair_of(Kind kind, const std::function<void(TcpOptions&)>& change = {}) {
  return Pair(kind.v6, [&](StackConfig& a, StackConfig& b) {
    for (StackConfig* config : {&a, &b}) {
      config->tcp.sack = config->tcp.timestamps = kind.modern;
      if (change) change(config->tcp);
    }
  });
}

/// Sends from the client until the server has it all; how long it took.
Duration send_much(Pair& pair, std::size_t octets = much) {
  const Instant begin = pair.now;
  std::string text(octets, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 2654435761u >> 13);
  std::size_t written = 0;
  std::string received;
  for (int turn = 0; turn < 60'000 && received.size() < text.size(); ++turn) {
    written += pair.write(0, pair.client, std::string_view(text).substr(written));
    pair.run(5ms);
    received += pair.read_all(1, pair.server);
  }
  CHECK(received == text);
  return pair.now - begin;
}

ConnectionInfo client_info(Pair& pair) { return *pair.stacks[0].info(pair.client); }

bool may_be_fragmented(const std::vector<std::byte>& packet) {
  const auto parsed = wire::parse_ipv4(packet);
  return parsed && !parsed->header.dont_fragment;
}

}  // namespace

TEST_CASE("a connection gets through a path that swallows full packets, and finds its MTU") {
  over_all_kinds([](Kind kind) {
    for (const std::size_t mtu : {1492u, 1450u, 1400u, 1300u, 1280u}) {
      CAPTURE(mtu);
      Pair pair = pair_of(kind);
      pair.establish();
      pair.filter = [mtu](int, const auto& packet) { return packet.size() <= mtu; };
      CHECK(send_much(pair) < 15s);
      const auto info = client_info(pair);
      CHECK(info.path.mtu <= mtu);
      CHECK(info.path.mtu + 32u > mtu);
      CHECK(info.path.proven == info.path.mtu);
      CHECK_FALSE(info.path.searching);
      CHECK(info.mss + (kind.v6 ? 60u : 40u) + (kind.modern ? 12u : 0u) == info.path.mtu);
      CHECK(info.retransmitted.timeouts <= 3);
    }
  });
}

TEST_CASE("a black hole below 1280 is passed over IPv4, in packets that routers may cut") {
  for (const std::size_t mtu : {1006u, 576u, 300u}) {
    CAPTURE(mtu);
    Pair pair = pair_of({});
    pair.establish();
    pair.filter = [mtu](int, const auto& packet) { return packet.size() <= mtu; };
    CHECK(send_much(pair, much / 4) < 60s);
    CHECK(client_info(pair).path.mtu <= mtu);
    CHECK(client_info(pair).path.mtu + 32u > mtu);
  }
  Pair pair = pair_of({});
  pair.establish();
  pair.filter = [](int, const auto& packet) { return packet.size() <= 576 || may_be_fragmented(packet); };
  CHECK(send_much(pair, 100'000) < 30s);
}

TEST_CASE("without the search a black hole ends in a timeout, as RFC 2923 tells") {
  Pair pair = pair_of({}, [](TcpOptions& options) {
    options.path_search = PathSearch::off;
    options.user_timeout = 20s;
  });
  pair.establish();
  pair.filter = [](int, const auto& packet) { return packet.size() <= 1400; };
  pair.write(0, pair.client, std::string(10'000, 'x'));
  pair.run(60s);
  CHECK(pair.close_reason(0) == CloseReason::timed_out);
}

TEST_CASE("the next connection knows what the last one found, for ten minutes") {
  over_all_kinds([](Kind kind) {
    Pair pair = pair_of(kind);
    pair.establish();
    pair.filter = [](int, const auto& packet) { return packet.size() <= 1400; };
    send_much(pair);
    REQUIRE(client_info(pair).path.mtu == 1400);
    pair.establish(81);
    CHECK(client_info(pair).path.mtu == 1400);
    CHECK(send_much(pair) < 5s);
    CHECK(client_info(pair).retransmissions == 0);
    CHECK(client_info(pair).agreed.peer_mss == (kind.v6 ? 1440 : 1460));  // the link's: what we can receive
    pair.run(601s);
    pair.establish(82);
    CHECK(client_info(pair).path.mtu == 1500);
  });
}

TEST_CASE("a path that grows again is noticed ten minutes later") {
  over_all_kinds([](Kind kind) {
    Pair pair = pair_of(kind);
    pair.establish();
    pair.filter = [](int, const auto& packet) { return packet.size() <= 1400; };
    send_much(pair);
    REQUIRE(client_info(pair).path.mtu == 1400);
    pair.filter = {};
    pair.run(601s);
    send_much(pair);
    CHECK(client_info(pair).path.mtu == 1500);
  });
}

TEST_CASE("the loss of a probe is no sign of congestion") {
  Pair pair = pair_of({});
  pair.establish();
  int lost = 0;
  pair.filter = [&](int from, const auto& packet) {
    if (from != 0 || packet.size() <= 1400) return true;
    ++lost;
    return false;
  };
  send_much(pair);
  const auto info = client_info(pair);
  CHECK(info.path.probes_lost == 6);  // 1472 and 1420, three times each
  CHECK(info.retransmitted.recoveries == 0);
  CHECK(info.retransmitted.timeouts == 2);
  CHECK(info.retransmitted[Repeat::path_mtu].octets >= info.path.probes_lost * 1300);
}

TEST_CASE("a connection that always searches climbs from 1280 to what the path takes") {
  over_all_kinds([](Kind kind) {
    Pair pair = pair_of(kind, [](TcpOptions& options) { options.path_search = PathSearch::always; });
    pair.establish();
    CHECK(client_info(pair).path.mtu == 1280);
    CHECK(send_much(pair) < 5s);
    CHECK(client_info(pair).path.mtu == 1500);
    CHECK(client_info(pair).retransmissions == 0);
  });
}

TEST_CASE("the MSS option caps what is announced and what is used, whatever the interface allows") {
  FT_COVERS("rfc9293 MUST-16", "rfc9293 MUST-67");
  over_all_kinds([](Kind kind) {
    Pair pair = pair_of(kind);
    auto options = pair.stacks[0].config().tcp;
    options.mss = 1000;
    pair.listener = *pair.stacks[1].listen(pair.at(1, 80));
    pair.client = *pair.stacks[0].connect(pair.now, pair.at(1, 80), {.tcp = options});
    pair.run(100ms);
    pair.server = *pair.stacks[1].accept(pair.listener);
    std::size_t largest = 0;
    pair.filter = [&](int, const auto& packet) {
      largest = std::max(largest, packet.size());
      return true;
    };
    pair.write(1, pair.server, std::string(5000, 'x'));
    pair.run(1s);
    pair.write(0, pair.client, std::string(5000, 'x'));
    pair.run(1s);
    CHECK(largest == 1000u + (kind.v6 ? 60u : 40u));
  });
  Pair narrow(false, [](StackConfig& a, StackConfig&) { a.mtu = 700; });
  narrow.establish();
  CHECK(narrow.stacks[1].info(narrow.server)->agreed.peer_mss == 660);
}

TEST_CASE("with path MTU discovery off, IPv4 packets may be cut on their way") {
  Pair pair = pair_of({}, [](TcpOptions& options) { options.path_mtu_discovery = false; });
  pair.establish();
  bool all = true;
  pair.filter = [&](int from, const auto& packet) {
    if (from == 0) all = all && may_be_fragmented(packet);
    return true;
  };
  send_much(pair, 10'000);
  CHECK(all);
}
