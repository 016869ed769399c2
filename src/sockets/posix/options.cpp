#include "sockets/posix/options.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/time.h>

#include <algorithm>

namespace ft::posix {

using Phase = Socket::Phase;

namespace {

constexpr int space_limit = 212'992;  // net.core.rmem_max and wmem_max as the kernel ships them
constexpr int least_receive_space = 2'304;
constexpr int least_send_space = 4'608;

constexpr Kept kept_socket[] = {
    {SO_BROADCAST, 0, 1, 0},        {SO_DONTROUTE, 0, 1, 0},   {SO_PRIORITY, 0, 6, 0}, {SO_TIMESTAMP, 0, 1, 0},
    {SO_TIMESTAMPNS, 0, 1, 0},      {SO_NO_CHECK, 0, 1, 0},    {SO_PASSCRED, 0, 1, 0}, {SO_RXQ_OVFL, 0, 1, 0},
    {SO_SELECT_ERR_QUEUE, 0, 1, 0}, {SO_LOCK_FILTER, 0, 1, 0}, {SO_DEBUG, 0, 1, 0},
};

Value time_value(Duration timeout) {
  timeval time{};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  time.tv_sec = seconds.count();
  time.tv_usec = std::chrono::duration_cast<std::chrono::microseconds>(timeout - seconds).count();
  return value_of(time);
}

Refusal set_timeout(Duration& timeout, std::span<const std::byte> value) {
  const auto time = read_value<timeval>(value);
  if (!time) return EINVAL;
  if (time->tv_usec < 0 || time->tv_usec >= 1'000'000) return EDOM;
  constexpr std::int64_t longest = 1'000'000'000;  // seconds: beyond it, for ever
  const std::int64_t seconds = std::clamp<std::int64_t>(time->tv_sec, 0, longest);
  timeout = seconds == longest || time->tv_sec < 0 ? Duration::zero()
                                                   : std::chrono::seconds(seconds) + std::chrono::microseconds(time->tv_usec);
  return 0;
}

/// Linux doubles what it is told, to pay for its own records; programs expect to read the double back.
int doubled(int wanted, int least) { return std::max(least, 2 * std::clamp(wanted, 0, space_limit)); }

/// Nine numbers: received and its limit, sent and its limit, reserved ahead, queued to send, and three that are nothing here.
Value memory_info(const OptionCall& call) {
  const auto ready = call.state.stack.readiness(call.socket.connection).value_or(Readiness{});
  const ft::TcpOptions& tcp = call.socket.tcp;
  return value_of(std::array<std::uint32_t, 9>{ready.unread, tcp.receive_buffer, ready.unacknowledged - ready.unsent,
                                               tcp.send_buffer, 0, ready.unacknowledged, 0, 0, 0});
}

Refusal set_linger(Socket& socket, std::span<const std::byte> value) {
  const auto wanted = read_value<linger>(value);
  if (!wanted) return EINVAL;
  socket.linger = wanted->l_onoff != 0 ? std::optional(wanted->l_linger) : std::nullopt;
  return 0;
}

}  // namespace

Value get_kept(const OptionCall& call, int level, std::span<const Kept> table) {
  const auto found = std::ranges::find(table, call.name, &Kept::name);
  if (found == table.end()) return fail(ENOPROTOOPT);
  const auto set = call.socket.kept.find(kept_key(level, call.name));
  return value_of(set == call.socket.kept.end() ? found->initial : set->second);
}

Refusal set_kept(const OptionCall& call, int level, std::span<const Kept> table, int value) {
  const auto found = std::ranges::find(table, call.name, &Kept::name);
  if (found == table.end()) return ENOPROTOOPT;
  const bool is_switch = found->least == 0 && found->most == 1;
  if (is_switch) value = value != 0 ? 1 : 0;
  if (value < found->least || value > found->most) return EINVAL;
  call.socket.kept[kept_key(level, call.name)] = value;
  return 0;
}

Value get_socket_option(const OptionCall& call) {
  const Socket& socket = call.socket;
  switch (call.name) {
    case SO_TYPE:
      return value_of(int{SOCK_STREAM});
    case SO_PROTOCOL:
      return value_of(int{IPPROTO_TCP});
    case SO_DOMAIN:
      return value_of(socket.domain);
    case SO_ACCEPTCONN:
      return value_of(socket.phase == Phase::listening);
    case SO_ERROR:
      call.state.refresh(call.socket);
      return value_of(call.state.take_error(call.socket));
    case SO_REUSEADDR:
      return value_of(socket.reuse_address);
    case SO_REUSEPORT:
      return value_of(socket.reuse_port);
    case SO_KEEPALIVE:
      return value_of(socket.tcp.keepalive);
    case SO_OOBINLINE:
      return value_of(socket.oob_inline);
    case SO_LINGER:
      return value_of(linger{socket.linger ? 1 : 0, socket.linger.value_or(0)});
    case SO_RCVBUF:
      return value_of(socket.receive_space != 0 ? socket.receive_space : static_cast<int>(socket.tcp.receive_buffer));
    case SO_SNDBUF:
      return value_of(socket.send_space != 0 ? socket.send_space : static_cast<int>(socket.tcp.send_buffer));
    case SO_RCVLOWAT:
      return value_of(socket.low_water);
    case SO_SNDLOWAT:
      return value_of(1);
    case SO_RCVTIMEO:
      return time_value(socket.receive_timeout);
    case SO_SNDTIMEO:
      return time_value(socket.send_timeout);
    case SO_BINDTODEVICE:
      return std::vector<std::byte>{};
    case SO_MEMINFO:
      return memory_info(call);
    default:
      return get_kept(call, SOL_SOCKET, kept_socket);
  }
}

Refusal set_socket_option(const OptionCall& call, std::span<const std::byte> value) {
  Socket& socket = call.socket;
  if (call.name == SO_BINDTODEVICE) return ENODEV;  // a stack has one link, and it has no name here
  const auto number = read_value<int>(value);
  if (!number) return EINVAL;
  const bool on = *number != 0;
  switch (call.name) {
    case SO_TYPE:
    case SO_PROTOCOL:
    case SO_DOMAIN:
    case SO_ERROR:
    case SO_ACCEPTCONN:
    case SO_SNDLOWAT:
      return ENOPROTOOPT;
    case SO_REUSEADDR:
      socket.reuse_address = on;
      return 0;
    case SO_REUSEPORT:
      socket.reuse_port = on;
      return 0;
    case SO_OOBINLINE:
      socket.oob_inline = on;
      return 0;
    case SO_KEEPALIVE:
      socket.tcp.keepalive = on;
      break;
    case SO_LINGER:
      return set_linger(socket, value);
    case SO_RCVBUF:
    case SO_RCVBUFFORCE:
      socket.receive_space = doubled(*number, least_receive_space);
      socket.tcp.receive_buffer = static_cast<std::uint32_t>(socket.receive_space / 2);
      socket.tcp.autotune = false;
      break;
    case SO_SNDBUF:
    case SO_SNDBUFFORCE:
      socket.send_space = doubled(*number, least_send_space);
      socket.tcp.send_buffer = static_cast<std::uint32_t>(socket.send_space);
      socket.tcp.autotune = false;
      break;
    case SO_RCVLOWAT:
      socket.low_water = *number < 0 ? INT32_MAX : std::max(1, *number);
      socket.tcp.receive_low_water = static_cast<std::uint32_t>(socket.low_water);
      call.state.wake(socket, true, false);
      break;
    case SO_RCVTIMEO:
      return set_timeout(socket.receive_timeout, value);
    case SO_SNDTIMEO:
      return set_timeout(socket.send_timeout, value);
    default:
      return set_kept(call, SOL_SOCKET, kept_socket, *number);
  }
  return call.state.apply_options(socket) ? 0 : EINVAL;
}

// --- the calls -------------------------------------------------------------------------------------------------------

int Sockets::getsockopt(int fd, int level, int name, void* value, socklen_t* length) {
  return static_cast<int>(state_->call_on(fd, [&](Lock&, const std::shared_ptr<Socket>& socket) -> Answer {
    if (length == nullptr) return fail(EFAULT);
    if (static_cast<int>(*length) < 0) return fail(EINVAL);
    const OptionCall call{*state_, *socket, name};
    state_->refresh(*socket);
    const Value answer = level == SOL_SOCKET                                   ? get_socket_option(call)
                         : level == IPPROTO_TCP                                ? get_tcp_option(call)
                         : level == IPPROTO_IP                                 ? get_ip_option(call)
                         : level == IPPROTO_IPV6 && socket->domain == AF_INET6 ? get_ipv6_option(call)
                                                                               : Value(fail(EOPNOTSUPP));
    if (!answer) return fail(answer.error());
    if (value == nullptr && *length != 0) return fail(EFAULT);
    const std::size_t octets = std::min<std::size_t>(*length, answer->size());
    if (octets != 0) std::memcpy(value, answer->data(), octets);
    *length = static_cast<socklen_t>(octets);
    return 0;
  }));
}

int Sockets::setsockopt(int fd, int level, int name, const void* value, socklen_t length) {
  return static_cast<int>(state_->call_on(fd, [&](Lock&, const std::shared_ptr<Socket>& socket) -> Answer {
    if (static_cast<int>(length) < 0) return fail(EINVAL);
    if (value == nullptr && length != 0) return fail(EFAULT);
    const OptionCall call{*state_, *socket, name};
    const std::span octets(static_cast<const std::byte*>(value), length);
    state_->refresh(*socket);
    const Refusal refusal = level == SOL_SOCKET                                   ? set_socket_option(call, octets)
                            : level == IPPROTO_TCP                                ? set_tcp_option(call, octets)
                            : level == IPPROTO_IP                                 ? set_ip_option(call, octets)
                            : level == IPPROTO_IPV6 && socket->domain == AF_INET6 ? set_ipv6_option(call, octets)
                                                                                  : ENOPROTOOPT;
    if (refusal != 0) return fail(refusal);
    return 0;
  }));
}

}  // namespace ft::posix
