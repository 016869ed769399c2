// The scoreboard against a list of octets that does the same the slow way.
#include "tcp/send/scoreboard.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <vector>

namespace {

using namespace ft;
using namespace ft::tcp;

enum class Fate : std::uint8_t { in_flight, sacked, lost };

struct Octets {
  std::uint32_t first;
  std::uint32_t length;
  Fate fate;
  int order;  // of the last sending
};

struct Naive {
  std::vector<Octets> segments;

  std::uint32_t sum(Fate fate) const {
    std::uint32_t octets = 0;
    for (const auto& s : segments)
      if (s.fate == fate) octets += s.length;
    return octets;
  }
  void acknowledge(std::uint32_t ack) {
    std::erase_if(segments, [&](const Octets& s) { return s.first + s.length <= ack; });
    if (segments.empty() || segments[0].first >= ack) return;
    segments[0].length -= ack - segments[0].first;
    segments[0].first = ack;
  }
  void sack(std::uint32_t left, std::uint32_t right) {
    for (auto& s : segments)
      if (s.first >= left && s.first + s.length <= right) s.fate = Fate::sacked;
  }
  std::vector<std::uint32_t> in_order_of_sending() const {
    std::vector<Octets> flying;
    for (const auto& s : segments)
      if (s.fate == Fate::in_flight) flying.push_back(s);
    std::sort(flying.begin(), flying.end(), [](const Octets& a, const Octets& b) { return a.order < b.order; });
    std::vector<std::uint32_t> firsts;
    for (const auto& s : flying) firsts.push_back(s.first);
    return firsts;
  }
};

void agree(const Scoreboard& board, const Naive& naive, Seq base) {
  RC_ASSERT(board.is_consistent());
  RC_ASSERT(board.size() == naive.segments.size());
  RC_ASSERT(board.in_flight() == naive.sum(Fate::in_flight));
  RC_ASSERT(board.sacked() == naive.sum(Fate::sacked));
  RC_ASSERT(board.lost() == naive.sum(Fate::lost));
  std::uint32_t position = board.head();
  for (const auto& s : naive.segments) {
    RC_ASSERT(board[position].seq == base + s.first);
    RC_ASSERT(board[position].length == s.length);
    RC_ASSERT(board[position].sacked == (s.fate == Fate::sacked));
    RC_ASSERT(board[position].lost == (s.fate == Fate::lost));
    ++position;
  }
  std::vector<std::uint32_t> firsts;
  for (auto p = board.oldest(); p; p = board.newer(*p)) firsts.push_back(board[*p].seq.value() - base.value());
  RC_ASSERT(firsts == naive.in_order_of_sending());
  const auto lost = board.first_lost();
  const auto expected =
      std::find_if(naive.segments.begin(), naive.segments.end(), [](const Octets& s) { return s.fate == Fate::lost; });
  RC_ASSERT(lost.has_value() == (expected != naive.segments.end()));
  if (lost) RC_ASSERT(board[*lost].seq == base + expected->first);
}

TEST_CASE("the scoreboard agrees with a plain list under any sending, acknowledging, reporting, losing and repeating") {
  CHECK(rc::check([] {
    BufferPool pool{1u << 24};
    Scoreboard board;
    Naive naive;
    const Seq base{*rc::gen::arbitrary<std::uint32_t>()};
    std::uint32_t una = 0;
    std::uint32_t nxt = 0;
    int order = 0;
    const int steps = *rc::gen::inRange(1, 200);
    for (int step = 0; step < steps; ++step) {
      const int what = *rc::gen::inRange(0, 12);
      if (what < 5) {
        SentSegment record;
        record.seq = base + nxt;
        record.length = *rc::gen::inRange<std::uint32_t>(1, 20);
        record.sent_at = Instant{Duration{++order}};
        RC_ASSERT(board.reserve(pool, 1));
        board.append(record);
        naive.segments.push_back({nxt, record.length, Fate::in_flight, order});
        nxt += record.length;
      } else if (what < 7) {
        una = *rc::gen::inRange<std::uint32_t>(una, std::min(nxt, una + 60) + 1);
        board.acknowledge(base + una, [](const SentSegment&) {});
        naive.acknowledge(una);
      } else if (what < 9) {
        const auto left = *rc::gen::inRange<std::uint32_t>(una, nxt + 1);
        const auto right = *rc::gen::inRange<std::uint32_t>(left, nxt + 1);
        board.sack(base + left, base + right, [](const SentSegment& record) { RC_ASSERT(!record.sacked); });
        naive.sack(left, right);
      } else if (what == 9 && !naive.segments.empty()) {
        const auto index = *rc::gen::inRange<std::size_t>(0, naive.segments.size());
        if (naive.segments[index].fate == Fate::sacked) continue;
        board.mark_lost(board.head() + static_cast<std::uint32_t>(index), Cause::retransmit_rack);
        naive.segments[index].fate = Fate::lost;
      } else if (what == 10) {
        const auto lost = board.first_lost();
        if (!lost) continue;
        SentSegment sent;
        sent.sent_at = Instant{Duration{++order}};
        board.repeat(*lost, sent);
        auto& segment = naive.segments[*lost - board.head()];
        segment.fate = Fate::in_flight;
        segment.order = order;
      } else if (what == 11 && *rc::gen::inRange(0, 4) == 0) {
        board.unmark_all_lost();
        for (auto& s : naive.segments)
          if (s.fate == Fate::lost) s.fate = Fate::in_flight;
      }
      agree(board, naive, base);
    }
    Scoreboard copy;
    RC_ASSERT(copy.copy(pool, board));
    agree(copy, naive, base);
    copy.release(pool);
    board.release(pool);
    RC_ASSERT(pool.used() == 0u);
  }));
}

TEST_CASE("cutting a flight into smaller pieces keeps every octet, and marks lost what was cut") {
  CHECK(rc::check([] {
    BufferPool pool{1u << 24};
    Scoreboard board;
    std::uint32_t nxt = 0;
    const int count = *rc::gen::inRange(1, 40);
    for (int i = 0; i < count; ++i) {
      SentSegment record;
      record.seq = Seq{nxt};
      record.fin = i + 1 == count && *rc::gen::arbitrary<bool>();
      record.length = *rc::gen::inRange<std::uint32_t>(1, 50) + (record.fin ? 1u : 0u);
      RC_ASSERT(board.reserve(pool, 1));
      board.append(record);
      if (*rc::gen::inRange(0, 3) == 0) board.sack(record.seq, record.end(), [](const SentSegment&) {});
      nxt += record.length;
    }
    const std::uint32_t sacked = board.sacked();
    const auto most = *rc::gen::inRange<std::uint32_t>(1, 50);
    RC_ASSERT(board.split(pool, most, Cause::retransmit_pmtu));
    RC_ASSERT(board.is_consistent());
    RC_ASSERT(board.sacked() == sacked);
    RC_ASSERT(board.in_flight() + board.sacked() + board.lost() == nxt);
    for (std::uint32_t position = board.head(); position != board.tail(); ++position) {
      const SentSegment& record = board[position];
      RC_ASSERT(record.length - (record.fin ? 1u : 0u) <= most);
    }
    board.release(pool);
  }));
}

}  // namespace
