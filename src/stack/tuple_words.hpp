// A four-tuple as the words that the keyed hashes of this room take: two of IPv4, five of IPv6. The length is hashed along, so
// the families never meet; `purpose` keeps the uses of one key apart.
#pragma once

#include "fourtuple/address.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <span>

namespace ft::stack {

class TupleWords {
 public:
  TupleWords(const FourTuple& tuple, std::uint8_t purpose) {
    const auto local = tuple.local.address.words();
    const auto remote = tuple.remote.address.words();
    const std::uint64_t rest =
        std::uint64_t{tuple.local.port} << 32 | std::uint64_t{tuple.remote.port} << 16 | std::uint64_t{purpose};
    if (tuple.local.address.is_v4() && tuple.remote.address.is_v4()) {
      words_ = {rest, local[0] ^ std::rotl(remote[0], 32)};
      size_ = 2;
    } else {
      words_ = {rest, local[0], local[1], remote[0], remote[1]};
      size_ = 5;
    }
  }
  /// One word more, hashed along.
  TupleWords(const FourTuple& tuple, std::uint8_t purpose, std::uint64_t more) : TupleWords(tuple, purpose) {
    words_[size_++] = more;
  }
  std::span<const std::uint64_t> words() const { return std::span(words_).first(size_); }

 private:
  std::array<std::uint64_t, 6> words_;
  std::size_t size_;
};

}  // namespace ft::stack
