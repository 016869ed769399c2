#include "analysis/report/explain_json.hpp"

#include "analysis/compare/compare_document.hpp"
#include "analysis/find/words.hpp"
#include "analysis/quantity.hpp"
#include "analysis/report/story.hpp"
#include "analysis/report/words.hpp"

#include <cmath>

namespace ft::analysis::report {

namespace {

/// Times as whole nanoseconds: since 1970 they do not fit a double.
std::int64_t nanoseconds(Instant at) { return at.time_since_epoch().count(); }

std::string_view unit_text(Fact::Unit unit) {
  switch (unit) {
    case Fact::Unit::count:
      return "count";
    case Fact::Unit::octets:
      return "octets";
    case Fact::Unit::time:
      return "seconds";
    case Fact::Unit::rate:
      return "octets-per-second";
    case Fact::Unit::percent:
      return "percent";
    case Fact::Unit::port:
      return "port";
    case Fact::Unit::text:
      return "text";
  }
  return "count";
}

void side_or_null(JsonText& json, std::string_view key, std::uint8_t side) {
  if (side < 2)
    json.member(key, int{side});
  else
    json.key(key).null();
}

}  // namespace

void ExplainJson::capture(const CaptureFile& file) {
  json_.key("capture").begin_object();
  json_.member("name", std::string_view(file.name)).member("file_format", std::string_view(file.format));
  json_.member("packets", file.packets).member("octets", file.octets).member("segments", file.segments);
  json_.member("unreadable", file.unreadable);
  if (file.first && file.last) json_.member("first_ns", nanoseconds(*file.first)).member("last_ns", nanoseconds(*file.last));
  json_.member("partial", file.partial);
  json_.key("remarks").begin_array();
  for (const std::string& remark : file.remarks) json_.value(std::string_view(remark));
  json_.end_array().end_object();
}

void ExplainJson::begin(const CaptureFile& file) {
  json_.begin_object();
  json_.member("format", "fourtuple-explain").member("version", explain_json_version);
  json_.member("language", lang_ == Lang::zh ? "zh" : "en");
  capture(file);
  json_.key("connections").begin_array();
}

void ExplainJson::side(const Side& s) {
  json_.begin_object(true);
  json_.member("packets", s.packets).member("octets", s.octets).member("text", s.text).member("unique_text", s.unique_text);
  json_.member("data_segments", s.data_segments).member("retransmissions", s.retransmissions).member("needless", s.needless);
  json_.member("reordered", s.reordered).member("duplicates", s.duplicates);
  json_.member("syns", s.syns).member("fins", s.fins).member("resets", s.resets).member("zero_windows", s.zero_windows);
  if (s.isn_known) json_.member("isn", s.isn.value());
  if (s.shift) json_.member("window_scale", int{*s.shift});
  if (s.mss != 0) json_.member("mss", int{s.mss});
  json_.member("sack_permitted", s.sack_permitted).member("timestamps", s.timestamps);
  json_.member("least_window", s.least_window).member("most_window", s.most_window).member("most_in_flight", s.most_in_flight);
  if (s.rtt_samples > 0) {
    json_.key("rtt").begin_object();
    json_.member("least", in_seconds(s.rtt_least)).member("mean", in_seconds(s.rtt_mean)).member("most", in_seconds(s.rtt_most));
    json_.member("samples", s.rtt_samples).end_object();
  }
  if (s.state != TcpState::unknown) json_.member("state", to_string(s.state));
  json_.end_object();
}

void ExplainJson::finding(const Finding& f) {
  json_.begin_object();
  json_.member("id", f.id).member("severity", to_string(f.severity)).member("confidence", static_cast<double>(f.confidence));
  json_.key("frames").begin_array(true);
  for (const std::uint64_t frame : f.frames) json_.value(frame);
  json_.end_array();
  json_.member("frame_count", std::max<std::uint64_t>(f.frame_count, f.frames.size())).member("times", f.times);
  side_or_null(json_, "side", f.side);
  json_.member("says", std::string_view(say(f, lang_))).member("evidence", std::string_view(how_known(f, lang_)));
  json_.key("cost").begin_object(true);
  json_.member("seconds", in_seconds(f.cost.time))
      .member("octets", f.cost.octets)
      .member("segments", f.cost.segments)
      .end_object();
  json_.key("facts").begin_object();
  for (const Fact& fact : f.facts) {
    json_.key(fact.name).begin_object(true).member("unit", unit_text(fact.unit));
    if (fact.unit == Fact::Unit::text)
      json_.member("value", std::string_view(fact.text));
    else
      json_.member("value", fact.value);
    json_.end_object();
  }
  json_.end_object();
  json_.key("alternatives").begin_array();
  const std::vector<std::string> words = alternatives(f, lang_);
  for (std::size_t i = 0; i < f.alternatives.size(); ++i) {
    json_.begin_object(true).member("id", f.alternatives[i]);
    if (i < words.size()) json_.member("says", std::string_view(words[i]));
    json_.end_object();
  }
  json_.end_array();
  json_.member("next", std::string_view(next_step(f, lang_)));
  if (f.proof) {
    json_.key("proof").begin_object().member("id", f.proof->id).member("says", std::string_view(how_proven(f, lang_)));
    json_.member("capture", std::string_view(f.proof->capture)).key("frames").begin_array(true);
    for (const std::uint64_t frame : f.proof->frames) json_.value(frame);
    json_.end_array();
    json_.member("frame_count", std::max<std::uint64_t>(f.proof->frame_count, f.proof->frames.size())).end_object();
  }
  json_.end_object();
}

void ExplainJson::list(const std::vector<Finding>& findings) {
  json_.key("findings").begin_array();
  for (const Finding& f : findings) finding(f);
  json_.end_array();
}

void ExplainJson::story(const FlowSteps& flow) {
  json_.key("story").begin_array();
  for (const Item& item : tell_story(flow, lang_)) {
    json_.begin_object(true).member("says", std::string_view(item.text)).key("frames").begin_array();
    for (const std::uint64_t frame : item.frames) json_.value(frame);
    json_.end_array().end_object();
  }
  json_.end_array();
}

/// Which one it is.
void ExplainJson::address(const Connection& c) {
  json_.member("stream", c.stream);
  json_.key("tuple").begin_object(true);
  json_.member("source", std::string_view(c.sides[0].endpoint.address.to_string()))
      .member("source_port", int{c.sides[0].endpoint.port});
  json_.member("destination", std::string_view(c.sides[1].endpoint.address.to_string()));
  json_.member("destination_port", int{c.sides[1].endpoint.port}).end_object();
}

void ExplainJson::tuple(const Connection& c) {
  json_.begin_object();
  address(c);
  json_.member("state", to_string(c.state)).member("verdict", c.verdict).end_object();
}

void ExplainJson::connection(const Connection& c, const FlowSteps* chosen) {
  json_.begin_object();
  address(c);
  json_.member("state", to_string(c.state))
      .member("opening", to_string(c.opening))
      .member("history", std::string_view(c.history));
  json_.member("verdict", c.verdict);
  json_.member("first_ns", nanoseconds(c.first))
      .member("last_ns", nanoseconds(c.last))
      .member("duration", in_seconds(c.last - c.first));
  json_.member("first_frame", c.first_frame).member("last_frame", c.last_frame);
  json_.key("handshake").begin_object(true);
  if (c.handshake) json_.member("seconds", in_seconds(*c.handshake));
  if (c.syn_to_syn_ack) json_.member("syn_to_syn_ack", in_seconds(*c.syn_to_syn_ack));
  if (c.syn_ack_to_ack) json_.member("syn_ack_to_ack", in_seconds(*c.syn_ack_to_ack));
  json_.key("frames").begin_array();
  for (const std::uint64_t frame : c.handshake_frames) frame == 0 ? json_.null() : json_.value(frame);
  json_.end_array().end_object();
  json_.key("vantage").begin_object(true).member("at", to_string(c.vantage));
  json_.member("confidence", static_cast<double>(c.vantage_confidence)).end_object();
  side_or_null(json_, "closer", c.closer);
  side_or_null(json_, "time_wait_holder", c.time_wait_holder);
  json_.key("sides").begin_array();
  for (const Side& s : c.sides) side(s);
  json_.end_array();
  if (chosen != nullptr) story(*chosen);
  list(c.findings);
  json_.end_object();
}

/// One finding, with the answer around it.
void ExplainJson::why(const WhyAnswer& answer) {
  json_.begin_object();
  json_.member("format", "fourtuple-why").member("version", explain_json_version);
  json_.member("language", lang_ == Lang::zh ? "zh" : "en").member("says", std::string_view(answer.says));
  json_.member("verdict", answer.verdict).member("class", to_string(answer.failure)).member("exit_code", answer.status);
  capture(*answer.file);
  json_.key("connection");
  if (answer.connection != nullptr)
    tuple(*answer.connection);
  else
    json_.null();
  json_.key("finding");
  if (answer.finding != nullptr)
    finding(*answer.finding);
  else
    json_.null();
  json_.end_object();
}

std::string why_json(const WhyAnswer& answer, Lang lang) {
  ExplainJson json(lang);
  json.why(answer);
  return json.take();
}

void ExplainJson::end(const std::vector<Finding>& findings, const Comparison* comparison) {
  json_.end_array();
  list(findings);
  if (comparison != nullptr) {
    json_.key("comparison");
    write_comparison(json_, *comparison);
  }
  json_.end_object();
}

}  // namespace ft::analysis::report
