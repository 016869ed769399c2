// Cookies of TCP Fast Open (RFC 7413 4.1): a server makes them of the client's address and forgets them, a client remembers what
// each server gave, and which servers or paths had better not be asked.
#pragma once

#include "fourtuple/address.hpp"
#include "fourtuple/config.hpp"
#include "fourtuple/time.hpp"
#include "net/lru.hpp"
#include "tcp/fast_open.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace ft::stack {

/// RFC 7413 4.1.2: eight octets of SipHash over both addresses, with the key of now and the one before.
class FastOpenCookies {
 public:
  explicit FastOpenCookies(std::span<const std::uint8_t, 16> key);
  explicit FastOpenCookies(const FastOpenKeys& keys);

  wire::FastOpenCookie make(const IpAddress& server, const IpAddress& client) const { return make(key_, server, client); }
  enum class Verdict : std::uint8_t { bad, good, good_but_old };
  Verdict check(Instant now, const IpAddress& server, const IpAddress& client, const wire::FastOpenCookie& cookie) const;
  /// Cookies of the last key are good until then.
  void set_key(std::span<const std::uint8_t, 16> key, Instant old_until);

 private:
  using Key = std::array<std::uint8_t, 16>;
  static wire::FastOpenCookie make(const Key& key, const IpAddress& server, const IpAddress& client);

  Key key_{};
  Key old_key_{};
  Instant old_until_{};
};

/// What a client knows of servers (RFC 7413 4.1.3).
class FastOpenMemory {
  struct Server {
    wire::FastOpenCookie cookie;  // empty: none
    std::uint16_t mss = 0;
    std::uint8_t failures = 0;  // in a row
    Instant quiet_until{};
  };

 public:
  /// `limit` servers; one that swallowed SYNs is left alone for `pause`, twice as long each further time, 64 times at most.
  FastOpenMemory(std::size_t limit, Duration pause) : servers_(limit, Hash{}), pause_(pause) {}

  /// What the first SYN to that server may carry; nullopt: nothing, an ordinary handshake.
  std::optional<tcp::FastOpen> plan(Instant now, const IpAddress& server, std::uint16_t path_mss, bool without_cookie);
  /// How it went; `gave_up`: no SYN was ever answered.
  void learn(Instant now, const IpAddress& server, const tcp::FastOpen& outcome, bool gave_up);
  std::size_t size() const { return servers_.size(); }
  /// Octets, about: the nodes of a list and of a hash table.
  std::uint64_t memory() const { return memory_of(servers_.size()); }
  static constexpr std::uint64_t memory_of(std::uint64_t servers) {
    return servers * (sizeof(Server) + 2 * sizeof(IpAddress) + 64);
  }

 private:
  struct Hash {
    // Whom to connect to is our own application's choice: nobody outside can crowd this table.
    std::size_t operator()(const IpAddress& address) const {
      const auto words = address.words();
      return static_cast<std::size_t>((words[0] * 0x9e37'79b9'7f4a'7c15ull) ^ (words[1] + (words[0] >> 29)));
    }
  };

  net::Lru<IpAddress, Server, Hash> servers_;
  Duration pause_;
};

}  // namespace ft::stack
