#include "net/engine.hpp"

#include "net/ethernet_link.hpp"
#include "net/headers.hpp"
#include "net/icmp_errors.hpp"
#include "net/message.hpp"
#include "net/outbox.hpp"
#include "net/path_mtu.hpp"
#include "net/reassembly.hpp"
#include "net/routes.hpp"
#include "net/source_choice.hpp"
#include "net/token_bucket.hpp"
#include "net/unwrap.hpp"

#include "base/assert.hpp"
#include "base/cursor.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"
#include "wire/udp.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ft::net {

namespace {

constexpr std::size_t max_path_mtus = 4096;
constexpr std::size_t max_neighbours = 1024;
constexpr std::uint32_t max_ip_packet = 65535;
/// Answers a second, and at once: a ping in a tight loop gets through, a flood does not double.
constexpr std::uint32_t echo_rate = 1000, echo_burst = 250;
constexpr std::uint32_t error_rate = 100, error_burst = 25;

/// What the caller's secret keys, one number each.
enum Use : std::uint8_t { use_neighbours, use_path_mtus, use_reassembly, use_headers };

struct Why {
  std::string_view id;
  std::string_view clause;
};

Input as_input(DropReason dropped) { return dropped == DropReason::none ? Input{Handled{}} : Input{dropped}; }

}  // namespace

class Engine::Impl {
 public:
  explicit Impl(const StackConfig& config)
      : is_ethernet_(config.medium == Medium::ethernet),
        routes_(config),
        path_mtus_(std::min(config.mtu, max_ip_packet), max_path_mtus, KeyedHash(config.secret, use_path_mtus)),
        reassembly_(config.max_reassembly_memory, KeyedHash(config.secret, use_reassembly)),
        ethernet_(config.mac, max_neighbours, KeyedHash(config.secret, use_neighbours)),
        headers_(KeyedHash(config.secret, use_headers)) {}

  Input on_packet(Instant now, std::span<const std::byte> packet, bool checksum_verified);
  void on_deadline(Instant now);
  std::optional<Instant> next_deadline() const;
  std::size_t poll_transmit(Instant now, std::span<std::byte> out, Why& why);
  std::expected<Path, Error> path_to(const IpAddress& destination, std::optional<IpAddress> wanted_source) const;
  Reach reach(Instant now, const IpAddress& destination);
  std::size_t seal(const Envelope& envelope, std::size_t transport_length, std::span<std::byte> out);
  std::size_t link_header_length() const { return is_ethernet_ ? wire::ethernet_header_length : 0; }

  const Routes& routes() const { return routes_; }
  PathMtus& path_mtus() { return path_mtus_; }
  const Neighbours& neighbours() const { return ethernet_.neighbours(); }

 private:
  Input on_ip_packet(Instant now, std::span<const std::byte> packet, FromLink link);
  Input on_fragment(Instant now, const Datagram& fragment);
  Input on_datagram(Instant now, const Datagram& datagram);
  Input on_icmp(Instant now, const Datagram& datagram);
  Input on_icmpv6(Instant now, const Datagram& datagram);
  Input on_udp(Instant now, const Datagram& datagram);
  Input on_echo_request(Instant now, const Datagram& datagram);
  Input use(EthernetLink::Outcome outcome);
  void complain(Instant now, const Datagram& about, Complaint complaint, Rejection::Problem problem = {});
  std::optional<IpAddress> answering_address(const Datagram& datagram) const;

  const std::optional<IpAddress>& next_hop(const IpAddress& destination);
  std::size_t write_link_header(const IpAddress& next_hop, std::span<std::byte> out) const;
  std::size_t pad(std::size_t length, std::span<std::byte> out) const;
  std::size_t send_arp(const Message& message, std::span<std::byte> out) const;
  std::size_t send_some(Outbox::Item& item, std::span<std::byte> out);
  Reach reach_for(Instant now, const Message& message);

  bool is_ethernet_;
  Routes routes_;
  PathMtus path_mtus_;
  Reassembly reassembly_;
  EthernetLink ethernet_;
  HeaderWriter headers_;
  Outbox outbox_;
  TokenBucket echo_allowance_{echo_rate, echo_burst};
  TokenBucket error_allowance_{error_rate, error_burst};
  IpAddress last_destination_;  // the route asked for last: packets come in bursts
  std::optional<IpAddress> last_next_hop_;
};

// --- input ---------------------------------------------------------------------------------------------------------------

Input Engine::Impl::on_packet(Instant now, std::span<const std::byte> packet, bool checksum_verified) {
  if (!is_ethernet_) return on_ip_packet(now, packet, {checksum_verified, false});
  const auto frame = ethernet_.open(routes_, packet);
  if (!frame) return frame.error();
  switch (frame->header.type) {
    case wire::ethertype::arp:
      return use(ethernet_.on_arp(now, routes_, frame->payload));
    case wire::ethertype::ipv4:
    case wire::ethertype::ipv6:
      break;
    default:
      return DropReason::unknown_ethertype;
  }
  const unsigned version = frame->header.type == wire::ethertype::ipv4 ? 4 : 6;
  if (!frame->payload.empty() && load_u8(frame->payload.data()) >> 4 != version) return DropReason::bad_version;
  return on_ip_packet(now, frame->payload, {checksum_verified, wire::is_group(frame->header.destination)});
}

Input Engine::Impl::on_ip_packet(Instant now, std::span<const std::byte> packet, FromLink link) {
  const auto datagram = unwrap(routes_, packet, link);
  if (datagram) return datagram->fragment ? on_fragment(now, *datagram) : on_datagram(now, *datagram);
  const Unwanted& unwanted = datagram.error();
  if (unwanted.rejection.problem) complain(now, unwanted.datagram, Complaint::parameter_problem, *unwanted.rejection.problem);
  return unwanted.rejection.reason;
}

Input Engine::Impl::on_fragment(Instant now, const Datagram& fragment) {
  auto whole = reassembly_.add(now, fragment);
  if (!whole) {
    const bool is_uneven = fragment.fragment->more && fragment.payload.size() % 8 != 0;
    if (is_uneven && fragment.source.is_v6()) {  // RFC 8200 4.5: told with a pointer at the payload length
      const Rejection::Problem problem{wire::icmpv6_parameter::bad_field, wire::ipv6_payload_length_offset};
      complain(now, fragment, Complaint::parameter_problem, problem);
    }
    return whole.error();
  }
  if (!whole->has_value()) return Handled{};
  Datagram& datagram = **whole;
  if (const auto rejection = open_reassembled(datagram)) return rejection->reason;
  return on_datagram(now, datagram);
}

Input Engine::Impl::on_datagram(Instant now, const Datagram& datagram) {
  const bool is_v4 = datagram.source.is_v4();
  switch (datagram.protocol) {
    case wire::protocol::tcp:
      if (!routes_.is_local(datagram.destination)) return DropReason::not_unicast;
      return Delivered{datagram.source,        datagram.destination,       datagram.protocol, datagram.ttl,
                       datagram.traffic_class, datagram.checksum_verified, datagram.payload};
    case wire::protocol::udp:
      return on_udp(now, datagram);
    case wire::protocol::icmp:
      if (is_v4) return on_icmp(now, datagram);
      break;
    case wire::protocol::icmpv6:
      if (!is_v4) return on_icmpv6(now, datagram);
      break;
    case wire::next_header::none:
      if (!is_v4) return DropReason::unknown_protocol;  // RFC 8200 4.7: nothing is missing
      break;
    default:
      break;
  }
  complain(now, datagram, Complaint::protocol_unreachable, {0, datagram.protocol_offset, false});
  return DropReason::unknown_protocol;
}

Input Engine::Impl::on_icmp(Instant now, const Datagram& datagram) {
  const auto icmp = wire::parse_icmp(datagram.payload);
  if (!icmp) return icmp.error();
  if (!routes_.is_local(datagram.destination)) return DropReason::icmp_ignored;  // RFC 1122 3.2.2.6: no answer to broadcasts
  if (icmp->type == wire::icmp_type::echo_request) return on_echo_request(now, datagram);
  const auto error = interpret(routes_, datagram.destination, *icmp);
  return error ? Input{*error} : Input{error.error()};
}

Input Engine::Impl::on_icmpv6(Instant now, const Datagram& datagram) {
  const auto icmp = wire::parse_icmpv6(datagram.source, datagram.destination, datagram.payload);
  if (!icmp) return icmp.error();
  const bool is_neighbour_message =
      icmp->type == wire::icmpv6_type::neighbour_solicitation || icmp->type == wire::icmpv6_type::neighbour_advertisement;
  if (is_neighbour_message) {
    if (!is_ethernet_) return DropReason::icmp_ignored;  // no link-layer addresses to ask for
    return use(ethernet_.on_neighbour_message(now, routes_, datagram, *icmp));
  }
  if (datagram.source.is_unspecified()) return DropReason::bad_source;
  if (icmp->type == wire::icmpv6_type::echo_request) return on_echo_request(now, datagram);
  const auto error = interpret(routes_, datagram.destination, *icmp);
  return error ? Input{*error} : Input{error.error()};
}

Input Engine::Impl::on_udp(Instant now, const Datagram& datagram) {
  const auto udp = wire::parse_udp(datagram.source, datagram.destination, datagram.payload);
  if (!udp) return udp.error();
  complain(now, datagram, Complaint::port_unreachable);
  return DropReason::unknown_protocol;
}

Input Engine::Impl::on_echo_request(Instant now, const Datagram& datagram) {
  const auto source = answering_address(datagram);
  if (!source || !echo_allowance_.take(now)) return DropReason::icmp_ignored;
  const bool is_queued = outbox_.push(make_echo_reply(*source, datagram));
  return as_input(is_queued ? DropReason::none : DropReason::icmp_ignored);
}

Input Engine::Impl::use(EthernetLink::Outcome outcome) {
  if (outcome.reply) outbox_.push(std::move(*outcome.reply));
  return as_input(outcome.dropped);
}

void Engine::Impl::complain(Instant now, const Datagram& about, Complaint complaint, Rejection::Problem problem) {
  const bool to_us_alone = routes_.is_local(about.destination);
  if (!may_complain(about, to_us_alone, routes_.is_unicast(about.source), problem.also_to_groups)) return;
  const auto source = answering_address(about);
  if (source && error_allowance_.take(now)) outbox_.push(make_complaint(*source, about, complaint, problem));
}

/// Who answers: the address that was spoken to, or for a group the one that suits the asker.
std::optional<IpAddress> Engine::Impl::answering_address(const Datagram& datagram) const {
  if (routes_.is_local(datagram.destination)) return datagram.destination;
  return choose_source(routes_.own(), datagram.source, datagram.source);
}

// --- time ----------------------------------------------------------------------------------------------------------------

void Engine::Impl::on_deadline(Instant now) {
  ethernet_.neighbours().on_deadline(now);
  path_mtus_.on_deadline(now);
  while (const auto expired = reassembly_.poll_expired(now)) {
    const bool had_first_fragment = !expired->packet.empty();
    if (had_first_fragment) complain(now, *expired, Complaint::reassembly_timeout);
  }
}

std::optional<Instant> Engine::Impl::next_deadline() const {
  std::optional<Instant> earliest;
  for (const auto& due : {neighbours().next_deadline(), path_mtus_.next_deadline(), reassembly_.next_deadline()}) {
    if (due && (!earliest || *due < *earliest)) earliest = due;
  }
  return earliest;
}

// --- output --------------------------------------------------------------------------------------------------------------

/// The route's answer; valid until the next call.
const std::optional<IpAddress>& Engine::Impl::next_hop(const IpAddress& destination) {
  if (!last_next_hop_ || last_destination_ != destination) {
    last_next_hop_ = routes_.next_hop(destination);
    last_destination_ = destination;
  }
  return last_next_hop_;
}

std::expected<Path, Error> Engine::Impl::path_to(const IpAddress& destination, std::optional<IpAddress> wanted_source) const {
  if (wanted_source && wanted_source->is_unspecified()) wanted_source.reset();
  if (wanted_source && (wanted_source->family() != destination.family() || !routes_.is_local(*wanted_source)))
    return std::unexpected(Error::address_not_local);
  // Nothing loops back here: a packet to ourselves would leave on the link and come back as a forgery.
  const bool is_peer = routes_.is_unicast(destination) && !routes_.is_own(destination);
  const auto hop = is_peer ? routes_.next_hop(destination) : std::nullopt;
  if (!hop) return std::unexpected(Error::no_route);
  const auto source = wanted_source ? wanted_source : choose_source(routes_.own(), destination, *hop);
  if (!source) return std::unexpected(Error::no_route);
  return Path{*source, path_mtus_.get(destination)};
}

Reach Engine::Impl::reach(Instant now, const IpAddress& destination) {
  const auto& hop = next_hop(destination);
  if (!hop) return Reach::unreachable;
  return is_ethernet_ ? ethernet_.resolve(now, routes_, *hop) : Reach::ready;
}

std::size_t Engine::Impl::write_link_header(const IpAddress& next_hop, std::span<std::byte> out) const {
  if (!is_ethernet_) return 0;
  const auto mac = ethernet_.mac_of(routes_, next_hop);
  FT_ASSERT(mac.has_value());
  return ethernet_.write_header(*mac, next_hop.is_v4() ? wire::ethertype::ipv4 : wire::ethertype::ipv6, out);
}

std::size_t Engine::Impl::seal(const Envelope& envelope, std::size_t transport_length, std::span<std::byte> out) {
  const auto& hop = next_hop(envelope.destination);
  FT_ASSERT(hop.has_value());
  const std::size_t link = write_link_header(*hop, out);
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
  Outbox::Item item{*question, 0, 0};
  why = {question->why_id, question->why_clause};
  return send_some(item, out);
}

Reach Engine::Impl::reach_for(Instant now, const Message& message) {
  return message.to_mac ? Reach::ready : reach(now, message.envelope.destination);
}

std::size_t Engine::Impl::send_arp(const Message& message, std::span<std::byte> out) const {
  const std::size_t length = wire::ethernet_header_length + message.payload.size();
  if (out.size() < length) return 0;
  const std::size_t link = ethernet_.write_header(*message.to_mac, wire::ethertype::arp, out);
  std::ranges::copy(message.payload, out.begin() + static_cast<std::ptrdiff_t>(link));
  return pad(length, out);
}

/// Writes the next packet of a message: all of it, or a fragment. 0 when `out` has no room for one.
std::size_t Engine::Impl::send_some(Outbox::Item& item, std::span<std::byte> out) {
  const Message& message = item.message;
  const auto payload = std::span{message.payload};
  if (message.is_arp) {
    item.sent = payload.size();
    return send_arp(message, out);
  }
  const Envelope& envelope = message.envelope;
  const std::size_t link = link_header_length();
  const std::size_t mtu = std::min<std::size_t>(path_mtus_.get(envelope.destination), out.size() - std::min(link, out.size()));
  std::size_t header = ip_header_length(envelope.destination.family());
  const bool is_whole = item.sent == 0 && header + payload.size() <= mtu;
  if (!is_whole && envelope.destination.is_v6()) header += wire::fragment_header_length;
  if (mtu < header + 8) return 0;
  const Piece piece = piece_at(payload.size(), item.sent, mtu - header);
  if (item.sent == 0 && !is_whole) item.id = headers_.next_id();
  std::ranges::copy(payload.subspan(piece.offset, piece.length), out.begin() + static_cast<std::ptrdiff_t>(link + header));
  const auto ip = out.subspan(link);
  if (is_whole) {
    headers_.write(envelope, piece.length, ip);
  } else {
    headers_.write_piece(envelope, item.id, piece, ip);
  }
  if (message.to_mac) {
    ethernet_.write_header(*message.to_mac, envelope.destination.is_v4() ? wire::ethertype::ipv4 : wire::ethertype::ipv6, out);
  } else {
    write_link_header(*next_hop(envelope.destination), out);
  }
  item.sent += piece.length;
  return pad(link + header + piece.length, out);
}

// --- the door --------------------------------------------------------------------------------------------------------------

Engine::Engine(const StackConfig& config) : impl_(std::make_unique<Impl>(config)) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

Input Engine::on_packet(Instant now, std::span<const std::byte> packet, bool checksum_verified) {
  return impl_->on_packet(now, packet, checksum_verified);
}
void Engine::on_deadline(Instant now) { impl_->on_deadline(now); }
std::optional<Instant> Engine::next_deadline() const { return impl_->next_deadline(); }

std::size_t Engine::poll_transmit(Instant now, std::span<std::byte> out, std::string_view* why_id, std::string_view* why_clause) {
  Why why;
  const std::size_t length = impl_->poll_transmit(now, out, why);
  if (length != 0 && why_id != nullptr) *why_id = why.id;
  if (length != 0 && why_clause != nullptr) *why_clause = why.clause;
  return length;
}

bool Engine::is_local(const IpAddress& address) const { return impl_->routes().is_local(address); }
bool Engine::is_broadcast(const IpAddress& address) const { return impl_->routes().is_broadcast(address); }

std::expected<Path, Error> Engine::path_to(const IpAddress& destination, std::optional<IpAddress> wanted_source) const {
  return impl_->path_to(destination, wanted_source);
}
Reach Engine::reach(Instant now, const IpAddress& destination) { return impl_->reach(now, destination); }
std::uint64_t Engine::resolution_count() const { return impl_->neighbours().resolution_count(); }

std::size_t Engine::header_length(const IpAddress& destination) const {
  return impl_->link_header_length() + ip_header_length(destination.family());
}
std::size_t Engine::seal(Instant, const Envelope& envelope, std::size_t transport_length, std::span<std::byte> out) {
  return impl_->seal(envelope, transport_length, out);
}
std::size_t Engine::frame_length(std::size_t length) const {
  return impl_->link_header_length() == 0 ? length : std::max(length, wire::ethernet_min_frame);
}

std::uint32_t Engine::lower_path_mtu(Instant now, const IpAddress& destination, std::uint32_t mtu) {
  return impl_->path_mtus().lower(now, destination, mtu);
}

}  // namespace ft::net
