// Putting fragments together again, one engine for both families (RFC 791 3.2, RFC 815, RFC 8200 4.5).
//
// Fragments that overlap end their datagram for good, exact duplicates apart (RFC 5722 4): no honest sender makes them, and every
// rule that would choose between them has been an attack. Everything is bounded: octets, datagrams, fragments of one, and time.
// When there is no room, the datagram that waited longest gives way, so a flood must be kept up to do harm.
#pragma once

#include "net/datagram.hpp"
#include "net/keyed_hash.hpp"

#include "fourtuple/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

namespace ft::net {

class Reassembly {
 public:
  static constexpr Duration timeout_v4 = std::chrono::seconds(30);  // RFC 1122 3.3.2 leaves it open; as Linux
  static constexpr Duration timeout_v6 = std::chrono::seconds(60);  // RFC 8200 4.5
  static constexpr std::size_t max_datagrams = 256;
  static constexpr std::size_t max_fragments = 256;  // of one datagram: 64 KiB in pieces of 256 octets
  static constexpr std::size_t max_quote = 128;      // octets kept of the first fragment's packet, to be quoted in errors

  /// `max_octets` bounds what is held, with an allowance for each datagram and fragment.
  Reassembly(std::size_t max_octets, KeyedHash hash) : max_octets_(max_octets), index_(0, KeyHash{hash}) {}

  /// Takes a datagram that is a fragment, and where it belongs. Gives the whole when this was the missing one; its payload and
  /// packet are valid until the next add.
  std::expected<std::optional<Datagram>, DropReason> add(Instant now, const Datagram& fragment, const FragmentPlace& where);

  /// The next datagram whose time is up; it is forgotten. When its first fragment had come, `packet` holds the start of that, to
  /// be quoted in a time exceeded message (valid until the next call), else it is empty.
  std::optional<Datagram> poll_expired(Instant now);
  std::optional<Instant> next_deadline() const;
  std::size_t octets() const { return octets_; }

 private:
  struct Key {
    IpAddress source;
    IpAddress destination;
    std::uint32_t id = 0;
    std::uint8_t protocol = 0;  // IPv4 only: RFC 8200 names a datagram by addresses and identification
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    KeyedHash hash;
    std::size_t operator()(const Key& key) const;
  };
  struct Part {
    std::uint32_t offset = 0;
    std::vector<std::byte> octets;
    std::uint32_t end() const { return offset + static_cast<std::uint32_t>(octets.size()); }
  };
  struct Pending {
    Key key;
    Instant started{};
    Instant expires{};
    bool poisoned = false;               // parts overlapped: what still comes is discarded
    std::vector<Part> parts;             // by offset, disjoint
    std::uint32_t received = 0;          // octets in parts
    std::optional<std::uint32_t> total;  // known once the last fragment came
    std::size_t cost = 0;                // what octets_ counts for it
    Datagram first;                      // header values of the first fragment; spans unused
    std::vector<std::byte> quote;
    bool checksum_verified = true;  // of all parts
    std::uint8_t ecn_seen = 0;      // a bit for each codepoint
  };
  using Queue = std::list<Pending>;  // oldest first, so also by expiry

  enum class Placing : std::uint8_t { placed, duplicate, conflict, too_many };

  static Placing place(Pending& pending, const Datagram& fragment, const FragmentPlace& where);
  Pending* open(Instant now, const Datagram& fragment, const FragmentPlace& where);
  bool make_room(std::size_t octets, const Pending* keep);
  void charge(Pending& pending, std::size_t octets);
  void poison(Pending& pending);
  void forget(const Key& key);
  std::expected<std::optional<Datagram>, DropReason> finish(Pending& pending);
  Queue& queue_of(const Key& key) { return queues_[key.source.is_v4() ? 0 : 1]; }

  std::size_t max_octets_;
  std::size_t octets_ = 0;
  std::array<Queue, 2> queues_;  // IPv4, IPv6: each has one timeout
  std::unordered_map<Key, Queue::iterator, KeyHash> index_;
  std::vector<std::byte> whole_;
  std::vector<std::byte> quote_;
};

}  // namespace ft::net
