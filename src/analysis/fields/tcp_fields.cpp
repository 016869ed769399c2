// tcp.*: the header (RFC 9293 3.1), what is worked out from the conversation so far, and, where the name is Wireshark's, with its
// meaning. tcp.analysis.* are our own labels under the names that people know: see docs/reference/display-filter.md.
#include "analysis/fields/extract.hpp"
#include "analysis/fields/names.hpp"

#include <string>

namespace ft::analysis {
namespace {

using enum FieldType;
constexpr auto tcp = Protocol::tcp;

/// For TCP headers that are whole: what an ICMP error quotes may end behind the sequence number.
template <typename Visit>
void each_header(const Frame& frame, Visit visit) {
  each_layer(frame, tcp, [&](const Layer& layer, std::uint8_t index, std::uint8_t nth) {
    const std::span<const std::byte> octets = frame.header_of(layer);
    if (octets.size() >= 20) visit(layer, octets, Place{index, nth, layer.offset, 0});
  });
}
/// For the frame's own segment.
template <typename Visit>
void own_header(const Frame& frame, Visit visit) {
  if (!frame.has_segment) return;
  each_header(frame, [&](const Layer& layer, std::span<const std::byte> octets, const Place& place) {
    if (!layer.quoted) visit(octets, place);
  });
}

void put_time_of(Occurrences& into, Duration time) { put_time(into, time); }
void put_time_of(Occurrences&, std::uint32_t) {}

template <auto member, std::uint32_t at = 0, std::uint32_t octets = 0>
void of_numbers(const Field& field, const FrameContext& context, Occurrences& into) {
  if (context.quoted != nullptr && is_time(field.type)) put_time_of(into, context.quoted->*member);
  if (context.tcp == nullptr) return;
  own_header(context.frame, [&](std::span<const std::byte>, Place place) {
    place.offset += at;
    place.length = octets;
    const auto value = context.tcp->*member;
    if constexpr (std::is_same_v<decltype(value), const Duration>)
      put_number(into, place, static_cast<std::uint64_t>(value.count()));
    else if (is_signed(field.type))
      put_number(into, place, static_cast<std::uint64_t>(static_cast<std::int64_t>(value)));
    else
      put_number(into, place, static_cast<std::uint64_t>(value));
  });
}

/// Relative in the frame's own segment; as on the wire in one that an ICMP error quotes, as Wireshark shows it.
template <auto member>
void relative(const Field& field, const FrameContext& context, Occurrences& into) {
  each_layer(context.frame, tcp, [&](const Layer& layer, std::uint8_t index, std::uint8_t nth) {
    const std::span<const std::byte> octets = context.frame.header_of(layer);
    if (octets.size() < 20 && field.at != 4) return;
    Place place{index, nth, layer.offset, 0};
    if (layer.quoted || context.tcp == nullptr) return put_value(field, into, place, octets);
    place.offset += field.at;
    place.length = 4;
    put_number(into, place, context.tcp->*member);
  });
}

/// A quoted header that ends before its flags tells no stream, as in Wireshark.
template <typename Visit>
void each_stream(const FrameContext& context, Visit visit) {
  if (context.tcp != nullptr) visit(*context.tcp);
  if (context.quoted != nullptr)
    each_header(context.frame, [&](const Layer& layer, std::span<const std::byte>, const Place&) {
      if (layer.quoted) visit(*context.quoted);
    });
}
void stream(const Field&, const FrameContext& context, Occurrences& into) {
  each_stream(context, [&](const TcpNumbers& numbers) { put_known(into, numbers.stream); });
}
void raw(const Field& field, const FrameContext& context, Occurrences& into) {
  each_header(context.frame, [&](const Layer& layer, std::span<const std::byte> octets, const Place& place) {
    if (field.at != 4 || !layer.quoted) put_value(field, into, place, octets);
  });
}
void length(const Field&, const FrameContext& context, Occurrences& into) {
  own_header(context.frame,
             [&](std::span<const std::byte>, Place place) { put_number(into, place, context.frame.segment.length); });
}
void header_length(const Field&, const FrameContext& context, Occurrences& into) {
  each_header(context.frame, [&](const Layer&, std::span<const std::byte> octets, Place place) {
    place.offset += 12;
    place.length = 1;
    put_number(into, place, (load_u8(&octets[12]) >> 4) * 4u);
  });
}

/// "·······A··S·": a letter for each of the twelve bits, reserved ones first.
void flag_letters(const Field&, const FrameContext& context, Occurrences& into) {
  constexpr std::string_view letters = "RRRACEUAPRSF";
  each_header(context.frame, [&](const Layer&, std::span<const std::byte> octets, const Place& place) {
    const unsigned flags = load_be16(&octets[12]) & 0xfffu;
    std::string& text = into.words();
    text.clear();
    for (std::size_t i = 0; i < letters.size(); ++i) {
      if ((flags >> (11 - i) & 1) != 0)
        text += letters[i];
      else
        text += "·";
    }
    Occurrence& one = into.add_text(text);
    one.layer = place.layer;
    one.nth = place.nth;
    one.offset = place.offset + 12;
    one.length = 2;
  });
}

void window(const Field& field, const FrameContext& context, Occurrences& into) {
  each_header(context.frame, [&](const Layer& layer, std::span<const std::byte> octets, Place place) {
    if (layer.quoted || context.tcp == nullptr) return put_value(field, into, place, octets);
    place.offset += 14;
    place.length = 2;
    put_number(into, place, context.tcp->window);
  });
}
void scale(const Field&, const FrameContext& context, Occurrences& into) {
  each_stream(context, [&](const TcpNumbers& numbers) {
    if (numbers.scale_told) put_known(into, static_cast<std::uint64_t>(static_cast<std::int64_t>(numbers.scale)));
  });
}
void completeness(const Field&, const FrameContext& context, Occurrences& into) {
  each_stream(context, [&](const TcpNumbers& numbers) { put_known(into, numbers.completeness); });
}

/// What the dissector found when it summed; Wireshark has 2 until one asks it to verify. A sender that leaves the sum to its
/// network card is no fault of the packet: 2 as well.
void sum_status(const Field&, const FrameContext& context, Occurrences& into) {
  each_header(context.frame, [&](const Layer& layer, std::span<const std::byte>, const Place& place) {
    std::uint64_t status = 2;
    if (!layer.quoted && context.frame.segment.checksum == ChecksumState::good) status = 1;
    if (!layer.quoted && context.frame.segment.checksum == ChecksumState::bad) status = 0;
    put(into, {place.layer, place.nth, place.offset, 0}).number = status;
  });
}

void connection_step(const Field& field, const FrameContext& context, Occurrences& into) {
  if (!context.frame.has_segment) return;
  const Segment& segment = context.frame.segment;
  namespace flag = wire::tcp_flag;
  const bool syn = segment.has(flag::syn);
  const bool ack = segment.has(flag::ack);
  const bool holds = field.name.ends_with(".syn")      ? syn && !ack
                     : field.name.ends_with(".synack") ? syn && ack
                     : field.name.ends_with(".fin")    ? segment.has(flag::fin)
                                                       : segment.has(flag::rst);
  if (holds) put(into, {});
}

// Labels. All of them need the end of the capture: what a repeat was is often told later.
bool is_repeat(const FrameContext& context) {
  return context.judged && (context.label == Label::retransmission || context.label == Label::needless);
}
void mark(Occurrences& into, bool holds) {
  if (holds) put(into, {});
}
void retransmission(const Field&, const FrameContext& context, Occurrences& into) { mark(into, is_repeat(context)); }
void needless(const Field&, const FrameContext& context, Occurrences& into) {
  mark(into, context.judged && context.label == Label::needless);
}
void fast(const Field&, const FrameContext& context, Occurrences& into) {
  mark(into, is_repeat(context) && context.cause == RepeatCause::fast);
}
void reordered(const Field&, const FrameContext& context, Occurrences& into) {
  mark(into, context.judged && context.label == Label::reordered);
}
void keep_alive(const Field&, const FrameContext& context, Occurrences& into) {
  mark(into, context.judged && context.label == Label::keep_alive);
}
void probe(const Field&, const FrameContext& context, Occurrences& into) {
  mark(into, context.judged && context.label == Label::probe);
}
bool shuts_window(const FrameContext& context) {
  namespace flag = wire::tcp_flag;
  return context.frame.has_segment && context.frame.segment.window == 0 &&
         (context.frame.segment.flags & (flag::rst | flag::fin | flag::syn)) == 0;
}
void zero_window(const Field&, const FrameContext& context, Occurrences& into) { mark(into, shuts_window(context)); }
void flags(const Field&, const FrameContext& context, Occurrences& into) {
  mark(into, (context.judged && context.label != Label::original) || shuts_window(context));
}
void lost(const Field&, const FrameContext& context, Occurrences& into) { mark(into, context.lost); }
void repeats(const Field&, const FrameContext& context, Occurrences& into) {
  if (is_repeat(context) && context.of_frame != 0) put_known(into, context.of_frame);
}
void initial_rtt(const Field&, const FrameContext& context, Occurrences& into) {
  if (context.connection != nullptr && context.connection->handshake && context.frame.has_segment)
    put_time(into, *context.connection->handshake);
}

constexpr Field flag_field(std::string_view name, std::uint32_t mask, std::string_view label, std::string_view description) {
  return fixed(name, boolean, tcp, {12, 2, mask}, label, description, Base::decimal, names::truth);
}
constexpr Field label_field(std::string_view name, std::string_view label, std::string_view description, Field::Extract extract) {
  return needing(Need::connections, ours(special(name, none, tcp, label, description, extract)));
}
constexpr Field worked_out(std::string_view name, FieldType type, std::string_view label, std::string_view description,
                           Field::Extract extract, At at = {}) {
  return needing(Need::streams, special(name, type, tcp, label, description, extract, at));
}

constexpr std::array fields{
    header("tcp", tcp, "TCP", "transmission control protocol"),
    fixed("tcp.srcport", uint16, tcp, {0, 2}, "Source port", "port that it is from"),
    fixed("tcp.dstport", uint16, tcp, {2, 2}, "Destination port", "port that it is for"),
    alias(special("tcp.port", uint16, tcp, "Port", "either port", extract_both, {0, 2})),
    worked_out("tcp.stream", uint32, "Stream", "number of the connection in the capture, from 0", stream),
    needing(Need::connections,
            special("tcp.completeness", uint8, tcp, "Completeness",
                    "what was seen of the connection: SYN 1, SYN-ACK 2, ACK 4, text 8, FIN 16, RST 32, added up", completeness)),
    special("tcp.len", uint32, tcp, "Text", "octets of text", length),
    worked_out("tcp.seq", uint32, "Sequence number", "first octet's number, counted from its side's first",
               relative<&TcpNumbers::seq>, {4, 4}),
    special("tcp.seq_raw", uint32, tcp, "Sequence number (raw)", "first octet's number, as on the wire", raw, {4, 4}),
    worked_out("tcp.nxtseq", uint32, "Next sequence number", "relative number of the octet after this segment's last",
               of_numbers<&TcpNumbers::next>),
    worked_out("tcp.ack", uint32, "Acknowledgment number", "next octet expected, counted from the other side's first",
               relative<&TcpNumbers::ack>, {8, 4}),
    special("tcp.ack_raw", uint32, tcp, "Acknowledgment number (raw)", "next octet expected, as on the wire", raw, {8, 4}),
    special("tcp.hdr_len", uint8, tcp, "Header length", "octets of the header, options included", header_length, {12, 1, 0xf0}),
    grouping(fixed("tcp.flags", uint16, tcp, {12, 2, 0x0fff}, "Flags", "the twelve bits of flags as a number: SYN 0x02, ACK 0x10",
                   Base::hex)),
    flag_field("tcp.flags.res", 0x0e00, "Reserved", "reserved bits, which must be 0"),
    flag_field("tcp.flags.ae", 0x0100, "AE", "accurate ECN (RFC 9768)"),
    flag_field("tcp.flags.cwr", 0x0080, "CWR", "the sender slowed down (RFC 3168)"),
    flag_field("tcp.flags.ece", 0x0040, "ECE", "congestion was met, says the receiver (RFC 3168)"),
    flag_field("tcp.flags.urg", 0x0020, "URG", "the urgent pointer means something"),
    flag_field("tcp.flags.ack", 0x0010, "ACK", "the acknowledgment number means something"),
    flag_field("tcp.flags.push", 0x0008, "PSH", "hand it to the application now"),
    flag_field("tcp.flags.reset", 0x0004, "RST", "the connection ends here"),
    flag_field("tcp.flags.syn", 0x0002, "SYN", "opens the connection"),
    flag_field("tcp.flags.fin", 0x0001, "FIN", "its sender has nothing more to say"),
    alias(special("tcp.flags.str", string, tcp, "Flags", "the flags as letters: \"·······A··S·\"", flag_letters)),
    fixed("tcp.window_size_value", uint16, tcp, {14, 2}, "Window (raw)", "the window as on the wire"),
    worked_out("tcp.window_size", uint32, "Window", "octets that the other side may send", window, {14, 2}),
    worked_out("tcp.window_size_scalefactor", int32, "Window scale",
               "what the window is multiplied with; -1 unknown, -2 no scaling", scale),
    fixed("tcp.checksum", uint16, tcp, {16, 2}, "Checksum", "checksum over the segment and the addresses", Base::hex),
    needing(Need::checksums, special("tcp.checksum.status", uint8, tcp, "Checksum status", "0 bad, 1 good, 2 not verified",
                                     sum_status, {}, names::checksum_status)),
    fixed("tcp.urgent_pointer", uint16, tcp, {18, 2}, "Urgent pointer", "how far the urgent text reaches"),
    worked_out("tcp.time_relative", relative_time, "Since the stream's first", "time since the connection's first packet",
               of_numbers<&TcpNumbers::since_first>),
    worked_out("tcp.time_delta", relative_time, "Since the stream's last", "time since the connection's packet before this one",
               of_numbers<&TcpNumbers::since_previous>),
    alias(special("tcp.connection.syn", none, tcp, "", "a SYN without ACK: asks for a connection", connection_step)),
    alias(special("tcp.connection.synack", none, tcp, "", "a SYN with ACK: grants a connection", connection_step)),
    alias(special("tcp.connection.fin", none, tcp, "", "a FIN", connection_step)),
    alias(special("tcp.connection.rst", none, tcp, "", "a RST", connection_step)),

    label_field("tcp.analysis.flags", "Out of the ordinary", "any label but `original`, or a shut window", flags),
    label_field("tcp.analysis.retransmission", "Retransmission", "repeats octets that were seen before", retransmission),
    label_field("tcp.analysis.fast_retransmission", "Fast retransmission",
                "a retransmission that duplicate ACKs or SACK called for", fast),
    label_field("tcp.analysis.spurious_retransmission", "Needless retransmission", "repeats octets that had arrived", needless),
    label_field("tcp.analysis.out_of_order", "Reordered", "sent before packets that were seen before it", reordered),
    label_field("tcp.analysis.keep_alive", "Keep-alive", "asks whether the other side is still there", keep_alive),
    label_field("tcp.analysis.zero_window_probe", "Window probe", "asks whether the window has opened", probe),
    ours(special("tcp.analysis.zero_window", none, tcp, "Zero window", "its sender can take no more", zero_window)),
    needing(Need::connections, ours(special("tcp.analysis.initial_rtt", relative_time, tcp, "Handshake",
                                            "from the SYN to the ACK that ends the handshake", initial_rtt))),
    label_field("tcp.lost", "Lost", "its octets were lost: they had to be sent again, and not in vain", lost),
    label_field("tcp.rexmit", "Repeat", "repeats octets that were seen before, needlessly or not", retransmission),
    label_field("tcp.rexmit.needless", "Needless repeat", "repeats octets that had arrived", needless),
    needing(Need::connections,
            ours(special("tcp.rexmit.of", uint32, tcp, "Repeats frame", "number of the frame that it repeats", repeats))),
    special("tcp.payload", bytes, tcp, "Text", "the text that the capture holds", extract_contents),
};

}  // namespace

std::span<const Field> tcp_fields() { return fields; }

}  // namespace ft::analysis
