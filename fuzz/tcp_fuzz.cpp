// A segment that can be read, written again and read again, is the same value; only SACK blocks, signatures and cookies
// may be left out, where our layout pads what the sender had packed.
#include "base/assert.hpp"
#include "wire/checksum.hpp"
#include "wire/tcp.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

using namespace ft;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> segment = std::as_bytes(std::span{data, size});
  wire::is_valid(wire::add_octets(0, segment));
  const auto first = wire::parse_tcp(segment);
  if (!first) {
    FT_ASSERT(first.error() == DropReason::too_short || first.error() == DropReason::bad_header_length);
    return 0;
  }
  FT_ASSERT(first->text.size() + wire::tcp_min_header <= segment.size());
  FT_ASSERT(first->text.empty() || &first->text.back() == &segment.back());

  std::array<std::byte, wire::tcp_max_header> out{};
  const std::size_t length = wire::write_tcp(first->header, out);
  FT_ASSERT(length == wire::tcp_header_length(first->header));
  const auto second = wire::parse_tcp(std::span{out}.first(length));
  FT_ASSERT(second.has_value() && !second->options_malformed && second->text.empty());

  wire::TcpHeader expected = first->header;
  if (!second->header.options.signature) expected.options.signature.reset();
  if (!second->header.options.fast_open) expected.options.fast_open.reset();
  if (!second->header.options.accecn) expected.options.accecn.reset();
  const std::uint8_t kept = second->header.options.sack_count;
  FT_ASSERT(kept <= expected.options.sack_count);
  std::fill(expected.options.sack.begin() + kept, expected.options.sack.end(), wire::SackBlock{});
  expected.options.sack_count = kept;
  FT_ASSERT(second->header == expected);
  return 0;
}
