// DCTCP (RFC 8257): where every switch on the path marks early, the share of marked octets says how full the queue is, and the
// window falls by half of that share. For networks under one hand only; losses are answered like Reno's.
#pragma once

#include "tcp/congestion/loss_based.hpp"

namespace ft::tcp {

class Dctcp final : public LossBased {
 public:
  Dctcp(const CongestionStart& start, const SlowStartOptions& options) : LossBased(start, options) {}

  std::string_view name() const override { return "dctcp"; }
  std::size_t memory() const override { return sizeof *this; }
  std::unique_ptr<CongestionController> clone() const override { return std::make_unique<Dctcp>(*this); }

  /// DCTCP.Alpha in 2^-20: the share of octets that were marked lately.
  std::uint32_t alpha() const { return alpha_; }
  static constexpr std::uint32_t whole = 1u << 20;

 protected:
  void observe(const CongestionAck& ack, bool round_begins) override;
  void climb(const CongestionAck& ack, std::uint32_t octets) override;
  std::uint64_t reduced(Instant now, CongestionSignal signal, std::uint64_t in_flight) override;
  void on_new_climb() override { counted_ = 0; }

 private:
  std::uint64_t delivered_ = 0;  // in this observation window
  std::uint64_t marked_ = 0;     // of them
  std::uint64_t counted_ = 0;    // octets towards the next segment of growth
  std::uint32_t alpha_ = whole;  // 1 at first: the first mark halves the window (RFC 8257 4.2 advises it)
};

}  // namespace ft::tcp
