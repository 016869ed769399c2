// Addresses, endpoints and the four-tuple that is a connection's identity (RFC 9293 3.4: a connection is
// named by its pair of sockets, a socket by address and port).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ft {

enum class Family : std::uint8_t { ipv4 = 4, ipv6 = 6 };

struct MacAddress {
  std::array<std::uint8_t, 6> octets{};
  friend constexpr auto operator<=>(const MacAddress&, const MacAddress&) = default;
};

/// An IPv4 or IPv6 address. IPv4 uses the first 4 octets; the rest are zero, so equality is plain.
class IpAddress {
 public:
  constexpr IpAddress() = default;  // 0.0.0.0, the unspecified IPv4 address
  static constexpr IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    IpAddress r;
    r.octets_ = {a, b, c, d};
    return r;
  }
  /// `octets` holds 4 or 16 octets in network order.
  static constexpr IpAddress from_octets(Family family, std::span<const std::uint8_t> octets) {
    IpAddress r;
    r.family_ = family;
    // Every packet brings two of these: copy in lengths that the compiler knows, and all 16 octets at once, in a register. Two
    // words put together in memory would be read back before they are there.
    if (family == Family::ipv4 && octets.size() >= 4) {
      using Words [[gnu::vector_size(16)]] = std::uint64_t;
      const std::uint64_t word = std::bit_cast<std::uint32_t>(std::array{octets[0], octets[1], octets[2], octets[3]});
      r.octets_ =
          std::bit_cast<std::array<std::uint8_t, 16>>(Words{std::endian::native == std::endian::little ? word : word << 32, 0});
    } else if (octets.size() >= 16) {
      std::copy_n(octets.begin(), 16, r.octets_.begin());
    } else {
      std::copy_n(octets.begin(), std::min(r.size(), octets.size()), r.octets_.begin());
    }
    return r;
  }
  static constexpr IpAddress unspecified(Family family) {
    IpAddress r;
    r.family_ = family;
    return r;
  }
  /// Accepts dotted quads and RFC 4291 text (also "::ffff:1.2.3.4"); nullopt for anything else.
  static std::optional<IpAddress> parse(std::string_view text);

  constexpr Family family() const { return family_; }
  constexpr bool is_v4() const { return family_ == Family::ipv4; }
  constexpr bool is_v6() const { return family_ == Family::ipv6; }
  constexpr std::size_t size() const { return is_v4() ? 4 : 16; }
  constexpr std::span<const std::uint8_t> octets() const { return {octets_.data(), size()}; }
  /// The octets as two words in the host's order, to compare and to hash; an IPv4 address is in the first.
  constexpr std::array<std::uint64_t, 2> words() const { return std::bit_cast<std::array<std::uint64_t, 2>>(octets_); }

  bool is_unspecified() const;
  bool is_loopback() const;
  bool is_multicast() const;
  bool is_link_local() const;
  /// 255.255.255.255; a subnet's broadcast address needs the prefix, see net/routes.
  bool is_limited_broadcast() const;
  /// True when the first `length` bits of both are equal and the families agree.
  bool in_prefix(const IpAddress& prefix, unsigned length) const;

  std::string to_string() const;  // RFC 5952 for IPv6

  /// In the order of the octets, by words as well: tables of addresses are searched by it.
  friend constexpr std::strong_ordering operator<=>(const IpAddress& a, const IpAddress& b) {
    const auto x = a.words();
    const auto y = b.words();
    for (std::size_t i = 0; i < 2; ++i)
      if (x[i] != y[i]) return in_order(x[i]) <=> in_order(y[i]);
    return a.family_ <=> b.family_;
  }
  /// Two words and the family instead of sixteen octets: compared several times for each packet.
  friend constexpr bool operator==(const IpAddress& a, const IpAddress& b) {
    const auto x = a.words();
    const auto y = b.words();
    return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0 && a.family_ == b.family_;
  }

 private:
  static constexpr std::uint64_t in_order(std::uint64_t word) {
    return std::endian::native == std::endian::little ? __builtin_bswap64(word) : word;
  }

  std::array<std::uint8_t, 16> octets_{};
  Family family_ = Family::ipv4;
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;
  /// "10.0.0.1:80", "[2001:db8::1]:80"; a bare "80" or "*:80" is the unspecified IPv4 address.
  static std::optional<Endpoint> parse(std::string_view text);
  std::string to_string() const;
  friend constexpr auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

struct FourTuple {
  Endpoint local;
  Endpoint remote;
  std::string to_string() const;  // "10.0.0.1:49152 -> 10.0.0.2:80"
  friend constexpr auto operator<=>(const FourTuple&, const FourTuple&) = default;
};

}  // namespace ft
