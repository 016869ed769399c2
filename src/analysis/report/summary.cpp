#include "analysis/report/summary.hpp"

#include "analysis/find/words.hpp"
#include "analysis/quantity.hpp"
#include "analysis/report/words.hpp"

#include <algorithm>

namespace ft::analysis::report {

namespace {

/// Worse first; among equals the earlier one.
bool worse(std::uint64_t a, std::uint32_t stream_a, std::uint64_t b, std::uint32_t stream_b) {
  return a != b ? a > b : stream_a < stream_b;
}

}  // namespace

std::uint64_t badness_of(const Connection& connection) {
  std::uint64_t worst = 0;
  for (const Finding& finding : connection.findings) {
    const auto grave = static_cast<std::uint64_t>(finding.severity);
    const auto sure = static_cast<std::uint64_t>(std::clamp(finding.confidence, 0.0F, 1.0F) * 100);
    const auto cost = static_cast<std::uint64_t>(std::clamp<std::int64_t>(finding.cost.time.count() / 1'000'000, 0, 9'999'999));
    worst = std::max(worst, (grave * 1000 + sure) * 10'000'000 + cost + 1);
  }
  return worst;
}

void Summary::add(const Connection& connection) {
  ++connections_;
  if (longest_ == 0) return;
  if (order_ == ListOrder::capture) {
    if (kept_.size() < longest_) kept_.push_back({0, connection});
    return;
  }
  const auto less_bad_in_front = [](const Kept& a, const Kept& b) {
    return worse(a.badness, a.connection.stream, b.badness, b.connection.stream);
  };
  const std::uint64_t badness = badness_of(connection);
  if (kept_.size() == longest_) {
    const Kept& least = kept_.front();
    if (!worse(badness, connection.stream, least.badness, least.connection.stream)) return;
    std::ranges::pop_heap(kept_, less_bad_in_front);
    kept_.pop_back();
  }
  kept_.push_back({badness, connection});
  std::ranges::push_heap(kept_, less_bad_in_front);
}

std::vector<Connection> Summary::list() const {
  std::vector<const Kept*> order;
  for (const Kept& kept : kept_) order.push_back(&kept);
  if (order_ == ListOrder::worst_first)
    std::ranges::sort(order, [](const Kept* a, const Kept* b) {
      return worse(a->badness, a->connection.stream, b->badness, b->connection.stream);
    });
  std::vector<Connection> out;
  for (const Kept* kept : order) out.push_back(kept->connection);
  return out;
}

ConnectionLine line_of(const Connection& c, Lang lang) {
  ConnectionLine line;
  line.stream = c.stream;
  line.opener = c.sides[0].endpoint.to_string();
  line.other = c.sides[1].endpoint.to_string();
  line.state = to_string(c.state);
  line.state_text = std::string(state_text(c.state, lang));
  line.history = c.history;
  if (c.handshake) {
    line.handshake = time_text(*c.handshake);
    line.handshake_ns = c.handshake->count();
  }
  line.duration_ns = (c.last - c.first).count();
  line.duration = time_text(c.last - c.first);
  line.octets_there = c.sides[0].unique_text;
  line.octets_back = c.sides[1].unique_text;
  line.there = octets_text(line.octets_there);
  line.back = octets_text(line.octets_back);
  line.repeats = c.sides[0].retransmissions + c.sides[1].retransmissions;
  line.verdict = c.verdict;
  line.verdict_text = verdict_words(c.verdict, lang);
  line.has_finding = !c.findings.empty() && c.findings.front().severity >= Severity::note;
  if (!c.findings.empty()) line.gravest = c.findings.front().severity;
  return line;
}

}  // namespace ft::analysis::report
