#include "sim/impairment.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "sim/packet.hpp"
#include "wire/tcp.hpp"

namespace ft::sim {
namespace {

constexpr std::size_t index(PacketKind kind) { return static_cast<std::size_t>(kind); }

}  // namespace

std::array<bool, 7> kinds_of(std::span<const std::byte> packet) {
  std::array<bool, 7> is{};
  is[index(PacketKind::any)] = true;
  const auto seen = look_at_tcp(packet);
  if (!seen) return is;
  const auto flags = seen->tcp.header.flags;
  using namespace wire::tcp_flag;
  const bool has_text = !seen->tcp.text.empty();
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
  if (settings_.no_ecn_syn && is_kind_[index(PacketKind::syn)] && asks_for_ecn(packet)) return "ecn";
  if (settings_.mtu != 0 && packet.size() > settings_.mtu) return "mtu";
  if (in_burst) return "burst";
  if (at_random) return "random";
  if (queue_is_full(now, packet.size())) return "queue";
  return {};
}

/// Decided when the packet comes to the line: a queue marks what joins it (RFC 3168 5).
bool Impairment::is_marked(std::span<const std::byte> packet) {
  const bool by_chance = settings_.mark != 0 && rng_.chance(settings_.mark);
  const bool by_queue = settings_.mark_packets != 0 && waiting_.size() >= settings_.mark_packets;
  if (!by_chance && !by_queue && !is_chosen(settings_.marked)) return false;
  const auto field = ecn_field(packet);
  return field && *field != 0;
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

  const bool marked = fate.marked = is_marked(packet);
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
  for (std::uint8_t i = 0; i < fate.copies; ++i) hold(fate.deliveries[i], packet, marked);
  return fate;
}

void Impairment::hold(const Fate::Delivery& delivery, std::span<const std::byte> packet, bool marked) {
  Held held{.arrival = {.at = delivery.at,
                        .number = packets_,
                        .duplicate = delivery.duplicate,
                        .corrupted = delivery.corrupted,
                        .octets = {packet.begin(), packet.end()}},
            .order = orders_++};
  if (marked) set_ecn_field(held.arrival.octets, 3);
  if (settings_.bleach) set_ecn_field(held.arrival.octets, 0);
  if (delivery.corrupted && !packet.empty()) {
    // A burst as a line makes it: neighbouring bits. The Internet checksum (RFC 1071) finds every burst of fewer than 16
    // bits, so what a stack hands to its application stays right.
    const std::uint64_t bits = packet.size() * 8;
    const std::uint64_t flips = 1 + rng_.below(3);
    const std::uint64_t first = rng_.below(bits - flips + 1);
    for (std::uint64_t bit = first; bit < first + flips; ++bit)
      held.arrival.octets[static_cast<std::size_t>(bit / 8)] ^= std::byte{0x80} >> static_cast<unsigned>(bit % 8);
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
