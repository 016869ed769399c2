// The list: number, time, addresses, protocol, octets, and what the packet says in short, with our label in front.
#include "analysis/fields/registry.hpp"
#include "analysis/fields/text.hpp"
#include "base/cursor.hpp"
#include "cli/packet_printers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace ft::cli {

namespace {

using analysis::FrameContext;
using analysis::Label;
using analysis::Layer;
using analysis::Protocol;
using analysis::RepeatCause;
using analysis::SegmentOptions;
namespace flag = wire::tcp_flag;

struct Line {
  std::string source, destination, protocol, info;
};
using Out = std::back_insert_iterator<std::string>;

const Layer* outermost(const analysis::Frame& frame, Protocol protocol) {
  for (const Layer& layer : frame.layers())
    if (layer.protocol == protocol && !layer.quoted) return &layer;
  return nullptr;
}
/// The innermost of the packet's own headers, not of one that it quotes.
const Layer* innermost(const analysis::Frame& frame) {
  const Layer* last = nullptr;
  for (const Layer& layer : frame.layers())
    if (!layer.quoted && layer.protocol != Protocol::data) last = &layer;
  return last;
}

void addresses(const analysis::Frame& frame, Line& line) {
  const Layer* ip = nullptr;
  for (const Layer& layer : frame.layers())
    if (!layer.quoted && (layer.protocol == Protocol::ipv4 || layer.protocol == Protocol::ipv6)) ip = &layer;
  const auto put = [&](std::span<const std::byte> header, std::size_t from, std::size_t to, std::size_t size) {
    if (header.size() < std::max(from, to) + size) return;
    analysis::append_address(line.source, header.subspan(from, size));
    analysis::append_address(line.destination, header.subspan(to, size));
  };
  if (ip != nullptr) {
    const bool four = ip->protocol == Protocol::ipv4;
    put(frame.header_of(*ip), four ? 12 : 8, four ? 16 : 24, four ? 4 : 16);
  } else if (const Layer* ethernet = outermost(frame, Protocol::ethernet)) {
    put(frame.header_of(*ethernet), 6, 0, 6);
  }
}

std::string_view shown_name(Protocol protocol) {
  switch (protocol) {
    case Protocol::ethernet:
      return "Ethernet";
    case Protocol::ipv4:
      return "IPv4";
    case Protocol::ipv6:
      return "IPv6";
    case Protocol::tcp:
      return "TCP";
    case Protocol::udp:
      return "UDP";
    case Protocol::icmp:
      return "ICMP";
    case Protocol::icmpv6:
      return "ICMPv6";
    case Protocol::arp:
      return "ARP";
    default:
      return analysis::to_string(protocol);
  }
}

std::string flags_of(const analysis::Segment& segment) {
  constexpr std::pair<std::uint8_t, std::string_view> names[] = {{flag::fin, "FIN"}, {flag::syn, "SYN"}, {flag::rst, "RST"},
                                                                 {flag::psh, "PSH"}, {flag::ack, "ACK"}, {flag::urg, "URG"},
                                                                 {flag::ece, "ECE"}, {flag::cwr, "CWR"}};
  std::string text;
  for (const auto& [bit, name] : names)
    if (segment.has(bit)) text += (text.empty() ? "" : ", ") + std::string(name);
  if (segment.ae) text += text.empty() ? "AE" : ", AE";
  return text;
}

std::string label_of(const FrameContext& context) {
  if (!context.judged || context.label == Label::original) return {};
  std::string text(analysis::to_string(context.label));
  if (context.label == Label::needless) text += " retransmission";
  if (context.cause != RepeatCause::none && context.cause != RepeatCause::unknown)
    text += fmt::format(": {}", analysis::to_string(context.cause));
  if (context.of_frame != 0) text += fmt::format(" of {}", context.of_frame);
  return text;
}

void options(const analysis::SegmentOptions& o, std::uint32_t base, Out out) {
  if (o.any(SegmentOptions::mss)) fmt::format_to(out, " MSS={}", o.mss_value);
  if (o.any(SegmentOptions::sack_permitted)) fmt::format_to(out, " SACK_PERM");
  if (o.any(SegmentOptions::timestamps)) fmt::format_to(out, " TSval={} TSecr={}", o.stamps.val, o.stamps.ecr);
  if (o.any(SegmentOptions::window_scale)) fmt::format_to(out, " WS={}", std::uint32_t{1} << std::min<unsigned>(o.shift, 14));
  for (std::size_t i = 0; i < o.sack_count && i < o.sack.size(); ++i)
    fmt::format_to(out, " SLE={} SRE={}", o.sack[i].left.value() - base, o.sack[i].right.value() - base);
  if (o.any(SegmentOptions::fast_open)) fmt::format_to(out, " TFO={}", o.fast_open_length == 0 ? "R" : "C");
  if (o.any(SegmentOptions::md5)) fmt::format_to(out, " MD5");
  if (o.any(SegmentOptions::ao)) fmt::format_to(out, " AO");
}

void tcp(const FrameContext& context, Line& line) {
  const analysis::Segment& s = context.frame.segment;
  const Out out(line.info);
  if (const std::string label = label_of(context); !label.empty()) fmt::format_to(out, "[{}] ", label);
  const bool shut = s.window == 0 && !s.has(flag::rst) && !s.has(flag::syn);
  if (shut) fmt::format_to(out, "[zero window] ");
  const bool numbered = context.tcp != nullptr;
  fmt::format_to(out, "{} > {} [{}] Seq={}", s.source_port, s.destination_port, flags_of(s),
                 numbered ? context.tcp->seq : s.seq.value());
  const std::uint32_t ack = numbered ? context.tcp->ack : s.ack.value();
  if (s.has(flag::ack)) fmt::format_to(out, " Ack={}", ack);
  fmt::format_to(out, " Win={}", numbered ? context.tcp->window : s.window);
  if (s.has(flag::urg)) fmt::format_to(out, " Urg={}", s.urgent);
  fmt::format_to(out, " Len={}", s.length);
  options(s.options, s.ack.value() - ack, out);
}

std::string_view name_in(std::string_view field, std::uint64_t number) {
  const analysis::Field* known = analysis::find_field(field);
  return known == nullptr ? std::string_view{} : analysis::name_of(*known, number);
}

void icmp(const FrameContext& context, const Layer& layer, Line& line) {
  const std::span<const std::byte> header = context.frame.header_of(layer);
  if (header.size() < 8) return;
  const bool four = layer.protocol == Protocol::icmp;
  const std::uint8_t type = load_u8(&header[0]);
  const std::string_view name = name_in(four ? "icmp.type" : "icmpv6.type", type);
  const Out out(line.info);
  if (name.empty())
    fmt::format_to(out, "type {}", type);
  else
    fmt::format_to(out, "{}", name);
  fmt::format_to(out, ", code {}", load_u8(&header[1]));
  if (four ? type == 0 || type == 8 : type == 128 || type == 129)
    fmt::format_to(out, ", id=0x{:04x}, seq={}", load_be16(&header[4]), load_be16(&header[6]));
  if (context.frame.has_icmp_error) {
    const analysis::IcmpError& e = context.frame.icmp_error;
    if (e.mtu != 0) fmt::format_to(out, ", MTU {}", e.mtu);
    fmt::format_to(out, ", about {} > {}", Endpoint{e.quoted_source, e.quoted_source_port}.to_string(),
                   Endpoint{e.quoted_destination, e.quoted_destination_port}.to_string());
  }
}

void udp(const FrameContext& context, const Layer& layer, Line& line) {
  const std::span<const std::byte> header = context.frame.header_of(layer);
  if (header.size() < 8) return;
  const std::uint16_t length = load_be16(&header[4]);
  fmt::format_to(Out(line.info), "{} > {} Len={}", load_be16(&header[0]), load_be16(&header[2]), length >= 8 ? length - 8 : 0);
}

void arp(const FrameContext& context, const Layer& layer, Line& line) {
  const std::span<const std::byte> octets = context.frame.octets_of(layer).subspan(layer.offset, layer.length);
  if (octets.size() < 28) return;
  std::string sender, target, mac;
  analysis::append_address(sender, octets.subspan(14, 4));
  analysis::append_address(target, octets.subspan(24, 4));
  analysis::append_address(mac, octets.subspan(8, 6));
  if (load_be16(&octets[6]) == 1)
    fmt::format_to(Out(line.info), "Who has {}? Tell {}", target, sender);
  else
    fmt::format_to(Out(line.info), "{} is at {}", sender, mac);
}

std::string_view colour_of(const FrameContext& context) {
  if (!context.frame.has_segment) return context.frame.has_icmp_error ? "\x1b[35m" : "\x1b[2m";
  if (context.judged && context.label == Label::reordered) return "\x1b[33m";
  if (context.judged && context.label != Label::original) return "\x1b[31m";
  const analysis::Segment& s = context.frame.segment;
  if (s.has(flag::rst)) return "\x1b[31m";
  if (s.has(flag::syn) || s.has(flag::fin)) return "\x1b[36m";
  return s.length > 0 ? "" : "\x1b[2m";
}

}  // namespace

std::string packet_line(const FrameContext& context, bool colour, bool unicode) {
  const analysis::Frame& frame = context.frame;
  Line line;
  addresses(frame, line);
  const Layer* layer = innermost(frame);
  if (layer != nullptr) line.protocol = shown_name(layer->protocol);
  if (frame.has_segment) {
    tcp(context, line);
  } else if (layer != nullptr) {
    if (layer->protocol == Protocol::icmp || layer->protocol == Protocol::icmpv6) icmp(context, *layer, line);
    if (layer->protocol == Protocol::udp) udp(context, *layer, line);
    if (layer->protocol == Protocol::arp) arp(context, *layer, line);
  }
  if (frame.problem != analysis::Problem::none)
    fmt::format_to(Out(line.info), "{}[{}]", line.info.empty() ? "" : " ", describe(frame.problem));
  std::string text;
  const std::string_view paint = colour ? colour_of(context) : "";
  text += paint;
  std::string time;
  analysis::append_seconds(time, (frame.at - context.first).count());
  time.resize(time.size() - 3);  // microseconds
  fmt::format_to(Out(text), "{:>5} {:>11} {:>15} {} {:<15} {:<6} {:>4} {}", frame.number, time, line.source, unicode ? "→" : "->",
                 line.destination, line.protocol, frame.original_length, line.info);
  while (text.ends_with(' ')) text.pop_back();
  if (!paint.empty()) text += "\x1b[0m";
  return text;
}

}  // namespace ft::cli
