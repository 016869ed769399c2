// From guesses to facts: the findings of a connection in one capture, held against what two captures know of its segments.
#pragma once

#include "analysis/compare/comparison.hpp"
#include "analysis/find/draft.hpp"
#include "analysis/flow/connection.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ft::analysis {

struct Evidence {
  const ComparedConnection* compared = nullptr;
  const Comparison* comparison = nullptr;
  const Connection* other = nullptr;  // the same connection in the second capture, with its findings; null when it is not known
  const Witness* witness = nullptr;   // of the first capture's frames
  const std::array<std::string, 2>* names = nullptr;
};

void prove(Connection& connection, const Evidence& evidence);
/// Of a connection that the second capture should have and does not.
void prove_absence(Connection& connection, const std::array<std::string, 2>& names);

bool has_fact(const Finding& finding, std::string_view name);

/// One direction, as the prover sees it.
struct Lane {
  const Passage* passage = nullptr;
  std::uint8_t side = 0;  // the sender's, as the first capture numbers the sides
  const std::string* near = nullptr;
  const std::string* far = nullptr;

  const std::vector<Crossing>& crossings() const { return passage->crossings; }
  std::uint64_t first_frame(const Crossing& crossing) const { return passage->near_is_first ? crossing.near : crossing.far; }
  std::uint64_t other_frame(const Crossing& crossing) const { return passage->near_is_first ? crossing.far : crossing.near; }
};

/// What is proven about a finding, piece by piece.
class Proving {
 public:
  /// `other`: the name of the second capture.
  Proving(Finding& finding, std::string_view id, const Lane& lane, const std::string& other);
  Proving& crossing(const Crossing& crossing);                       // evidence, in whichever capture it stands
  Proving& crossing_of(const Crossing& crossing, const Lane& lane);  // ... of the other direction
  Proving& other_frame(std::uint64_t frame);                         // evidence in the second capture; 0 is none
  Proving& frames(const Proof& seen);
  Proving& gone(std::uint64_t count);
  Proving& text(std::string_view name, std::string value);
  /// `at_edge`: only as far as the other capture had begun, or had not ended.
  void certain(bool at_edge = false);

 private:
  void replace(Fact fact);
  Finding& finding_;
  const Lane& lane_;
  Proof proof_;
};

/// Which packet of the handshake was lost. `second`: what the second capture says of the opening, in the first one's words.
void prove_opening(Connection& connection, const std::array<Lane, 2>& lanes, const std::string& other,
                   std::optional<Finding> second);
bool is_of_opening(const Finding& finding);
void prove_offers(Connection& connection, const std::array<Lane, 2>& lanes, const std::string& other);

}  // namespace ft::analysis
