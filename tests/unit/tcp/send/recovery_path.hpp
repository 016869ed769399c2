// A flight of whole segments whose fate the tests of recovery decide, ACK by ACK.
#pragma once

#include "covers.hpp"
#include "tcp/send/recovery.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <vector>

namespace ft::tcp::test {

using namespace std::chrono_literals;

inline constexpr std::uint32_t mss = 1000;

inline Instant at(Duration time) { return Instant{} + 1s + time; }

/// A flight of whole segments from sequence number 1 on.
struct Path {
  explicit Path(RecoveryRules with = {}) : rules(with) {
    rules.mss = mss;
    rules.srtt = rules.min_rtt = 100ms;
  }
  ~Path() { recovery.board.release(pool); }

  void sends(Duration time, std::uint32_t segments) {
    REQUIRE(recovery.board.reserve(pool, segments));
    for (std::uint32_t i = 0; i < segments; ++i) {
      SentSegment record;
      record.seq = max;
      record.length = mss;
      recovery.on_new(at(time), record);
      max += mss;
    }
  }
  AckVerdict hears(Duration time, std::uint32_t ack, std::vector<wire::SackBlock> blocks = {}, Instant echo = never) {
    AckNews news;
    news.ack = Seq{ack};
    news.sack = blocks;
    news.echo = echo;
    news.duplicate = news.ack == una;
    const AckVerdict verdict = recovery.on_ack(at(time), una, max, news, rules);
    una = news.ack;
    CHECK(recovery.board.is_consistent());
    return verdict;
  }
  void repeats(Duration time) {
    const auto position = recovery.board.first_lost();
    REQUIRE(position);
    recovery.on_repeat(at(time), *position);
  }
  bool is_lost(std::uint32_t seq) const {
    const std::uint32_t position = recovery.board.position_after(Seq{seq});
    return position != recovery.board.tail() && recovery.board[position].lost;
  }

  RecoveryRules rules;
  BufferPool pool{1u << 24};
  Seq una{1};
  Seq max{1};
  Recovery recovery{Seq{1}, DeliveryTotals{}, Rack::Learnt{}};
};

inline wire::SackBlock block(std::uint32_t left, std::uint32_t right) { return {Seq{left}, Seq{right}}; }

inline RecoveryRules with_sack() {
  RecoveryRules rules;
  rules.sack = true;
  return rules;
}

}  // namespace ft::tcp::test
