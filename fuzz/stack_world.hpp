// A stack under a fuzzer's command: it is driven as the contract says (after any input poll until empty, then look at the
// deadline), and everything it does is checked: what it sends is well formed, its loops end, its limits hold, and when all
// is closed nothing is left. With FUZZ_STORY set in the environment the events go to standard error: read a crash with it.
#pragma once

#include "base/assert.hpp"
#include "craft.hpp"
#include "fourtuple/stack.hpp"
#include "trace/sinks.hpp"

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <vector>

namespace ft::fuzz {

inline const MacAddress our_mac{{2, 0, 0, 0, 0, 1}};
inline const MacAddress peer_mac{{2, 0, 0, 0, 0, 2}};

/// What an attentive peer knows of a connection: what the stack sent last.
struct Seen {
  FourTuple tuple;         // local = the stack
  wire::TcpHeader header;  // of its last segment
  std::uint32_t next = 0;  // the sequence number after it
  Packet packet;           // whole IP packet, to be quoted
};

class StackWorld {
 public:
  explicit StackWorld(const StackConfig& config, bool neighbours_answer)
      : config_(config), stack_(config), neighbours_answer_(neighbours_answer), out_(70000) {
    if (std::getenv("FUZZ_STORY") != nullptr) stack_.set_trace(&story_);
    drain();
  }

  Stack& stack() { return stack_; }
  Instant now() const { return now_; }
  std::vector<Seen>& seen() { return seen_; }
  std::vector<ConnectionId>& connections() { return connections_; }
  std::vector<ListenerId>& listeners() { return listeners_; }
  const StackConfig& config() const { return config_; }

  /// An IP packet, framed when the medium wants it.
  void deliver(const Packet& packet, Offload offload = {}) {
    if (config_.medium == Medium::ip || packet.empty()) return deliver_raw(packet, offload);
    const bool v4 = (load_u8(packet.data()) >> 4) == 4;
    deliver_raw(make_frame(peer_mac, our_mac, v4 ? wire::ethertype::ipv4 : wire::ethertype::ipv6, packet), offload);
  }
  void deliver_raw(std::span<const std::byte> packet, Offload offload = {}) {
    // A copy of exactly this size, so that a read past the end is seen.
    const std::vector<std::byte> exact(packet.begin(), packet.end());
    stack_.on_packet(now_, exact, offload);
  }

  void advance(Duration step) {
    now_ += step;
    stack_.on_deadline(now_);
  }
  void advance_to_deadline() {
    if (const auto at = stack_.next_deadline()) now_ = std::max(now_, *at);
    stack_.on_deadline(now_);
  }

  /// The driver's duty after any input, and the checks.
  void drain() {
    for (int rounds = 0;; ++rounds) {
      FT_ASSERT(rounds < 64);  // a deadline that stays due would spin a real driver for ever
      transmit_all();
      poll_all_events();
      const auto deadline = stack_.next_deadline();
      if (!deadline || *deadline > now_) break;
      stack_.on_deadline(now_);
    }
    check_limits();
  }

  /// Everything is given back and nobody answers any more: in the end nothing may be left.
  void finish() {
    for (const ListenerId id : listeners_) stack_.close(id);
    for (const ConnectionId id : connections_) (void)stack_.close(id);
    drain();
    for (int steps = 0; !stack_.ports().empty(); ++steps) {
      FT_ASSERT(steps < 5000);
      FT_ASSERT(stack_.next_deadline().has_value());
      advance_to_deadline();
      drain();
    }
    FT_ASSERT(stack_.buffer_memory() == 0);
  }

 private:
  void transmit_all() {
    for (int packets = 0; const auto transmit = stack_.poll_transmit(now_, out_); ++packets) {
      FT_ASSERT(packets < 100'000);
      FT_ASSERT(transmit->length > 0 && transmit->length <= out_.size());
      std::span<const std::byte> packet = std::span{out_}.first(transmit->length);
      const bool super = transmit->segment_size != 0;
      FT_ASSERT(!super || (transmit->header_length < transmit->length && config_.max_super_segment != 0));
      if (config_.medium == Medium::ethernet) {
        look_at_frame(packet, super);
      } else {
        FT_ASSERT(super || packet.size() <= config_.mtu);
        look_at_packet(packet, super);
      }
    }
    // What neighbours answer arrives after the drain, as on a real link.
    std::vector<Packet> answers;
    answers.swap(answers_);
    for (const Packet& answer : answers) deliver_raw(answer);
    if (!answers.empty()) transmit_all();
  }

  void look_at_frame(std::span<const std::byte> octets, bool super) {
    const auto frame = wire::parse_ethernet(octets);
    FT_ASSERT(frame.has_value() && frame->header.source == config_.mac);
    FT_ASSERT(super || octets.size() <= config_.mtu + wire::ethernet_header_length || octets.size() <= wire::ethernet_min_frame);
    if (frame->header.type == wire::ethertype::arp) {
      const auto arp = wire::parse_arp(frame->payload);
      FT_ASSERT(arp.has_value());
      if (neighbours_answer_ && arp->operation == wire::ArpPacket::Operation::request)
        answers_.push_back(make_arp_reply(*arp, peer_mac));
      return;
    }
    FT_ASSERT(frame->header.type == wire::ethertype::ipv4 || frame->header.type == wire::ethertype::ipv6);
    look_at_packet(frame->payload, super);
  }

  void look_at_packet(std::span<const std::byte> packet, bool super) {
    if (const auto v4 = wire::parse_ipv4(packet)) {
      if (v4->header.protocol == wire::protocol::tcp && !v4->header.is_fragment())
        look_at_segment(packet, v4->header.source, v4->header.destination, v4->payload, super);
      if (v4->header.protocol == wire::protocol::icmp) FT_ASSERT(wire::parse_icmp(v4->payload).has_value());
      return;
    }
    const auto v6 = wire::parse_ipv6(packet);
    FT_ASSERT(v6.has_value());
    if (v6->header.next_header == wire::protocol::tcp)
      look_at_segment(packet, v6->header.source, v6->header.destination, v6->payload, super);
    if (v6->header.next_header == wire::protocol::icmpv6) look_at_icmpv6(*v6);
  }

  void look_at_icmpv6(const wire::ParsedIpv6& v6) {
    const auto icmp = wire::parse_icmpv6(v6.header.source, v6.header.destination, v6.payload);
    FT_ASSERT(icmp.has_value());
    if (icmp->type != wire::icmpv6_type::neighbour_solicitation || !neighbours_answer_) return;
    const auto asked = wire::parse_neighbour_solicitation(*icmp);
    FT_ASSERT(asked.has_value());
    if (!v6.header.source.is_unspecified())
      answers_.push_back(make_advertisement(asked->target, v6.header.source, config_.mac, peer_mac));
  }

  void look_at_segment(std::span<const std::byte> packet, const IpAddress& source, const IpAddress& destination,
                       std::span<const std::byte> segment, bool super) {
    const auto sum = wire::pseudo_header(source, destination, wire::protocol::tcp, static_cast<std::uint32_t>(segment.size()));
    FT_ASSERT(super || wire::is_valid(wire::add_octets(sum, segment)));
    const auto parsed = wire::parse_tcp(segment);
    FT_ASSERT(parsed.has_value() && !parsed->options_malformed);
    const wire::TcpHeader& h = parsed->header;
    const bool syn = h.has(wire::tcp_flag::syn);
    const bool fin = h.has(wire::tcp_flag::fin);
    FT_ASSERT(!(syn && fin) && !(h.has(wire::tcp_flag::rst) && !parsed->text.empty()));
    FT_ASSERT(syn || !(h.options.mss || h.options.window_scale || h.options.sack_permitted));
    FT_ASSERT(syn || h.has(wire::tcp_flag::rst) || h.has(wire::tcp_flag::ack));
    const FourTuple tuple{{source, h.source_port}, {destination, h.destination_port}};
    const auto next = h.seq.value() + static_cast<std::uint32_t>(parsed->text.size()) + (syn ? 1 : 0) + (fin ? 1 : 0);
    remember({tuple, h, next, Packet(packet.begin(), packet.end())});
  }

  void remember(Seen seen) {
    constexpr std::size_t most = 16;
    for (Seen& known : seen_) {
      if (known.tuple == seen.tuple) {
        known = std::move(seen);
        return;
      }
    }
    if (seen_.size() == most) seen_.erase(seen_.begin());
    seen_.push_back(std::move(seen));
  }

  void poll_all_events() {
    for (int events = 0; const auto event = stack_.poll_event(); ++events) {
      FT_ASSERT(events < 10'000);
      if (event->kind == Event::Kind::acceptable) {
        FT_ASSERT(static_cast<bool>(event->listener));
      } else {
        FT_ASSERT(static_cast<bool>(event->connection) && stack_.info(event->connection).has_value());
      }
      FT_ASSERT((event->kind == Event::Kind::closed) == (event->why != CloseReason::none));
    }
  }

  void check_limits() {
    FT_ASSERT(stack_.buffer_memory() <= config_.max_buffer_memory);
    std::size_t time_wait = 0;
    const auto ports = stack_.ports();
    for (const PortEntry& entry : ports) time_wait += entry.state == "TIME-WAIT" ? 1u : 0u;
    FT_ASSERT(ports.size() <= config_.max_listeners + config_.max_connections + config_.max_half_open + config_.max_time_wait);
    FT_ASSERT(time_wait <= config_.max_time_wait + config_.max_connections);
    for (const ConnectionId id : connections_) {
      const auto info = stack_.info(id);
      if (!info) continue;
      const bool over = info->state == "CLOSED";
      FT_ASSERT(over == (info->closed != CloseReason::none) || info->state == "TIME-WAIT");
      FT_ASSERT(over || info->mss > 0);
    }
  }

  trace::TextLines story_{
      [](std::string_view line) { std::fprintf(stderr, "%.*s", static_cast<int>(line.size()), line.data()); }};
  StackConfig config_;
  Stack stack_;
  bool neighbours_answer_;
  Instant now_{std::chrono::seconds(1)};
  std::vector<std::byte> out_;
  std::vector<Seen> seen_;
  std::vector<Packet> answers_;
  std::vector<ConnectionId> connections_;
  std::vector<ListenerId> listeners_;
};

}  // namespace ft::fuzz
