// conn.* and finding: what the whole capture tells about the connection that a packet belongs to. Known when all of it has been
// read, so a filter that asks for one of them needs the file twice.
#include "analysis/fields/extract.hpp"
#include "analysis/find/words.hpp"

#include <algorithm>
#include <string>

namespace ft::analysis {
namespace {

using enum FieldType;

template <typename Value>
using Of = Value (*)(const Connection&);

template <auto get>
void number(const Field&, const FrameContext& context, Occurrences& into) {
  if (context.connection != nullptr) put_known(into, static_cast<std::uint64_t>(get(*context.connection)));
}
template <auto get>
void word(const Field&, const FrameContext& context, Occurrences& into) {
  if (context.connection == nullptr) return;
  const std::string_view text = get(*context.connection);
  if (!text.empty()) into.add_text(text, false);  // lives as long as the connection, or always
}
template <auto get>
void optional_time(const Field&, const FrameContext& context, Occurrences& into) {
  if (context.connection == nullptr) return;
  const std::optional<Duration> time = get(*context.connection);
  if (time) put_time(into, *time);
}

std::optional<Duration> handshake(const Connection& c) { return c.handshake; }
/// The handshake's, else the mean of what text and its ACKs show, longer side.
std::optional<Duration> rtt(const Connection& c) {
  if (c.handshake) return c.handshake;
  const Duration mean = std::max(c.sides[0].rtt_mean, c.sides[1].rtt_mean);
  return mean.count() > 0 ? std::optional(mean) : std::nullopt;
}
std::optional<Duration> duration(const Connection& c) { return c.last - c.first; }

std::uint64_t retransmissions(const Connection& c) { return c.sides[0].retransmissions + c.sides[1].retransmissions; }
std::uint64_t needless(const Connection& c) { return c.sides[0].needless + c.sides[1].needless; }
std::uint64_t reordered(const Connection& c) { return c.sides[0].reordered + c.sides[1].reordered; }
std::uint64_t duplicates(const Connection& c) { return c.sides[0].duplicates + c.sides[1].duplicates; }
std::uint64_t packets(const Connection& c) { return c.sides[0].packets + c.sides[1].packets; }
std::uint64_t text(const Connection& c) { return c.sides[0].unique_text + c.sides[1].unique_text; }
std::uint64_t findings(const Connection& c) { return c.findings.size(); }
std::uint64_t first_frame(const Connection& c) { return c.first_frame; }
std::uint64_t stream(const Connection& c) { return c.stream; }
std::string_view state(const Connection& c) { return to_string(c.state); }
std::string_view vantage(const Connection& c) { return to_string(c.vantage); }
std::string_view history(const Connection& c) { return c.history; }
std::string_view verdict(const Connection& c) { return c.verdict; }

void label(const Field&, const FrameContext& context, Occurrences& into) {
  if (context.judged) into.add_text(to_string(context.label), false);
}
void cause(const Field&, const FrameContext& context, Occurrences& into) {
  if (context.judged && context.cause != RepeatCause::none) into.add_text(to_string(context.cause), false);
}
/// Ids that begin alike answer to their common part as well: conn.diagnosis == "zero-window" is zero-window-stalled, too.
void diagnosis(const Field&, const FrameContext& context, Occurrences& into) {
  if (context.connection == nullptr) return;
  for (const Finding& finding : context.connection->findings) into.add_text(finding.id, false);
}
/// Findings that this very frame is evidence of.
void finding(const Field&, const FrameContext& context, Occurrences& into) {
  if (context.connection == nullptr) return;
  for (const Finding& one : context.connection->findings)
    if (std::ranges::find(one.frames, context.frame.number) != one.frames.end()) into.add_text(one.id, false);
}

/// The names of an enumeration's values, from the first to `last`.
template <typename Enum, Enum last>
std::vector<std::string_view> names_of() {
  std::vector<std::string_view> names;
  for (unsigned i = 0; i <= static_cast<unsigned>(last); ++i) names.push_back(to_string(static_cast<Enum>(i)));
  return names;
}
std::vector<std::string_view> ids() {
  std::vector<std::string_view> all;
  for (const Words& words : all_words()) all.push_back(words.id);
  return all;
}
constexpr Field among(std::vector<std::string_view> (*words)(), Field f) {
  f.words = words;
  return f;
}
constexpr Field among_ids(Field f) {
  f.words = ids;
  f.ids = true;
  return f;
}

constexpr Field of(std::string_view name, FieldType type, std::string_view label, std::string_view description,
                   Field::Extract extract) {
  Field f = of_frame(ours(special(name, type, Protocol::data, label, description, extract)));
  f.need = Need::connections;
  return f;
}

constexpr std::array fields{
    of("conn.stream", uint32, "Stream", "number of the connection in the capture, from 0", number<stream>),
    among(names_of<FlowState, FlowState::midstream>,
          of("conn.state", string, "State",
             "how it stood at the end: \"established\", \"half-closed\", \"closed\", \"reset\", \"syn-sent\"...", word<state>)),
    of("conn.history", string, "History", "what happened, in Zeek's letters: \"ShADadFf\"", word<history>),
    of("conn.verdict", string, "Verdict", "\"complete\", or the id of the gravest finding", word<verdict>),
    among_ids(
        of("conn.diagnosis", string, "Diagnoses", "id of a finding of this connection: \"zero-window-stalled\"", diagnosis)),
    of("conn.findings", uint32, "Findings", "how many findings it has", number<findings>),
    among_ids(of("finding", string, "Finding", "id of a finding that this packet is evidence of", finding)),
    among(names_of<Label, Label::injected>,
          of("conn.label", string, "Label",
             "what this segment is: \"original\", \"retransmission\", \"needless\", \"reordered\", \"network-duplicate\", "
             "\"capture-duplicate\", \"probe\", \"keep-alive\", \"injected\"",
             label)),
    among(
        names_of<RepeatCause, RepeatCause::unknown>,
        of("conn.cause", string, "Cause", "what made its sender repeat itself: \"fast\", \"rack\", \"tlp\", \"rto\"...", cause)),
    of("conn.handshake", relative_time, "Handshake", "from the SYN to the ACK that ends the handshake", optional_time<handshake>),
    of("conn.rtt", relative_time, "Round trip", "the handshake's round-trip time, else the mean of those that text shows",
       optional_time<rtt>),
    of("conn.duration", relative_time, "Duration", "from the first packet to the last", optional_time<duration>),
    of("conn.retrans", uint32, "Retransmissions", "segments that were repeated, both sides", number<retransmissions>),
    of("conn.needless", uint32, "Needless", "segments that were repeated although they had arrived, both sides",
       number<needless>),
    of("conn.reordered", uint32, "Reordered", "segments that came out of order, both sides", number<reordered>),
    of("conn.duplicates", uint32, "Duplicates", "packets that came twice, both sides", number<duplicates>),
    of("conn.packets", uint64, "Packets", "packets of both sides", number<packets>),
    of("conn.bytes", uint64, "Octets", "octets of text of both sides, each counted once", number<text>),
    of("conn.first_frame", uint64, "First frame", "number of its first packet", number<first_frame>),
    among(names_of<Vantage, Vantage::middle>,
          of("conn.vantage", string, "Vantage", "where it was captured: \"client\", \"server\", \"middle\", \"unknown\"",
             word<vantage>)),
};

}  // namespace

std::span<const Field> connection_fields() { return fields; }

}  // namespace ft::analysis
