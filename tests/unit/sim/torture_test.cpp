#include <doctest/doctest.h>

#include <numeric>

#include "sim/packet.hpp"
#include "sim/torture/moves.hpp"
#include "sim/torture/observer.hpp"
#include "sim/torture/run.hpp"
#include "sim/torture/shrink.hpp"

using namespace ft;
using namespace ft::sim;
using namespace ft::sim::torture;

namespace {

const FourTuple client{{IpAddress::v4(10, 0, 0, 1), 4000}, {IpAddress::v4(10, 0, 0, 2), 80}};
constexpr std::uint8_t syn = wire::tcp_flag::syn, ack = wire::tcp_flag::ack;

/// A wire between two hosts with the observer beside it.
struct Watched {
  Observer observer;
  std::uint64_t packets[2] = {0, 0};

  std::string sends(std::uint8_t from, std::uint8_t flags, std::uint32_t seq, std::uint32_t acked, std::uint16_t window,
                    std::size_t text = 0, bool arrives = true) {
    wire::TcpHeader header;
    header.seq = Seq{seq};
    header.ack = Seq{acked};
    header.flags = flags;
    header.window = window;
    std::vector<std::byte> octets(text);
    const FourTuple tuple = from == 0 ? client : FourTuple{client.remote, client.local};
    if (text != 0) Pattern(7).fill(seq - 101, octets);
    const auto packet = make_tcp_packet(tuple.local, tuple.remote, header, octets);
    const auto to = static_cast<std::uint8_t>(1 - from);
    const std::uint64_t number = ++packets[from];
    std::string wrong = observer.on_sent({number, from, to, packet});
    if (arrives) observer.on_delivered({number, from, to});
    return wrong;
  }
  void shakes_hands() {
    observer.expect(client, 7);
    CHECK(sends(0, syn, 100, 0, 5000) == "");
    CHECK(sends(1, syn | ack, 500, 101, 1000) == "");
    CHECK(sends(0, ack, 101, 501, 5000) == "");
  }
};

}  // namespace

TEST_CASE("one seed is one plan, and one plan one outcome") {
  const Plan plan = make_plan(11);
  CHECK(plan.items.size() == make_plan(11).items.size());
  const Outcome once = run(plan);
  const Outcome again = run(make_plan(11));
  CHECK(once.wrong == "");
  CHECK(once.packets == again.packets);
  CHECK(once.events == again.events);
  CHECK(once.connections == again.connections);
}

TEST_CASE("a plan without its items is an empty world that keeps every promise") {
  const Plan plan = make_plan(12);
  const Outcome outcome = run(plan, Chosen(plan.items.size(), false));
  CHECK(outcome.wrong == "");
  CHECK(outcome.connections == 0);
}

TEST_CASE("every item can be said in words") {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    const Plan plan = make_plan(seed);
    for (const Item& item : plan.items) CHECK(describe(plan, item).size() > 20);
  }
}

TEST_CASE("shrinking leaves what the failure needs and nothing else") {
  unsigned runs = 0;
  const auto needs = [&](const Chosen& c) {
    ++runs;
    return c[3] && c[41] && c[77];
  };
  const Chosen small = shrink(Chosen(100, true), needs, 1000);
  CHECK(std::count(small.begin(), small.end(), true) == 3);
  CHECK(needs(small));
  CHECK(runs < 200);
}

TEST_CASE("shrinking stops at its budget with something that still fails") {
  const auto needs = [](const Chosen& c) { return c[5]; };
  const Chosen small = shrink(Chosen(1000, true), needs, 3);
  CHECK(needs(small));
}

TEST_CASE("the pattern fills and recognises any stretch of it") {
  const Pattern pattern(99);
  std::vector<std::byte> whole(100);
  pattern.fill(0, whole);
  for (const std::size_t from : {0u, 1u, 7u, 8u, 13u}) {
    std::vector<std::byte> part(50);
    pattern.fill(from, part);
    CHECK(std::equal(part.begin(), part.end(), whole.begin() + static_cast<std::ptrdiff_t>(from)));
    CHECK(pattern.matches(from, part));
    part[33] ^= std::byte{1};
    CHECK_FALSE(pattern.matches(from, part));
  }
}

TEST_CASE("the figure allows a FIN in ESTABLISHED, and no way back from TIME-WAIT to ESTABLISHED") {
  CHECK(may_move(Phase::established, Phase::fin_wait_1, Mover::sending));
  CHECK(may_move(Phase::fin_wait_1, Phase::time_wait, Mover::arrival));
  CHECK_FALSE(may_move(Phase::time_wait, Phase::established, Mover::arrival));
  CHECK_FALSE(may_move(Phase::time_wait, Phase::closed, Mover::arrival));
  CHECK_FALSE(may_move(Phase::established, Phase::last_ack, Mover::sending));
  CHECK(phase_of("FIN-WAIT-2") == Phase::fin_wait_2);
  CHECK_FALSE(phase_of("OPEN"));
}

TEST_CASE("the observer has nothing to say about a handshake and text within the window") {
  Watched wire;
  wire.shakes_hands();
  CHECK(wire.sends(0, ack, 101, 501, 5000, 1000) == "");
  CHECK(wire.sends(1, ack, 501, 1101, 1000) == "");
  CHECK(wire.sends(0, ack, 1101, 501, 5000, 1000) == "");
}

TEST_CASE("the observer sees text beyond the window that was delivered") {
  Watched wire;
  wire.shakes_hands();
  CHECK(wire.sends(0, ack, 101, 501, 5000, 900) == "");
  CHECK(wire.sends(1, ack, 501, 1001, 1000, 0, false) == "");  // a new window, and it is lost
  CHECK(wire.sends(0, ack, 1001, 501, 5000, 200).find("beyond the window") != std::string::npos);
}

TEST_CASE("the observer lets one octet ask at a shut window") {
  Watched wire;
  wire.shakes_hands();
  CHECK(wire.sends(0, ack, 101, 501, 5000, 1000) == "");
  CHECK(wire.sends(1, ack, 501, 1101, 0) == "");
  CHECK(wire.sends(0, ack, 1101, 501, 5000, 1) == "");
  CHECK(wire.sends(0, ack, 1101, 501, 5000, 2) != "");
}

TEST_CASE("the observer sees an acknowledgement of what did not arrive, and one that goes back") {
  Watched wire;
  wire.shakes_hands();
  CHECK(wire.sends(0, ack, 101, 501, 5000, 500, false) == "");
  CHECK(wire.sends(1, ack, 501, 601, 1000).find("never delivered") != std::string::npos);
  CHECK(wire.sends(0, ack, 101, 501, 5000, 500) == "");
  CHECK(wire.sends(1, ack, 501, 601, 1000) == "");
  CHECK(wire.sends(1, ack, 501, 301, 2000).find("less than before") != std::string::npos);
}

TEST_CASE("the observer sees a right edge that moves left") {
  Watched wire;
  wire.shakes_hands();
  CHECK(wire.sends(1, ack, 501, 101, 2000) == "");
  CHECK(wire.sends(1, ack, 501, 101, 1999).find("takes back 1") != std::string::npos);
}

TEST_CASE("the observer sees octets that nobody wrote") {
  Watched wire;
  wire.shakes_hands();
  wire.observer.expect(client, 8);  // another pattern than the one that is sent
  CHECK(wire.sends(0, ack, 101, 501, 5000, 20).find("other octets") != std::string::npos);
}

TEST_CASE("the observer sees a damaged packet that a stack has made") {
  Watched wire;
  wire::TcpHeader header;
  header.flags = syn;
  auto packet = make_tcp_packet(client.local, client.remote, header, {});
  packet[25] ^= std::byte{4};
  CHECK(wire.observer.on_sent({1, 0, 1, packet}).find("checksum") != std::string::npos);
}
