#include "cli/connection_info.hpp"

#include "trace/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ft::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string text(Duration time) { return trace::duration_text(time); }
std::string text(const std::optional<Duration>& time) { return time ? text(*time) : "unknown"; }

std::string rate_text(std::uint64_t octets_a_second) {
  const double rate = static_cast<double>(octets_a_second) * 8;
  if (rate >= 1e9) return fmt::format("{:.2f} Gbit/s", rate / 1e9);
  if (rate >= 1e6) return fmt::format("{:.2f} Mbit/s", rate / 1e6);
  return fmt::format("{:.2f} kbit/s", rate / 1e3);
}

void line(std::string& out, std::string_view heading, const std::string& words) {
  out += fmt::format("  {:<12} {}\n", heading, words);
}

std::string congestion_text(const ConnectionInfo& i) {
  const CongestionInfo& c = i.congestion;
  std::string out = c.controller.empty() ? "" : fmt::format("{}, {}; ", c.controller, c.recovery.empty() ? c.phase : c.recovery);
  out += fmt::format("cwnd {} octets", i.cwnd);
  if (i.ssthresh != UINT64_MAX) out += fmt::format(", ssthresh {}", i.ssthresh);
  if (c.pacing_rate != 0) out += ", paced at " + rate_text(c.pacing_rate);
  if (c.delivery_rate != 0)
    out += ", delivered at " + rate_text(c.delivery_rate) + (c.application_limited ? " (the application set the pace)" : "");
  if (c.ecn_reductions != 0) out += fmt::format(", {} reductions for congestion marks", c.ecn_reductions);
  return out;
}

std::string repeated_text(const ConnectionInfo& i) {
  const RetransmissionInfo& r = i.retransmitted;
  if (i.retransmissions == 0) return "nothing";
  Repeated all;
  std::string by_cause;
  for (std::size_t k = 0; k < r.by_cause.size(); ++k) {
    const Repeated& one = r.by_cause[k];
    if (one.segments == 0) continue;
    all.segments += one.segments;
    all.octets += one.octets;
    by_cause += fmt::format("{}{} {}", by_cause.empty() ? "" : ", ", one.segments, to_string(static_cast<Repeat>(k)));
  }
  std::string out = fmt::format("{} segments with {} octets: {}", all.segments, all.octets, by_cause);
  out += fmt::format("; {} recoveries, {} timeouts", r.recoveries, r.timeouts);
  if (r.undone != 0) out += fmt::format(", {} reductions undone", r.undone);
  if (r.duplicate_sacks != 0) out += fmt::format(", {} reported as duplicates (D-SACK)", r.duplicate_sacks);
  return out;
}

std::string disorder_text(const ReorderingInfo& r) {
  std::string out = fmt::format("{} segments out of order, {} duplicates", r.out_of_order, r.duplicates);
  if (r.duplicate_sacks_sent != 0) out += fmt::format(" ({} reported by D-SACK)", r.duplicate_sacks_sent);
  out += r.seen ? "; the path reorders, losses are judged after " + text(r.window) : "; none seen of what we sent";
  return out;
}

std::string limits_text(const LimitInfo& l) {
  if (l.busy == Duration::zero()) return "never busy";
  std::string out = "busy for " + text(l.busy) + ":";
  const auto add = [&](std::string_view name, Duration spent) {
    if (spent == Duration::zero()) return;
    const double share = 100.0 * static_cast<double>(spent.count()) / static_cast<double>(l.busy.count());
    out += fmt::format("{} {} {} ({:.0f} %)", out.back() == ':' ? "" : ",", name, text(spent), share);
  };
  add("congestion window", l.congestion);
  add("receive window", l.receive_window);
  add("send buffer", l.send_buffer);
  add("application", l.application);
  if (!l.hold.empty()) out += fmt::format("; now {} ({})", l.hold, l.hold_clause);
  return out;
}

std::string rings_text(const RingInfo& r) {
  std::string out = fmt::format("send {} unsent + {} unacknowledged of {}", r.unsent, r.unacknowledged, r.send_limit);
  if (r.selectively_acked != 0 || r.lost != 0)
    out += fmt::format(" ({} held by the peer, {} taken as lost)", r.selectively_acked, r.lost);
  return out + fmt::format("; receive {} readable + {} out of order of {}", r.readable, r.out_of_order, r.receive_limit);
}

std::string agreed_text(const ConnectionInfo& i) {
  const AgreedInfo& a = i.agreed;
  std::string out = fmt::format("segments of {} octets (the peer takes {}, the path {})", i.mss, a.peer_mss, a.path_mss);
  if (a.window_scale) out += fmt::format(", window scale {}/{}", a.send_shift, a.receive_shift);
  if (a.sack) out += ", SACK";
  if (a.timestamps) out += ", timestamps";
  if (a.accurate_ecn) out += ", AccECN";
  if (a.ecn) out += ", ECN";
  if (a.fast_open) out += ", TFO";
  return out;
}

double ms(Duration time) { return std::chrono::duration<double, std::milli>(time).count(); }
Json ms(const std::optional<Duration>& time) { return time ? Json(ms(*time)) : Json(nullptr); }
Json ago(const std::optional<Instant>& at, Instant now) { return at ? Json(ms(now - *at)) : Json(nullptr); }

Json repeated_json(const RetransmissionInfo& r) {
  Json causes = Json::object();
  for (std::size_t k = 0; k < r.by_cause.size(); ++k) {
    if (r.by_cause[k].segments == 0) continue;
    causes[std::string(to_string(static_cast<Repeat>(k)))] = {{"segments", r.by_cause[k].segments},
                                                              {"octets", r.by_cause[k].octets}};
  }
  return {{"by_cause", std::move(causes)},
          {"timeouts", r.timeouts},
          {"recoveries", r.recoveries},
          {"undone", r.undone},
          {"duplicate_sacks", r.duplicate_sacks}};
}

Json congestion_json(const ConnectionInfo& i) {
  const CongestionInfo& c = i.congestion;
  return {{"controller", c.controller},
          {"phase", c.phase},
          {"recovery", c.recovery},
          {"cwnd", i.cwnd},
          {"ssthresh", i.ssthresh == UINT64_MAX ? Json(nullptr) : Json(i.ssthresh)},
          {"in_flight", c.in_flight},
          {"pacing_rate", c.pacing_rate},
          {"delivery_rate", c.delivery_rate},
          {"application_limited", c.application_limited},
          {"delivered", c.delivered},
          {"delivered_ce", c.delivered_ce},
          {"lost", c.lost},
          {"ecn_reductions", c.ecn_reductions}};
}

Json limits_json(const LimitInfo& l) {
  Json j{{"now", l.now},
         {"busy", ms(l.busy)},
         {"application", ms(l.application)},
         {"congestion", ms(l.congestion)},
         {"receive_window", ms(l.receive_window)},
         {"send_buffer", ms(l.send_buffer)}};
  if (!l.hold.empty()) j["hold"] = {{"id", l.hold}, {"clause", l.hold_clause}};
  return j;
}

Json rings_json(const RingInfo& r) {
  return {{"unsent", r.unsent},
          {"unacknowledged", r.unacknowledged},
          {"selectively_acked", r.selectively_acked},
          {"lost", r.lost},
          {"send_limit", r.send_limit},
          {"readable", r.readable},
          {"out_of_order", r.out_of_order},
          {"receive_limit", r.receive_limit}};
}

Json agreed_json(const ConnectionInfo& i) {
  const AgreedInfo& a = i.agreed;
  return {{"mss", i.mss},
          {"peer_mss", a.peer_mss},
          {"path_mss", a.path_mss},
          {"window_scale", a.window_scale},
          {"send_shift", a.send_shift},
          {"receive_shift", a.receive_shift},
          {"sack", a.sack},
          {"timestamps", a.timestamps},
          {"ecn", a.ecn},
          {"accurate_ecn", a.accurate_ecn},
          {"fast_open", a.fast_open}};
}

Json deadline_json(const DeadlineInfo& d, Instant now) {
  if (!d.at) return nullptr;
  return {{"in", ms(*d.at - now)}, {"timer", d.timer}, {"clause", d.clause}};
}

}  // namespace

std::string info_text(const ConnectionInfo& i, Instant now) {
  std::string out = fmt::format("{} -> {} {}", i.tuple.local.to_string(), i.tuple.remote.to_string(), i.state);
  if (i.closed != CloseReason::none) out += fmt::format(", closed: {}", to_string(i.closed));
  out += '\n';
  line(out, "octets",
       fmt::format("{} sent, {} received; {} segments sent, {} received", i.octets_sent, i.octets_received, i.segments_sent,
                   i.segments_received));
  line(out, "round trip",
       fmt::format("smoothed {}, variation {}, least {}, latest {}; timeout {}", text(i.srtt), text(i.rttvar), text(i.min_rtt),
                   text(i.latest_rtt), text(i.rto)));
  line(out, "congestion", congestion_text(i));
  line(out, "limits", limits_text(i.limits));
  line(out, "repeated", repeated_text(i));
  line(out, "disorder", disorder_text(i.reordering));
  line(out, "rings", rings_text(i.rings));
  line(out, "agreed", agreed_text(i));
  if (i.deadline.at)
    line(out, "next", fmt::format("{} in {} ({})", i.deadline.timer, text(*i.deadline.at - now), i.deadline.clause));
  if (i.soft_error != Error::none) line(out, "ICMP", std::string(describe(i.soft_error)));
  return out;
}

std::string info_json(const ConnectionInfo& i, Instant now) {
  const Json j{
      {"format", "fourtuple-info"},
      {"version", 1},
      {"local", i.tuple.local.to_string()},
      {"remote", i.tuple.remote.to_string()},
      {"state", i.state},
      {"closed", to_string(i.closed)},
      {"soft_error", i.soft_error == Error::none ? Json(nullptr) : Json(to_string(i.soft_error))},
      {"sequence",
       {{"snd_una", i.snd_una}, {"snd_nxt", i.snd_nxt}, {"snd_wnd", i.snd_wnd}, {"rcv_nxt", i.rcv_nxt}, {"rcv_wnd", i.rcv_wnd}}},
      {"octets_sent", i.octets_sent},
      {"octets_received", i.octets_received},
      {"segments_sent", i.segments_sent},
      {"segments_received", i.segments_received},
      {"retransmissions", i.retransmissions},
      {"rtt",
       {{"smoothed", ms(i.srtt)},
        {"variation", ms(i.rttvar)},
        {"least", ms(i.min_rtt)},
        {"latest", ms(i.latest_rtt)},
        {"rto", ms(i.rto)},
        {"backoff", i.backoff}}},
      {"congestion", congestion_json(i)},
      {"limits", limits_json(i.limits)},
      {"retransmitted", repeated_json(i.retransmitted)},
      {"reordering",
       {{"seen", i.reordering.seen},
        {"window", ms(i.reordering.window)},
        {"out_of_order", i.reordering.out_of_order},
        {"duplicates", i.reordering.duplicates},
        {"duplicate_sacks_sent", i.reordering.duplicate_sacks_sent}}},
      {"rings", rings_json(i.rings)},
      {"agreed", agreed_json(i)},
      {"deadline", deadline_json(i.deadline, now)},
      {"last",
       {{"data_sent_ago", ago(i.last.data_sent, now)},
        {"data_received_ago", ago(i.last.data_received, now)},
        {"ack_sent_ago", ago(i.last.ack_sent, now)},
        {"heard_ago", ago(i.last.heard, now)}}}};
  return j.dump() + '\n';
}

}  // namespace ft::cli
