// IPv6: the header, each extension header, its options, and the walk over a chain of them.
#include "base/assert.hpp"
#include "net/extensions.hpp"
#include "wire/ipv6.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

using namespace ft;

namespace {

void check_options(std::span<const std::byte> body) {
  wire::Ipv6OptionReader reader(body);
  std::size_t behind = 0;
  while (const auto option = reader.next()) {
    FT_ASSERT(option->offset >= behind && option->offset + 2 + option->data.size() <= body.size());
    FT_ASSERT(option->type > 1);
    behind = option->offset + 2 + option->data.size();
  }
  FT_ASSERT(!reader.next().has_value());
}

void check_chain(std::uint8_t next_header, std::span<const std::byte> payload) {
  const auto end = net::skip_extensions(next_header, payload);
  FT_ASSERT(end.octets.size() <= payload.size());
  const auto chain = net::walk_extensions(next_header, wire::ipv6_next_header_offset, wire::ipv6_header_length, payload);
  if (!chain) {
    FT_ASSERT(chain.error().reason != DropReason::none);
    if (chain.error().problem) FT_ASSERT(chain.error().problem->pointer < wire::ipv6_header_length + payload.size());
    return;
  }
  FT_ASSERT(chain->length <= payload.size() && chain->length % 8 == 0);
  FT_ASSERT(chain->protocol_offset < wire::ipv6_header_length + payload.size());
  if (!chain->fragment) FT_ASSERT(end.protocol == chain->protocol && end.octets.size() == payload.size() - chain->length);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> input = std::as_bytes(std::span{data, size});
  if (const auto header = wire::parse_extension(input)) {
    FT_ASSERT(header->body.size() + 2 == header->length && header->length <= size);
    check_options(header->body);
    wire::parse_routing(*header);
  }
  check_options(input);
  if (size != 0) check_chain(data[0], input.subspan(1));

  const auto quoted = wire::parse_quoted_ipv6(input);
  const auto parsed = wire::parse_ipv6(input);
  if (!parsed) return 0;
  FT_ASSERT(quoted.has_value() && quoted->payload.size() == parsed->payload.size());
  FT_ASSERT(parsed->payload.size() == parsed->header.payload_length);
  std::array<std::byte, wire::ipv6_header_length> out{};
  wire::write_ipv6(parsed->header, out);
  FT_ASSERT(std::ranges::equal(out, input.first(out.size())));
  check_chain(parsed->header.next_header, parsed->payload);
  return 0;
}
