#include "cli/flow_filter.hpp"

#include "analysis/fields/tree.hpp"
#include "analysis/quantity.hpp"
#include "cli/commands.hpp"
#include "cli/filter_text.hpp"
#include "cli/frames.hpp"
#include "cli/packet_printers.hpp"

#include <algorithm>
#include <utility>

namespace ft::cli {

namespace {

namespace report = analysis::report;

constexpr std::size_t most_octets = 192;  // of a packet, on a page
constexpr int most_depth = 6;

std::optional<std::uint32_t> stream_of(const analysis::FrameContext& context) {
  if (context.tcp != nullptr) return context.tcp->stream;
  return context.quoted_stream;
}

void add_fields(const std::vector<analysis::TreeNode>& nodes, int depth, std::vector<report::PacketBlock::Field>& into) {
  for (const analysis::TreeNode& node : nodes) {
    std::string text(node.label);
    if (!node.shown.empty()) text += ": " + node.shown;
    const bool in_packet = !node.reassembled;
    into.push_back(
        {.depth = depth, .text = std::move(text), .from = in_packet ? node.offset : 0, .size = in_packet ? node.length : 0});
    if (depth < most_depth) add_fields(node.children, depth + 1, into);
  }
}

report::PacketBlock block_of(const analysis::FrameContext& context) {
  const analysis::Frame& frame = context.frame;
  report::PacketBlock block;
  block.frame = frame.number;
  block.line = packet_line(context, false, true);
  add_fields(analysis::tree_of(context), 0, block.fields);
  const std::size_t shown = std::min(frame.octets.size(), most_octets);
  block.octets.assign(frame.octets.begin(), frame.octets.begin() + static_cast<std::ptrdiff_t>(shown));
  block.length = frame.original_length;
  return block;
}

}  // namespace

std::expected<Wanted, Failure> filter_connections(Examination& examined, const std::string& command, const std::string& text) {
  if (text.empty()) return Wanted{};
  auto filter = compile_filter(command, text);
  if (!filter) return std::unexpected(Failure{"", exit_usage});
  io::CaptureSource& source = examined.source();
  if (!source.rewind())
    return std::unexpected(Failure{"cannot read the capture a second time, which a filter needs here", exit_failed});
  Frames frames(
      source,
      {.streams = true, .connections = filter->needs_connections(), .checksums = filter->needs(analysis::Need::checksums)});
  frames.show_progress("filtering " + examined.file().name);
  frames.prepare();
  std::vector<bool> chosen(examined.streams());
  std::uint64_t packets = 0;
  while (const analysis::FrameContext* context = frames.next()) {
    const auto stream = stream_of(*context);
    if (stream && *stream < chosen.size() && !chosen[*stream] && filter->matches(*context)) chosen[*stream] = true;
    if (++packets == examined.file().packets) break;
  }
  if (std::ranges::find(chosen, true) == chosen.end())
    return std::unexpected(
        Failure{"no connection of " + examined.file().name + " has a packet that passes " + text, exit_failed});
  return Wanted(std::move(chosen));
}

bool count_packets_of(Examination& examined, const Wanted& wanted, report::Timeline& timeline) {
  io::CaptureSource& source = examined.source();
  if (!source.rewind()) return false;
  Frames frames(source, {.streams = true});
  frames.show_progress("counting " + examined.file().name);
  frames.prepare();
  std::uint64_t packets = 0;
  while (const analysis::FrameContext* context = frames.next()) {
    const auto stream = stream_of(*context);
    if (stream && wanted(*stream)) timeline.add(context->frame.at, context->frame.original_length);
    if (++packets == examined.file().packets) break;
  }
  return true;
}

report::Packets packets_of(Examination& examined, std::span<const std::uint32_t> streams, std::size_t most,
                           std::span<const std::uint64_t> named) {
  report::Packets out;
  std::size_t first_ones = 0;
  io::CaptureSource& source = examined.source();
  if (!source.rewind()) return out;
  Frames frames(source, {.streams = true, .connections = true, .checksums = true});
  frames.show_progress("taking packets of " + examined.file().name);
  frames.prepare();
  while (const analysis::FrameContext* context = frames.next()) {
    const auto stream = stream_of(*context);
    const bool of_these = stream && std::ranges::find(streams, *stream) != streams.end();
    const bool among_the_first = of_these && first_ones < most;
    if (among_the_first || std::ranges::binary_search(named, context->frame.number)) {
      first_ones += among_the_first ? 1u : 0u;
      out.packets.push_back(block_of(*context));
      out.packets.back().left_out_before = std::exchange(out.left_out, 0);
    } else if (of_these) {
      ++out.left_out;
    }
  }
  return out;
}

}  // namespace ft::cli
