#include "analysis/live_ladder.hpp"

#include "tell.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace ft;
using namespace ft::analysis;

namespace {

/// An IPv4 packet with a bare TCP header from the server of Teller to its client.
std::vector<std::byte> from_server(std::uint32_t seq, std::uint32_t ack, std::uint8_t flags) {
  std::vector<std::byte> packet(40);
  const auto put = [&packet](std::size_t at, std::uint64_t value, std::size_t octets) {
    for (std::size_t i = 0; i < octets; ++i) packet[at + i] = static_cast<std::byte>(value >> (8 * (octets - 1 - i)));
  };
  put(0, 0x45, 1);
  put(2, 40, 2);
  put(8, 64, 1);
  put(9, 6, 1);
  put(12, 0x0A000002, 4);
  put(16, 0x0A000001, 4);
  put(20, 80, 2);
  put(22, 50000, 2);
  put(24, server_isn + seq, 4);
  put(28, client_isn + ack, 4);
  put(32, 0x50, 1);
  put(33, flags, 1);
  put(34, 1000, 2);
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < 20; i += 2)
    sum += std::to_integer<std::uint32_t>(packet[i]) * 256 + std::to_integer<std::uint32_t>(packet[i + 1]);
  sum = (sum & 0xffff) + (sum >> 16);
  put(10, ~sum & 0xffff, 2);
  return packet;
}

struct OneEnd {
  Teller names;  // for the tuples
  std::vector<Row> rows;
  LiveLadder live{{{"client", false, {names.client}}, {"server", true, {names.server}}},
                  [this](const Row& r) { rows.push_back(r); }};
  std::uint64_t out = 0, in = 0;

  void tell(Duration at, auto what) { live.on_event({Instant{} + at, 0, what}); }
  void send(Duration at, trace::SegmentFields f, std::string_view before, std::string_view after) {
    f.seq += client_isn;
    f.ack += server_isn;
    tell(at, trace::SegmentSent{names.tuples[0], f, {"data", ""}, before, after});
    tell(at, trace::LinkSent{++out, 0, 1, {}});
    tell(at, trace::LinkDelivered{out, 0, 1, false, false});
  }
  void receive(Duration at, std::uint32_t seq, std::uint32_t ack, std::uint8_t flags, std::string_view before,
               std::string_view after) {
    const auto packet = from_server(seq, ack, flags);
    tell(at, trace::LinkSent{++in, 1, 0, packet});
    tell(at, trace::LinkDelivered{in, 1, 0, false, false});
    tell(at, trace::SegmentReceived{names.tuples[0], {}, {"ack-new", ""}, DropReason::none, before, after});
  }
};

using namespace wire;

}  // namespace

TEST_CASE("the live ladder infers the peer's states from handshake to LAST-ACK") {
  OneEnd one;
  one.send(0ms, Teller::syn(), "CLOSED", "SYN-SENT");
  one.receive(1ms, 0, 1, tcp_flag::syn | tcp_flag::ack, "SYN-SENT", "ESTABLISHED");
  one.send(1ms, Teller::bare_ack(), "ESTABLISHED", "ESTABLISHED");
  one.send(2ms, Teller::fin(1, 1), "ESTABLISHED", "FIN-WAIT-1");
  one.receive(3ms, 1, 2, tcp_flag::fin | tcp_flag::ack, "FIN-WAIT-1", "TIME-WAIT");
  auto last = Teller::bare_ack();
  last.seq = 2;
  last.ack = 2;
  one.send(3ms, last, "TIME-WAIT", "TIME-WAIT");
  REQUIRE(one.rows.size() == 6);
  CHECK(one.rows[1].from_state.after == "SYN-RECEIVED");
  CHECK(one.rows[1].from_state.inferred);
  CHECK(one.rows[1].departure_unseen);
  CHECK(one.rows[1].to_state.after == "ESTABLISHED");
  CHECK(one.rows[2].to_state.after == "ESTABLISHED");
  CHECK(one.rows[3].to_state.after == "CLOSE-WAIT");
  CHECK(one.rows[4].from_state.after == "LAST-ACK");
  CHECK(one.rows[5].to_state.before == "LAST-ACK");
  CHECK(one.rows[5].to_state.after == "CLOSED");
}

TEST_CASE("the live ladder shows inferred states in brackets and no time for the other end") {
  OneEnd one;
  one.send(0ms, Teller::syn(), "CLOSED", "SYN-SENT");
  one.receive(1ms, 0, 1, tcp_flag::syn | tcp_flag::ack, "SYN-SENT", "ESTABLISHED");
  LadderText text({{"client", false, {}}, {"server", true, {}}}, Instant{}, {});
  std::string page;
  for (const Row& row : one.rows)
    for (const Line& line : text.row(row)) page += paint(line, {});
  CHECK(page.find("│ (SYN-RCVD)\n") == std::string::npos);  // it stands at the arrow's foot
  CHECK(page.find("┤ (SYN-RCVD)\n") != std::string::npos);
  CHECK(page.find("ack 1  win 1000 │\n") != std::string::npos);
  CHECK(page.find("    1.000 ms │←") != std::string::npos);
}

TEST_CASE("the widest inferred state keeps the lifelines straight at both sides") {
  Row row;
  row.why = {"data", ""};
  row.from_state = {"SYN-SENT", "ESTABLISHED", true};
  row.to_state = {"SYN-RECEIVED", "ESTABLISHED", true};
  row.to = 1;
  LadderText text({{"client", false, {}}, {"server", true, {}}}, Instant{}, {});
  std::size_t rungs = 0;
  for (const Line& line : text.row(row)) {
    CHECK(line_width(line) <= ladder_columns);
    if (paint(line, {}).starts_with("(ESTABLISHED)├")) ++rungs;
  }
  CHECK(rungs == 1);
}

TEST_CASE("the peer's reasons follow from its segments: first time, again, probe, acknowledgement") {
  OneEnd one;
  one.send(0ms, Teller::syn(), "CLOSED", "SYN-SENT");
  one.receive(1ms, 0, 1, tcp_flag::syn | tcp_flag::ack, "SYN-SENT", "ESTABLISHED");
  one.receive(2ms, 0, 1, tcp_flag::syn | tcp_flag::ack, "ESTABLISHED", "ESTABLISHED");
  one.send(2ms, Teller::bare_ack(), "ESTABLISHED", "ESTABLISHED");
  one.send(2ms, Teller::fin(1, 1), "ESTABLISHED", "FIN-WAIT-1");
  one.receive(3ms, 1, 2, tcp_flag::ack, "FIN-WAIT-1", "FIN-WAIT-2");
  one.receive(4ms, 0, 2, tcp_flag::ack, "FIN-WAIT-2", "FIN-WAIT-2");
  one.receive(5ms, 1, 2, tcp_flag::fin | tcp_flag::ack, "FIN-WAIT-2", "TIME-WAIT");
  one.receive(6ms, 1, 2, tcp_flag::fin | tcp_flag::ack, "TIME-WAIT", "TIME-WAIT");
  std::vector<std::string_view> ids;
  for (const Row& row : one.rows)
    if (row.from == 1) ids.push_back(row.why.id);
  CHECK(ids ==
        std::vector<std::string_view>{"syn-ack", "retransmit-syn-ack", "ack-fin", "keepalive-probe", "fin", "retransmit-fin"});
}

TEST_CASE("the live ladder tells a loss in front of the link, and a reset") {
  OneEnd one;
  auto syn = Teller::syn();
  syn.seq += client_isn;
  one.tell(0ms, trace::SegmentSent{one.names.tuples[0], syn, {"syn", ""}, "CLOSED", "SYN-SENT"});
  one.tell(0ms, trace::LinkSent{++one.out, 0, 1, {}});
  CHECK(one.rows.empty());
  one.tell(0ms, trace::LinkLost{one.out, 0, 1, "random"});
  REQUIRE(one.rows.size() == 1);
  CHECK(one.rows[0].lost == "random");
  one.receive(1ms, 0, 1, tcp_flag::rst | tcp_flag::ack, "SYN-SENT", "CLOSED");
  CHECK(one.rows[1].from_state.after == "CLOSED");
}

TEST_CASE("a call waits for the change of state that it makes, and no longer than the next event") {
  OneEnd one;
  one.tell(0ms, trace::Call{one.names.tuples[0], "connect", 0, ""});
  CHECK(one.rows.empty());
  one.tell(0ms, trace::StateChanged{one.names.tuples[0], "CLOSED", "SYN-SENT", {"call-connect", ""}});
  REQUIRE(one.rows.size() == 1);
  CHECK(one.rows[0].kind == Row::Kind::call);
  CHECK(one.rows[0].from_state.after == "SYN-SENT");
  one.tell(1ms, trace::Call{one.names.tuples[0], "abort", 0, ""});
  one.live.finish();
  CHECK(one.rows.size() == 2);
}
