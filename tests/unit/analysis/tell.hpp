// Hand-made traces for tests: two hosts, what they send, and what the link does with it, in the order that trace.hpp promises.
#pragma once

#include "analysis/ladder.hpp"
#include "analysis/ladder_text.hpp"
#include "fourtuple/trace.hpp"
#include "wire/tcp.hpp"

#include <chrono>
#include <string>

namespace ft::analysis {

using namespace std::chrono_literals;

inline constexpr std::uint32_t client_isn = 4'000'000'000;
inline constexpr std::uint32_t server_isn = 7'000;

struct Teller {
  IpAddress client = IpAddress::v4(10, 0, 0, 1);
  IpAddress server = IpAddress::v4(10, 0, 0, 2);
  FourTuple tuples[2] = {{{client, 50000}, {server, 80}}, {{server, 80}, {client, 50000}}};
  LadderBuilder builder{{{"client", false, {client}}, {"server", true, {server}}}};
  std::uint64_t packets[2] = {0, 0};

  void tell(Duration at, int host, auto what) { builder.on_event({Instant{} + at, static_cast<std::uint8_t>(host), what}); }

  /// A segment with relative numbers; returns the link's number of it.
  std::uint64_t send(Duration at, int host, trace::SegmentFields f, std::string_view why, std::string_view before,
                     std::string_view after) {
    f.seq += host == 0 ? client_isn : server_isn;
    if ((f.flags & wire::tcp_flag::ack) != 0) f.ack += host == 0 ? server_isn : client_isn;
    tell(at, host, trace::SegmentSent{tuples[host], f, {why, "RFC 9293 3.5"}, before, after});
    tell(at, host, trace::LinkSent{++packets[host], static_cast<std::uint8_t>(host), static_cast<std::uint8_t>(1 - host), {}});
    return packets[host];
  }
  void lose(Duration at, int from, std::uint64_t packet) {
    tell(at, from, trace::LinkLost{packet, static_cast<std::uint8_t>(from), static_cast<std::uint8_t>(1 - from), "random"});
  }
  /// The receiver's view needs no fields: the ladder has them from the departure.
  void deliver(Duration at, int to, std::uint64_t packet, std::string_view before, std::string_view after,
               std::string_view effect = "", DropReason dropped = DropReason::none, bool duplicate = false) {
    const auto host = static_cast<std::uint8_t>(to);
    tell(at, 1 - to, trace::LinkDelivered{packet, static_cast<std::uint8_t>(1 - to), host, duplicate, false});
    tell(at, to, trace::SegmentReceived{tuples[to], {}, {effect, "RFC 9293 3.10.7"}, dropped, before, after});
  }
  void handshake() {
    auto p = send(0ms, 0, syn(), "syn", "CLOSED", "SYN-SENT");
    deliver(20ms, 1, p, "LISTEN", "SYN-RECEIVED", "syn-received");
    p = send(20ms, 1, syn_ack(), "syn-ack", "SYN-RECEIVED", "SYN-RECEIVED");
    deliver(40ms, 0, p, "SYN-SENT", "ESTABLISHED", "syn-ack-received");
    p = send(40ms, 0, bare_ack(), "handshake-ack", "ESTABLISHED", "ESTABLISHED");
    deliver(60ms, 1, p, "SYN-RECEIVED", "ESTABLISHED", "established");
  }
  static trace::SegmentFields syn() {
    trace::SegmentFields f;
    f.flags = wire::tcp_flag::syn;
    f.window = 65535;
    f.mss = 1460;
    f.window_scale = 7;
    f.sack_permitted = true;
    return f;
  }
  static trace::SegmentFields syn_ack() {
    trace::SegmentFields f = syn();
    f.flags |= wire::tcp_flag::ack;
    f.ack = 1;
    return f;
  }
  static trace::SegmentFields bare_ack() {
    trace::SegmentFields f;
    f.seq = 1;
    f.ack = 1;
    f.flags = wire::tcp_flag::ack;
    f.window = 512;
    return f;
  }
  static trace::SegmentFields data(std::uint32_t seq, std::uint32_t length) {
    trace::SegmentFields f;
    f.seq = seq;
    f.ack = 1;
    f.flags = wire::tcp_flag::ack | wire::tcp_flag::psh;
    f.window = 512;
    f.length = length;
    return f;
  }
  static trace::SegmentFields fin(std::uint32_t seq, std::uint32_t ack) {
    trace::SegmentFields f;
    f.seq = seq;
    f.ack = ack;
    f.flags = wire::tcp_flag::fin | wire::tcp_flag::ack;
    f.window = 512;
    return f;
  }

  std::string page(TextStyle style = {}) const {
    std::string out;
    for (const auto& block : ladder_blocks(builder.finish(), style))
      for (const Line& line : block) out += paint(line, style);
    return out;
  }
};

}  // namespace ft::analysis
