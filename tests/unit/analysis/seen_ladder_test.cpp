#include "analysis/seen_ladder.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::analysis;
namespace flag = wire::tcp_flag;

namespace {

Segment segment(bool from_client, std::uint8_t flags, std::uint32_t seq, std::uint32_t ack, std::uint16_t client_port = 40000) {
  Segment s;
  s.source = IpAddress::v4(10, 0, 0, from_client ? 1 : 2);
  s.destination = IpAddress::v4(10, 0, 0, from_client ? 2 : 1);
  s.source_port = from_client ? client_port : 80;
  s.destination_port = from_client ? 80 : client_port;
  s.flags = flags;
  s.seq = Seq{seq};
  s.ack = Seq{ack};
  return s;
}

}  // namespace

TEST_CASE("the opener of a captured connection is on the left, numbers are relative and states inferred") {
  SeenLadder ladder;
  const auto syn = ladder.on(segment(true, flag::syn, 1000, 0));
  CHECK(syn.begins);
  CHECK(syn.row.from == 0);
  CHECK(syn.row.seq == 0);
  CHECK(syn.row.why.id == "syn");
  CHECK(syn.row.from_state.after == "SYN-SENT");
  CHECK(syn.row.from_state.inferred);
  const auto answer = ladder.on(segment(false, flag::syn | flag::ack, 5000, 1001));
  CHECK_FALSE(answer.begins);
  CHECK(answer.row.from == 1);
  CHECK(answer.row.ack == 1);
  CHECK(answer.row.to_state.after == "ESTABLISHED");
  const auto ack = ladder.on(segment(true, flag::ack, 1001, 5001));
  CHECK(ack.row.why.id == "handshake-ack");
  CHECK(ack.row.to_state.after == "ESTABLISHED");
  CHECK(ack.row.connection == 1);
}

TEST_CASE("met in its middle, a connection was opened by the end with the higher port") {
  SeenLadder ladder;
  CHECK(ladder.on(segment(false, flag::ack, 77, 5)).row.from == 1);
  CHECK(ladder.on(segment(true, flag::ack, 5, 77)).row.from == 0);
}

TEST_CASE("connections are numbered, and a flood of them is forgotten in time") {
  SeenLadder ladder;
  unsigned last = 0;
  for (std::uint16_t port = 1000; port < 10000; ++port) {
    const auto seen = ladder.on(segment(true, flag::syn, 1, 0, port));
    CHECK(seen.begins);
    last = seen.row.connection;
  }
  CHECK(last == 9000);
}
