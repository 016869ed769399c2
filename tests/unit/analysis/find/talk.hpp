// Conversations for the detectors: segments of two hosts as a capture would show them, written down a line each, and what the
// analyser then finds. Numbers are relative; the ISNs lie shortly before the wrap. Times are milliseconds since the first packet.
#pragma once

#include "analysis/find/find.hpp"
#include "analysis/flow/analysis.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ft::analysis::test {

using namespace std::chrono_literals;

inline Duration ms(double milliseconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(milliseconds));
}

/// What was found in a conversation.
struct Told {
  std::vector<Connection> connections;
  std::vector<Finding> hosts;
  CaptureVerdict verdict;

  const Finding* find(std::string_view id) const {
    for (const Connection& connection : connections)
      for (const Finding& finding : connection.findings)
        if (finding.id == id) return &finding;
    for (const Finding& finding : hosts)
      if (finding.id == id) return &finding;
    return nullptr;
  }
  bool has(std::string_view id) const { return find(id) != nullptr; }
  double fact(std::string_view id, std::string_view name) const {
    const Finding* finding = find(id);
    if (finding == nullptr) return -1;
    for (const Fact& fact : finding->facts)
      if (fact.name == name) return fact.value;
    return -1;
  }
  /// Ids of warnings and errors, in alphabetical order, with commas.
  std::string trouble() const {
    std::set<std::string> ids;
    const auto add = [&](const std::vector<Finding>& findings) {
      for (const Finding& finding : findings)
        if (finding.severity >= Severity::warning) ids.emplace(finding.id);
    };
    for (const Connection& connection : connections) add(connection.findings);
    add(hosts);
    std::string out;
    for (const std::string& id : ids) out += (out.empty() ? "" : ",") + id;
    return out;
  }
};

/// All that a finished analysis holds.
inline Told told(const Analysis& analysis) {
  Told out;
  const Finder finder(analysis);
  for (std::uint32_t i = 0; i < analysis.streams(); ++i) {
    out.connections.push_back(finder.connection(i));
    out.verdict.add(out.connections.back());
  }
  out.hosts = finder.findings();
  out.verdict.add(out.hosts);
  return out;
}

class Talk {
 public:
  explicit Talk(Family family = Family::ipv4) : family_(family) {}

  static constexpr std::uint32_t isn[2] = {0xfffffc00u, 0xffffff00u};
  static constexpr std::uint16_t mss = 1460;
  std::uint16_t ports[2] = {40000, 80};
  std::uint8_t ttl[2] = {64, 57};
  std::uint8_t hosts[2] = {1, 2};  // last octet of the addresses
  bool timestamps = true;

  /// One segment: `from` 0 is the client; flags as in "S", "S.", ".", "P.", "F.", "R".
  Segment& say(double at, std::uint8_t from, std::string_view flags, std::uint32_t seq, std::uint32_t ack,
               std::uint32_t length = 0) {
    namespace flag = wire::tcp_flag;
    const std::uint8_t to = from ^ 1u;
    Segment s;
    s.at = Instant{1'700'000'000s} + ms(at);
    s.source = address(from);
    s.destination = address(to);
    s.source_port = ports[from];
    s.destination_port = ports[to];
    for (const char c : flags)
      s.flags |= c == 'S'   ? flag::syn
                 : c == '.' ? flag::ack
                 : c == 'F' ? flag::fin
                 : c == 'R' ? flag::rst
                 : c == 'P' ? flag::psh
                 : c == 'U' ? flag::urg
                 : c == 'E' ? flag::ece
                 : c == 'W' ? flag::cwr
                            : std::uint8_t{0};
    s.seq = Seq{isn[from]} + seq;
    if (s.has(flag::ack)) s.ack = Seq{isn[to]} + ack;
    s.length = length;
    static constexpr std::array<std::byte, 65536> zeroes{};
    s.text = std::span(zeroes).first(std::min<std::size_t>(length, zeroes.size()));
    s.ttl = ttl[from];
    s.window = s.has(flag::syn) ? 64240 : s.has(flag::rst) ? 0 : 512;
    s.has_ip_id = family_ == Family::ipv4;
    s.dont_fragment = true;
    s.ip_id = s.has_ip_id ? ++ids_[from] : std::uint16_t{0};
    s.checksum = ChecksumState::good;
    const bool offers = s.has(flag::syn);
    if (offers) {
      s.options.has = SegmentOptions::mss | SegmentOptions::window_scale | SegmentOptions::sack_permitted;
      s.options.mss_value = family_ == Family::ipv4 ? mss : mss - 20;
      s.options.shift = 7;
    }
    if (timestamps && !s.has(flag::rst)) {
      s.options.has |= SegmentOptions::timestamps;
      s.options.stamps = {1000 + static_cast<std::uint32_t>(at) + from * 500'000u, s.has(flag::ack) ? heard_[from] : 0};
      heard_[to] = s.options.stamps.val;
    }
    s.packet_length = (family_ == Family::ipv4 ? 20u : 40u) + (s.has(flag::rst) ? 20u : offers ? 40u : 32u) + length;
    segments_.push_back(s);
    return segments_.back();
  }
  Segment& client(double at, std::string_view flags, std::uint32_t seq, std::uint32_t ack, std::uint32_t length = 0) {
    return say(at, 0, flags, seq, ack, length);
  }
  Segment& server(double at, std::string_view flags, std::uint32_t seq, std::uint32_t ack, std::uint32_t length = 0) {
    return say(at, 1, flags, seq, ack, length);
  }

  /// As captured at the client, 20 ms from the server.
  void handshake(double at = 0, double rtt = 20) {
    client(at, "S", 0, 0);
    server(at + rtt, "S.", 0, 1);
    client(at + rtt + 0.1, ".", 1, 1);
  }
  /// The same at the server.
  void handshake_at_server(double at = 0, double rtt = 20) {
    client(at, "S", 0, 0);
    server(at + 0.1, "S.", 0, 1);
    client(at + rtt, ".", 1, 1);
  }
  /// The client closes, then the server.
  void goodbye(double at, std::uint32_t client_next, std::uint32_t server_next, double rtt = 20) {
    client(at, "F.", client_next, server_next);
    server(at + rtt, "F.", server_next, client_next + 1);
    client(at + rtt + 0.1, ".", client_next + 1, server_next + 1);
  }
  /// Full segments in a row, a tenth of a millisecond apart; returns the number after the last.
  std::uint32_t burst(double at, std::uint8_t from, std::uint32_t seq, std::uint32_t ack, int count,
                      std::uint32_t length = 1400) {
    for (int i = 0; i < count; ++i, seq += length) say(at + 0.1 * i, from, i + 1 == count ? "P." : ".", seq, ack, length);
    return seq;
  }
  /// A request of 100 octets and an answer of 200, all acknowledged: numbers stand at 101 and 201 after it, 60 ms later.
  void exchange(double at) {
    client(at, "P.", 1, 1, 100);
    server(at + 20, "P.", 1, 101, 200);
    client(at + 20.1, ".", 101, 201);
  }
  void sack(Segment& segment, std::uint8_t of, std::uint32_t left, std::uint32_t right) {
    segment.options.sack[segment.options.sack_count++] = {Seq{isn[of]} + left, Seq{isn[of]} + right};
  }
  /// ICMP from 10.0.0.254 about a segment of the client.
  void icmp(double at, std::uint8_t type, std::uint8_t code, std::uint32_t seq, std::uint32_t mtu = 0) {
    IcmpError error;
    error.at = Instant{1'700'000'000s} + ms(at);
    error.reporter = host(254);
    error.quoted_source = address(0);
    error.quoted_destination = address(1);
    error.quoted_source_port = ports[0];
    error.quoted_destination_port = ports[1];
    error.quoted_seq = Seq{isn[0]} + seq;
    error.ipv6 = family_ == Family::ipv6;
    error.type = type;
    error.code = code;
    error.mtu = mtu;
    errors_.push_back(error);
  }
  IpAddress host(std::uint8_t last) const {
    if (family_ == Family::ipv4) return IpAddress::v4(10, 0, 0, last);
    const std::array<std::uint8_t, 16> octets{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last};
    return IpAddress::from_octets(Family::ipv6, octets);
  }
  IpAddress address(std::uint8_t side) const { return host(hosts[side]); }
  std::vector<Segment>& segments() { return segments_; }

  /// Sorted by time, numbered, analysed.
  Told told() {
    std::ranges::stable_sort(segments_, {}, &Segment::at);
    std::ranges::stable_sort(errors_, {}, &IcmpError::at);
    Analysis analysis;
    std::uint64_t frame = 0;
    auto error = errors_.begin();
    for (Segment& segment : segments_) {
      for (; error != errors_.end() && error->at < segment.at; ++error) {
        error->frame = ++frame;
        analysis.on(*error);
      }
      segment.frame = ++frame;
      analysis.on(segment);
    }
    for (; error != errors_.end(); ++error) {
      error->frame = ++frame;
      analysis.on(*error);
    }
    analysis.finish();
    return test::told(analysis);
  }

 private:
  Family family_;
  std::vector<Segment> segments_;
  std::vector<IcmpError> errors_;
  std::uint16_t ids_[2] = {100, 7000};
  std::uint32_t heard_[2] = {0, 0};
};

constexpr Family both_families[] = {Family::ipv4, Family::ipv6};

}  // namespace ft::analysis::test
