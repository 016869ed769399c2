#include "cli/lab_json.hpp"

#include "analysis/ladder_text.hpp"
#include "wire/tcp.hpp"

#include <nlohmann/json.hpp>

namespace ft::cli {

namespace {

using Json = nlohmann::ordered_json;

std::string_view name_of(analysis::Row::Kind kind) {
  switch (kind) {
    case analysis::Row::Kind::segment:
      return "segment";
    case analysis::Row::Kind::departure:
      return "departure";
    case analysis::Row::Kind::arrival:
      return "arrival";
    case analysis::Row::Kind::packet:
      return "packet";
    case analysis::Row::Kind::call:
      return "call";
    case analysis::Row::Kind::timer:
      return "timer";
    case analysis::Row::Kind::state:
      return "state";
  }
  return "";
}

Json state_of(const analysis::StateStep& state) {
  if (state.before.empty() && state.after.empty()) return nullptr;
  Json j{{"before", state.before}, {"after", state.after}};
  if (state.inferred) j["inferred"] = true;
  return j;
}

Json segment_of(const analysis::Row& row) {
  const trace::SegmentFields& s = row.segment;
  Json j{{"flags", analysis::flags_text(row)},
         {"seq", row.seq},
         {"seq_absolute", s.seq},
         {"length", s.length},
         {"window", row.window},
         {"window_on_wire", s.window}};
  if (row.has(wire::tcp_flag::ack)) {
    j["ack"] = row.ack;
    j["ack_absolute"] = s.ack;
  }
  if (row.has(wire::tcp_flag::urg)) j["urgent"] = s.urgent;
  if (row.ace) j["ace"] = *row.ace;
  if (s.ip_ecn != 0 || row.ecn_there != 0) j["ip_ecn"] = {{"sent", s.ip_ecn}, {"arrived", row.ecn_there}};
  Json options = Json::object();
  if (s.mss) options["mss"] = *s.mss;
  if (s.window_scale) options["window_scale"] = *s.window_scale;
  if (s.sack_permitted) options["sack_permitted"] = true;
  if (s.timestamps) options["timestamps"] = {{"value", s.timestamps->first}, {"echo", s.timestamps->second}};
  for (std::size_t i = 0; i < s.sack_count && i < row.sack.size(); ++i)
    options["sack"].push_back({row.sack[i].first, row.sack[i].second});
  if (s.accecn) {
    Json octets = Json::array();
    for (std::size_t i = 0; i < s.accecn->fields; ++i) octets.push_back(s.accecn->octets[i]);
    options["accecn"] = {{"order", s.accecn->order}, {"octets", octets}};
  }
  j["options"] = options;
  return j;
}

Json reason_of(const trace::Why& why, const analysis::Row& row, const analysis::Ladder& ladder, analysis::Lang lang) {
  if (why.id.empty()) return nullptr;
  return {
      {"id", why.id}, {"clause", why.clause}, {"sentence", analysis::say(why.id, lang, analysis::facts_of(row, ladder.actors))}};
}

std::string host_name(const analysis::Ladder& ladder, std::uint8_t host) {
  return host < ladder.actors.size() ? ladder.actors[host].name : std::to_string(host);
}

Json row_of(const analysis::Row& row, const analysis::Ladder& ladder, analysis::Lang lang) {
  Json j{{"kind", name_of(row.kind)}, {"at_ns", (row.at - ladder.origin).count()}};
  if (row.arrived) j["arrived_ns"] = (*row.arrived - ladder.origin).count();
  const bool crosses = row.is_segment() || row.kind == analysis::Row::Kind::packet;
  j[crosses ? "from" : "host"] = host_name(ladder, row.from);
  if (crosses) j["to"] = host_name(ladder, row.to);
  if (row.connection != 0) j["connection"] = row.connection;
  if (row.tuple.local.port != 0)
    j["four_tuple"] = {{"local", row.tuple.local.to_string()}, {"remote", row.tuple.remote.to_string()}};
  if (crosses && row.packet != 0) j["packet"] = row.packet;
  if (row.is_segment()) j["segment"] = segment_of(row);
  if (!row.call.empty()) j[row.kind == analysis::Row::Kind::timer ? "timer" : "call"] = row.call;
  if (row.kind == analysis::Row::Kind::call || row.kind == analysis::Row::Kind::packet) j["octets"] = row.octets;
  if (!row.result.empty()) j["error"] = row.result;
  j[crosses ? "from_state" : "state"] = state_of(row.from_state);
  if (crosses) j["to_state"] = state_of(row.to_state);
  j["why"] = reason_of(row.why, row, ladder, lang);
  if (crosses) {
    j["effect"] = reason_of(row.effect, row, ladder, lang);
    j["dropped"] = row.dropped == DropReason::none ? Json(nullptr) : Json(to_string(row.dropped));
    j["lost"] = row.lost.empty() ? Json(nullptr) : Json(row.lost);
    j["duplicate"] = row.duplicate;
    j["corrupted"] = row.corrupted;
    j["late"] = row.late;
  }
  return j;
}

Json connection_of(const sim::ConnectionEnd& end) {
  Json j{{"name", end.name},
         {"host", sim::to_string(end.host)},
         {"local", end.tuple.local.to_string()},
         {"remote", end.tuple.remote.to_string()},
         {"state", end.state},
         {"closed", to_string(end.closed)},
         {"octets_written", end.octets_written},
         {"octets_read", end.octets_read}};
  if (end.error != Error::none) j["error"] = to_string(end.error);
  if (end.free_at) j["free_at_ns"] = end.free_at->time_since_epoch().count();
  return j;
}

Json outcome_of(const sim::Outcome& outcome) {
  Json j{{"as_told", outcome.as_told()}, {"ended_ns", outcome.ended.time_since_epoch().count()},
         {"seed", outcome.seed},         {"expectations", Json::array()},
         {"connections", Json::array()}, {"ports", Json::array()}};
  for (const auto& e : outcome.expectations)
    j["expectations"].push_back({{"text", e.text}, {"line", e.line}, {"met", e.met}, {"found", e.sentence}});
  for (const auto& end : outcome.connections) j["connections"].push_back(connection_of(end));
  for (std::size_t host = 0; host < outcome.hosts.size(); ++host) {
    for (const PortEntry& port : outcome.hosts[host].ports) {
      Json entry{{"host", sim::to_string(static_cast<sim::Role>(host))},
                 {"local", port.tuple.local.to_string()},
                 {"remote", port.tuple.remote.to_string()},
                 {"state", port.state}};
      if (port.free_at) entry["free_at_ns"] = port.free_at->time_since_epoch().count();
      j["ports"].push_back(entry);
    }
  }
  return j;
}

}  // namespace

std::string lab_json(const sim::Scenario& scenario, const sim::Outcome& outcome, const analysis::Ladder& ladder,
                     analysis::Lang lang) {
  const bool zh = lang == analysis::Lang::zh;
  Json j{{"format", "fourtuple-lab"},
         {"version", 1},
         {"scenario",
          {{"name", scenario.name},
           {"title", zh && !scenario.title_zh.empty() ? scenario.title_zh : scenario.title},
           {"teaches", zh && !scenario.teaches_zh.empty() ? scenario.teaches_zh : scenario.teaches},
           {"next", zh && !scenario.next_zh.empty() ? scenario.next_zh : scenario.next}}},
         {"language", zh ? "zh" : "en"},
         {"hosts", Json::array()},
         {"rows", Json::array()}};
  for (const analysis::Actor& actor : ladder.actors) {
    Json host{{"name", actor.name}, {"addresses", Json::array()}};
    for (const IpAddress& address : actor.addresses) host["addresses"].push_back(address.to_string());
    j["hosts"].push_back(host);
  }
  for (const analysis::Row& row : ladder.rows) j["rows"].push_back(row_of(row, ladder, lang));
  j["outcome"] = outcome_of(outcome);
  return j.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace ft::cli
