#include "net/extensions.hpp"

#include "wire/icmpv6.hpp"

namespace ft::net {

namespace {

using wire::Ipv6Option;

/// Enough for one of each kind and repetition; a longer chain serves nobody but an attacker (RFC 8504 5.3).
constexpr unsigned max_headers = 8;
constexpr std::uint8_t option_router_alert = 5;

Rejection::Problem bad_field(std::uint32_t pointer) { return {wire::icmpv6_parameter::bad_field, pointer}; }

/// What the options demand: nothing when the header may be passed over. `at` is the header's place in the packet.
std::optional<Rejection> judge_options(const wire::ExtensionHeader& header, std::uint32_t at) {
  wire::Ipv6OptionReader reader(header.body);
  while (const auto option = reader.next()) {
    const Rejection::Problem unknown{wire::icmpv6_parameter::unknown_option, at + 2 + static_cast<std::uint32_t>(option->offset),
                                     option->when_unknown() == Ipv6Option::WhenUnknown::discard_and_tell};
    if (option->type == option_router_alert) continue;
    switch (option->when_unknown()) {
      case Ipv6Option::WhenUnknown::skip:
        break;
      case Ipv6Option::WhenUnknown::discard:
        return Rejection{DropReason::bad_options, {}};
      case Ipv6Option::WhenUnknown::discard_and_tell:
      case Ipv6Option::WhenUnknown::discard_and_tell_unless_multicast:
        return Rejection{DropReason::bad_options, unknown};
    }
  }
  if (reader.malformed()) return Rejection{DropReason::bad_options, {}};
  return {};
}

std::optional<Rejection> judge_routing(const wire::ExtensionHeader& header, std::uint32_t at) {
  const wire::RoutingHeader routing = wire::parse_routing(header);
  if (routing.segments_left == 0) return {};
  // RFC 8200 4.4: no routing type is known here, type 0 included (RFC 5095 3).
  return Rejection{DropReason::unsupported_extension, bad_field(at + 2)};
}

bool is_options(std::uint8_t protocol) {
  return protocol == wire::next_header::hop_by_hop || protocol == wire::next_header::destination_options;
}

}  // namespace

std::expected<Chain, Rejection> walk_extensions(std::uint8_t next_header, std::uint32_t named_at, std::uint32_t base,
                                                std::span<const std::byte> octets) {
  Chain chain{next_header, named_at, 0, {}};
  for (unsigned seen = 0;; ++seen) {
    const std::uint32_t at = base + chain.length;
    const auto rest = octets.subspan(chain.length);
    if (chain.protocol == wire::next_header::fragment) {
      const auto fragment = wire::parse_fragment(rest);
      if (!fragment) return std::unexpected(Rejection{fragment.error(), {}});
      chain.fragment = *fragment;
      chain.protocol = fragment->next_header;
      chain.protocol_offset = at;
      chain.length += wire::fragment_header_length;
      return chain;
    }
    if (!is_extension(chain.protocol)) return chain;
    if (seen == max_headers) return std::unexpected(Rejection{DropReason::unsupported_extension, {}});
    if (chain.protocol == wire::next_header::hop_by_hop && (seen != 0 || named_at != wire::ipv6_next_header_offset)) {
      // RFC 8200 4.1: hop-by-hop options stand first or not at all.
      const Rejection::Problem misplaced{wire::icmpv6_parameter::unknown_next_header, chain.protocol_offset};
      return std::unexpected(Rejection{DropReason::unsupported_extension, misplaced});
    }
    const auto header = wire::parse_extension(rest);
    if (!header) return std::unexpected(Rejection{header.error(), {}});
    if (const auto rejection = is_options(chain.protocol) ? judge_options(*header, at) : judge_routing(*header, at))
      return std::unexpected(*rejection);
    chain.protocol = header->next_header;
    chain.protocol_offset = at;
    chain.length += static_cast<std::uint32_t>(header->length);
  }
}

ChainEnd skip_extensions(std::uint8_t next_header, std::span<const std::byte> octets) {
  ChainEnd end{next_header, octets};
  for (unsigned seen = 0; seen < 2 * max_headers; ++seen) {
    std::size_t length = wire::fragment_header_length;
    if (end.protocol == wire::next_header::fragment) {
      const auto fragment = wire::parse_fragment(end.octets);
      if (!fragment) break;
      end.protocol = fragment->next_header;
    } else if (is_options(end.protocol) || end.protocol == wire::next_header::routing) {
      const auto header = wire::parse_extension(end.octets);
      if (!header) break;
      end.protocol = header->next_header;
      length = header->length;
    } else {
      break;
    }
    end.octets = end.octets.subspan(length);
  }
  return end;
}

}  // namespace ft::net
