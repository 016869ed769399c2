// Where ephemeral ports come from: RFC 6056 3.3.4, the double-hash algorithm. Neighbouring connections to one peer get
// neighbouring ports, nobody outside can tell which, and different peers do not disturb each other.
#pragma once

#include "fourtuple/config.hpp"
#include "stack/secrets.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace ft::stack {

class EphemeralPorts {
 public:
  explicit EphemeralPorts(PortRange range) : range_(range) {}

  /// The first suitable port from where the hash points; nullopt when none of the range is.
  template <class IsFree>
  std::optional<std::uint16_t> choose(const Secrets& secrets, const IpAddress& local, const Endpoint& remote, IsFree is_free) {
    const std::uint32_t count = range_.last < range_.first ? 0u : range_.last - range_.first + 1u;
    const std::uint32_t offset = secrets.port_offset(local, remote);
    std::uint32_t& step = steps_[secrets.port_slot(local, remote) % steps_.size()];
    for (std::uint32_t tried = 0; tried < count; ++tried) {
      const auto port = static_cast<std::uint16_t>(range_.first + (offset + step) % count);
      ++step;
      if (is_free(port)) return port;
    }
    return std::nullopt;
  }

 private:
  PortRange range_;
  std::array<std::uint32_t, 256> steps_{};  // the RFC's table; F's offset hides where each begins
};

}  // namespace ft::stack
