// RFC 1071: the sum may be formed in the host's own octet order and in words of any size, because carries go around. So we
// add 64-bit words, count their carries apart in four independent chains, and fold once at the end.
#include "wire/checksum.hpp"

#include "base/cursor.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace ft::wire {
namespace {

constexpr std::size_t word_size = sizeof(std::uint64_t);
constexpr std::size_t chains = 4;

template <class Word>
std::uint64_t load(const std::byte* p) {
  Word word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

std::uint64_t load_word(const std::byte* p) { return load<std::uint64_t>(p); }

/// Adds with the carry going around: modulo 2^64 - 1, and so modulo 2^16 - 1.
std::uint64_t add_around(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t sum = a + b;
  return sum + (sum < b ? 1 : 0);
}

struct Chain {
  std::uint64_t sum = 0;
  std::uint64_t carries = 0;
  void add(std::uint64_t word) {
    sum += word;
    carries += sum < word ? 1 : 0;  // compilers make this add, adc
  }
  std::uint64_t total() const { return add_around(sum, carries); }
};

/// The last octets (fewer than a word), as if a zero followed an odd one. In pieces of fixed size: headers are short, and a
/// memcpy whose length is not known costs more than the sum.
std::uint64_t sum_tail(const std::byte* p, std::size_t length) {
  std::uint64_t sum = 0;
  if ((length & 4) != 0) {
    sum += load<std::uint32_t>(p);
    p += 4;
  }
  if ((length & 2) != 0) {
    sum += load<std::uint16_t>(p);
    p += 2;
  }
  if ((length & 1) != 0) {
    const std::array<std::byte, 2> padded{*p, std::byte{0}};
    sum += load<std::uint16_t>(padded.data());
  }
  return sum;
}

/// Whole blocks of 64 octets.
constexpr std::size_t block = 2 * chains * word_size;

std::uint64_t sum_blocks(const std::byte* p, std::size_t blocks) {
  Chain a, b, c, d;
  for (; blocks != 0; --blocks, p += block) {
    a.add(load_word(p));
    b.add(load_word(p + 8));
    c.add(load_word(p + 16));
    d.add(load_word(p + 24));
    a.add(load_word(p + 32));
    b.add(load_word(p + 40));
    c.add(load_word(p + 48));
    d.add(load_word(p + 56));
  }
  return add_around(add_around(a.total(), b.total()), add_around(c.total(), d.total()));
}

/// Headers are short: one chain is enough for what fills no block.
std::uint64_t sum_words(std::uint64_t sum, std::span<const std::byte> octets) {
  const std::byte* p = octets.data();
  std::size_t left = octets.size();
  if (left >= block) {
    sum = add_around(sum, sum_blocks(p, left / block));
    p += left / block * block;
    left %= block;
  }
  Chain chain{.sum = sum};
  for (; left >= word_size; left -= word_size, p += word_size) chain.add(load_word(p));
  if (left != 0) chain.add(sum_tail(p, left));
  return chain.total();
}

std::uint16_t fold(std::uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + ((sum >> 16) & 0xffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

}  // namespace

PartialSum add_octets(PartialSum sum, std::span<const std::byte> octets) { return sum_words(sum, octets); }

PartialSum copy_and_add(PartialSum sum, std::span<const std::byte> from, std::byte* to) {
  // Memory is walked once: each piece is summed while it lies in the first-level cache. That beats a loop which loads, adds
  // and stores word by word, for memcpy moves 32 octets at a time.
  constexpr std::size_t piece = 16384;
  while (!from.empty()) {
    const std::size_t n = std::min(piece, from.size());
    std::memcpy(to, from.data(), n);
    sum = sum_words(sum, from.first(n));
    from = from.subspan(n);
    to += n;
  }
  return sum;
}

PartialSum pseudo_header(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol, std::uint32_t length) {
  // Both families add the same things, addresses, length and protocol; where the zeros stand between them does not matter.
  std::array<std::byte, word_size> numbers;
  store_be32(numbers.data(), length);
  store_be32(numbers.data() + 4, protocol);
  Chain chain;
  chain.add(load_word(numbers.data()));
  for (const IpAddress* address : {&source, &destination}) {
    const auto octets = std::as_bytes(address->octets());
    if (address->is_v4()) {
      chain.add(sum_tail(octets.data(), 4));
    } else {
      chain.add(load_word(octets.data()));
      chain.add(load_word(octets.data() + word_size));
    }
  }
  return chain.total();
}

PartialSum with_pseudo_header(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                              std::span<const std::byte> octets) {
  return add_octets(pseudo_header(source, destination, protocol, static_cast<std::uint32_t>(octets.size())), octets);
}

std::uint16_t finish(PartialSum sum) {
  const auto host = static_cast<std::uint16_t>(~fold(sum));
  if constexpr (std::endian::native == std::endian::big) return host;
  return static_cast<std::uint16_t>((host << 8) | (host >> 8));
}

bool is_valid(PartialSum sum) { return fold(sum) == 0xffff; }

}  // namespace ft::wire
