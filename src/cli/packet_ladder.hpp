// The ladder of a running capture on the terminal: each segment as it passes, who opened on the left. Both ends' states are
// inferred and stand in brackets; long transfers are cut down.
#pragma once

#include "analysis/dissect/frame.hpp"
#include "analysis/ladder_text.hpp"
#include "analysis/seen_ladder.hpp"
#include "cli/terminal.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ft::cli {

class PacketLadder {
 public:
  PacketLadder(Output& out, analysis::TextStyle style) : out_(out), style_(style) {}

  /// False when nobody reads any more.
  bool show(const analysis::Frame& frame);
  /// Nothing has come for a while: what was held back is told.
  bool pause();
  void finish();
  unsigned connections() const { return connections_; }

 private:
  bool print(const std::vector<analysis::Line>& lines);
  bool begin(const analysis::Row& row);
  bool tell(const analysis::IcmpError& error);
  bool tell_gap();

  Output& out_;
  analysis::TextStyle style_;
  analysis::SeenLadder rows_;
  std::optional<analysis::LadderText> text_;
  unsigned connections_ = 0;
  std::size_t routine_ = 0;  // like rows in a row
  analysis::Gap hidden_;
};

}  // namespace ft::cli
