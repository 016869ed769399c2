// What leaves: paths for those who ask, headers in front of TCP's segments, and the engine's own messages one packet at a time.
#include "net/engine_impl.hpp"

#include "base/assert.hpp"
#include "net/source_choice.hpp"

#include <algorithm>
#include <cstring>

namespace ft::net {

void Engine::Impl::find_way(const IpAddress& destination) const {
  way_ = {destination, true, routes_.is_this_host(destination), routes_.next_hop(destination)};
}

std::expected<Path, Error> Engine::Impl::path_to(const IpAddress& destination, std::optional<IpAddress> wanted_source) const {
  if (wanted_source && wanted_source->is_unspecified()) wanted_source.reset();
  const bool loops = routes_.is_this_host(destination);
  const auto may_use = [&](const IpAddress& source) { return routes_.is_local(source) || (loops && source.is_loopback()); };
  if (wanted_source && (wanted_source->family() != destination.family() || !may_use(*wanted_source)))
    return std::unexpected(Error::address_not_local);
  if (loops) return Path{wanted_source.value_or(destination), path_mtus_.get(destination)};
  const bool is_peer = routes_.is_unicast(destination);
  const auto hop = is_peer ? routes_.next_hop(destination) : std::nullopt;
  if (!hop) return std::unexpected(Error::no_route);
  const auto source = wanted_source ? wanted_source : choose_source(routes_.own(), destination, *hop);
  if (!source) return std::unexpected(Error::no_route);
  return Path{*source, path_mtus_.get(destination)};
}

Reach Engine::Impl::reach(Instant now, const IpAddress& destination) {
  const Way& way = way_to(destination);
  if (way.is_here) return Reach::ready;
  if (!way.hop) return Reach::unreachable;
  return is_ethernet_ ? ethernet_.resolve(now, routes_, *way.hop) : Reach::ready;
}

//= rfc9293 MUST-20
void Engine::Impl::on_trouble(const IpAddress& destination) {
  const auto& hop = way_to(destination).hop;
  if (is_ethernet_ && hop) ethernet_.neighbours().doubt(*hop);
}

/// `mac` is asked of the neighbour table when it is not given. Returns the header's length.
std::size_t Engine::Impl::write_link_header(const IpAddress& next_hop, std::optional<MacAddress> mac,
                                            std::span<std::byte> out) const {
  if (!is_ethernet_) return 0;
  if (!mac) mac = ethernet_.mac_of(routes_, next_hop);
  FT_ASSERT(mac.has_value());
  return ethernet_.write_header(*mac, next_hop.is_v4() ? wire::ethertype::ipv4 : wire::ethertype::ipv6, out);
}

std::size_t Engine::Impl::seal(const Envelope& envelope, std::size_t transport_length, std::span<std::byte> out) {
  if (!is_ethernet_ || loops_back(envelope.destination)) return headers_.write(envelope, transport_length, out);
  const auto& hop = way_to(envelope.route == nullptr ? envelope.destination : envelope.route->hops[0]).hop;
  FT_ASSERT(hop.has_value());
  const std::size_t link = write_link_header(*hop, {}, out);
  const std::size_t length = link + headers_.write(envelope, transport_length, out.subspan(link));
  pad(length + transport_length, out);
  return length;
}

/// Ethernet frames have at least 60 octets, the missing ones zero. Returns the length with them, as far as `out` goes.
std::size_t Engine::Impl::pad(std::size_t length, std::span<std::byte> out) const {
  if (!is_ethernet_ || length >= wire::ethernet_min_frame) return length;
  const std::size_t padded = std::min(wire::ethernet_min_frame, out.size());
  std::memset(out.data() + length, 0, padded - length);
  return padded;
}

std::size_t Engine::Impl::poll_transmit(Instant now, std::span<std::byte> out, Why& why) {
  for (std::size_t i = 0; i < outbox_.size();) {
    Outbox::Item& item = outbox_.at(i);
    const Reach reach = reach_for(now, item.message);
    if (reach == Reach::resolving) {
      ++i;
      continue;
    }
    const std::size_t length = reach == Reach::ready ? send_some(item, out) : 0;
    const bool is_done = length == 0 || item.sent == item.message.payload.size();
    if (length != 0) why = {item.message.why_id, item.message.why_clause};
    if (is_done) outbox_.erase(i);
    if (length != 0) return length;
  }
  const auto question = is_ethernet_ ? ethernet_.poll_question(routes_) : std::nullopt;
  if (!question) return 0;
  why = {question->why_id, question->why_clause};
  Outbox::Item item{*question, 0, 0};
  return send_some(item, out);
}

Reach Engine::Impl::reach_for(Instant now, const Message& message) {
  return message.to_mac ? Reach::ready : reach(now, message.envelope.destination);
}

/// Writes the next packet of a message. 0 when `out` has no room for one.
std::size_t Engine::Impl::send_some(Outbox::Item& item, std::span<std::byte> out) {
  return item.message.is_arp ? send_arp(item, out) : send_ip(item, out);
}

std::size_t Engine::Impl::send_arp(Outbox::Item& item, std::span<std::byte> out) const {
  const auto& payload = item.message.payload;
  const std::size_t length = wire::ethernet_header_length + payload.size();
  if (out.size() < length) return 0;
  const MacAddress to = item.message.to_mac.value_or(wire::broadcast_mac);
  const std::size_t link = ethernet_.write_header(to, wire::ethertype::arp, out);
  std::ranges::copy(payload, out.begin() + static_cast<std::ptrdiff_t>(link));
  item.sent = payload.size();
  return pad(length, out);
}

/// All of the message if it fits, else its next fragment.
std::size_t Engine::Impl::send_ip(Outbox::Item& item, std::span<std::byte> out) {
  const Envelope& envelope = item.message.envelope;
  const auto payload = std::span{item.message.payload};
  const Family family = envelope.destination.family();
  const std::size_t link = link_header_length();
  const std::size_t mtu = std::min<std::size_t>(path_mtus_.get(envelope.destination), out.size() - std::min(link, out.size()));
  const bool is_whole = item.sent == 0 && ip_header_length(family) + payload.size() <= mtu;
  const std::size_t header = is_whole ? ip_header_length(family) : piece_header_length(family);
  if (mtu < header + 8) return 0;
  const Piece piece = piece_at(payload.size(), item.sent, mtu - header);
  const auto ip = out.subspan(link);
  std::ranges::copy(payload.subspan(piece.offset, piece.length), ip.begin() + static_cast<std::ptrdiff_t>(header));
  if (is_whole) {
    headers_.write(envelope, piece.length, ip);
  } else {
    if (item.sent == 0) item.id = headers_.next_id();
    headers_.write_piece(envelope, item.id, piece, ip);
  }
  const auto& to_mac = item.message.to_mac;
  write_link_header(to_mac ? envelope.destination : way_to(envelope.destination).hop.value_or(envelope.destination), to_mac, out);
  item.sent += piece.length;
  return pad(link + header + piece.length, out);
}

}  // namespace ft::net
