// How much arrived, and how fast: what one ACK delivers, gathered record by record, and the delivery rate it proves
// (draft-ietf-ccwg-bbr, "Delivery Rate Samples"). Controllers, RACK and PRR feed on it.
#pragma once

#include "fourtuple/congestion.hpp"
#include "tcp/send/scoreboard.hpp"

#include <algorithm>

namespace ft::tcp {

/// What one ACK delivered.
struct Delivery {
  std::uint32_t octets = 0;         // cumulatively and selectively; not all of them in whole records
  Instant newest_original = never;  // when the last of those that were sent once left; never: none (Karn)
  bool has_newest = false;
  SentSegment newest;  // the one sent last of those delivered

  void note(const SentSegment& record) {
    if (!record.retransmitted)
      newest_original = newest_original == never ? record.sent_at : std::max(newest_original, record.sent_at);
    if (has_newest && !sent_after(record.sent_at, record.end(), newest.sent_at, newest.end())) return;
    newest = record;
    has_newest = true;
  }
};

/// Octets since the connection opened.
struct DeliveryTotals {
  std::uint64_t delivered = 0;
  std::uint64_t lost = 0;
};

class DeliveryRate {
 public:
  explicit DeliveryRate(const DeliveryTotals& totals) : totals_(totals) {}

  /// Stamps a record that leaves now. `in_flight` with it.
  void on_sent(Instant now, SentSegment& record, std::uint32_t prior_in_flight) {
    if (prior_in_flight == 0) first_sent_at_ = delivered_at_ = now;
    record.sent_at = now;
    record.delivered = totals_.delivered;
    record.delivered_at = delivered_at_;
    record.first_sent_at = first_sent_at_;
    record.tx_in_flight = prior_in_flight + record.length;
    record.lost_before = static_cast<std::uint32_t>(totals_.lost);
    record.app_limited = app_limited_until_ != 0;
  }
  /// Nothing more to send although the window had room.
  void on_app_limited(std::uint32_t in_flight) { app_limited_until_ = std::max<std::uint64_t>(totals_.delivered + in_flight, 1); }
  void on_lost(std::uint32_t octets) { totals_.lost += octets; }
  void on_delivered(Instant now, std::uint32_t octets) {
    if (octets == 0) return;
    totals_.delivered += octets;
    delivered_at_ = now;
    if (app_limited_until_ != 0 && totals_.delivered > app_limited_until_) app_limited_until_ = 0;
  }

  /// After on_delivered. A sample shorter than the least round-trip time is an artefact of merged ACKs.
  RateSample sample(Instant now, const Delivery& delivery, Duration min_rtt) {
    RateSample sample;
    if (!delivery.has_newest) return sample;
    const SentSegment& newest = delivery.newest;
    first_sent_at_ = newest.sent_at;
    const Duration send_phase = newest.sent_at - newest.first_sent_at;
    const Duration ack_phase = now - newest.delivered_at;
    sample.prior_delivered = newest.delivered;
    sample.delivered = totals_.delivered - newest.delivered;
    sample.tx_in_flight = newest.tx_in_flight;
    sample.lost = static_cast<std::uint32_t>(totals_.lost) - newest.lost_before;
    sample.app_limited = newest.app_limited;
    const Duration interval = std::max(send_phase, ack_phase);
    if (interval >= min_rtt && interval > Duration::zero()) sample.interval = interval;
    return sample;
  }

  const DeliveryTotals& totals() const { return totals_; }
  bool is_app_limited() const { return app_limited_until_ != 0; }

 private:
  DeliveryTotals totals_;
  std::uint64_t app_limited_until_ = 0;  // `delivered` at which the bubble is through; 0: not limited
  Instant delivered_at_{};
  Instant first_sent_at_{};
};

}  // namespace ft::tcp
