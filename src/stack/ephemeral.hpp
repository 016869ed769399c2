// Where ephemeral ports come from: the five algorithms of RFC 6056 3.3. By default the fourth, a double hash: neighbouring
// connections to one peer get neighbouring ports (so a port rests as long as can be before it comes again), nobody outside can
// tell which, and different peers do not disturb each other.
#pragma once

#include "fourtuple/config.hpp"
#include "stack/secrets.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace ft::stack {

class EphemeralPorts {
 public:
  EphemeralPorts(PortRange range, PortAlgorithm algorithm)
      : range_{std::max<std::uint16_t>(range.first, 1), range.last}, algorithm_(algorithm) {}  // no port is 0

  /// A port of the range that is_free; nullopt only when none of the range is.
  template <class IsFree>
  //= rfc6056 3.2-3
  //= rfc6056 3.3-1
  std::optional<std::uint16_t> choose(Secrets& secrets, const IpAddress& local, const Endpoint& remote, IsFree is_free) {
    const std::uint32_t count = range_.last < range_.first ? 0u : range_.last - range_.first + 1u;
    const auto port = [&](std::uint64_t number) { return static_cast<std::uint16_t>(range_.first + number % count); };
    if (count == 0) return std::nullopt;
    switch (algorithm_) {
      case PortAlgorithm::random_start:
        break;
      case PortAlgorithm::random:
        for (std::uint32_t tried = 0; tried < count; ++tried)
          if (const auto drawn = port(secrets.random()); is_free(drawn)) return drawn;
        break;  // a nearly full range: walk through it
      case PortAlgorithm::hash:
        return walk(count, port, secrets.port_offset(local, remote), next_, is_free);
      case PortAlgorithm::double_hash: {
        const auto hashes = secrets.port_hashes(local, remote);
        return walk(count, port, hashes.offset, steps_[hashes.slot % steps_.size()], is_free);
      }
      case PortAlgorithm::random_increments:
        if (const auto found = stride(count, port, secrets, is_free)) return found;
        break;
    }
    std::uint32_t tried = 0;
    return walk(count, port, secrets.random() % count, tried, is_free);
  }

 private:
  /// From where `offset` and the last `step` point, one by one through the whole range.
  template <class Port, class IsFree>
  static std::optional<std::uint16_t> walk(std::uint32_t count, Port port, std::uint64_t offset, std::uint32_t& step,
                                           IsFree is_free) {
    for (std::uint32_t tried = 0; tried < count; ++tried)
      if (const auto candidate = port(offset + step++); is_free(candidate)) return candidate;
    return std::nullopt;
  }

  /// RFC 6056 3.3.5: a step of 1 to 500 each time, so that the next port is neither far nor known.
  template <class Port, class IsFree>
  std::optional<std::uint16_t> stride(std::uint32_t count, Port port, Secrets& secrets, IsFree is_free) {
    constexpr std::uint32_t longest = 500;
    if (!started_) next_ = static_cast<std::uint32_t>(secrets.random() % count);
    started_ = true;
    for (std::uint32_t tried = 0; tried < count; ++tried) {
      next_ = static_cast<std::uint32_t>((next_ + 1 + secrets.random() % longest) % count);
      if (const auto candidate = port(next_); is_free(candidate)) return candidate;
    }
    return std::nullopt;
  }

  PortRange range_;
  PortAlgorithm algorithm_;
  bool started_ = false;
  std::uint32_t next_ = 0;                  // algorithms 3 and 5
  std::array<std::uint32_t, 256> steps_{};  // the table of algorithm 4; F's offset hides where each begins
};

}  // namespace ft::stack
