// The order of sending is what RACK walks along (RFC 8985 6.2): it stays in order of time whatever is taken back or cut.
#include <doctest/doctest.h>

#include "tcp/send/scoreboard.hpp"

using namespace ft;
using namespace ft::tcp;

namespace {

struct Flight {
  BufferPool pool{1u << 20};
  Scoreboard board;
  int clock = 0;

  ~Flight() { board.release(pool); }
  void send(std::uint32_t seq, std::uint32_t length) {
    REQUIRE(board.reserve(pool, 1));
    SentSegment record;
    record.seq = Seq{seq};
    record.length = length;
    record.sent_at = Instant{Duration{++clock}};
    board.append(record);
  }
  void repeat_first() {
    board.mark_lost(board.head(), Cause::retransmit_rack);
    SentSegment again;
    again.sent_at = Instant{Duration{++clock}};
    board.repeat(*board.first_lost(), again);
  }
  bool is_in_order() const {
    Instant last{};
    for (auto p = board.oldest(); p; p = board.newer(*p)) {
      if (board[*p].sent_at < last) return false;
      last = board[*p].sent_at;
    }
    return board.is_consistent();
  }
};

}  // namespace

TEST_CASE("reports that are taken back leave the order of sending as it was") {
  Flight flight;
  flight.send(0, 10);
  flight.send(10, 10);
  flight.send(20, 10);
  flight.board.sack(Seq{10}, Seq{20}, [](const SentSegment&) {});
  flight.send(30, 10);
  flight.board.renege();
  CHECK(flight.is_in_order());
}

TEST_CASE("a flight that is cut into smaller pieces keeps its order of sending") {
  Flight flight;
  flight.send(0, 10);
  flight.send(10, 100);
  flight.send(110, 10);
  flight.repeat_first();
  REQUIRE(flight.board.split(flight.pool, 50, Cause::retransmit_pmtu));
  CHECK(flight.is_in_order());
}
