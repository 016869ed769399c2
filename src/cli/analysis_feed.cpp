#include "cli/analysis_feed.hpp"

#include <span>

namespace ft::cli {

namespace {

/// Who waits is woken when half the ring is his to work on. Woken for each batch, both threads sleep and wake thousands of times
/// a second, and a scheduler takes such threads for companions that share a processor.
constexpr std::uint32_t half = AnalysisFeed::batches / 2;

}  // namespace

AnalysisFeed::AnalysisFeed(analysis::Analysis& analysis, bool threads)
    : analysis_(analysis),
      threads_(threads && std::thread::hardware_concurrency() > 1),
      ring_(std::make_unique<std::array<Batch, batches>>()) {}

AnalysisFeed::~AnalysisFeed() { finish(); }

void AnalysisFeed::take(const analysis::Frame& frame) {
  if (!frame.has_segment && !frame.has_icmp_error) return;
  Batch& batch = filling();
  // What the segment borrows ends with the packet. The analysis looks at the length of its text alone.
  if (frame.has_segment) batch.segments[batch.count++] = frame.segment;
  if (frame.has_icmp_error) batch.error = frame.icmp_error;
  if (batch.error || batch.count == batch.segments.size()) hand_over();
}

void AnalysisFeed::hand_over() {
  if (!threads_) {
    judge(filling());
    return;
  }
  if (!worker_.joinable()) worker_ = std::thread([this] { work(); });
  const std::uint32_t made = made_.load(std::memory_order_relaxed) + 1;
  made_.store(made, std::memory_order_release);
  if (made % half == 0) made_.notify_one();
  // The next batch may be filled when the worker is done with what was in it.
  for (std::uint32_t judged = judged_.load(std::memory_order_acquire); made - judged == batches;
       judged = judged_.load(std::memory_order_acquire))
    judged_.wait(judged, std::memory_order_acquire);
}

void AnalysisFeed::judge(Batch& batch) {
  analysis_.on(std::span<const analysis::Segment>(batch.segments.data(), batch.count));
  if (batch.error) analysis_.on(*batch.error);
  batch.count = 0;
  batch.error.reset();
}

void AnalysisFeed::work() {
  for (std::uint32_t judged = 0;; ++judged) {
    made_.wait(judged, std::memory_order_acquire);  // while there is nothing beyond what was judged
    Batch& batch = (*ring_)[judged % batches];
    const bool last = batch.last;
    judge(batch);
    judged_.store(judged + 1, std::memory_order_release);
    if ((judged + 1) % half == 0) judged_.notify_one();
    if (last) return;
  }
}

void AnalysisFeed::finish() {
  if (!worker_.joinable()) {
    judge(filling());
    return;
  }
  filling().last = true;  // perhaps empty: the worker waits for batches only
  made_.store(made_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  made_.notify_one();
  worker_.join();
  for (Batch& batch : *ring_) batch.last = false;
  made_.store(0, std::memory_order_relaxed);
  judged_.store(0, std::memory_order_relaxed);
}

}  // namespace ft::cli
