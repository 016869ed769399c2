#include "trace/text.hpp"

#include <algorithm>
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
  if (s.accecn) {
    std::string text = join("accecn", number(s.accecn->order));
    for (std::size_t i = 0; i < s.accecn->fields && i < s.accecn->octets.size(); ++i)
      text += join(i == 0 ? " " : "/", number(s.accecn->octets[i]));
    add(text);
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
  std::string operator()(const TimerChanged& e) const {
    const std::string when = e.at ? join(" set to ", seconds(*e.at)) : " cancelled";
    return join("timer ", e.timer, when, " ", e.tuple.to_string(), e.clause.empty() ? "" : ": ", e.clause);
  }
  std::string operator()(const SegmentHeld& e) const { return join("held ", e.tuple.to_string(), because(e.why)); }
  std::string operator()(const SegmentLost& e) const {
    return join("lost ", e.tuple.to_string(), " seq ", number(e.seq), " len ", number(e.length), because(e.why));
  }
  std::string operator()(const CongestionChanged& e) const {
    return join("congestion ", e.tuple.to_string(), " ", e.from, " -> ", e.to, because(e.why));
  }
  std::string operator()(const MetricsUpdated& e) const {
    std::string out = join("metrics ", e.tuple.to_string());
    const auto add_number = [&out](std::string_view name, const auto& value) {
      if (value) out += join(" ", name, " ", number(*value));
    };
    const auto add_time = [&out](std::string_view name, const std::optional<Duration>& value) {
      if (value) out += join(" ", name, " ", duration_text(*value));
    };
    add_number("cwnd", e.cwnd);
    add_number("ssthresh", e.ssthresh);
    add_number("in_flight", e.in_flight);
    add_number("pacing_rate", e.pacing_rate);
    add_number("window", e.window);
    add_time("rtt", e.latest_rtt);
    add_time("srtt", e.srtt);
    add_time("rttvar", e.rttvar);
    add_time("min_rtt", e.min_rtt);
    add_time("rto", e.rto);
    return out;
  }
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

std::string flags_text(std::uint8_t flags, bool ae) {
  constexpr std::array<std::string_view, 8> names{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
  // The order in which people say them: what opens, ends or breaks the connection comes first.
  constexpr std::array<std::size_t, 8> order{1, 0, 2, 3, 5, 4, 6, 7};
  std::string out;
  for (const std::size_t bit : order) {
    if ((flags >> bit & 1) == 0) continue;
    if (!out.empty()) out += ',';
    out += names[bit];
  }
  if (ae) out += out.empty() ? "AE" : ",AE";
  return out.empty() ? "none" : out;
}

std::string duration_text(Duration time) {
  const auto ns = static_cast<std::uint64_t>(std::max(time, Duration::zero()).count());
  const auto in = [ns](std::uint64_t unit, std::string_view name) {
    std::string fraction = number(unit / 10 == 0 ? 0 : ns % unit * 1000 / unit);  // three decimals, cut off
    fraction.insert(0, 3 - std::min<std::size_t>(fraction.size(), 3), '0');
    fraction.erase(fraction.find_last_not_of('0') + 1);
    return join(number(ns / unit), fraction.empty() ? "" : ".", fraction, " ", name);
  };
  if (ns >= 1'000'000'000) return in(1'000'000'000, "s");
  if (ns >= 1'000'000) return in(1'000'000, "ms");
  return ns >= 1'000 ? in(1'000, "us") : join(number(ns), " ns");
}

std::string particulars_text(const Particulars& particulars) {
  std::string out;
  for (const Particular& p : particulars) {
    if (!out.empty()) out += ", ";
    out += join(to_string(p.fact), " ", unit_of(p.fact) == Unit::time ? duration_text(p.time()) : number(p.value));
  }
  return out;
}

std::string why_text(const Why& why) {
  const std::string numbers = why.particulars.empty() ? "" : "; " + particulars_text(why.particulars);
  if (why.clause.empty()) return join(why.id, numbers);
  return why.id.empty() ? join(why.clause, numbers) : join(why.id, " (", why.clause, ")", numbers);
}

std::string segment_text(const SegmentFields& s) {
  std::string out = join(flags_text(s.flags, s.ae), " seq ", number(s.seq));
  if ((s.flags & 0x10) != 0) out += join(" ack ", number(s.ack));
  out += join(" win ", number(s.window));
  if ((s.flags & 0x20) != 0) out += join(" urg ", number(s.urgent));
  out += join(" len ", number(s.length), options_text(s));
  constexpr std::array<std::string_view, 4> codepoints{"", " ECT(1)", " ECT(0)", " CE"};
  return join(out, codepoints[s.ip_ecn & 3]);
}

std::string to_text(const Event& event) {
  return join(seconds(event.at), " host ", number(event.host), " ", std::visit(Text{}, event.what));
}

}  // namespace ft::trace
