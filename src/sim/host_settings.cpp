#include "sim/host_settings.hpp"

#include <array>

namespace ft::sim {
namespace {

#define FT_TCP_BOOL(field)                                                          \
  Field<TcpOptions> {                                                               \
    #field, [](TcpOptions& t, const toml::node& n) { return set_bool(t.field, n); } \
  }
#define FT_TCP_TIME(field)                                                              \
  Field<TcpOptions> {                                                                   \
    #field, [](TcpOptions& t, const toml::node& n) { return set_duration(t.field, n); } \
  }
#define FT_TCP_OCTETS(field)                                                          \
  Field<TcpOptions> {                                                                 \
    #field, [](TcpOptions& t, const toml::node& n) { return set_octets(t.field, n); } \
  }
#define FT_TCP_COUNT(field, least, most)                                                            \
  Field<TcpOptions> {                                                                               \
    #field, [](TcpOptions& t, const toml::node& n) { return set_integer(t.field, n, least, most); } \
  }

Problem set_ecn(TcpOptions& tcp, const toml::node& node) {
  std::string text;
  if (auto problem = set_text(text, node)) return problem;
  for (const auto& [name, ecn] : {std::pair{"off", Ecn::off}, {"classic", Ecn::classic}, {"accurate", Ecn::accurate}}) {
    if (text != name) continue;
    tcp.ecn = ecn;
    return std::nullopt;
  }
  return complain("must be \"off\", \"classic\" or \"accurate\"");
}

constexpr std::array tcp_fields{Field<TcpOptions>{"ecn", set_ecn},
                                FT_TCP_BOOL(autotune),
                                FT_TCP_BOOL(ecn_request),
                                FT_TCP_BOOL(ecn_retry_after_reset),
                                FT_TCP_BOOL(window_scale),
                                FT_TCP_BOOL(sack),
                                FT_TCP_BOOL(timestamps),
                                FT_TCP_BOOL(nagle),
                                FT_TCP_BOOL(keepalive),
                                FT_TCP_BOOL(cork),
                                FT_TCP_BOOL(quick_ack),
                                FT_TCP_BOOL(path_mtu_discovery),
                                FT_TCP_BOOL(user_timeout_option),
                                FT_TCP_OCTETS(send_buffer),
                                FT_TCP_OCTETS(receive_buffer),
                                FT_TCP_COUNT(mss, 48, 65495),
                                FT_TCP_COUNT(initial_window, 1, 1000),
                                FT_TCP_COUNT(keepalive_count, 1, 1000),
                                FT_TCP_COUNT(r1, 1, 100),
                                FT_TCP_TIME(initial_rto),
                                FT_TCP_TIME(min_rto),
                                FT_TCP_TIME(max_rto),
                                FT_TCP_TIME(delayed_ack),
                                FT_TCP_TIME(user_timeout),
                                FT_TCP_TIME(connect_timeout),
                                FT_TCP_TIME(keepalive_idle),
                                FT_TCP_TIME(keepalive_interval),
                                FT_TCP_TIME(fin_wait_2_timeout),
                                FT_TCP_TIME(msl)};
#undef FT_TCP_BOOL
#undef FT_TCP_TIME
#undef FT_TCP_OCTETS
#undef FT_TCP_COUNT

std::expected<PortRange, std::string> parse_ports(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = parse_count(text.substr(0, dash), 65535);
  const auto last = dash == std::string_view::npos ? first : parse_count(text.substr(dash + 1), 65535);
  if (!first || !last || *first == 0 || *last < *first)
    return std::unexpected("must be a range of ports from 1 to 65535, as in \"50000-50003\"");
  return PortRange{static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last)};
}

Problem set_addresses(HostSettings& host, const toml::node& node) {
  std::vector<IpAddress> v4, v6;
  auto problem = for_each_element(node, 100, [&](const toml::node& element) -> Problem {
    std::string text;
    if (auto p = set_text(text, element)) return p;
    const auto address = IpAddress::parse(text);
    if (!address) return complain("\"" + text + "\" is no IP address");
    (address->is_v4() ? v4 : v6).push_back(*address);
    return std::nullopt;
  });
  if (problem) return problem;
  if (v4.empty() || v6.empty()) return complain("must hold at least one IPv4 and one IPv6 address: every story runs over both");
  host.v4 = std::move(v4);
  host.v6 = std::move(v6);
  return std::nullopt;
}

Problem set_filtered(HostSettings& host, const toml::node& node) {
  return for_each_element(node, 100, [&](const toml::node& element) -> Problem {
    std::uint16_t port = 0;
    if (set_integer(port, element, 1, 65535)) return complain("ports are whole numbers from 1 to 65535");
    host.filtered_ports.push_back(port);
    return std::nullopt;
  });
}

constexpr std::array host_fields{
    Field<HostSettings>{"addresses", set_addresses},
    Field<HostSettings>{"tcp", [](HostSettings& h, const toml::node& n) { return read_table<TcpOptions>(h.tcp, n, tcp_fields); }},
    Field<HostSettings>{"ephemeral",
                        [](HostSettings& h, const toml::node& n) { return set_parsed(h.ephemeral, n, parse_ports); }},
    Field<HostSettings>{"mtu", [](HostSettings& h, const toml::node& n) { return set_integer(h.mtu, n, 1280, 65535); }},
    Field<HostSettings>{"accepts", [](HostSettings& h, const toml::node& n) { return set_bool(h.accepts, n); }},
    Field<HostSettings>{"reads", [](HostSettings& h, const toml::node& n) { return set_bool(h.reads, n); }},
    Field<HostSettings>{"prompt", [](HostSettings& h, const toml::node& n) { return set_bool(h.prompt, n); }},
    Field<HostSettings>{"filtered_ports", set_filtered},
};

}  // namespace

Problem set_host(HostSettings& host, const toml::node& node) { return read_table<HostSettings>(host, node, host_fields); }

}  // namespace ft::sim
