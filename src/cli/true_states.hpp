// `explain --trace STORY.jsonl`: what the ends themselves said while the capture was made (docs/reference/trace-json.md). The
// packets of a capture prove much; the state of an end, what it decided and why, only the end knows.
#pragma once

#include "analysis/flow/connection.hpp"
#include "analysis/report/document.hpp"
#include "fourtuple/address.hpp"
#include "fourtuple/time.hpp"

#include <array>
#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <vector>

namespace ft::cli {

/// A change of state as its end told it.
struct TrueStep {
  Duration at{};  // since the trace's reference time
  std::string from, to;
  std::string why;  // the reason's id
  std::string clause;
};

/// One end of one connection.
struct TrueEnd {
  std::string host;
  Endpoint local, remote;
  std::string state;  // at the end of the trace
  std::vector<TrueStep> steps;
  std::map<std::string, std::uint64_t> repeats;  // retransmissions by their reason's id
  std::uint64_t taken_as_lost = 0;               // segments
  std::string largest_window;                    // congestion window, octets
};

class TrueStates {
 public:
  static constexpr std::size_t most_ends = 10'000;
  static constexpr std::size_t most_octets_of_line = 1u << 20;

  /// The error names the file, the line and what was expected.
  static std::expected<TrueStates, std::string> read(const std::string& path);

  const std::vector<TrueEnd>& ends() const { return ends_; }
  /// Both ends of a connection, the opener's first; null: the trace does not have it.
  std::array<const TrueEnd*, 2> of(const analysis::Connection& connection) const;

 private:
  std::vector<TrueEnd> ends_;
};

/// What the ends said of this connection, and whether the capture's inference of their states was right.
void add_true_states(analysis::report::Document& document, const TrueStates& states, const analysis::Connection& connection);

}  // namespace ft::cli
