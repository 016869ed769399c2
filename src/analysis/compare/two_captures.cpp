#include "analysis/compare/two_captures.hpp"

#include "analysis/compare/prover.hpp"

#include <optional>
#include <utility>

namespace ft::analysis {

namespace {

std::array<Witness, 2> witnesses_of(const Comparison& comparison) {
  std::array<std::vector<Testimony>, 2> said;
  for (const ComparedConnection& connection : comparison.connections) {
    for (const Passage& way : connection.ways) {
      const std::size_t near = way.near_is_first ? 0 : 1;
      for (const Crossing& crossing : way.crossings) {
        if (crossing.near != 0) said[near].push_back({crossing.near, crossing.far, crossing.is});
        if (crossing.far != 0) said[1 - near].push_back({crossing.far, crossing.near, crossing.is});
      }
    }
  }
  return {Witness(std::move(said[0])), Witness(std::move(said[1]))};
}

/// An estimate of the place that the other capture contradicts.
void place(Connection& connection, const ComparedConnection& compared) {
  const bool same = connection.sides[0].endpoint == compared.first.local;
  const Vantage farther = compared.first_is_nearer_opener == same ? Vantage::server : Vantage::client;
  if (connection.vantage != farther) return;
  connection.vantage = Vantage::middle;
  connection.vantage_confidence = 0.6f;
}

}  // namespace

TwoCaptures::TwoCaptures(const Finder& first, const Finder& second, Comparison comparison, std::array<std::string, 2> names)
    : first_(&first),
      second_(&second),
      comparison_(std::move(comparison)),
      names_(std::move(names)),
      witnesses_(witnesses_of(comparison_)) {
  for (std::size_t i = 0; i < comparison_.connections.size(); ++i) by_frame_[comparison_.connections[i].frame_first] = i;
  for (const Alone& alone : comparison_.alone) alone_[alone.frame] = alone.expected;
  const Analysis& analysis = second.analysis();
  for (std::uint32_t stream = 0; stream < analysis.streams(); ++stream)
    second_streams_[analysis.connection(stream).first_frame] = stream;
}

const ComparedConnection* TwoCaptures::compared(const Connection& connection) const {
  const auto known = by_frame_.find(connection.first_frame);
  return known == by_frame_.end() ? nullptr : &comparison_.connections[known->second];
}

std::optional<std::uint32_t> TwoCaptures::second_stream(const ComparedConnection& compared) const {
  const auto found = second_streams_.find(compared.frame_second);
  return found == second_streams_.end() ? std::nullopt : std::optional(found->second);
}

Connection TwoCaptures::connection(std::uint32_t stream) const {
  Connection connection = first_->connection(stream, &witnesses_[0]);
  const auto known = by_frame_.find(connection.first_frame);
  if (known == by_frame_.end()) {
    const auto alone = alone_.find(connection.first_frame);
    if (alone == alone_.end() || !alone->second) return connection;
    prove_absence(connection, names_);
  } else {
    const ComparedConnection& compared = comparison_.connections[known->second];
    std::optional<Connection> other;
    if (const auto found = second_streams_.find(compared.frame_second); found != second_streams_.end())
      other = second_->connection(found->second, &witnesses_[1]);
    prove(connection, {.compared = &compared,
                       .comparison = &comparison_,
                       .other = other ? &*other : nullptr,
                       .witness = &witnesses_[0],
                       .names = &names_});
  }
  if (known != by_frame_.end()) place(connection, comparison_.connections[known->second]);
  settle(connection.findings);
  connection.verdict = verdict_of(connection);
  return connection;
}

}  // namespace ft::analysis
