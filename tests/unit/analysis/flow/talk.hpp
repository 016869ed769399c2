// A conversation told by hand: segments with relative numbers, fed to an Analysis as if they had been captured.
#pragma once

#include "analysis/flow/analysis.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace ft::analysis {

inline constexpr std::chrono::milliseconds operator""_ms(unsigned long long n) { return std::chrono::milliseconds(n); }
inline constexpr std::chrono::microseconds operator""_us(unsigned long long n) { return std::chrono::microseconds(n); }

inline constexpr int client = 0;
inline constexpr int server = 1;

/// What a segment says. Numbers are relative to the ISNs, as in every ladder: the SYN is 0, the first octet 1.
struct Says {
  std::uint32_t seq = 0;
  std::uint32_t length = 0;
  std::optional<std::uint32_t> ack{};
  std::uint8_t flags = 0;  // beside ACK, which comes with `ack`
  std::uint16_t window = 1000;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> sack{};  // relative to the other side's ISN
  std::optional<std::uint16_t> ip_id{};                         // counted up by itself when absent
  std::optional<std::uint32_t> stamp{}, echo{};                 // milliseconds since the beginning when absent
  std::optional<std::uint8_t> ttl{};
  std::uint64_t link = 1;
  ChecksumState checksum = ChecksumState::unknown;
};

struct Talk {
  std::uint32_t isn[2] = {0xffffff00u, 0x7fffff80u};  // both wrap, or turn sign, within the first segments
  bool ipv6 = false;
  bool stamps = true;
  bool ids = true;
  bool scale = false;  // window scale 7 on both sides
  std::uint16_t ports[2] = {40000, 80};
  std::uint8_t ttl[2] = {64, 57};
  Analysis analysis;
  Instant now{std::chrono::seconds(1'700'000'000)};
  Instant began = now;
  std::uint64_t frame = 0;
  std::uint16_t next_id[2] = {100, 60000};
  Judgement last;

  void wait(Duration d) { now += d; }
  /// What a segment's timestamp says now: milliseconds.
  std::uint32_t tick() const { return static_cast<std::uint32_t>((now - began) / 1_ms) + 5000; }

  Segment make(int side, const Says& says) {
    Segment s;
    s.frame = ++frame;
    s.at = now;
    const auto host = [&](int n) {
      const auto octet = static_cast<std::uint8_t>(n + 1);
      std::array<std::uint8_t, 16> v6{0xfd, 0x09};
      v6[15] = octet;
      return ipv6 ? IpAddress::from_octets(Family::ipv6, v6) : IpAddress::v4(10, 9, 0, octet);
    };
    s.source = host(side);
    s.destination = host(side ^ 1);
    s.source_port = ports[side];
    s.destination_port = ports[side ^ 1];
    s.has_ip_id = !ipv6;
    s.ip_id = says.ip_id ? *says.ip_id : !ids || ipv6 ? std::uint16_t{0} : next_id[side]++;
    s.ttl = says.ttl.value_or(ttl[side]);
    s.link = says.link;
    s.seq = Seq{isn[side] + says.seq};
    s.flags = says.flags;
    if (says.ack) {
      s.flags |= wire::tcp_flag::ack;
      s.ack = Seq{isn[side ^ 1] + *says.ack};
    }
    s.window = says.window;
    s.length = says.length;
    s.text = std::span(octets_).first(std::min<std::size_t>(says.length, octets_.size()));
    s.packet_length = 52 + says.length;
    s.checksum = says.checksum;
    if (stamps) {
      s.options.has |= SegmentOptions::timestamps;
      s.options.stamps = {.val = says.stamp.value_or(tick()), .ecr = says.echo.value_or(says.ack ? tick() : 0)};
    }
    for (const auto& [left, right] : says.sack)
      s.options.sack[s.options.sack_count++] = {.left = Seq{isn[side ^ 1] + left}, .right = Seq{isn[side ^ 1] + right}};
    if ((says.flags & wire::tcp_flag::syn) != 0) {
      s.options.has |= SegmentOptions::mss | SegmentOptions::sack_permitted;
      s.options.mss_value = 1460;
      if (scale) {
        s.options.has |= SegmentOptions::window_scale;
        s.options.shift = 7;
      }
    }
    return s;
  }
  /// Its frame number.
  std::uint64_t say(int side, const Says& says) {
    last = analysis.on(make(side, says));
    return frame;
  }
  std::uint64_t text(int side, std::uint32_t seq, std::uint32_t length, std::uint32_t ack = 1) {
    return say(side, {.seq = seq, .length = length, .ack = ack});
  }
  /// Of a thousand octets each from the client, one a tenth of a millisecond, seen where they leave.
  void ten_segments() {
    for (std::uint32_t i = 0; i < 10; ++i) {
      text(client, 1 + 1000 * i, 1000);
      wait(100_us);
    }
  }
  std::uint64_t ack(int side, std::uint32_t seq, std::uint32_t number) { return say(side, {.seq = seq, .ack = number}); }
  std::uint64_t sack(int side, std::uint32_t seq, std::uint32_t number,
                     std::vector<std::pair<std::uint32_t, std::uint32_t>> blocks) {
    return say(side, {.seq = seq, .ack = number, .sack = std::move(blocks)});
  }

  /// SYN, SYN-ACK, ACK, as seen at the client (round trip 20 ms) or at the server.
  void handshake(int seen_at = client) {
    say(client, {.flags = wire::tcp_flag::syn});
    wait(seen_at == client ? Duration(20_ms) : Duration(50_us));
    say(server, {.ack = 1, .flags = wire::tcp_flag::syn});
    wait(seen_at == client ? Duration(50_us) : Duration(20_ms));
    ack(client, 1, 1);
    wait(1_ms);
  }

  Connection end(std::uint32_t stream = 0) {
    analysis.finish();
    return analysis.connection(stream);
  }
  Label label(std::uint64_t of) const { return analysis.label_of(of).label; }
  RepeatCause cause(std::uint64_t of) const { return analysis.label_of(of).cause; }
  std::vector<Note> notes(Note::Kind kind, std::uint32_t stream = 0) const {
    std::vector<Note> all = analysis.notes(stream);
    std::erase_if(all, [&](const Note& n) { return n.kind != kind; });
    return all;
  }

 private:
  inline static const std::vector<std::byte> octets_ = std::vector<std::byte>(65536);
};

}  // namespace ft::analysis
