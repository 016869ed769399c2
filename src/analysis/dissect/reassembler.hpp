// IP fragments of a capture put together again (RFC 791 3.2, RFC 8200 4.5), within limits: whoever wrote the capture decides how
// many there are. Fragments that overlap with different contents are refused, as attacks do it (RFC 5722 for IPv6; here for
// both).
#pragma once

#include "fourtuple/address.hpp"
#include "fourtuple/time.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <span>
#include <vector>

namespace ft::analysis {

struct ReassemblyLimits {
  std::size_t most_octets = 4u << 20;           // held at once, over all packets
  std::size_t most_packets = 1024;              // under construction at once; the oldest goes first
  Duration longest = std::chrono::seconds(60);  // RFC 1122 3.3.2: 60 to 120 s; from the first fragment on
};

struct Fragment {
  IpAddress source;
  IpAddress destination;
  std::uint32_t id = 0;
  std::uint8_t protocol = 0;
  std::uint32_t offset = 0;  // octets
  bool more = false;         // another follows
  std::span<const std::byte> contents;
};

class Reassembler {
 public:
  explicit Reassembler(ReassemblyLimits limits = {}) : limits_(limits) {}
  Reassembler(Reassembler&&) = default;
  Reassembler& operator=(Reassembler&&) = default;

  enum class Outcome : std::uint8_t { waiting, complete, refused };
  /// After `complete`, whole() holds the packet's contents until the next call.
  Outcome add(const Fragment& fragment, Instant at);
  std::span<const std::byte> whole() const { return whole_; }

  std::size_t octets_held() const { return octets_; }
  std::size_t packets_waiting() const { return waiting_.size(); }
  /// Packets given up because of a limit, a contradiction or time.
  std::uint64_t packets_lost() const { return lost_; }

 private:
  struct Key {
    IpAddress source;
    IpAddress destination;
    std::uint32_t id = 0;
    std::uint8_t protocol = 0;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Piece {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
  };
  struct Packet {
    Instant since{};
    std::uint32_t length = 0;  // of the contents; 0 = the last fragment has not come
    std::vector<std::byte> octets;
    std::vector<Piece> pieces;  // in order, disjoint
    std::list<Key>::iterator age;
  };
  using Packets = std::map<Key, Packet>;

  bool fits(const Packet& packet, const Fragment& fragment) const;
  void put(Packet& packet, const Fragment& fragment);
  void forget(Packets::iterator packet, bool lost);
  void make_room(std::size_t octets, Instant at);

  ReassemblyLimits limits_;
  Packets waiting_;
  std::list<Key> by_age_;  // oldest first
  std::size_t octets_ = 0;
  std::uint64_t lost_ = 0;
  std::vector<std::byte> whole_;
};

}  // namespace ft::analysis
