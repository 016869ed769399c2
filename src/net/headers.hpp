// Writes the IP header in front of what we send.
//
// IPv4: DF with ID 0, since a datagram that cannot be fragmented needs no ID (RFC 6864 4.1); otherwise an ID that does not repeat
// soon. IPv6: a flow label that is the same for a flow and tells outsiders nothing (RFC 6437 3).
#pragma once

#include "net/engine.hpp"
#include "net/fragments.hpp"
#include "net/keyed_hash.hpp"
#include "wire/ipv4.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ft::net {

/// Octets of the IP header without extensions, and of that in front of a piece.
std::size_t ip_header_length(Family family);
std::size_t piece_header_length(Family family);

class HeaderWriter {
 public:
  explicit HeaderWriter(KeyedHash hash);

  /// Writes the header of a whole datagram into out[0 .. ip_header_length), in front of `payload_length` octets that are there
  /// already; returns its length.
  std::size_t write(const Envelope& envelope, std::size_t payload_length, std::span<std::byte> out);
  /// Writes the header of one piece (with a fragment header for IPv6); returns its length.
  std::size_t write_piece(const Envelope& envelope, std::uint32_t id, const Piece& piece, std::span<std::byte> out) const;
  /// For a datagram that is sent in pieces.
  std::uint32_t next_id() { return ++last_id_; }

 private:
  std::size_t write_routed(wire::Ipv4Header header, const wire::SourceRoute& route, std::span<std::byte> out);
  std::uint32_t flow_label(const Envelope& envelope, std::span<const std::byte> payload);

  KeyedHash hash_;
  std::uint32_t last_id_;
  struct Flow {  // the last one asked for: packets come in bursts
    IpAddress source;
    IpAddress destination;
    std::uint32_t ports = 0;
    std::uint32_t label = 0;
    friend bool operator==(const Flow&, const Flow&) = default;
  };
  std::optional<Flow> last_flow_;
};

}  // namespace ft::net
