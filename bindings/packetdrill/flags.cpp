#include "flags.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>

namespace ft::packetdrill {
namespace {

std::optional<std::int64_t> number_of(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
    base = 16;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == text.npos) break;
    const std::size_t end = std::min(text.find_first_of(" \t", begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    text.remove_prefix(end);
  }
  return words;
}

std::uint32_t octets(std::int64_t value) { return static_cast<std::uint32_t>(std::clamp<std::int64_t>(value, 0, 1 << 28)); }

/// SYNs double their wait: n repeats give up after 2^(n+1) - 1 first timeouts.
Duration give_up_after(std::int64_t repeats, Duration first) {
  return first * ((1ll << (std::clamp<std::int64_t>(repeats, 0, 12) + 1)) - 1);
}

/// 0: off; 1, 2: RFC 3168, asked for or only agreed to; 3, 4 and 5: RFC 9768 the same way.
void set_ecn(TcpOptions& tcp, std::int64_t value) {
  tcp.ecn = value == 0 ? Ecn::off : value <= 2 ? Ecn::classic : Ecn::accurate;
  tcp.ecn_request = value == 1 || value == 3 || value == 4;
}

/// Four words of eight hexadecimal digits, each little-endian: "00000000-00000000-00000000-00000000"; a second one is the older.
bool set_fast_open_keys(StackConfig& config, std::string_view text) {
  const auto read = [](std::string_view word) -> std::optional<FastOpenKeys::Key> {
    FastOpenKeys::Key key{};
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t end = std::min(word.find('-'), word.size());
      std::uint32_t number = 0;
      const auto [at, error] = std::from_chars(word.data(), word.data() + end, number, 16);
      if (error != std::errc{} || at != word.data() + end) return std::nullopt;
      for (std::size_t j = 0; j < 4; ++j) key[4 * i + j] = static_cast<std::uint8_t>(number >> (8 * j));
      word.remove_prefix(std::min(end + 1, word.size()));
    }
    return key;
  };
  const auto words = words_of(text);
  if (words.empty() || words.size() > 2) return false;
  const auto newest = read(words[0]);
  const auto older = words.size() > 1 ? read(words[1]) : std::nullopt;
  if (!newest || older.has_value() != (words.size() > 1)) return false;
  config.fast_open_keys = FastOpenKeys{*newest, older};
  return true;
}

using Set = bool (*)(StackConfig&, std::string_view);

template <class Change>
bool with_number(std::string_view value, Change change) {
  const auto number = number_of(value);
  if (number) change(*number);
  return number.has_value();
}

/// "least default most", as tcp_rmem and tcp_wmem have it.
template <class Change>
bool with_triple(std::string_view value, Change change) {
  const auto words = words_of(value);
  if (words.size() != 3) return false;
  const auto least = number_of(words[0]);
  const auto usual = number_of(words[1]);
  const auto most = number_of(words[2]);
  if (least && usual && most) change(*usual, *most);
  return least && usual && most;
}

struct Flag {
  std::string_view name;
  Set set;
};

#define FT_NUMBER(change) [](StackConfig& c, std::string_view v) { return with_number(v, [&c](std::int64_t n) { change; }); }

constexpr Flag known[] = {
    {"mtu", FT_NUMBER(c.mtu = octets(n))},
    {"tcp_timestamps", FT_NUMBER(c.tcp.timestamps = n != 0)},
    {"tcp_sack", FT_NUMBER(c.tcp.sack = n != 0)},
    {"tcp_window_scaling", FT_NUMBER(c.tcp.window_scale = n != 0)},
    {"tcp_dsack", FT_NUMBER(c.tcp.duplicate_sack = n != 0)},
    {"tcp_ecn", FT_NUMBER(set_ecn(c.tcp, n))},
    {"tcp_frto", FT_NUMBER(c.tcp.frto = n != 0)},
    {"tcp_recovery", FT_NUMBER(c.tcp.rack = (n & 1) != 0)},
    {"tcp_early_retrans", FT_NUMBER(c.tcp.tail_loss_probe = n >= 3)},
    {"tcp_syn_retries", FT_NUMBER(c.tcp.connect_timeout = give_up_after(n, c.tcp.initial_rto))},
    {"tcp_fin_timeout", FT_NUMBER(c.tcp.fin_wait_2_timeout = std::chrono::seconds(n))},
    {"tcp_keepalive_time", FT_NUMBER(c.tcp.keepalive_idle = std::chrono::seconds(n))},
    {"tcp_keepalive_intvl", FT_NUMBER(c.tcp.keepalive_interval = std::chrono::seconds(n))},
    {"tcp_keepalive_probes", FT_NUMBER(c.tcp.keepalive_count = static_cast<unsigned>(n))},
    {"tcp_rto_min_us", FT_NUMBER(c.tcp.min_rto = std::chrono::microseconds(n))},
    {"tcp_rto_max_ms", FT_NUMBER(c.tcp.max_rto = std::chrono::milliseconds(n))},
    {"tcp_retries1", FT_NUMBER(c.tcp.r1 = static_cast<unsigned>(n))},
    {"tcp_challenge_ack_limit", FT_NUMBER(c.max_challenge_acks = octets(n))},
    {"tcp_notsent_lowat", FT_NUMBER(c.tcp.not_sent_low_water = n <= 0 ? UINT32_MAX : static_cast<std::uint32_t>(n))},
    {"tcp_fastopen_key", [](StackConfig& c, std::string_view v) { return set_fast_open_keys(c, v); }},
    {"tcp_fastopen_blackhole_timeout_sec", FT_NUMBER(c.fast_open_pause = std::chrono::seconds(n))},
    {"tcp_mtu_probing", FT_NUMBER(c.tcp.path_search = static_cast<PathSearch>(std::clamp<std::int64_t>(n, 0, 2)))},
    {"ip_no_pmtu_disc", FT_NUMBER(c.tcp.path_mtu_discovery = n == 0)},
    {"ip_default_ttl", FT_NUMBER(c.tcp.ttl = static_cast<std::uint8_t>(std::clamp<std::int64_t>(n, 1, 255)))},
    {"tcp_rmem",
     [](StackConfig& c, std::string_view v) {
       return with_triple(v, [&c](std::int64_t, std::int64_t most) { c.tcp.receive_buffer = octets(most); });
     }},
    {"tcp_wmem",
     [](StackConfig& c, std::string_view v) {
       return with_triple(v, [&c](std::int64_t usual, std::int64_t) { c.tcp.send_buffer = octets(usual); });
     }},
    {"tcp_congestion_control",
     [](StackConfig& c, std::string_view v) {
       const std::string_view names[] = {"cubic", "reno", "bbr", "dctcp"};
       const auto found = std::ranges::find(names, v);
       if (found == std::end(names)) return false;
       c.tcp.congestion = static_cast<Congestion>(found - std::begin(names));
       return true;
     }},
    {"ip_local_port_range",
     [](StackConfig& c, std::string_view v) {
       const auto words = words_of(v);
       if (words.size() != 2 || !number_of(words[0]) || !number_of(words[1])) return false;
       c.ephemeral = {static_cast<std::uint16_t>(*number_of(words[0])), static_cast<std::uint16_t>(*number_of(words[1]))};
       return true;
     }},
    {"local",
     [](StackConfig& c, std::string_view v) {
       const auto address = IpAddress::parse(v);
       if (!address) return false;
       std::erase_if(c.addresses, [&](const InterfaceAddress& own) { return own.address.family() == address->family(); });
       c.addresses.push_back({*address, static_cast<std::uint8_t>(address->is_v4() ? 24 : 64)});
       return true;
     }},
};
#undef FT_NUMBER

/// Sysctls that scripts set and that decide nothing here, or nothing that a script could see.
constexpr std::string_view without_effect[] = {"tcp_fack",
                                               "tcp_tso_win_divisor",
                                               "tcp_min_tso_segs",
                                               "tcp_autocorking",
                                               "tcp_reordering",
                                               "tcp_max_reordering",
                                               "tcp_pacing_ss_ratio",
                                               "tcp_pacing_ca_ratio",
                                               "tcp_syncookies",
                                               "tcp_stdurg",
                                               "tcp_rfc1337",
                                               "tcp_low_latency",
                                               "tcp_moderate_rcvbuf",
                                               "tcp_no_metrics_save",
                                               "tcp_mem",
                                               "tcp_limit_output_bytes",
                                               "tcp_tso_rtt_log",
                                               "tcp_synack_retries",
                                               "tcp_slow_start_after_idle",
                                               "tcp_ecn_option",
                                               "tcp_min_rtt_wlen",
                                               "tcp_probe_interval",
                                               "tcp_probe_threshold"};

/// Bits of Linux: 2 servers, 4 clients without cookie, 0x200 servers without cookie, 0x400 every listener.
void set_fast_open(Flags& flags, std::int64_t bits) {
  constexpr std::int64_t unasked = 0x402;
  flags.fast_open_unasked = (bits & unasked) == unasked;
  flags.fast_open_client_without_cookie = (bits & 4) != 0;
  flags.fast_open_server_without_cookie = (bits & 0x200) != 0;
}

StackConfig defaults() {
  StackConfig config;
  config.addresses = {{IpAddress::v4(192, 168, 0, 1), 16}, {*IpAddress::parse("fd3d:0a0b:17d6::1"), 64}};
  config.routes = {{IpAddress::unspecified(Family::ipv4), 0, {}}, {IpAddress::unspecified(Family::ipv6), 0, {}}};
  config.accept_any_address = true;  // a script chooses its own
  config.secret.fill(0x5a);
  config.max_super_segment = 65'160;  // 45 segments of 1448 octets, as the kernel's bursts; more than fits into a script
  config.tcp.hystart = false;         // the kernel's HyStart is another one; scripts count on plain slow start
  config.tcp.autotune = false;        // so that a buffer's size is what a script set
  config.tcp.send_buffer = 256 * 1024;
  set_ecn(config.tcp, 2);  // as the kernel does by default
  config.fast_open_pause = Duration::zero();
  config.tcp.pacing = false;  // the kernel paces only with the fq scheduler, which scripts switch off
  return config;
}

}  // namespace

Flags parse_flags(std::string_view text) {
  Flags flags;
  flags.config = defaults();
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view item = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    const std::size_t equals = item.find('=');
    std::string_view name = item.substr(0, equals);
    for (const std::string_view prefix : {"net.ipv4.", "net/ipv4/", "/proc/sys/net/ipv4/"})
      if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
    if (name.empty()) continue;
    if (name == "tcp_fastopen") {
      set_fast_open(flags, number_of(equals == item.npos ? "" : item.substr(equals + 1)).value_or(0));
      continue;
    }
    const auto found = std::ranges::find(known, name, &Flag::name);
    if (found != std::end(known)) {
      if (equals == item.npos || !found->set(flags.config, item.substr(equals + 1)))
        flags.complaints.push_back("so_flags: bad value in \"" + std::string(item) + "\"");
    } else if (std::ranges::find(without_effect, name) == std::end(without_effect)) {
      flags.complaints.push_back("so_flags: \"" + std::string(name) + "\" is not known");
    }
  }
  return flags;
}

}  // namespace ft::packetdrill
