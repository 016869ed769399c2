#include "analysis/find/find.hpp"

#include "analysis/find/case.hpp"

#include <algorithm>

namespace ft::analysis {

namespace {

/// What another finding explains is told milder: the same trouble is not counted twice.
struct Explained {
  std::string_view by, what;
};
constexpr Explained explained[] = {
    {"mtu-black-hole", "rto-backoff"},
    {"mtu-black-hole", "tail-loss"},
    {"mtu-black-hole", "lost-retransmission"},
    {"mtu-probing-recovered", "tail-loss"},
    {"mtu-probing-recovered", "lost-retransmission"},
    {"path-outage", "tail-loss"},
    {"path-outage", "rto-backoff"},
    {"path-outage", "lost-retransmission"},
    {"path-outage", "fin-retransmitted"},
    {"rto-backoff", "fin-retransmitted"},
    {"rto-backoff", "tail-loss"},
    {"rto-backoff", "half-closed-not-finished"},
    {"lost-retransmission", "loss-fast-recovery"},
    {"idle-timeout", "rto-backoff"},
    {"idle-timeout", "tail-loss"},
    {"idle-timeout", "fin-retransmitted"},
    {"checksum-corruption", "loss-fast-recovery"},
    {"checksum-corruption", "tail-loss"},
    {"checksum-corruption", "loss-random"},
    {"mtu-probing-recovered", "rto-backoff"},
    {"mtu-probing-recovered", "path-outage"},
    {"pmtud", "loss-fast-recovery"},
    {"pmtud", "tail-loss"},
    {"pmtud", "lost-retransmission"},
    {"reordering", "spurious-retransmission"},
    {"reordering", "loss-fast-recovery"},
    {"listen-queue-overflow", "rto-backoff"},
    {"listen-queue-overflow", "path-outage"},
    {"listen-queue-overflow", "tail-loss"},
    {"listen-queue-overflow", "lost-retransmission"},
    {"listen-queue-overflow", "spurious-retransmission"},
    {"handshake-ack-lost", "tail-loss"},
    {"zero-window-stalled", "keepalive-unanswered"},
    {"keepalive-unanswered", "rto-backoff"},
    {"rst-injected", "half-open-peer-forgot"},
    {"half-open-peer-forgot", "rst-abortive-close"},
    {"path-outage", "loss-fast-recovery"},
};

/// What becomes of the single connections that make a flood or a scan.
constexpr std::string_view of_floods_and_scans[] = {"syn-unanswered", "port-closed", "reset-by-middlebox",
                                                    "icmp-rejected",  "synack-lost", "listen-queue-overflow",
                                                    "client-gave-up"};

void fold(Findings& findings) {
  if (findings.size() < 2) return;
  for (const auto& [by, what] : explained) {
    if (!found(findings, by)) continue;
    for (Finding& finding : findings)
      if (finding.id == what) finding.severity = std::min(finding.severity, Severity::note);
  }
}

}  // namespace

bool graver(const Finding& a, const Finding& b) {
  if (a.severity != b.severity) return a.severity > b.severity;
  if (a.cost.time != b.cost.time) return a.cost.time > b.cost.time;
  if (a.confidence != b.confidence) return a.confidence > b.confidence;
  const Words* of_a = find_words(a.id);
  const Words* of_b = find_words(b.id);
  return of_a != nullptr && of_b != nullptr && of_a < of_b;
}

std::vector<Finding> diagnose(const Connection& connection, std::span<const Note> notes, const CaptureFacts& capture,
                              const Hosts& hosts, const Analysis* analysis, const Witness* witness) {
  // A socket that is connected with itself (RFC 9293 3.5 allows it): nobody can tell who says what.
  if (connection.sides[0].endpoint == connection.sides[1].endpoint) return {};
  Findings out;
  const Case c{connection, notes, capture, hosts, analysis, witness};
  // In this order: later ones leave alone what an earlier one explains.
  find_opening(c, out);
  find_offers(c, out);
  find_icmp(c, out);
  find_sizes(c, out);
  find_outages(c, out);
  find_loss(c, out);
  find_rates(c, out);
  find_windows(c, out);
  find_pace(c, out);
  find_resets(c, out);
  find_closing(c, out);
  find_honesty(c, out);
  find_remarks(c, out);
  fold(out);
  const auto is_of_many = [](const Finding& finding) {
    return std::ranges::find(of_floods_and_scans, finding.id) != std::end(of_floods_and_scans);
  };
  if (std::ranges::any_of(out, is_of_many) && hosts.explain(connection))
    for (Finding& finding : out)
      if (is_of_many(finding)) finding.severity = std::min(finding.severity, Severity::note);
  if (out.size() > 1) std::ranges::stable_sort(out, graver);  // it would ask for memory all the same
  return out;
}

void settle(std::vector<Finding>& findings) {
  fold(findings);
  std::ranges::stable_sort(findings, graver);
}

std::string_view verdict_of(const Connection& connection) {
  const auto& findings = connection.findings;
  if (!findings.empty() && findings.front().severity > Severity::info) return findings.front().id;
  switch (connection.state) {
    case FlowState::closed:
      return "complete";
    case FlowState::established:
      return "open";
    default:
      return to_string(connection.state);
  }
}

Finder::Finder(const Analysis& analysis, HostLimits limits) : analysis_(&analysis), hosts_(limits, analysis.hash_seed()) {
  for (std::uint32_t i = 0; i < analysis.streams(); ++i) hosts_.learn(analysis.outline(i));
  findings_ = hosts_.findings();
  std::ranges::stable_sort(findings_, graver);
}

Connection Finder::connection(std::uint32_t stream, const Witness* witness) const {
  Connection connection = analysis_->connection(stream);
  std::vector<Note> notes = analysis_->notes(stream);
  if (witness != nullptr) correct(notes, *witness);
  connection.findings = diagnose(connection, notes, analysis_->capture(), hosts_, analysis_, witness);
  connection.verdict = verdict_of(connection);
  return connection;
}

}  // namespace ft::analysis
