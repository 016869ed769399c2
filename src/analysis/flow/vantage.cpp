#include "analysis/flow/vantage.hpp"

#include <algorithm>
#include <array>

namespace ft::analysis::flow {

namespace {

/// How much speaks against each place that the evidence leaves out: probabilities that it is wrong, multiplied.
struct Votes {
  std::array<float, 4> wrong{1, 1, 1, 1};  // by Vantage
  void add(Vantage where, float weight) { wrong[static_cast<std::size_t>(where)] *= 1 - weight; }
};

Vantage at_side(std::size_t side) { return side == 0 ? Vantage::client : Vantage::server; }

/// Hosts begin with one of these; fewer means that routers lie between.
bool is_initial(std::uint8_t ttl) { return ttl == 32 || ttl == 64 || ttl == 128 || ttl == 255; }

/// Of two legs, the one on this side of the capture takes nearly no time.
void weigh_legs(Votes& votes, Duration toward_server, Duration toward_client, float weight) {
  constexpr Duration measurable = std::chrono::microseconds(300);
  if (toward_server < Duration::zero() || toward_client < Duration::zero()) return;
  const Duration sum = toward_server + toward_client;
  if (sum < measurable) return;
  const double share = static_cast<double>(toward_server.count()) / static_cast<double>(sum.count());
  if (share > 0.85)
    votes.add(Vantage::client, weight);
  else if (share < 0.15)
    votes.add(Vantage::server, weight);
  else if (share > 0.25 && share < 0.75)
    votes.add(Vantage::middle, weight * 0.8F);
}

void weigh_ttls(Votes& votes, const Connection& c) {
  if (c.sides[0].packets == 0 || c.sides[1].packets == 0) return;
  const bool first = is_initial(c.sides[0].ttl);
  const bool second = is_initial(c.sides[1].ttl);
  if (first && !second) votes.add(Vantage::client, 0.7F);
  if (second && !first) votes.add(Vantage::server, 0.7F);
  if (!first && !second) votes.add(Vantage::middle, 0.6F);
}

void weigh_checksums(Votes& votes, const Connection& c) {
  std::array<bool, 2> unmade{};
  for (std::size_t i = 0; i < 2; ++i) {
    const Side& side = c.sides[i];
    unmade[i] = side.checksums_partial > 0 || (side.checksums_bad > 2 && side.checksums_bad > side.checksums_good * 4);
  }
  if (unmade[0] != unmade[1]) votes.add(at_side(unmade[0] ? 0 : 1), 0.9F);
}

}  // namespace

VantageEstimate estimate_vantage(const Connection& c) {
  Votes votes;
  if (c.syn_to_syn_ack && c.syn_ack_to_ack) weigh_legs(votes, *c.syn_to_syn_ack, *c.syn_ack_to_ack, 0.8F);
  if (c.sides[0].rtt_samples != 0 && c.sides[1].rtt_samples != 0)
    weigh_legs(votes, c.sides[0].rtt_least, c.sides[1].rtt_least, 0.6F);
  weigh_ttls(votes, c);
  weigh_checksums(votes, c);
  VantageEstimate best;
  float against = 0;
  for (const Vantage where : {Vantage::client, Vantage::server, Vantage::middle}) {
    const float sure = 1 - votes.wrong[static_cast<std::size_t>(where)];
    if (sure > best.confidence) {
      against = best.confidence;
      best = {.where = where, .confidence = sure};
    } else {
      against = std::max(against, sure);
    }
  }
  // Evidence for two places speaks against both.
  best.confidence *= 1 - against;
  if (best.confidence < 0.3F) return {};
  return best;
}

}  // namespace ft::analysis::flow
