// `-v`: the ladder of running connections on standard error, a step as soon as it is known. Times count from the first event.
// The other end's state is inferred and stands in brackets. Long transfers are cut down as in `fourtuple lab`.
#pragma once

#include "analysis/ladder_text.hpp"
#include "analysis/live_ladder.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace ft::cli {

class LiveLadder final : public trace::Sink {
 public:
  /// Actors in the order of their host index; language, characters and colours are the terminal's.
  explicit LiveLadder(std::vector<analysis::Actor> actors);
  LiveLadder(LiveLadder&&) = delete;
  void on_event(const trace::Event& event) override;
  /// Prints what still waited, and the lifelines' end.
  void finish();

 private:
  void print(const analysis::Row& row);
  void print(const std::vector<analysis::Line>& lines);
  void begin(const analysis::Row& row);

  std::vector<analysis::Actor> actors_;
  analysis::TextStyle style_;
  analysis::LiveLadder rows_;
  std::optional<analysis::LadderText> text_;  // once the first event has said when time begins
  bool has_head_ = false;
  std::size_t routine_ = 0;  // like rows in a row
  analysis::Gap hidden_;
};

}  // namespace ft::cli
