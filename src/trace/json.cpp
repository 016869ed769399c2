#include "fourtuple/trace_json.hpp"

#include <array>
#include <type_traits>

namespace ft::trace {
namespace {

/// Octets of the UTF-8 character at the front of `text`, 0 when it is none (RFC 3629 4: no surrogates, no overlong forms).
std::size_t utf8_length(std::string_view text) {
  const auto at = [text](std::size_t i) -> unsigned { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto between = [](unsigned v, unsigned low, unsigned high) { return v >= low && v <= high; };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  if (between(first, 0xc2, 0xdf)) return between(at(1), 0x80, 0xbf) ? 2 : 0;
  if (between(first, 0xe0, 0xef)) {
    const unsigned low = first == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = first == 0xed ? 0x9f : 0xbf;
    return between(at(1), low, high) && between(at(2), 0x80, 0xbf) ? 3 : 0;
  }
  if (between(first, 0xf0, 0xf4)) {
    const unsigned low = first == 0xf0 ? 0x90 : 0x80;
    const unsigned high = first == 0xf4 ? 0x8f : 0xbf;
    return between(at(1), low, high) && between(at(2), 0x80, 0xbf) && between(at(3), 0x80, 0xbf) ? 4 : 0;
  }
  return 0;
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (static_cast<unsigned char>(c) >= 0x20) {
    out += c;
    return;
  }
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\u00";
  out += digits[static_cast<unsigned char>(c) >> 4];
  out += digits[static_cast<unsigned char>(c) & 0xf];
}

/// An object under construction; commas come by themselves.
class Object {
 public:
  explicit Object(std::string& out) : out_(out) { out_ += '{'; }
  void close() { out_ += '}'; }

  template <typename Value>
  void add(std::string_view name, const Value& value) {
    key(name);
    append(value);
  }
  /// For what is itself an object or a list: write(out) fills it in.
  template <typename Write>
  void add_written(std::string_view name, Write write) {
    key(name);
    write(out_);
  }

 private:
  void key(std::string_view name) {
    if (out_.back() != '{') out_ += ',';
    append_json_string(out_, name);
    out_ += ':';
  }
  void append(std::string_view text) { append_json_string(out_, text); }
  void append(const std::string& text) { append_json_string(out_, text); }
  template <typename Number>
    requires std::is_arithmetic_v<Number>
  void append(Number value) {
    if constexpr (std::is_same_v<Number, bool>) {
      out_ += value ? "true" : "false";
    } else {
      out_ += std::to_string(value);
    }
  }

  std::string& out_;
};

/// Milliseconds with as many decimals as nanoseconds need: no rounding, no floating point.
std::string milliseconds(Instant at) {
  const std::int64_t ns = at.time_since_epoch().count();
  const std::uint64_t magnitude = ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  std::string out = (ns < 0 ? "-" : "") + std::to_string(magnitude / 1'000'000);
  std::string fraction = std::to_string(magnitude % 1'000'000);
  fraction.insert(0, 6 - fraction.size(), '0');
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return fraction.empty() ? out : out + "." + fraction;
}

void append_pair(std::string& out, const std::pair<std::uint32_t, std::uint32_t>& pair) {
  out += '[' + std::to_string(pair.first) + ',' + std::to_string(pair.second) + ']';
}

void append_flags(std::string& out, std::uint8_t flags, bool ae) {
  constexpr std::array<std::string_view, 8> names{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
  out += '[';
  for (std::size_t bit = 0; bit < names.size(); ++bit) {
    if ((flags >> bit & 1) == 0) continue;
    if (out.back() != '[') out += ',';
    append_json_string(out, names[bit]);
  }
  if (ae) out += out.back() != '[' ? ",\"AE\"" : "\"AE\"";
  out += ']';
}

void append_sack(std::string& out, const SegmentFields& s) {
  out += '[';
  for (std::size_t i = 0; i < s.sack_count && i < s.sack.size(); ++i) {
    if (i != 0) out += ',';
    append_pair(out, s.sack[i]);
  }
  out += ']';
}

void append_accecn(std::string& out, const AccEcn& accecn) {
  out += "{\"order\":" + std::to_string(accecn.order) + ",\"octets\":[";
  for (std::size_t i = 0; i < accecn.fields && i < accecn.octets.size(); ++i) {
    if (i != 0) out += ',';
    out += std::to_string(accecn.octets[i]);
  }
  out += "]}";
}

void add_segment(Object& data, const SegmentFields& s) {
  data.add_written("segment", [&s](std::string& out) {
    Object segment{out};
    segment.add("seq", s.seq);
    segment.add("ack", s.ack);
    segment.add_written("flags", [&s](std::string& o) { append_flags(o, s.flags, s.ae); });
    segment.add("window", s.window);
    segment.add("urgent", s.urgent);
    segment.add("length", s.length);
    if (s.mss) segment.add("mss", *s.mss);
    if (s.window_scale) segment.add("window_scale", *s.window_scale);
    if (s.sack_permitted) segment.add("sack_permitted", true);
    if (s.timestamps) segment.add_written("timestamps", [&s](std::string& o) { append_pair(o, *s.timestamps); });
    if (s.sack_count != 0) segment.add_written("sack", [&s](std::string& o) { append_sack(o, s); });
    if (s.accecn) segment.add_written("accecn", [&s](std::string& o) { append_accecn(o, *s.accecn); });
    if (s.ip_ecn != 0) segment.add("ip_ecn", s.ip_ecn);
    segment.close();
  });
}

void add_time(Object& object, std::string_view name, Duration time) {
  object.add_written(name, [time](std::string& o) { o += milliseconds(Instant{time}); });
}

void add_particulars(Object& object, const Particulars& particulars) {
  object.add_written("particulars", [&particulars](std::string& out) {
    Object list{out};
    for (const Particular& p : particulars) {
      if (unit_of(p.fact) == Unit::time) {
        add_time(list, to_string(p.fact), p.time());
      } else {
        list.add(to_string(p.fact), p.value);
      }
    }
    list.close();
  });
}

void add_why(Object& data, std::string_view name, const Why& why) {
  if (why.id.empty() && why.clause.empty()) return;
  data.add_written(name, [&why](std::string& out) {
    Object object{out};
    object.add("id", why.id);
    if (!why.clause.empty()) object.add("clause", why.clause);
    if (!why.particulars.empty()) add_particulars(object, why.particulars);
    object.close();
  });
}

void add_tuple(Object& data, const FourTuple& tuple) {
  data.add("local", tuple.local.to_string());
  data.add("remote", tuple.remote.to_string());
}

template <typename LinkEvent>
void add_link(Object& data, const LinkEvent& e) {
  data.add("packet", e.packet);
  data.add("from", e.from);
  data.add("to", e.to);
}

/// Each kind's name and what its "data" holds beside the host.
struct Data {
  Object& data;
  Instant at;

  template <typename Number>
  void add_number(std::string_view name, const std::optional<Number>& value) const {
    if (value) data.add(name, *value);
  }
  void add_optional(std::string_view name, const std::optional<Duration>& value) const {
    if (value) add_time(data, name, *value);
  }

  void operator()(const SegmentSent& e) const {
    add_tuple(data, e.tuple);
    add_segment(data, e.segment);
    add_why(data, "why", e.why);
    data.add("state_before", e.state_before);
    data.add("state_after", e.state_after);
  }
  void operator()(const SegmentReceived& e) const {
    add_tuple(data, e.tuple);
    add_segment(data, e.segment);
    add_why(data, "effect", e.effect);
    if (e.dropped != DropReason::none) data.add("dropped", to_string(e.dropped));
    data.add("state_before", e.state_before);
    data.add("state_after", e.state_after);
  }
  void operator()(const StateChanged& e) const {
    add_tuple(data, e.tuple);
    data.add("old", e.from);  // qlog's words for the two ends of a change
    data.add("new", e.to);
    add_why(data, "why", e.why);
  }
  void operator()(const Call& e) const {
    add_tuple(data, e.tuple);
    data.add("call", e.name);
    data.add("octets", e.octets);
    if (!e.result.empty()) data.add("error", e.result);
  }
  void operator()(const TimerFired& e) const {
    add_tuple(data, e.tuple);
    data.add("timer", e.timer);
    data.add("event_type", std::string_view("expired"));
  }
  void operator()(const TimerChanged& e) const {
    add_tuple(data, e.tuple);
    data.add("timer", e.timer);
    data.add("event_type", std::string_view(e.at ? "set" : "cancelled"));
    if (e.at) add_time(data, "delta", *e.at - at);
    if (!e.clause.empty()) data.add("clause", e.clause);
  }
  void operator()(const SegmentHeld& e) const {
    add_tuple(data, e.tuple);
    add_why(data, "why", e.why);
  }
  void operator()(const SegmentLost& e) const {
    add_tuple(data, e.tuple);
    data.add("seq", e.seq);
    data.add("length", e.length);
    add_why(data, "why", e.why);
  }
  void operator()(const CongestionChanged& e) const {
    add_tuple(data, e.tuple);
    data.add("old", e.from);
    data.add("new", e.to);
    add_why(data, "why", e.why);
  }
  void operator()(const MetricsUpdated& e) const {
    add_tuple(data, e.tuple);
    // qlog's names where it has them
    add_number("congestion_window", e.cwnd);
    add_number("ssthresh", e.ssthresh);
    add_number("bytes_in_flight", e.in_flight);
    add_number("pacing_rate", e.pacing_rate);
    add_number("peer_window", e.window);
    add_optional("latest_rtt", e.latest_rtt);
    add_optional("smoothed_rtt", e.srtt);
    add_optional("rtt_variance", e.rttvar);
    add_optional("min_rtt", e.min_rtt);
    add_optional("rto", e.rto);
  }
  void operator()(const PacketDropped& e) const {
    data.add("reason", to_string(e.reason));
    data.add("length", e.length);
  }
  void operator()(const PacketMade& e) const {
    add_why(data, "why", e.why);
    data.add("length", e.length);
  }
  void operator()(const LinkSent& e) const {
    add_link(data, e);
    data.add("length", e.octets.size());
  }
  void operator()(const LinkDelivered& e) const {
    add_link(data, e);
    if (e.duplicate) data.add("duplicate", true);
    if (e.corrupted) data.add("corrupted", true);
  }
  void operator()(const LinkLost& e) const {
    add_link(data, e);
    data.add("why", e.why);
  }
};

/// qlog's names where it has the event.
struct Name {
  std::string_view operator()(const SegmentSent&) const { return "transport:packet_sent"; }
  std::string_view operator()(const SegmentReceived& e) const {
    return e.dropped == DropReason::none ? "transport:packet_received" : "transport:packet_dropped";
  }
  std::string_view operator()(const StateChanged&) const { return "connectivity:connection_state_updated"; }
  std::string_view operator()(const Call&) const { return "application:call"; }
  std::string_view operator()(const TimerFired&) const { return "recovery:timer_updated"; }
  std::string_view operator()(const TimerChanged&) const { return "recovery:timer_updated"; }
  std::string_view operator()(const SegmentHeld&) const { return "transport:packet_delayed"; }
  std::string_view operator()(const SegmentLost&) const { return "recovery:packet_lost"; }
  std::string_view operator()(const CongestionChanged&) const { return "recovery:congestion_state_updated"; }
  std::string_view operator()(const MetricsUpdated&) const { return "recovery:metrics_updated"; }
  std::string_view operator()(const PacketDropped&) const { return "network:packet_dropped"; }
  std::string_view operator()(const PacketMade&) const { return "network:packet_made"; }
  std::string_view operator()(const LinkSent&) const { return "link:packet_sent"; }
  std::string_view operator()(const LinkDelivered&) const { return "link:packet_delivered"; }
  std::string_view operator()(const LinkLost&) const { return "link:packet_lost"; }
};

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      out += "\xef\xbf\xbd";
    } else if (length == 1) {
      append_escaped(out, text[0]);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

std::string json_header(const TraceHeader& header) {
  std::string out;
  Object line{out};
  line.add("format", std::string_view("fourtuple-trace"));
  line.add("version", trace_version);
  line.add("qlog_version", std::string_view("0.3"));
  line.add("qlog_format", std::string_view("NDJSON"));
  line.add("title", header.title);
  line.add_written("trace", [&header](std::string& o) {
    Object trace{o};
    trace.add_written("vantage_point", [&header](std::string& p) {
      Object point{p};
      point.add("type", header.vantage);
      point.close();
    });
    trace.add_written("common_fields", [&header](std::string& p) {
      Object fields{p};
      fields.add_written("protocol_type", [](std::string& q) { q += "[\"TCP\"]"; });
      fields.add("time_format", std::string_view("relative"));
      add_time(fields, "reference_time", header.epoch);
      fields.close();
    });
    trace.close();
  });
  line.add_written("hosts", [&header](std::string& o) {
    o += '[';
    for (std::size_t i = 0; i < header.hosts.size(); ++i) {
      if (i != 0) o += ',';
      append_json_string(o, header.hosts[i]);
    }
    o += ']';
  });
  line.close();
  return out;
}

std::string to_json(const Event& event, Instant origin) {
  std::string out;
  Object line{out};
  line.add_written("time", [&event, origin](std::string& o) { o += milliseconds(Instant{event.at - origin}); });
  line.add("name", std::visit(Name{}, event.what));
  line.add_written("data", [&event](std::string& o) {
    Object data{o};
    data.add("host", event.host);
    std::visit(Data{data, event.at}, event.what);
    data.close();
  });
  line.close();
  return out;
}

}  // namespace ft::trace
