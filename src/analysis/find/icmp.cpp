// Diagnoses 4 and 19: what routers and hosts said about a packet that they could not deliver.
#include "analysis/find/case.hpp"

#include <algorithm>
#include <string_view>

namespace ft::analysis {

namespace {

/// RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1; RFC 4443 3.
std::string_view reason_v4(std::uint8_t type, std::uint8_t code) {
  if (type == 11) return "time-exceeded";
  if (type == 12) return "parameter-problem";
  switch (code) {
    case 0:
    case 6:
    case 11:
      return "net-unreachable";
    case 1:
    case 7:
    case 8:
    case 12:
      return "host-unreachable";
    case 2:
      return "protocol-unreachable";
    case 3:
      return "port-unreachable";
    case 9:
      return "net-prohibited";
    case 10:
      return "host-prohibited";
    case 13:
      return "admin-prohibited";
    default:
      return "unreachable";
  }
}

std::string_view reason_v6(std::uint8_t type, std::uint8_t code) {
  if (type == 3) return "time-exceeded";
  if (type == 4) return "parameter-problem";
  constexpr std::array<std::string_view, 7> reasons{
      "no-route",         "admin-prohibited", "beyond-scope",  "address-unreachable",
      "port-unreachable", "source-policy",    "route-rejected"};
  return code < reasons.size() ? reasons[code] : "unreachable";
}

bool is_too_big(const Case& c, const Note& note) { return c.connection.ipv6 ? note.type == 2 : note.type == 3 && note.code == 4; }

std::string reporter_of(const Case& c, const Note& note) {
  const auto reporter = c.analysis == nullptr ? std::nullopt : c.analysis->reporter(note.frame);
  return reporter ? reporter->to_string() : "ICMP";
}

void rejected(const Case& c, Findings& out) {
  const Note* first = nullptr;
  std::uint64_t errors = 0;
  for (const Note& note : c.notes) {
    const bool redirect = c.connection.ipv6 ? note.type >= 128 : note.type == 4 || note.type == 5;
    if (note.kind != Note::Kind::icmp || is_too_big(c, note) || redirect) continue;
    if (first == nullptr) first = &note;
    ++errors;
  }
  if (first == nullptr) return;
  const Side& victim = c.side(first->side);
  const Side& target = c.side(other(first->side));
  // An error about an open connection is a hint, not an end (RFC 9293 3.9.2.2, RFC 5461): what counts is whether it went on.
  const bool went_on = target.packets > 0 && target.last_packet > first->at;
  Draft draft("icmp-rejected", other(first->side));
  draft.frame(std::min(c.connection.first_frame, first->frame)).times(errors);
  for (const Note& note : c.notes)
    if (note.kind == Note::Kind::icmp && !is_too_big(c, note)) draft.note(note);
  const std::string reporter = reporter_of(c, *first);
  draft.text("reporter", reporter).count("type", first->type).count("code", first->code);
  draft.text("reason",
             std::string(c.connection.ipv6 ? reason_v6(first->type, first->code) : reason_v4(first->type, first->code)));
  draft.text("tuple", victim.endpoint.to_string() + " > " + target.endpoint.to_string());
  draft.flag("own", reporter == target.endpoint.address.to_string());
  draft.cost(first->at - c.connection.first, c.client().syns);
  if (went_on) draft.severity(Severity::note);
  out.push_back(draft.sure(went_on ? 0.6f : 0.97f).done());
}

void learnt_mtu(const Case& c, Findings& out) {
  const auto told =
      std::ranges::find_if(c.notes, [&](const Note& note) { return note.kind == Note::Kind::icmp && is_too_big(c, note); });
  if (told == c.notes.end()) return;
  std::uint32_t before = 0, after = 0;
  std::uint64_t as_big = 0;  // repeats that are no smaller, when the message had long arrived
  const Duration known = round_trip(c.connection);
  Draft draft("pmtud", told->side);
  std::uint64_t errors = 0;
  for (const Note& note : c.notes) {
    if (note.kind == Note::Kind::icmp && is_too_big(c, note)) {
      draft.note(note);
      ++errors;
    }
    if (note.kind != Note::Kind::segment || note.side != told->side || note.frame < told->frame) continue;
    if (note.label != Label::retransmission && note.label != Label::needless) continue;
    after = std::max(after, note.length);
    as_big += note.length == c.side(told->side).largest_text && note.at - told->at > known ? 1u : 0u;
  }
  before = c.side(told->side).largest_text;
  const bool smaller = after > 0 && after < before;
  draft.text("reporter", reporter_of(c, *told)).times(errors);
  if (told->value > 0)
    draft.number("mtu", told->value, Fact::Unit::octets);
  else
    draft.flag("unnamed");  // as before RFC 1191
  if (smaller) draft.octets("size_before", before).octets("size_after", after);
  draft.flag("smaller", smaller).flag("ignored", !smaller && as_big >= 2);
  if (!smaller && as_big >= 2) draft.severity(Severity::warning);
  out.push_back(draft.cost(round_trip(c.connection), errors).done());
}

}  // namespace

void find_icmp(const Case& c, Findings& out) {
  if (c.connection.icmp_errors == 0) return;
  rejected(c, out);
  learnt_mtu(c, out);
}

}  // namespace ft::analysis
