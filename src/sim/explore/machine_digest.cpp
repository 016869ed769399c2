// A machine as a number: all that decides what can happen from here on.
#include "sim/explore/machine.hpp"
#include "tcp/fingerprint.hpp"

namespace ft::sim::explore {
namespace {

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t z = (a ^ (b + 0x9e3779b97f4a7c15u + (a << 6) + (a >> 2))) * 0xbf58476d1ce4e5b9u;
  return z ^ (z >> 29);
}

}  // namespace

std::uint64_t Machine::digest_of(const InFlight& segment) const {
  const wire::TcpHeader& h = segment.header;
  std::uint64_t d = mix(segment.from, std::uint64_t{h.seq.value()} << 32 | h.ack.value());
  d = mix(d, std::uint64_t{h.flags} << 48 | std::uint64_t{h.window} << 32 | std::uint64_t{h.urgent} << 16 | segment.length);
  const auto& o = h.options;
  d = mix(d, std::uint64_t{o.mss.value_or(0)} << 32 | std::uint64_t{o.window_scale.value_or(255)} << 16 |
                 std::uint64_t{o.sack_permitted ? 1u : 0u} << 8 | o.sack_count);
  if (o.timestamps) {
    const std::uint32_t clock = tcp::timestamp_clock(now_, 0);
    d = mix(d, std::uint64_t{clock - o.timestamps->val} << 32 | (o.timestamps->ecr == 0 ? 0 : clock - o.timestamps->ecr + 1));
  }
  for (std::uint8_t i = 0; i < o.sack_count; ++i)
    d = mix(d, std::uint64_t{o.sack[i].left.value()} << 32 | o.sack[i].right.value());
  return d;
}

std::uint64_t Machine::digest_of(const End& end, std::uint8_t who) const {
  std::uint64_t d = mix(
      who, std::uint64_t{end.written} << 24 | std::uint64_t{end.read} << 16 | std::uint64_t{end.writes} << 8 | end.incarnation);
  d = mix(d, (end.opened ? 1u : 0u) | (end.shut ? 2u : 0u) | (end.left ? 4u : 0u) | (end.end_seen ? 8u : 0u) |
                 (end.was_open ? 16u : 0u) | (end.broke ? 32u : 0u) | (end.listens ? 64u : 0u) |
                 static_cast<unsigned>(end.why) << 8 | static_cast<unsigned>(end.last) << 16);
  if (end.half_open) {
    const tcp::HalfOpen& r = *end.half_open;
    const std::uint64_t since = r.sent_at == never ? 1 : static_cast<std::uint64_t>((now_ - r.sent_at).count()) + 2;
    d = mix(d, std::uint64_t{r.irs.value()} << 32 | (r.timestamps ? tcp::timestamp_clock(now_, 0) - r.ts_recent : 0));
    d = mix(d, since);
    d = mix(d, static_cast<std::uint64_t>((end.repeat_at - now_).count()) << 8 | std::uint64_t{end.repeats} << 4 |
                   (r.retransmitted ? 1u : 0u));
    d = mix(d, end.brake <= now_ ? 0 : static_cast<std::uint64_t>((end.brake - now_).count()));
  }
  if (end.connection) d = mix(d, tcp::fingerprint(*end.connection, now_));
  return d;
}

std::array<std::uint64_t, 3> Machine::digests() const {
  std::uint64_t flights = 0;  // in any order
  for (const InFlight& segment : in_flight_) flights += mix(digest_of(segment), 1);
  return {digest_of(ends_[0], 0), digest_of(ends_[1], 1), flights};
}

std::uint64_t Machine::state_digest() const {
  const auto parts = digests();
  return mix(mix(parts[0], parts[1]), parts[2]);
}

std::uint64_t Machine::digest() const {
  return mix(state_digest(), std::uint64_t{losses_} << 16 | std::uint64_t{duplicates_} << 8 | ticks_);
}

}  // namespace ft::sim::explore
