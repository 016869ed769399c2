// get/setsockopt by level. Options that change nothing here but that programs set and read back are kept and answered.
#pragma once

#include "sockets/posix/state.hpp"

#include <cstring>
#include <span>

namespace ft::posix {

/// A getsockopt answer: what to copy out, or errno.
using Value = std::expected<std::vector<std::byte>, int>;
/// 0 or errno.
using Refusal = int;

struct OptionCall {
  Sockets::State& state;
  Socket& socket;
  int name;
};

Value get_socket_option(const OptionCall& call);
Refusal set_socket_option(const OptionCall& call, std::span<const std::byte> value);
Value get_tcp_option(const OptionCall& call);
Refusal set_tcp_option(const OptionCall& call, std::span<const std::byte> value);
Value get_ip_option(const OptionCall& call);
Refusal set_ip_option(const OptionCall& call, std::span<const std::byte> value);
Value get_ipv6_option(const OptionCall& call);
Refusal set_ipv6_option(const OptionCall& call, std::span<const std::byte> value);

TcpInfo make_tcp_info(const Sockets::State& state, const Socket& socket, Instant now);

template <class T>
Value value_of(const T& from) {
  const auto octets = std::as_bytes(std::span(&from, 1));
  return std::vector<std::byte>(octets.begin(), octets.end());
}
inline Value value_of(bool on) { return value_of(on ? 1 : 0); }

template <class T>
std::optional<T> read_value(std::span<const std::byte> value) {
  if (value.size() < sizeof(T)) return std::nullopt;
  T result;
  std::memcpy(&result, value.data(), sizeof result);
  return result;
}

/// An option that is remembered and changes nothing: its range and what it answers before it is set.
struct Kept {
  int name;
  int least;
  int most;
  int initial;
};

inline std::uint64_t kept_key(int level, int name) {
  return std::uint64_t{static_cast<unsigned>(level)} << 32 | static_cast<unsigned>(name);
}
Value get_kept(const OptionCall& call, int level, std::span<const Kept> table);
Refusal set_kept(const OptionCall& call, int level, std::span<const Kept> table, int value);

}  // namespace ft::posix
