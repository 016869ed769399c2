// Reno's window (RFC 5681): a segment a round trip up, half down. What NewReno and SACK add (RFC 6582, 6675) is recovery, which
// is the sender's.
#pragma once

#include "tcp/congestion/loss_based.hpp"

namespace ft::tcp {

class Reno final : public LossBased {
 public:
  Reno(const CongestionStart& start, const SlowStartOptions& options) : LossBased(start, options) {}

  std::string_view name() const override { return "new_reno"; }
  std::size_t memory() const override { return sizeof *this; }
  std::unique_ptr<CongestionController> clone() const override { return std::make_unique<Reno>(*this); }

 protected:
  void climb(const CongestionAck& ack, std::uint32_t octets) override;
  std::uint64_t reduced(Instant now, CongestionSignal signal, std::uint64_t in_flight) override;
  void on_new_climb() override { counted_ = 0; }

 private:
  std::uint64_t counted_ = 0;  // octets towards the next segment of growth (RFC 3465 2.1)
};

}  // namespace ft::tcp
