// A controller that hears anything in any order: its window stays between a segment and the ceiling, and it never overflows.
#include "base/assert.hpp"
#include "bytes.hpp"
#include "tcp/congestion/arithmetic.hpp"
#include "tcp/congestion/controller.hpp"
#include "tcp/send/pacing.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

using namespace ft;
using namespace ft::tcp;

namespace {

std::uint64_t number(fuzz::Bytes& bytes) {
  const std::uint64_t value = (std::uint64_t{bytes.u32()} << 32) | bytes.u32();
  return value >> (bytes.u8() & 63);
}

Duration duration(fuzz::Bytes& bytes) { return Duration(static_cast<std::int64_t>(number(bytes) >> 16)); }

CongestionAck any_ack(fuzz::Bytes& bytes, Instant now, std::uint64_t& delivered) {
  CongestionAck ack;
  ack.now = now;
  ack.newly_delivered = static_cast<std::uint32_t>(number(bytes));
  ack.acked = bytes.flag() ? ack.newly_delivered : static_cast<std::uint32_t>(number(bytes));
  delivered += ack.newly_delivered;
  ack.delivered = delivered;
  ack.newly_lost = bytes.flag() ? static_cast<std::uint32_t>(number(bytes)) : 0;
  ack.in_flight = number(bytes);
  ack.prior_in_flight = number(bytes);
  if (bytes.flag()) ack.rtt = duration(bytes);
  ack.srtt = duration(bytes);
  ack.min_rtt = duration(bytes);
  ack.ce = bytes.flag() ? static_cast<std::uint32_t>(number(bytes)) : 0;
  ack.in_recovery = bytes.flag();
  ack.cwnd_limited = bytes.flag();
  ack.rate.delivered = number(bytes);
  ack.rate.interval = duration(bytes);
  ack.rate.prior_delivered = delivered - std::min(delivered, number(bytes));
  ack.rate.tx_in_flight = number(bytes);
  ack.rate.lost = number(bytes);
  ack.rate.app_limited = bytes.flag();
  return ack;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::array all = {Congestion::cubic, Congestion::new_reno, Congestion::bbr, Congestion::dctcp};
  fuzz::Bytes bytes{data, size};
  TcpOptions options;
  options.congestion = bytes.pick(all);
  options.hystart = bytes.flag();
  options.pacing = bytes.flag();
  CongestionStart start;
  start.mss = bytes.u16();
  start.initial_segments = bytes.u8();
  start.seed = bytes.u8();
  start.sack = bytes.flag();
  if (bytes.flag()) start.srtt = duration(bytes);
  auto controller = make_controller(options, start);
  std::uint32_t mss = std::max(start.mss, 1u);
  std::uint64_t delivered = 0;
  Instant now{};
  Pacing pacing;
  while (!bytes.empty()) {
    now += Duration(static_cast<std::int64_t>(number(bytes) >> 24));
    switch (bytes.below(12)) {
      case 0:
        controller->on_congestion(now, CongestionSignal::loss, number(bytes));
        break;
      case 1:
        controller->on_congestion(now, CongestionSignal::ecn, number(bytes));
        break;
      case 2:
        controller->on_rto(now, number(bytes), bytes.flag());
        break;
      case 3:
        controller->on_recovered(now, number(bytes));
        break;
      case 4:
        controller->on_undo(now);
        break;
      case 5:
        controller->on_restart(now, duration(bytes));
        break;
      case 6:
        controller->on_lost(now, {bytes.u32(), number(bytes), number(bytes), bytes.flag()});
        break;
      case 7:
        controller->on_sent(now, bytes.u16(), number(bytes));
        break;
      case 8:
        controller->set_mss(mss = std::max<std::uint32_t>(bytes.u16(), 1));
        break;
      default:
        controller->on_ack(any_ack(bytes, now, delivered));
        break;
    }
    FT_ASSERT(controller->window() >= mss);
    FT_ASSERT(controller->window() <= largest_window);
    FT_ASSERT(controller->ssthresh() >= mss);
    const Pace pace = pace_of(*controller, duration(bytes), mss);
    FT_ASSERT(pacing.next_at(now, pace) >= now);
    pacing.on_sent(now, mss, pace);
    if (bytes.u8() == 7) controller = controller->clone();
  }
  return 0;
}
