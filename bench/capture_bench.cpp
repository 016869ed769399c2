// capture_bench FILE PACKETS STREAMS [OCTETS]: makes a classic pcap file for bench/microscope. Ethernet, IPv4, TCP with
// timestamps: handshake, requests of 200 octets, answers of one to four full segments, FINs; of a thousand connections at a time,
// each step that of one picked at random. One answer in 200 is out of order, one has a segment twice. The same arguments make the
// same file. OCTETS are written at a time, 1 MiB unless told: what was written in small pieces, a kernel keeps in small pages.
#include "base/rng.hpp"
#include "wire/checksum.hpp"
#include "wire/ipv4.hpp"
#include "wire/tcp.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

namespace {

using namespace ft;
namespace flag = wire::tcp_flag;

constexpr std::uint32_t full = 1448;
constexpr std::uint32_t request = 200;
constexpr std::size_t at_once = 1000;

struct Stream {
  std::array<IpAddress, 2> address;
  std::array<std::uint16_t, 2> port{};
  std::array<std::uint32_t, 2> next{};
  int step = 0;
  int left = 0;  // packets of text, about
};

class Maker {
 public:
  Maker(std::FILE* file, std::uint64_t packets, std::uint64_t streams)
      : file_(file), packets_(packets), each_(static_cast<int>(packets / std::max<std::uint64_t>(streams, 1))) {
    for (auto& octet : text_) octet = static_cast<std::byte>(rng_.next());
    const std::array<std::uint32_t, 6> header{0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1};
    std::fwrite(header.data(), sizeof header, 1, file_);
    const std::size_t first = std::min<std::size_t>(static_cast<std::size_t>(streams), at_once);
    for (std::size_t i = 0; i < first; ++i) running_.push_back(begin());
  }

  std::uint32_t run() {
    while (count_ < packets_) {
      Stream& stream = running_[below(running_.size())];
      if (!step(stream)) stream = begin();
    }
    return begun_;
  }

 private:
  std::uint32_t below(std::uint64_t n) { return static_cast<std::uint32_t>(rng_.next() % n); }

  Stream begin() {
    Stream s;
    const std::uint32_t n = begun_++;
    s.address[0] =
        IpAddress::v4(10, static_cast<std::uint8_t>(n >> 16), static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n));
    s.address[1] = IpAddress::v4(10, 200, 0, static_cast<std::uint8_t>(1 + n % 97));
    s.port = {static_cast<std::uint16_t>(1024 + below(60000)), static_cast<std::uint16_t>(n % 3 != 0 ? 443 : 80)};
    s.next = {below(1ull << 32), below(1ull << 32)};
    s.left = each_ / 2 + static_cast<int>(below(static_cast<std::uint64_t>(std::max(each_, 1)))) - 8;
    return s;
  }

  /// One step of the conversation; false when it is over.
  bool step(Stream& s) {
    switch (s.step++) {
      case 0:
        send(s, 0, flag::syn, 0, 0);
        ++s.next[0];
        break;
      case 1:
        send(s, 1, flag::syn | flag::ack, 0, 0);
        ++s.next[1];
        break;
      case 2:
        send(s, 0, flag::ack, 0, 0);
        break;
      case 3:
        send(s, 0, flag::ack | flag::psh, 0, request);
        s.next[0] += request;
        break;
      case 4:
        answer(s);
        break;
      case 5:
        send(s, 0, flag::ack | flag::fin, 0, 0);
        ++s.next[0];
        break;
      case 6:
        send(s, 1, flag::ack | flag::fin, 0, 0);
        ++s.next[1];
        break;
      default:
        send(s, 0, flag::ack, 0, 0);
        return false;
    }
    return true;
  }

  void answer(Stream& s) {
    std::uint32_t segments = 1 + below(4);
    const bool turned = below(200) == 0;
    const bool twice = below(200) == 0;
    if (turned) {
      segments = 2;
      send(s, 1, flag::ack, full, full);
      send(s, 0, flag::ack, 0, 0);
      send(s, 1, flag::ack, 0, full);
      s.next[1] += 2 * full;
    }
    for (std::uint32_t i = 0; !turned && i < segments; ++i) {
      send(s, 1, flag::ack, 0, full);
      if (twice && i == 0) send(s, 1, flag::ack, 0, full);
      s.next[1] += full;
    }
    send(s, 0, flag::ack, 0, 0);
    s.left -= static_cast<int>(segments) + 1;
    s.step = s.left <= 0 ? 5 : below(16) == 0 ? 3 : 4;
  }

  void send(const Stream& s, std::size_t side, std::uint8_t flags, std::uint32_t beyond, std::uint32_t length) {
    wire::TcpHeader tcp;
    tcp.source_port = s.port[side];
    tcp.destination_port = s.port[side ^ 1];
    tcp.seq = Seq{s.next[side] + beyond};
    tcp.flags = flags;
    if (tcp.has(flag::ack)) tcp.ack = Seq{s.next[side ^ 1]};
    tcp.window = 0x2000;
    const auto tick = static_cast<std::uint32_t>(now_ / 1000);
    tcp.options.timestamps = wire::Timestamps{.val = tick, .ecr = tick};
    if (tcp.has(flag::syn)) {
      tcp.options.mss = 1460;
      tcp.options.sack_permitted = true;
      tcp.options.window_scale = 7;
    }
    std::array<std::byte, 1600> packet{};
    static constexpr std::array<std::uint8_t, 14> ethernet{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};
    std::memcpy(packet.data(), ethernet.data(), ethernet.size());
    const std::span<std::byte> segment = std::span(packet).subspan(34);
    const std::size_t header = wire::write_tcp(tcp, segment);
    std::copy_n(text_.begin(), length, segment.begin() + static_cast<std::ptrdiff_t>(header));
    const auto sum = wire::finish(
        wire::with_pseudo_header(s.address[side], s.address[side ^ 1], wire::protocol::tcp, segment.first(header + length)));
    segment[16] = static_cast<std::byte>(sum >> 8);
    segment[17] = static_cast<std::byte>(sum & 0xff);
    wire::Ipv4Header ip;
    ip.source = s.address[side];
    ip.destination = s.address[side ^ 1];
    ip.protocol = wire::protocol::tcp;
    ip.total_length = static_cast<std::uint16_t>(20 + header + length);
    ip.id = static_cast<std::uint16_t>(count_);
    ip.dont_fragment = true;
    ip.ttl = 64;
    wire::write_ipv4(ip, std::span(packet).subspan(14));
    const auto size = static_cast<std::uint32_t>(34 + header + length);
    const std::array<std::uint32_t, 4> record{static_cast<std::uint32_t>(now_ / 1'000'000),
                                              static_cast<std::uint32_t>(now_ % 1'000'000), size, size};
    std::fwrite(record.data(), sizeof record, 1, file_);
    std::fwrite(packet.data(), size, 1, file_);
    now_ += 1 + below(20);
    ++count_;
  }

  std::FILE* file_;
  std::uint64_t packets_;
  int each_;
  Rng rng_{1};
  std::array<std::byte, full> text_{};
  std::vector<Stream> running_;
  std::uint32_t begun_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t now_ = 1'700'000'000'000'000;  // microseconds
};

}  // namespace

int main(int count, char** values) {
  if (count != 4 && count != 5) {
    std::fputs("usage: capture_bench FILE PACKETS STREAMS [OCTETS]\n", stderr);
    return 2;
  }
  std::FILE* file = std::fopen(values[1], "wb");
  if (file == nullptr) {
    std::perror(values[1]);
    return 1;
  }
  const std::size_t piece = count == 5 ? std::strtoull(values[4], nullptr, 10) : std::size_t{1} << 20;
  std::vector<char> room(std::clamp<std::size_t>(piece, 512, std::size_t{1} << 26));
  std::setvbuf(file, room.data(), _IOFBF, room.size());
  Maker maker(file, std::strtoull(values[2], nullptr, 10), std::strtoull(values[3], nullptr, 10));
  const std::uint32_t streams = maker.run();
  if (std::fclose(file) != 0) {
    std::perror(values[1]);
    return 1;
  }
  std::printf("%s: %s packets, %u connections\n", values[1], values[2], streams);
}
