// TCP's own options, by the numbers of linux/tcp.h. Some are newer than the C library's header.
#include "sockets/posix/options.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <tuple>

namespace ft::posix {

using Phase = Socket::Phase;

namespace {

constexpr int tcp_inq = 36;
constexpr int tcp_tx_delay = 37;
constexpr int least_mss = 88, largest_mss = 32'767;
constexpr int longest_keepalive = 32'767;  // seconds
constexpr int most_probes = 127;
constexpr int longest_linger2 = 120;  // seconds

constexpr Kept kept_tcp[] = {
    {TCP_THIN_LINEAR_TIMEOUTS, 0, 1, 0},
    {TCP_THIN_DUPACK, 0, 1, 0},
    {TCP_SAVE_SYN, 0, 2, 0},
    {tcp_tx_delay, 0, 0, 0},
};

struct ControllerName {
  std::string_view name;
  Congestion which;
};
constexpr ControllerName controllers[] = {
    {"cubic", Congestion::cubic}, {"reno", Congestion::new_reno}, {"bbr", Congestion::bbr}, {"dctcp", Congestion::dctcp}};
constexpr std::size_t longest_controller_name = 16;  // TCP_CA_NAME_MAX

template <class Unit>
int count(Duration time) {
  return static_cast<int>(std::chrono::duration_cast<Unit>(time).count());
}

Value max_segment(const OptionCall& call) {
  constexpr int unconnected = 536;
  if (const auto info = call.state.stack.info(call.socket.connection); info && call.socket.phase == Phase::connected)
    return value_of(int{info->mss});
  return value_of(call.socket.tcp.mss != 0 ? int{call.socket.tcp.mss} : unconnected);
}

Value congestion_name(const OptionCall& call) {
  char name[longest_controller_name] = {};
  const auto found = std::ranges::find(controllers, call.socket.tcp.congestion, &ControllerName::which);
  std::ranges::copy(found->name, name);
  return value_of(name);
}

Refusal set_congestion(const OptionCall& call, std::span<const std::byte> value) {
  std::string name(reinterpret_cast<const char*>(value.data()), std::min(value.size(), longest_controller_name));
  name.resize(std::min(name.size(), name.find('\0')));
  if (name.empty()) return EINVAL;
  const auto found = std::ranges::find(controllers, name, &ControllerName::name);
  if (found == std::end(controllers)) return ENOENT;
  if (call.socket.connection && found->which != call.socket.tcp.congestion) return EISCONN;  // it is settled by then
  call.socket.tcp.congestion = found->which;
  call.socket.tcp.controller.reset();
  return call.state.apply_options(call.socket) ? 0 : EINVAL;
}

/// SYNs double their wait each time: n repeats give up after 2^(n+1) - 1 first timeouts.
Duration give_up_after(int repeats, Duration first) {
  constexpr int most_doublings = 12;
  return first * ((1 << (std::min(repeats, most_doublings) + 1)) - 1);
}

/// A SYN is given up after TCP_SYNCNT repeats, or after TCP_USER_TIMEOUT if that is sooner.
void set_connect_timeout(const OptionCall& call) {
  ft::TcpOptions& tcp = call.socket.tcp;
  const auto& kept = call.socket.kept;
  const auto repeats = kept.find(kept_key(IPPROTO_TCP, TCP_SYNCNT));
  tcp.connect_timeout =
      repeats == kept.end() ? call.state.stack.config().tcp.connect_timeout : give_up_after(repeats->second, tcp.initial_rto);
  if (!tcp.user_timeout_changeable) tcp.connect_timeout = std::min(tcp.connect_timeout, tcp.user_timeout);
}

Refusal set_keep(const OptionCall& call, int value) {
  ft::TcpOptions& tcp = call.socket.tcp;
  const int most = call.name == TCP_KEEPCNT ? most_probes : longest_keepalive;
  if (value < 1 || value > most) return EINVAL;
  if (call.name == TCP_KEEPIDLE) tcp.keepalive_idle = std::chrono::seconds(value);
  if (call.name == TCP_KEEPINTVL) tcp.keepalive_interval = std::chrono::seconds(value);
  if (call.name == TCP_KEEPCNT) tcp.keepalive_count = static_cast<unsigned>(value);
  return 0;
}

Refusal set_linger2(const OptionCall& call, int value) {
  if (value > longest_linger2) value = longest_linger2;
  const Duration silent = value < 0 ? Duration(1) : std::chrono::seconds(value);
  call.socket.tcp.fin_wait_2_timeout = value == 0 ? call.state.stack.config().tcp.fin_wait_2_timeout : silent;
  call.socket.kept[kept_key(IPPROTO_TCP, TCP_LINGER2)] = std::max(value, -1);
  return 0;
}

Refusal set_user_timeout(const OptionCall& call, int value) {
  if (value < 0) return EINVAL;
  call.socket.kept[kept_key(IPPROTO_TCP, TCP_USER_TIMEOUT)] = value;
  const ft::TcpOptions& usual = call.state.stack.config().tcp;
  call.socket.tcp.user_timeout = value == 0 ? usual.user_timeout : std::chrono::milliseconds(value);
  call.socket.tcp.user_timeout_changeable = value == 0 && usual.user_timeout_changeable;
  set_connect_timeout(call);
  return 0;
}

Refusal set_fast_open(const OptionCall& call, int value) {
  if (value < 0 || (call.socket.phase != Phase::fresh && call.socket.phase != Phase::listening)) return EINVAL;
  call.socket.fast_open_queue = static_cast<std::uint32_t>(value);
  for (const ListenerId id : call.socket.listeners)
    if (id) (void)call.state.stack.set_fast_open(id, call.socket.fast_open_queue);
  return 0;
}

void tell_listeners_of_cookies(const OptionCall& call) {
  for (const ListenerId id : call.socket.listeners)
    if (id) (void)call.state.stack.set_fast_open_cookies(id, call.socket.fast_open_keys, call.socket.fast_open_without_cookie);
}

/// One key of 16 octets, or two: the newest first.
Refusal set_fast_open_keys(const OptionCall& call, std::span<const std::byte> value) {
  constexpr std::size_t length = std::tuple_size_v<FastOpenKeys::Key>;
  if (value.size() != length && value.size() != 2 * length) return EINVAL;
  FastOpenKeys keys;
  std::memcpy(keys.newest.data(), value.data(), length);
  if (value.size() > length) std::memcpy(keys.older.emplace().data(), value.data() + length, length);
  call.socket.fast_open_keys = keys;
  tell_listeners_of_cookies(call);
  return 0;
}

Value fast_open_keys(const OptionCall& call) {
  const auto& own = call.socket.fast_open_keys;
  const auto& keys = own ? own : call.state.stack.config().fast_open_keys;
  std::vector<std::byte> value;
  const auto append = [&](const FastOpenKeys::Key& key) {
    const auto octets = std::as_bytes(std::span(key));
    value.insert(value.end(), octets.begin(), octets.end());
  };
  if (keys) append(keys->newest);
  if (keys && keys->older) append(*keys->older);
  return value;
}

/// Linux counts in repeats of the SYN-ACK: 1, 3, 7, 15 ... seconds.
Refusal set_defer(const OptionCall& call, int value) {
  constexpr int most = 127;
  int seconds = value > 0 ? 1 : 0;
  while (seconds != 0 && seconds < std::min(value, most)) seconds = 2 * seconds + 1;
  call.socket.kept[kept_key(IPPROTO_TCP, TCP_DEFER_ACCEPT)] = seconds;
  call.socket.defer = std::chrono::seconds(seconds);
  return 0;
}

int kept_or(const OptionCall& call, int otherwise) {
  const auto found = call.socket.kept.find(kept_key(IPPROTO_TCP, call.name));
  return found == call.socket.kept.end() ? otherwise : found->second;
}

}  // namespace

Value get_tcp_option(const OptionCall& call) {
  const Socket& socket = call.socket;
  constexpr int default_syn_repeats = 6;
  switch (call.name) {
    case TCP_NODELAY:
      return value_of(!socket.tcp.nagle);
    case TCP_MAXSEG:
      return max_segment(call);
    case TCP_KEEPIDLE:
      return value_of(count<std::chrono::seconds>(socket.tcp.keepalive_idle));
    case TCP_KEEPINTVL:
      return value_of(count<std::chrono::seconds>(socket.tcp.keepalive_interval));
    case TCP_KEEPCNT:
      return value_of(static_cast<int>(socket.tcp.keepalive_count));
    case TCP_SYNCNT:
      return value_of(kept_or(call, default_syn_repeats));
    case TCP_LINGER2:
      return value_of(kept_or(call, count<std::chrono::seconds>(call.state.stack.config().tcp.fin_wait_2_timeout)));
    case TCP_WINDOW_CLAMP:
      return value_of(kept_or(call, 0));
    case TCP_INFO:
      return value_of(make_tcp_info(call.state, socket, call.state.world.now()));
    case TCP_CONGESTION:
      return congestion_name(call);
    case TCP_USER_TIMEOUT:
      return value_of(kept_or(call, 0));
    case TCP_TIMESTAMP:
      return value_of(count<std::chrono::milliseconds>(call.state.world.now().time_since_epoch() % std::chrono::hours(24 * 24)));
    case TCP_DEFER_ACCEPT:
      return value_of(kept_or(call, 0));
    case TCP_FASTOPEN:
      return value_of(static_cast<int>(socket.fast_open_queue));
    case TCP_FASTOPEN_CONNECT:
      return value_of(socket.fast_open_connect);
    case TCP_FASTOPEN_KEY:
      return fast_open_keys(call);
    case TCP_FASTOPEN_NO_COOKIE:
      return value_of(socket.fast_open_without_cookie);
    case TCP_CORK:
      return value_of(socket.tcp.cork);
    case TCP_QUICKACK:
      return value_of(kept_or(call, 1));
    case TCP_NOTSENT_LOWAT:
      return value_of(kept_or(call, 0));
    case TCP_CC_INFO:
      return std::vector<std::byte>{};  // what Linux says of cubic and reno
    case tcp_inq:
      return value_of(socket.wants_inq);
    default:
      return get_kept(call, IPPROTO_TCP, kept_tcp);
  }
}

Refusal set_tcp_option(const OptionCall& call, std::span<const std::byte> value) {
  Socket& socket = call.socket;
  if (call.name == TCP_CONGESTION) return set_congestion(call, value);
  if (call.name == TCP_FASTOPEN_KEY) return set_fast_open_keys(call, value);
  const auto number = read_value<int>(value);
  if (!number) return EINVAL;
  Refusal refusal = 0;
  switch (call.name) {
    case TCP_NODELAY:
      socket.tcp.nagle = *number == 0;
      if (!socket.tcp.nagle && socket.connection) call.state.stack.push(socket.connection);
      break;
    case TCP_MAXSEG:
      if (*number != 0 && (*number < least_mss || *number > largest_mss)) return EINVAL;
      socket.tcp.mss = static_cast<std::uint16_t>(*number);
      break;
    case TCP_KEEPIDLE:
    case TCP_KEEPINTVL:
    case TCP_KEEPCNT:
      refusal = set_keep(call, *number);
      break;
    case TCP_SYNCNT:
      if (*number < 1 || *number > most_probes) return EINVAL;
      socket.kept[kept_key(IPPROTO_TCP, TCP_SYNCNT)] = *number;
      set_connect_timeout(call);
      break;
    case TCP_LINGER2:
      refusal = set_linger2(call, *number);
      break;
    case TCP_WINDOW_CLAMP:
      if (*number < 0 || (*number == 0 && socket.phase != Phase::fresh)) return EINVAL;
      socket.kept[kept_key(IPPROTO_TCP, TCP_WINDOW_CLAMP)] = *number;
      if (*number != 0) socket.tcp.receive_buffer = std::min(socket.tcp.receive_buffer, static_cast<std::uint32_t>(*number));
      break;
    case TCP_USER_TIMEOUT:
      refusal = set_user_timeout(call, *number);
      break;
    case TCP_DEFER_ACCEPT:
      return set_defer(call, *number);
    case TCP_FASTOPEN:
      return set_fast_open(call, *number);
    case TCP_FASTOPEN_CONNECT:
      if (*number < 0 || *number > 1) return EINVAL;
      if (socket.phase != Phase::fresh) return EINVAL;
      socket.fast_open_connect = *number != 0;
      return 0;
    case TCP_FASTOPEN_NO_COOKIE:
      if (*number < 0 || *number > 1) return EINVAL;
      if (socket.phase != Phase::fresh && socket.phase != Phase::listening) return EINVAL;
      socket.fast_open_without_cookie = *number != 0;
      tell_listeners_of_cookies(call);
      return 0;
    case TCP_CORK:
      socket.tcp.cork = *number != 0;
      break;
    case TCP_QUICKACK:
      socket.tcp.quick_ack = *number != 0;
      socket.kept[kept_key(IPPROTO_TCP, TCP_QUICKACK)] = socket.tcp.quick_ack ? 1 : 0;
      break;
    case TCP_NOTSENT_LOWAT:
      socket.kept[kept_key(IPPROTO_TCP, TCP_NOTSENT_LOWAT)] = *number;
      socket.tcp.not_sent_low_water =
          *number == 0 ? call.state.stack.config().tcp.not_sent_low_water : static_cast<std::uint32_t>(*number);
      break;
    case tcp_inq:
      if (*number < 0 || *number > 1) return EINVAL;
      socket.wants_inq = *number != 0;
      break;
    case TCP_REPAIR:
    case TCP_TIMESTAMP:
      return EPERM;
    case TCP_INFO:
      return ENOPROTOOPT;
    default:
      return set_kept(call, IPPROTO_TCP, kept_tcp, *number);
  }
  if (refusal != 0) return refusal;
  return call.state.apply_options(socket) ? 0 : EINVAL;
}

}  // namespace ft::posix
