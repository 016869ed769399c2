#include "trace/text.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace ft::trace {
namespace {

template <typename... Parts>
std::string join(const Parts&... parts) {
  std::string out;
  ((out += parts), ...);
  return out;
}

std::string number(std::uint64_t n) { return std::to_string(n); }

/// Seconds with nine decimals.
std::string seconds(Instant at) {
  const std::int64_t ns = at.time_since_epoch().count();
  const std::uint64_t magnitude = ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  constexpr std::uint64_t second = 1'000'000'000;
  const std::string fraction = number(magnitude % second);
  return join(ns < 0 ? "-" : "", number(magnitude / second), ".", std::string(9 - fraction.size(), '0'), fraction);
}

std::string options_text(const SegmentFields& s) {
  std::string out;
  const auto add = [&out](const std::string& text) { out += (out.empty() ? " <" : ",") + text; };
  if (s.mss) add("mss " + number(*s.mss));
  if (s.sack_permitted) add("sackOK");
  if (s.timestamps) add(join("TS ", number(s.timestamps->first), "/", number(s.timestamps->second)));
  if (s.window_scale) add("wscale " + number(*s.window_scale));
  for (std::size_t i = 0; i < s.sack_count && i < s.sack.size(); ++i) {
    add(join("sack ", number(s.sack[i].first), ":", number(s.sack[i].second)));
  }
  return out.empty() ? out : out + ">";
}

std::string states(std::string_view before, std::string_view after) {
  return before == after ? join(" in ", before) : join(" ", before, " -> ", after);
}

std::string because(const Why& why) {
  const std::string text = why_text(why);
  return text.empty() ? text : ": " + text;
}

std::string link_packet(std::string_view verb, std::uint64_t packet, std::uint8_t from, std::uint8_t to) {
  return join("link ", number(from), " -> ", number(to), " ", verb, " packet ", number(packet));
}

struct Text {
  std::string operator()(const SegmentSent& e) const {
    return join("sent ", e.tuple.to_string(), " ", segment_text(e.segment), states(e.state_before, e.state_after),
                because(e.why));
  }
  std::string operator()(const SegmentReceived& e) const {
    const FourTuple as_sent{.local = e.tuple.remote, .remote = e.tuple.local};
    const std::string verdict = e.dropped == DropReason::none ? because(e.effect) : join(": dropped, ", to_string(e.dropped));
    return join("received ", as_sent.to_string(), " ", segment_text(e.segment), states(e.state_before, e.state_after), verdict);
  }
  std::string operator()(const StateChanged& e) const {
    return join("state ", e.tuple.to_string(), states(e.from, e.to), because(e.why));
  }
  std::string operator()(const Call& e) const {
    const std::string octets = e.octets != 0 ? join(" ", number(e.octets), " octets") : "";
    return join("call ", e.name, " ", e.tuple.to_string(), octets, e.result.empty() ? "" : ": ", e.result);
  }
  std::string operator()(const TimerFired& e) const { return join("timer ", e.timer, " ", e.tuple.to_string()); }
  std::string operator()(const PacketDropped& e) const {
    return join("dropped packet of ", number(e.length), " octets: ", to_string(e.reason));
  }
  std::string operator()(const PacketMade& e) const {
    return join("made packet of ", number(e.length), " octets", because(e.why));
  }
  std::string operator()(const LinkSent& e) const {
    return join(link_packet("sent", e.packet, e.from, e.to), ", ", number(e.octets.size()), " octets");
  }
  std::string operator()(const LinkDelivered& e) const {
    return join(link_packet("delivered", e.packet, e.from, e.to), e.duplicate ? ", duplicate" : "",
                e.corrupted ? ", corrupted" : "");
  }
  std::string operator()(const LinkLost& e) const { return join(link_packet("lost", e.packet, e.from, e.to), ": ", e.why); }
};

}  // namespace

std::string flags_text(std::uint8_t flags) {
  constexpr std::array<std::string_view, 8> names{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
  // The order in which people say them: what opens, ends or breaks the connection comes first.
  constexpr std::array<std::size_t, 8> order{1, 0, 2, 3, 5, 4, 6, 7};
  std::string out;
  for (const std::size_t bit : order) {
    if ((flags >> bit & 1) == 0) continue;
    if (!out.empty()) out += ',';
    out += names[bit];
  }
  return out.empty() ? "none" : out;
}

std::string why_text(const Why& why) {
  if (why.clause.empty()) return std::string(why.id);
  return why.id.empty() ? std::string(why.clause) : join(why.id, " (", why.clause, ")");
}

std::string segment_text(const SegmentFields& s) {
  std::string out = join(flags_text(s.flags), " seq ", number(s.seq));
  if ((s.flags & 0x10) != 0) out += join(" ack ", number(s.ack));
  out += join(" win ", number(s.window));
  if ((s.flags & 0x20) != 0) out += join(" urg ", number(s.urgent));
  return join(out, " len ", number(s.length), options_text(s));
}

std::string to_text(const Event& event) {
  return join(seconds(event.at), " host ", number(event.host), " ", std::visit(Text{}, event.what));
}

}  // namespace ft::trace
