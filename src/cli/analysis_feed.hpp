// Segments on their way from the dissector to the analysis: collected, because many at a time are judged faster, and judged on a
// second core while the first goes on reading, because a large capture is worth it. A small one never starts the second thread.
//
// Between take() and finish() the analysis belongs to the feed. Order is kept, ICMP errors among the segments.
#pragma once

#include "analysis/dissect/frame.hpp"
#include "analysis/flow/analysis.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>

namespace ft::cli {

class AnalysisFeed {
 public:
  static constexpr std::uint32_t batches = 64;

  /// `threads` false: everything in the caller's thread.
  explicit AnalysisFeed(analysis::Analysis& analysis, bool threads = true);
  ~AnalysisFeed();
  AnalysisFeed(const AnalysisFeed&) = delete;
  AnalysisFeed& operator=(const AnalysisFeed&) = delete;

  void take(const analysis::Frame& frame);
  /// Where the next segment may be written in place; it counts when take() is called. What it borrows may end then: the analysis
  /// looks at the length of its text alone.
  analysis::Segment& room() { return filling_->segments[filling_->count]; }
  void take() {
    if (filling_->is_prepared) analysis_.prepare(room(), filling_->prepared[filling_->count]);
    if (++filling_->count == filling_->segments.size()) hand_over();
  }
  /// All that was taken has been judged when it returns, and the analysis is the caller's again.
  void finish();

 private:
  struct Batch {
    std::array<analysis::Segment, 256> segments;
    std::array<analysis::Prepared, 256> prepared;
    std::uint32_t count = 0;
    bool is_prepared = false;                  // by the reader, because the worker was behind when it was begun
    std::optional<analysis::IcmpError> error;  // after them
    bool last = false;
  };

  Batch* fill(std::uint32_t number);
  void hand_over();
  void judge(Batch& batch);
  void work();

  analysis::Analysis& analysis_;
  bool threads_;
  std::array<std::unique_ptr<Batch>, batches> ring_;  // each made when it is first filled: a small capture needs one
  Batch* filling_ = nullptr;
  std::atomic<std::uint32_t> made_ = 0;    // batches handed over
  std::atomic<std::uint32_t> judged_ = 0;  // batches judged
  std::thread worker_;
};

}  // namespace ft::cli
