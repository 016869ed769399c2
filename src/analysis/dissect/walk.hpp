// The long way through a packet: layer by layer, whatever they are, at most Frame::most_layers of them. Each function reads the
// header at the cursor, adds its layer, and goes on with what it announces; the depth is that of the layers, so it is bounded.
#pragma once

#include "analysis/dissect/frame.hpp"
#include "analysis/dissect/reassembler.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace ft::analysis {

class Walk {
 public:
  /// `fcs`: that many of the last octets on the wire are a frame check sequence.
  Walk(Frame& frame, Reassembler& reassembler, bool verify, std::uint32_t fcs)
      : frame_(frame),
        reassembler_(reassembler),
        verify_(verify),
        wire_(frame.original_length - std::min(fcs, frame.original_length)) {
    octets_ = frame.octets.first(static_cast<std::size_t>(std::min<std::uint64_t>(frame.octets.size(), wire_)));
  }
  void run();

 private:
  /// What of an IP packet a segment remembers.
  struct Ip {
    IpAddress source;
    IpAddress destination;
    std::uint8_t ttl = 0;
    std::uint8_t traffic_class = 0;
    std::uint16_t id = 0;
    bool v4 = true;
    bool dont_fragment = false;
    bool fragmented = false;
    std::uint64_t length = 0;  // on the wire
  };

  // links
  void ethernet();
  void ethertype(std::uint16_t type);
  void llc();
  void sll();
  void sll2();
  void null_loop(bool network_order);
  void ppp();
  void ppp_protocol(std::size_t before);
  void pppoe();
  void mpls();
  void arp();
  // networks
  void ip();
  void ipv4();
  void ipv6();
  void extensions(std::uint8_t next, Ip& ip);
  void ipv6_fragment(Ip& ip);
  void fragment(Fragment fragment, std::uint8_t next, Ip& ip);
  void protocol(std::uint8_t number, const Ip& ip);
  void gre();
  // transports
  void tcp(const Ip& ip);
  void quoted_tcp(const Ip& ip);
  void udp();
  void icmp(const Ip& ip);
  void icmpv6(const Ip& ip);
  void quote(const Ip& ip, std::uint8_t type, std::uint8_t code);

  std::span<const std::byte> rest() const { return octets_.subspan(at_); }
  std::uint64_t wire_rest() const { return wire_ > at_ ? wire_ - at_ : 0; }
  const std::byte* here() const { return octets_.data() + at_; }
  /// True when `octets` of this layer's header were captured; else the problem is noted and what there is becomes its layer.
  bool have(std::size_t octets, Protocol protocol);
  /// False, and noted, when no layer can be added.
  bool have_room(Protocol protocol);
  /// Adds a layer with a header of `header` octets at the cursor and moves behind it; false when there are too many.
  bool add(Protocol protocol, std::size_t header);
  /// The contents end here, whatever follows is the padding of a layer below.
  void cut(std::uint64_t wire, Protocol in);
  void add_data();
  void note(Problem problem, Protocol in);
  void fill(Segment& segment, const Ip& ip) const;

  Frame& frame_;
  Reassembler& reassembler_;
  bool verify_;
  std::uint64_t wire_;                 // where the layer's contents end on the wire, counted as offsets are
  std::span<const std::byte> octets_;  // what of them was captured
  std::size_t at_ = 0;
  bool reassembled_ = false;
  std::optional<IcmpError> error_;  // inside its quote
};

/// Octets that tell two ways through a network apart (MAC addresses, tags, ways of a cooked capture), added to a digest.
template <std::size_t N>
std::uint64_t mix_link(std::uint64_t digest, std::span<const std::byte, N> octets) {
  const auto mix = [&digest](std::uint64_t word) {
    digest = (digest ^ word ^ N) * 0x9e3779b97f4a7c15u;
    digest ^= digest >> 29;
  };
  const auto word_at = [octets](std::size_t at) {
    std::uint64_t word = 0;
    std::memcpy(&word, octets.data() + at, sizeof word);
    return word;
  };
  if constexpr (N < 8) {
    std::uint64_t word = 0;
    for (const std::byte octet : octets) word = word << 8 | std::to_integer<std::uint64_t>(octet);
    mix(word);
  } else {  // whole words, the last of which may overlap the one before
    for (std::size_t at = 0; at + 8 < N; at += 8) mix(word_at(at));
    mix(word_at(N - 8));
  }
  return digest;
}

}  // namespace ft::analysis
