// The text form of a link, and the link itself from it.
#include "fourtuple/link.hpp"

#include "io/entropy.hpp"
#include "io/tun.hpp"
#include "io/udp_tunnel.hpp"

#include <algorithm>
#include <charconv>

namespace ft {
namespace {

constexpr std::string_view expected_link =
    "expected tun:NAME,OURS/LEN[,KERNEL] (or tap:) as in tun:ft0,10.9.0.2/24,10.9.0.1, or udp:LOCAL,REMOTE,OURS/LEN as in "
    "udp:127.0.0.1:7001,127.0.0.1:7002,10.9.0.1/24";
constexpr std::string_view expected_address = "expected OURS/LEN[,KERNEL] as in fd00::2/64,fd00::1";

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t from = 0;;) {
    const std::size_t comma = text.find(',', from);
    parts.push_back(text.substr(from, comma - from));
    if (comma == std::string_view::npos) return parts;
    from = comma + 1;
  }
}

std::unexpected<std::string> wrong(std::string_view text, std::string_view why, std::string_view expected) {
  return std::unexpected("\"" + std::string(text) + "\": " + std::string(why) + "; " + std::string(expected));
}

std::optional<InterfaceAddress> parse_prefix(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = IpAddress::parse(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  unsigned length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (!address || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  if (length > address->size() * 8) return std::nullopt;
  return InterfaceAddress{*address, static_cast<std::uint8_t>(length)};
}

std::expected<void, std::string> add_pair(LinkSpec& spec, std::string_view text, std::string_view ours,
                                          std::optional<std::string_view> kernel, std::string_view expected) {
  const auto prefix = parse_prefix(ours);
  if (!prefix) return wrong(text, "\"" + std::string(ours) + "\" is no address with a prefix length", expected);
  if (prefix->address.is_unspecified() || prefix->address.is_multicast()) {
    return wrong(text, std::string(ours) + " cannot be a host's address", expected);
  }
  const auto same_family = [&](const InterfaceAddress& a) { return a.address.family() == prefix->address.family(); };
  if (std::ranges::any_of(spec.ours, same_family)) return wrong(text, "a second address of the same family", expected);
  if (kernel) {
    const auto address = IpAddress::parse(*kernel);
    if (!address) return wrong(text, "\"" + std::string(*kernel) + "\" is no address", expected);
    if (*address == prefix->address) return wrong(text, "both ends have the same address", expected);
    if (!address->in_prefix(prefix->address, prefix->prefix_length)) {
      return wrong(text, std::string(*kernel) + " is not inside " + std::string(ours) + ", so neither end could reach the other",
                   expected);
    }
    spec.kernel.push_back({*address, prefix->prefix_length});
  }
  spec.ours.push_back(*prefix);
  return {};
}

std::expected<LinkSpec, std::string> parse_device(LinkSpec::Kind kind, std::string_view text, std::string_view rest) {
  const auto parts = split(rest);
  LinkSpec spec;
  spec.kind = kind;
  if (parts.size() < 2 || parts.size() > 3) return wrong(text, "a name and one or two addresses are needed", expected_link);
  if (parts[0].empty() || parts[0].size() > 15 || parts[0].find('/') != std::string_view::npos) {
    return wrong(text, "\"" + std::string(parts[0]) + "\" is no device name of 1 to 15 characters", expected_link);
  }
  spec.device = parts[0];
  const auto kernel = parts.size() == 3 ? std::optional(parts[2]) : std::nullopt;
  if (auto added = add_pair(spec, text, parts[1], kernel, expected_link); !added) return std::unexpected(added.error());
  return spec;
}

std::expected<LinkSpec, std::string> parse_tunnel(std::string_view text, std::string_view rest) {
  const auto parts = split(rest);
  LinkSpec spec;
  spec.kind = LinkSpec::Kind::udp;
  if (parts.size() != 3) return wrong(text, "three parts are needed", expected_link);
  const auto local = Endpoint::parse(parts[0]);
  const auto remote = Endpoint::parse(parts[1]);
  if (!local || local->port == 0) return wrong(text, "\"" + std::string(parts[0]) + "\" is no ADDRESS:PORT", expected_link);
  if (!remote || remote->port == 0 || remote->address.is_unspecified()) {
    return wrong(text, "\"" + std::string(parts[1]) + "\" is no ADDRESS:PORT", expected_link);
  }
  if (local->address.family() != remote->address.family()) {
    return wrong(text, "the tunnel's ends are of different families", expected_link);
  }
  spec.local = *local;
  spec.remote = *remote;
  if (auto added = add_pair(spec, text, parts[2], std::nullopt, expected_link); !added) return std::unexpected(added.error());
  return spec;
}

}  // namespace

std::expected<LinkSpec, std::string> parse_link(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  const std::string_view rest = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
  if (kind == "tun") return parse_device(LinkSpec::Kind::tun, text, rest);
  if (kind == "tap") return parse_device(LinkSpec::Kind::tap, text, rest);
  if (kind == "udp") return parse_tunnel(text, rest);
  return wrong(text, "\"" + std::string(kind) + "\" is no kind of link", expected_link);
}

std::expected<void, std::string> add_address(LinkSpec& spec, std::string_view text) {
  const auto parts = split(text);
  if (parts.size() > 2) return wrong(text, "too many parts", expected_address);
  if (parts.size() == 2 && spec.kind == LinkSpec::Kind::udp) {
    return wrong(text, "a tunnel has no kernel at its other end", "expected OURS/LEN as in fd00::2/64");
  }
  return add_pair(spec, text, parts[0], parts.size() == 2 ? std::optional(parts[1]) : std::nullopt, expected_address);
}

std::expected<std::unique_ptr<Link>, std::string> open_link(const LinkSpec& spec) {
  if (spec.kind == LinkSpec::Kind::udp) return io::UdpTunnel::open(spec.local, spec.remote, spec.mtu);
  const Medium medium = spec.kind == LinkSpec::Kind::tun ? Medium::ip : Medium::ethernet;
  return io::Tun::open({spec.device, medium, spec.kernel, spec.mtu, spec.offload});
}

StackConfig stack_config(const LinkSpec& spec, const Link& link) {
  StackConfig config;
  config.medium = link.medium();
  config.mtu = link.mtu();
  config.max_super_segment = link.max_super_segment();
  config.addresses = spec.ours;
  io::fill_with_entropy(std::as_writable_bytes(std::span(config.secret)));
  io::fill_with_entropy(std::as_writable_bytes(std::span(config.mac.octets)));
  config.mac.octets[0] = static_cast<std::uint8_t>((config.mac.octets[0] & 0xfc) | 0x02);  // locally administered, unicast
  return config;
}

}  // namespace ft
