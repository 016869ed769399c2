// Any text as a display filter, any octets as a packet: an error points into the text, and a filter that compiles runs on every
// packet, explains itself and says the same each time.
#include "analysis/dissect/dissector.hpp"
#include "analysis/fields/context.hpp"
#include "analysis/fields/numbers.hpp"
#include "analysis/fields/tree.hpp"
#include "analysis/filter/filter.hpp"
#include "base/assert.hpp"
#include "bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

using namespace ft;
using namespace ft::analysis;

namespace {

/// The first two octets say how long the filter is; the packet is the rest.
std::string_view text_of(const std::uint8_t*& data, std::size_t& size) {
  if (size < 2) return {};
  const std::size_t length = std::min<std::size_t>(static_cast<std::size_t>(data[0]) << 8 | data[1], size - 2);
  const std::string_view text(reinterpret_cast<const char*>(data + 2), length);
  data += 2 + length;
  size -= 2 + length;
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  auto filter = Filter::compile(text);
  if (!filter) {
    FT_ASSERT(filter.error().offset <= text.size());
    FT_ASSERT(!to_text(text, filter.error()).empty());
  }
  Dissector dissector;
  StreamNumbers numbers;
  pcap::Packet packet;
  packet.link_type = pcap::LinkType::ethernet;
  packet.octets = std::as_bytes(std::span{data, size});
  packet.original_length = static_cast<std::uint32_t>(size);
  const Frame& frame = dissector.dissect(packet);
  FrameContext context{.frame = frame};
  if (frame.has_segment) context.tcp = &numbers.on(frame.segment, 0);
  context.udp_stream = numbers.on_udp(frame);
  for (const TreeNode& node : tree_of(context))
    FT_ASSERT(node.offset + node.length <= std::max(frame.octets.size(), frame.reassembled.size()));
  if (!filter) return 0;
  for (const FilterRemark& warning : filter->warnings()) FT_ASSERT(!to_text(text, warning).empty());
  FT_ASSERT(!filter->explain().empty());
  filter->as_capture_filter();
  const bool once = filter->matches(context);
  FT_ASSERT(filter->matches(context) == once);
  filter->select(context);
  filter->matches(context);
  return 0;
}
