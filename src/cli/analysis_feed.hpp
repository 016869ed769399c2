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
  static constexpr std::uint32_t batches = 16;

  /// `threads` false: everything in the caller's thread.
  explicit AnalysisFeed(analysis::Analysis& analysis, bool threads = true);
  ~AnalysisFeed();
  AnalysisFeed(const AnalysisFeed&) = delete;
  AnalysisFeed& operator=(const AnalysisFeed&) = delete;

  void take(const analysis::Frame& frame);
  /// All that was taken has been judged when it returns, and the analysis is the caller's again.
  void finish();

 private:
  struct Batch {
    std::array<analysis::Segment, 256> segments;
    std::uint32_t count = 0;
    std::optional<analysis::IcmpError> error;  // after them
    bool last = false;
  };

  Batch& filling() { return (*ring_)[made_.load(std::memory_order_relaxed) % batches]; }
  void hand_over();
  void judge(Batch& batch);
  void work();

  analysis::Analysis& analysis_;
  bool threads_;
  std::unique_ptr<std::array<Batch, batches>> ring_;
  std::atomic<std::uint32_t> made_ = 0;    // batches handed over
  std::atomic<std::uint32_t> judged_ = 0;  // batches judged
  std::thread worker_;
};

}  // namespace ft::cli
