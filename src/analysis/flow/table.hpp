// Which stream a four-tuple has now: open addressing over numbers of streams, with the hash beside each number so that a miss
// rarely touches a record. Both directions of a connection have one hash.
#pragma once

#include "analysis/dissect/segment.hpp"
#include "fourtuple/address.hpp"

#include <bit>
#include <cstdint>
#include <vector>

namespace ft::analysis::flow {

constexpr std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93ull;
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93ull;
  return x ^ x >> 32;
}

/// Both halves of the product of two words, folded: the mixing step of the fast hashes of today.
constexpr std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// `seed` makes it costly to write a capture whose four-tuples all collide. It is in both factors, in two forms: a factor that
/// can be made 0 would make the product 0, whatever the other is.
constexpr std::uint64_t end_hash(const IpAddress& address, std::uint16_t port, std::uint64_t seed) {
  const auto words = address.words();
  const std::uint64_t rest = port + (std::uint64_t{address.is_v6()} << 16);
  return fold(words[0] ^ seed ^ 0x2d358dccaa6c78a5ull,
              words[1] ^ std::rotl(seed, 32) ^ 0x4b33a62ed433d4a3ull ^ rest * 0x8bb84b93962eacc9ull);
}
constexpr std::uint32_t tuple_hash(const IpAddress& a, std::uint16_t a_port, const IpAddress& b, std::uint16_t b_port,
                                   std::uint64_t seed) {
  const std::uint64_t both = end_hash(a, a_port, seed) + end_hash(b, b_port, seed);
  return static_cast<std::uint32_t>(fold(both, seed ^ 0x4b33a62ed433d4a3ull));
}

/// For tables of addresses with ports, and of addresses.
struct EndpointHash {
  using is_avalanching = void;
  std::uint64_t seed = 0;
  std::size_t operator()(const Endpoint& end) const { return static_cast<std::size_t>(end_hash(end.address, end.port, seed)); }
};
struct AddressHash {
  using is_avalanching = void;
  std::uint64_t seed = 0;
  std::size_t operator()(const IpAddress& address) const { return static_cast<std::size_t>(end_hash(address, 0, seed)); }
};

class StreamTable {
 public:
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t stream_after = 0;  // number of the stream + 1; 0 = free
  };

  StreamTable() : slots_(1024), mask_(slots_.size() - 1) {}

  void prefetch(std::uint32_t hash) const { __builtin_prefetch(&slots_[place(hash)]); }
  /// The first stream in the hash's chain whose tag fits and for which `is_it` says yes; nullptr when there is none.
  template <typename IsIt>
  Slot* find(std::uint32_t hash, IsIt&& is_it) {
    for (std::size_t i = place(hash);; i = (i + 1) & mask_) {
      Slot& slot = slots_[i];
      if (slot.stream_after == 0) return nullptr;
      if (slot.tag == hash && is_it(slot.stream_after - 1)) return &slot;
    }
  }
  /// The first stream with the tag, without asking: a guess to fetch its record early.
  std::uint32_t guess(std::uint32_t hash) const {
    for (std::size_t i = place(hash);; i = (i + 1) & mask_) {
      const Slot& slot = slots_[i];
      if (slot.stream_after == 0) return 0xffffffffu;
      if (slot.tag == hash) return slot.stream_after - 1;
    }
  }
  /// One that find() did not find.
  void insert(std::uint32_t hash, std::uint32_t stream);

  std::size_t memory() const { return slots_.size() * sizeof(Slot); }

 private:
  std::size_t place(std::uint32_t hash) const { return hash & mask_; }
  void put(std::uint32_t tag, std::uint32_t stream_after);

  std::vector<Slot> slots_;
  std::size_t mask_;  // their number is a power of two
  std::size_t used_ = 0;
};

/// IPv6 addresses, each once: a record holds numbers instead.
class AddressTable {
 public:
  AddressTable() : slots_(64) {}
  std::uint32_t number_of(const IpAddress& address, std::uint64_t seed);
  const IpAddress& operator[](std::uint32_t number) const { return addresses_[number]; }
  std::size_t memory() const { return addresses_.capacity() * sizeof(IpAddress) + slots_.size() * sizeof(std::uint32_t); }

 private:
  std::vector<IpAddress> addresses_;
  std::vector<std::uint32_t> slots_;  // number + 1; 0 = free
};

}  // namespace ft::analysis::flow
