#include "stack/secrets.hpp"

#include "base/siphash.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>

namespace ft::stack {

Secrets::Secrets(std::span<const std::uint8_t, 32> secret) {
  std::copy_n(secret.begin(), 16, protocol_key_.begin());
  std::copy_n(secret.begin() + 16, 16, table_key_.begin());
}

namespace {

/// A four-tuple as words: two of IPv4, five of IPv6. The length is hashed along, so the families never meet.
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
  std::span<const std::uint64_t> words() const { return std::span(words_).first(size_); }

 private:
  std::array<std::uint64_t, 5> words_;
  std::size_t size_;
};

}  // namespace

std::uint64_t Secrets::hash(Purpose purpose, const FourTuple& tuple) const {
  return siphash_words(protocol_key_, TupleWords(tuple, static_cast<std::uint8_t>(purpose)).words());
}

Seq Secrets::isn(Instant now, const FourTuple& tuple) const {
  constexpr std::int64_t tick = 4000;  // ns (RFC 9293 MUST-8)
  const auto clock = static_cast<std::uint32_t>(now.time_since_epoch().count() / tick);
  return Seq{clock + static_cast<std::uint32_t>(hash(Purpose::isn, tuple))};
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
