// A ladder while it happens: rows are handed out as soon as they are known. The trace is that of one end and of its link; the
// other end's state is inferred from its segments, and its clock is not known.
#pragma once

#include "analysis/ladder.hpp"
#include "analysis/peer_reason.hpp"
#include "analysis/peer_state.hpp"

#include <functional>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

namespace ft::analysis {

class LiveLadder final : public trace::Sink {
 public:
  using Emit = std::function<void(const Row&)>;
  LiveLadder(std::vector<Actor> actors, Emit emit) : actors_(std::move(actors)), emit_(std::move(emit)) {}

  void on_event(const trace::Event& event) override;
  /// Hands out what still waited for its other half.
  void finish();

 private:
  using Key = std::tuple<std::uint8_t, std::uint8_t, std::uint64_t>;
  static constexpr std::size_t most_under_way = 65536;  // rows that wait for the link's word; beyond it the oldest are forgotten

  void on(const trace::Event&, const trace::SegmentSent&);
  void on(const trace::Event&, const trace::SegmentReceived&);
  void on(const trace::Event&, const trace::StateChanged&);
  void on(const trace::Event&, const trace::Call&);
  void on(const trace::Event&, const trace::TimerFired&) {}
  void on(const trace::Event&, const trace::PacketDropped&);
  void on(const trace::Event&, const trace::PacketMade&) {}
  void on(const trace::Event&, const trace::LinkSent&);
  void on(const trace::Event&, const trace::LinkDelivered&);
  void on(const trace::Event&, const trace::LinkLost&);
  // what a sender thinks between two segments: for traces, too much for a ladder
  void on(const trace::Event&, const trace::SegmentHeld&) {}
  void on(const trace::Event&, const trace::SegmentLost&) {}
  void on(const trace::Event&, const trace::CongestionChanged&) {}
  void on(const trace::Event&, const trace::MetricsUpdated&) {}
  void on(const trace::Event&, const trace::TimerChanged&) {}
  void begin_plain(Row::Kind kind, const trace::Event& event, const FourTuple& tuple);
  void finish_arrival();
  void finish_plain();

  std::vector<Actor> actors_;
  Emit emit_;
  Numbering numbering_;
  PeerStates peers_;
  PeerReasons reasons_;
  std::map<std::uint8_t, Row> sent_;  // a stack's segment that no link has taken yet
  std::map<Key, Row> under_way_;      // until the link tells their fate
  std::optional<Row> arriving_;       // delivered; the stack has not yet spoken
  std::optional<Row> plain_;          // a call that may still get its change of state
};

}  // namespace ft::analysis
