#include "sim/impairment.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "wire/tcp.hpp"

namespace ft::sim {
namespace {

constexpr std::size_t index(PacketKind kind) { return static_cast<std::size_t>(kind); }

/// The TCP segment of an IPv4 packet (RFC 791 3.1) or an IPv6 packet without extension headers (RFC 8200 3), with the length
/// that the IP header claims; empty for everything else. The link looks no deeper than it must to count.
std::span<const std::byte> tcp_segment(std::span<const std::byte> packet) {
  constexpr std::byte tcp{6};
  const auto word = [&](std::size_t at) {
    return std::to_integer<std::size_t>(packet[at]) << 8 | std::to_integer<std::size_t>(packet[at + 1]);
  };
  if (packet.size() < 20) return {};
  const auto version = std::to_integer<unsigned>(packet[0]) >> 4;
  if (version == 4) {
    const std::size_t header = (std::to_integer<std::size_t>(packet[0]) & 0xf) * 4;
    const std::size_t total = word(2);
    const bool later_fragment = (word(6) & 0x1fff) != 0;
    if (header < 20 || total < header || total > packet.size() || packet[9] != tcp || later_fragment) return {};
    return packet.subspan(header, total - header);
  }
  if (version == 6 && packet.size() >= 40 && packet[6] == tcp && 40 + word(4) <= packet.size())
    return packet.subspan(40, word(4));
  return {};
}

}  // namespace

std::array<bool, 7> kinds_of(std::span<const std::byte> packet) {
  std::array<bool, 7> is{};
  is[index(PacketKind::any)] = true;
  const auto segment = tcp_segment(packet);
  if (segment.size() < wire::tcp_min_header) return is;
  const std::size_t header = std::to_integer<std::size_t>(segment[12] >> 4) * 4;
  if (header < wire::tcp_min_header || header > segment.size()) return is;
  const auto flags = std::to_integer<unsigned>(segment[13]);
  using namespace wire::tcp_flag;
  const bool has_text = segment.size() > header;
  is[index(PacketKind::syn)] = (flags & syn) != 0 && (flags & ack) == 0;
  is[index(PacketKind::syn_ack)] = (flags & syn) != 0 && (flags & ack) != 0;
  is[index(PacketKind::data)] = has_text;
  is[index(PacketKind::fin)] = (flags & fin) != 0;
  is[index(PacketKind::pure_ack)] = (flags & ack) != 0 && (flags & (syn | fin | rst)) == 0 && !has_text;
  is[index(PacketKind::rst)] = (flags & rst) != 0;
  return is;
}

Impairment::Impairment(ImpairmentSettings settings) : settings_(std::move(settings)), rng_(settings_.seed) {}

bool Impairment::later(const Held& a, const Held& b) {
  return a.arrival.at != b.arrival.at ? a.arrival.at > b.arrival.at : a.order > b.order;
}

void Impairment::count(std::span<const std::byte> packet) {
  is_kind_ = kinds_of(packet);
  for (std::size_t k = 0; k < is_kind_.size(); ++k) counts_[k] += std::uint64_t{is_kind_[k]};
}

bool Impairment::is_chosen(const std::vector<ChosenPacket>& chosen) const {
  return std::any_of(chosen.begin(), chosen.end(),
                     [&](const ChosenPacket& c) { return is_kind_[index(c.kind)] && counts_[index(c.kind)] == c.number; });
}

/// Why this packet is lost, or nothing. The draws come in a fixed order, so that a seed means the same faults every time.
std::string_view Impairment::loss(Instant now, std::span<const std::byte> packet) {
  if (bad_ ? rng_.chance(settings_.burst.leave) : rng_.chance(settings_.burst.enter)) bad_ = !bad_;
  const bool in_burst = bad_ && rng_.chance(settings_.burst.loss);
  const bool at_random = rng_.chance(settings_.loss);
  if (is_chosen(settings_.drop)) return "chosen";
  if (settings_.mtu != 0 && packet.size() > settings_.mtu) return "mtu";
  if (in_burst) return "burst";
  if (at_random) return "random";
  if (queue_is_full(now, packet.size())) return "queue";
  return {};
}

bool Impairment::queue_is_full(Instant now, std::size_t octets) {
  while (!waiting_.empty() && waiting_.front().leaves <= now) {
    waiting_octets_ -= waiting_.front().octets;
    waiting_.pop_front();
  }
  if (held_.size() + 2 > max_held_packets || held_octets_ + 2 * octets > max_held_octets) return true;
  if (settings_.rate == 0) return false;
  if (settings_.queue_packets != 0 && waiting_.size() >= settings_.queue_packets) return true;
  return settings_.queue_octets != 0 && waiting_octets_ + octets > settings_.queue_octets;
}

/// When the packet's last bit is on its way: packets of a rated line wait for the ones before them.
Instant Impairment::leave_line(Instant now, std::size_t octets) {
  if (settings_.rate == 0) return now;
  const double ns = static_cast<double>(octets) * 8e9 / static_cast<double>(settings_.rate);
  line_free_ = std::max(now, line_free_) + Duration{static_cast<std::int64_t>(ns)};
  waiting_.push_back({line_free_, octets});
  waiting_octets_ += octets;
  return line_free_;
}

Fate Impairment::submit(Instant now, std::span<const std::byte> packet) {
  count(packet);
  Fate fate{.number = ++packets_, .lost = loss(now, packet)};
  if (!fate.lost.empty()) return fate;

  Instant at = leave_line(now, packet.size()) + settings_.delay;
  if (settings_.jitter > Duration{0})
    at += Duration{static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(settings_.jitter.count()) + 1))};
  const bool drawn_late = rng_.chance(settings_.reorder);
  if (drawn_late || is_chosen(settings_.late)) {
    at += settings_.reorder_by;
  } else {
    last_in_order_ = at = std::max(at, last_in_order_);
  }
  fate.deliveries[fate.copies++] = {.at = at, .corrupted = rng_.chance(settings_.corrupt)};
  if (rng_.chance(settings_.duplicate))
    fate.deliveries[fate.copies++] = {.at = at, .duplicate = true, .corrupted = rng_.chance(settings_.corrupt)};
  for (std::uint8_t i = 0; i < fate.copies; ++i) hold(fate.deliveries[i], packet);
  return fate;
}

void Impairment::hold(const Fate::Delivery& delivery, std::span<const std::byte> packet) {
  Held held{.arrival = {.at = delivery.at,
                        .number = packets_,
                        .duplicate = delivery.duplicate,
                        .corrupted = delivery.corrupted,
                        .octets = {packet.begin(), packet.end()}},
            .order = orders_++};
  if (delivery.corrupted && !packet.empty()) {
    // One to three different bits, so that no flip undoes another.
    const std::uint64_t bits = packet.size() * 8;
    const std::uint64_t first = rng_.below(bits);
    const std::uint64_t flips = 1 + rng_.below(std::min<std::uint64_t>(3, bits));
    const std::uint64_t stride = flips == 1 ? 0 : 1 + rng_.below((bits - 1) / (flips - 1));
    for (std::uint64_t i = 0; i < flips; ++i) {
      const std::uint64_t bit = (first + i * stride) % bits;
      held.arrival.octets[static_cast<std::size_t>(bit / 8)] ^= std::byte{1} << static_cast<unsigned>(bit % 8);
    }
  }
  held_octets_ += packet.size();
  held_.push_back(std::move(held));
  std::push_heap(held_.begin(), held_.end(), later);
}

std::optional<Instant> Impairment::next_delivery() const {
  if (held_.empty()) return std::nullopt;
  return held_.front().arrival.at;
}

std::optional<Arrival> Impairment::pop(Instant now) {
  if (held_.empty() || held_.front().arrival.at > now) return std::nullopt;
  std::pop_heap(held_.begin(), held_.end(), later);
  Arrival arrival = std::move(held_.back().arrival);
  held_.pop_back();
  FT_ASSERT(held_octets_ >= arrival.octets.size());
  held_octets_ -= arrival.octets.size();
  return arrival;
}

}  // namespace ft::sim
