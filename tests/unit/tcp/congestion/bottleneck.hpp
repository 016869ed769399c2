// A bottleneck on paper: flows that always have something to send, one link with a rate, a queue in octets, a delay, and losses
// from a seed. Segments are numbered, not sequenced: what is lost counts as lost and something new is sent. Enough to see whether
// a controller finds the rate and keeps the queue, without a stack around it.
#pragma once

#include "base/rng.hpp"
#include "fourtuple/congestion.hpp"
#include "tcp/send/pacing.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace ft::tcp::test {

struct Link {
  std::uint64_t rate = 1'250'000;      // octets a second
  std::uint64_t queue = 50'000;        // octets
  std::uint64_t mark_at = UINT64_MAX;  // octets of queue from which segments are marked
  Duration round_trip = std::chrono::milliseconds(40);
  double loss = 0;
};

struct Segment {
  Instant sent_at;
  std::uint64_t delivered;  // of the connection, when it left
  Instant delivered_at;
  Instant first_sent_at;
  std::uint64_t tx_in_flight;
  std::uint64_t lost;
  bool gone = false;  // delivered or lost
};

struct Flow {
  std::unique_ptr<CongestionController> controller;
  Instant starts;
  Instant stops = never;
  Pacing pacing{};
  std::map<std::uint64_t, Segment> segments{};  // by number, in flight or not yet forgotten
  std::uint64_t next = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t delivered = 0;
  std::uint64_t lost = 0;
  std::uint64_t recovery_end = 0;
  bool in_recovery = false;
  bool marks_answered = false;
  std::uint64_t marks_end = 0;
  Instant delivered_at{};
  Instant first_sent_at{};
  Instant heard{};
  Duration srtt{};
  Duration min_rtt{};
  std::uint64_t most_in_flight = 0;
};

class Bottleneck {
 public:
  static constexpr std::uint32_t mss = 1000;

  explicit Bottleneck(const Link& over, std::uint64_t seed = 1) : link(over), random_(seed) {}

  Flow& add(std::unique_ptr<CongestionController> controller, Instant starts) {
    flows.push_back(std::make_unique<Flow>(Flow{.controller = std::move(controller), .starts = starts}));
    flows.back()->pacing.grant(10 * mss);
    return *flows.back();
  }

  void run(Duration time) {
    const Instant end = now + time;
    while (true) {
      for (std::size_t i = 0; i < flows.size(); ++i) send(i);
      Instant next = acks_.empty() ? never : acks_.begin()->first;
      for (const auto& flow : flows) next = std::min(next, wake(*flow));
      if (next > end) break;
      now = std::max(now, next);
      while (!acks_.empty() && acks_.begin()->first <= now) {
        const Ack ack = acks_.begin()->second;
        acks_.erase(acks_.begin());
        arrive(ack);
      }
      for (const auto& flow : flows)
        if (flow->in_flight != 0 && now - flow->heard > timeout(*flow)) time_out(*flow);
    }
    now = end;
  }

  Link link;
  Instant now{std::chrono::seconds(1)};
  std::vector<std::unique_ptr<Flow>> flows;
  std::uint64_t dropped = 0;

 private:
  struct Ack {
    std::size_t flow;
    std::uint64_t number;
    bool marked;
  };

  static Duration timeout(const Flow& flow) { return std::max<Duration>(2 * flow.srtt, std::chrono::seconds(1)); }
  Pace pace(const Flow& flow) const { return pace_of(*flow.controller, flow.srtt, mss); }

  Instant wake(const Flow& flow) const {
    if (now < flow.starts) return flow.starts;
    if (now >= flow.stops) return never;
    if (flow.in_flight + mss > flow.controller->window()) return flow.heard + timeout(flow) + Duration(1);
    return flow.pacing.next_at(now, pace(flow));
  }

  void send(std::size_t index) {
    Flow& flow = *flows[index];
    while (now >= flow.starts && now < flow.stops && flow.in_flight + mss <= flow.controller->window() &&
           flow.pacing.next_at(now, pace(flow)) <= now) {
      if (flow.in_flight == 0) flow.first_sent_at = flow.delivered_at = flow.heard = now;
      flow.in_flight += mss;
      flow.most_in_flight = std::max(flow.most_in_flight, flow.in_flight);
      flow.controller->on_sent(now, mss, flow.in_flight);
      flow.pacing.on_sent(now, mss, pace(flow));
      flow.segments.emplace(flow.next,
                            Segment{now, flow.delivered, flow.delivered_at, flow.first_sent_at, flow.in_flight, flow.lost});
      enter_queue({index, flow.next++, false});
    }
  }

  void enter_queue(Ack ack) {
    const auto waiting =
        static_cast<std::uint64_t>(std::max((free_at_ - now).count(), std::int64_t{0})) * link.rate / 1'000'000'000;
    if (waiting + mss > link.queue + mss || random_.chance(link.loss)) {
      ++dropped;
      return;
    }
    ack.marked = waiting > link.mark_at;
    free_at_ = std::max(free_at_, now) + Duration(static_cast<std::int64_t>(mss * 1'000'000'000ull / link.rate));
    acks_.emplace(free_at_ + link.round_trip, ack);
  }

  void arrive(const Ack& arrived) {
    Flow& flow = *flows[arrived.flow];
    const auto found = flow.segments.find(arrived.number);
    if (found == flow.segments.end() || found->second.gone) return;
    const Segment segment = found->second;
    flow.segments.erase(found);
    flow.heard = now;
    CongestionAck ack;
    ack.now = now;
    ack.prior_in_flight = flow.in_flight;
    ack.cwnd_limited = flow.in_flight + 3 * mss > flow.controller->window();
    flow.in_flight -= mss;
    flow.delivered += mss;
    flow.delivered_at = now;
    ack.rtt = now - segment.sent_at;
    flow.srtt = flow.srtt == Duration::zero() ? *ack.rtt : (flow.srtt * 7 + *ack.rtt) / 8;
    flow.min_rtt = flow.min_rtt == Duration::zero() ? *ack.rtt : std::min(flow.min_rtt, *ack.rtt);
    // In order as the path is, three segments beyond it prove a loss.
    const std::uint64_t lost_before = flow.lost;
    const std::uint64_t in_flight_before = flow.in_flight + mss;
    while (!flow.segments.empty() && flow.segments.begin()->first + 3 <= arrived.number) lose(flow);
    ack.newly_lost = static_cast<std::uint32_t>(flow.lost - lost_before);
    if (flow.in_recovery && arrived.number >= flow.recovery_end) {
      flow.in_recovery = false;
      flow.controller->on_recovered(now, flow.in_flight);
    }
    if (ack.newly_lost != 0 && !flow.in_recovery) {
      flow.in_recovery = true;
      flow.recovery_end = flow.next;
      flow.controller->on_congestion(now, CongestionSignal::loss, in_flight_before);
    }
    if (arrived.marked && arrived.number >= flow.marks_end) {
      flow.marks_end = flow.next;
      flow.controller->on_congestion(now, CongestionSignal::ecn, in_flight_before);
    }
    ack.acked = ack.newly_delivered = mss;
    ack.delivered = flow.delivered;
    ack.lost = flow.lost;
    ack.in_flight = flow.in_flight;
    ack.srtt = flow.srtt;
    ack.min_rtt = flow.min_rtt;
    ack.in_recovery = flow.in_recovery;
    ack.ce = arrived.marked ? mss : 0;
    ack.rate.prior_delivered = segment.delivered;
    ack.rate.delivered = flow.delivered - segment.delivered;
    ack.rate.tx_in_flight = segment.tx_in_flight;
    ack.rate.lost = flow.lost - segment.lost;
    ack.rate.interval = std::max(segment.sent_at - segment.first_sent_at, now - segment.delivered_at);
    if (ack.rate.interval < flow.min_rtt) ack.rate.interval = {};
    flow.first_sent_at = segment.sent_at;
    flow.controller->on_ack(ack);
  }

  void lose(Flow& flow) {
    const Segment& segment = flow.segments.begin()->second;
    flow.lost += mss;
    flow.in_flight -= mss;
    flow.controller->on_lost(now, {mss, segment.tx_in_flight, flow.lost - segment.lost, false});
    flow.segments.erase(flow.segments.begin());
  }

  void time_out(Flow& flow) {
    const std::uint64_t in_flight = flow.in_flight;
    while (!flow.segments.empty()) lose(flow);
    flow.controller->on_rto(now, in_flight, true);
    flow.in_recovery = true;
    flow.recovery_end = flow.next;
    flow.heard = now;
  }

  Rng random_;
  Instant free_at_{};
  std::multimap<Instant, Ack> acks_;
};

/// Delivered by `flow` in the next `time`, as a share of what the link could carry.
inline double share(Bottleneck& bottleneck, const Flow& flow, Duration time) {
  const std::uint64_t before = flow.delivered;
  bottleneck.run(time);
  const double seconds = static_cast<double>(time.count()) / 1e9;
  return static_cast<double>(flow.delivered - before) / (static_cast<double>(bottleneck.link.rate) * seconds);
}

}  // namespace ft::tcp::test
