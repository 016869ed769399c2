#include "io/traced_link.hpp"

#include "wire/ethernet.hpp"

namespace ft::io {

/// A frame's IP packet; empty when the frame carries something else (ARP), which ladders do not show.
std::span<const std::byte> LinkReporter::ip_packet(std::span<const std::byte> packet) const {
  if (medium_ == Medium::ip) return packet;
  const auto frame = wire::parse_ethernet(packet);
  if (!frame) return {};
  const auto type = frame->header.type;
  return type == wire::ethertype::ipv4 || type == wire::ethertype::ipv6 ? frame->payload : std::span<const std::byte>{};
}

std::uint64_t LinkReporter::sent(Instant now, Way way, std::span<const std::byte> packet) {
  if (sink_ == nullptr) return 0;
  const std::uint64_t number = ++numbers_[static_cast<std::size_t>(way)];
  const auto ip = ip_packet(packet);
  if (ip.empty()) return number;
  if (way == Way::in && witness_ != nullptr) witness_->peer_sent(now, ip);
  sink_->on_event({now, from(way), trace::LinkSent{number, from(way), to(way), ip}});
  return number;
}

void LinkReporter::lost(Instant now, Way way, std::uint64_t number, std::string_view why) {
  if (sink_ != nullptr) sink_->on_event({now, from(way), trace::LinkLost{number, from(way), to(way), why}});
}

void LinkReporter::delivered(Instant now, Way way, std::uint64_t number, bool duplicate, bool corrupted) {
  if (sink_ != nullptr) sink_->on_event({now, from(way), trace::LinkDelivered{number, from(way), to(way), duplicate, corrupted}});
}

void LinkReporter::peer_receives(Instant now, std::span<const std::byte> packet) {
  if (witness_ == nullptr) return;
  if (const auto ip = ip_packet(packet); !ip.empty()) witness_->peer_receives(now, ip);
}

void LinkReporter::peer_received(Instant now, std::span<const std::byte> packet) {
  if (witness_ == nullptr) return;
  if (const auto ip = ip_packet(packet); !ip.empty()) witness_->peer_received(now, ip);
}

Link::Received TracedLink::receive(Instant now, std::span<std::byte> into) {
  const Received got = inner_->receive(now, into);
  if (got.outcome == Outcome::done) {
    const std::uint64_t number = reporter_.sent(now, LinkReporter::Way::in, into.first(got.length));
    reporter_.delivered(now, LinkReporter::Way::in, number);
  }
  return got;
}

Link::Outcome TracedLink::send(Instant now, std::span<const std::byte> packet, const Transmit& shape) {
  if (!refused_) number_ = reporter_.sent(now, LinkReporter::Way::out, packet);
  reporter_.peer_receives(now, packet);
  const Outcome outcome = inner_->send(now, packet, shape);
  refused_ = outcome == Outcome::would_block;
  if (outcome == Outcome::done) {
    reporter_.delivered(now, LinkReporter::Way::out, number_);
    reporter_.peer_received(now, packet);
  }
  return outcome;
}

}  // namespace ft::io
