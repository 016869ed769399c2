// What two captures know of a connection: the findings of the first one, where a guess that the other one decides is a fact now,
// or another diagnosis, or gone; and what only the other one could see. Each such finding names its proof and frames of both.
//
// Each capture is looked at by itself, with the other one as its witness (labels of repeats, senders of resets). Then, side by
// side: what became of a sender's segments is taken from the capture near to it, what came late or twice from the one near to the
// receiver; and of a connection's opening it is decided which packet was lost.
#pragma once

#include "analysis/compare/comparison.hpp"
#include "analysis/find/find.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ft::analysis {

class TwoCaptures {
 public:
  /// Both finders outlive this. `names`: of the captures, for sentences.
  TwoCaptures(const Finder& first, const Finder& second, Comparison comparison, std::array<std::string, 2> names);

  const Comparison& comparison() const { return comparison_; }
  const std::array<std::string, 2>& names() const { return names_; }
  /// What became of a connection of the first capture between the two places; null when the second one does not have it.
  const ComparedConnection* compared(const Connection& connection) const;
  /// Its stream in the second capture.
  std::optional<std::uint32_t> second_stream(const ComparedConnection& compared) const;
  /// Of the first capture, with proven findings and the verdict that follows from them.
  Connection connection(std::uint32_t stream) const;

 private:
  const Finder* first_;
  const Finder* second_;
  Comparison comparison_;
  std::array<std::string, 2> names_;
  std::array<Witness, 2> witnesses_;
  std::map<std::uint64_t, std::size_t> by_frame_;          // first frame of a connection -> index in the comparison
  std::map<std::uint64_t, bool> alone_;                    // first frame -> the second capture should have it
  std::map<std::uint64_t, std::uint32_t> second_streams_;  // its first frame in the second capture -> its stream there
};

}  // namespace ft::analysis
