// Options of the IPv4 header (RFC 791 3.1): source routes, loose and strict, are read and written; all others are passed over
// unread (RFC 9293 MUST-50).
#pragma once

#include "fourtuple/address.hpp"
#include "fourtuple/error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>

namespace ft::wire {

/// Where a packet goes first on its way to `destination`s of its own: at most nine hops fit into 40 octets of options.
struct SourceRoute {
  static constexpr std::size_t most = 9;

  std::array<IpAddress, most> hops{};
  std::uint8_t count = 0;  // at least one
  bool strict = false;     // nobody else on the way

  std::span<const IpAddress> view() const { return std::span(hops).first(count); }
  /// Octets of options that it takes, a multiple of 4.
  std::size_t option_length() const { return 4 + std::size_t{4} * count; }
  friend bool operator==(const SourceRoute&, const SourceRoute&) = default;
};

/// The option as it arrived: the addresses that recorded themselves, and whether the route ends here.
struct ReceivedRoute {
  SourceRoute recorded;
  bool complete = false;

  /// RFC 1122 3.2.1.8 (c): the same way back.
  SourceRoute reversed() const;
};

/// The source route among `options`, if there is one. bad_options when the list ends in the middle of an option, or names two
/// routes, or one that cannot be read.
std::expected<std::optional<ReceivedRoute>, DropReason> read_source_route(std::span<const std::byte> options);

/// Writes the option for a packet that leaves for route.hops[0] and ends at `destination`; returns option_length(). The packet's
/// destination field is the first hop (RFC 791 3.1).
std::size_t write_source_route(const SourceRoute& route, const IpAddress& destination, std::span<std::byte> out);

}  // namespace ft::wire
