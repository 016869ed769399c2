#include "base/siphash.hpp"

#include <bit>
#include <cstring>

namespace ft {
namespace {

std::uint64_t little_endian(const void* octets) {
  std::uint64_t value;
  std::memcpy(&value, octets, sizeof value);
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
  return value;
}

// The names v0..v3 and the round are the paper's (section 2).
template <int compression_rounds, int final_rounds>
struct SipState {
  std::uint64_t v0, v1, v2, v3;

  explicit SipState(SipKey key) {
    const std::uint64_t k0 = little_endian(key.data());
    const std::uint64_t k1 = little_endian(key.data() + 8);
    v0 = k0 ^ 0x736f'6d65'7073'6575;
    v1 = k1 ^ 0x646f'7261'6e64'6f6d;
    v2 = k0 ^ 0x6c79'6765'6e65'7261;
    v3 = k1 ^ 0x7465'6462'7974'6573;
  }

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }

  void compress(std::uint64_t word) {
    v3 ^= word;
    for (int i = 0; i < compression_rounds; ++i) round();
    v0 ^= word;
  }

  std::uint64_t finish() {
    v2 ^= 0xff;
    for (int i = 0; i < final_rounds; ++i) round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

template <class State>
std::uint64_t hash_words(SipKey key, std::span<const std::uint64_t> words) {
  State state(key);
  for (const std::uint64_t word : words) state.compress(word);
  state.compress(std::uint64_t{words.size() * sizeof(std::uint64_t)} << 56);
  return state.finish();
}

using Sip24 = SipState<2, 4>;
using Sip13 = SipState<1, 3>;

}  // namespace

std::uint64_t siphash(SipKey key, std::span<const std::byte> octets) {
  Sip24 state(key);
  std::uint64_t last = std::uint64_t{octets.size()} << 56;
  while (octets.size() >= 8) {
    state.compress(little_endian(octets.data()));
    octets = octets.subspan(8);
  }
  for (std::size_t i = 0; i < octets.size(); ++i) last |= std::to_integer<std::uint64_t>(octets[i]) << (8 * i);
  state.compress(last);
  return state.finish();
}

std::uint64_t siphash_words(SipKey key, std::span<const std::uint64_t> words) { return hash_words<Sip24>(key, words); }

std::uint64_t siphash_13_words(SipKey key, std::span<const std::uint64_t> words) { return hash_words<Sip13>(key, words); }

}  // namespace ft
