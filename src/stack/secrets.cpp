#include "stack/secrets.hpp"

#include "base/siphash.hpp"
#include "stack/tuple_words.hpp"

#include <algorithm>
#include <chrono>

namespace ft::stack {

Secrets::Secrets(std::span<const std::uint8_t, 32> secret) {
  std::copy_n(secret.begin(), 16, protocol_key_.begin());
  std::copy_n(secret.begin() + 16, 16, table_key_.begin());
}

std::uint64_t Secrets::hash(Purpose purpose, const FourTuple& tuple) const {
  return siphash_words(protocol_key_, TupleWords(tuple, static_cast<std::uint8_t>(purpose)).words());
}

//= rfc9293 MUST-8
//= rfc9293 MUST-9
//= rfc9293 SHLD-1
//= rfc6528 3-1
//= rfc6528 3-2
//= rfc6528 3-3
Seq Secrets::isn(Instant now, const FourTuple& tuple) const {
  constexpr std::int64_t tick = 4000;  // ns (RFC 9293 MUST-8)
  const auto clock = static_cast<std::uint32_t>(now.time_since_epoch().count() / tick);
  return Seq{clock + static_cast<std::uint32_t>(hash(Purpose::isn, tuple))};
}

std::uint64_t Secrets::random() {
  const std::array<std::uint64_t, 2> words{drawn_++, static_cast<std::uint64_t>(Purpose::random)};
  return siphash_words(protocol_key_, words);
}

std::array<std::uint8_t, 16> Secrets::fast_open_key() const {
  std::array<std::uint8_t, 16> key{};
  for (std::uint64_t half = 0; half < 2; ++half) {
    const std::array<std::uint64_t, 2> words{half, static_cast<std::uint64_t>(Purpose::fast_open)};
    const std::uint64_t hash = siphash_words(protocol_key_, words);
    for (std::size_t i = 0; i < 8; ++i) key[static_cast<std::size_t>(8 * half + i)] = static_cast<std::uint8_t>(hash >> (8 * i));
  }
  return key;
}

std::uint32_t Secrets::timestamp_offset(const FourTuple& tuple) const {
  return static_cast<std::uint32_t>(hash(Purpose::timestamp, tuple));
}

std::uint32_t Secrets::port_offset(const IpAddress& local, const Endpoint& remote) const {
  return static_cast<std::uint32_t>(hash(Purpose::port_offset, {{local, 0}, remote}));
}

std::uint32_t Secrets::port_slot(const IpAddress& local, const Endpoint& remote) const {
  return static_cast<std::uint32_t>(hash(Purpose::port_slot, {{local, 0}, remote}));
}

std::uint64_t Secrets::table_hash(const FourTuple& tuple) const {
  return siphash_13_words(table_key_, TupleWords(tuple, 0).words());
}

}  // namespace ft::stack
