#include "cli/analysis_feed.hpp"

#include "io/processor.hpp"

#include <span>

namespace ft::cli {

namespace {

/// Who waits is woken when half the ring is his to work on. Woken for each batch, both threads sleep and wake thousands of times
/// a second, and a scheduler takes such threads for companions that share a processor.
constexpr std::uint32_t half = AnalysisFeed::batches / 2;

}  // namespace

AnalysisFeed::AnalysisFeed(analysis::Analysis& analysis, bool threads)
    : analysis_(analysis), threads_(threads && std::thread::hardware_concurrency() > 1), filling_(fill(0)) {}

AnalysisFeed::~AnalysisFeed() { finish(); }

void AnalysisFeed::take(const analysis::Frame& frame) {
  if (frame.has_segment) {
    room() = frame.segment;
    take();
  }
  if (frame.has_icmp_error) {
    filling_->error = frame.icmp_error;
    hand_over();
  }
}

/// The batch that is filled when so many have been handed over.
AnalysisFeed::Batch* AnalysisFeed::fill(std::uint32_t number) {
  auto& batch = ring_[number % batches];
  if (!batch) batch = std::make_unique<Batch>();
  return batch.get();
}

void AnalysisFeed::hand_over() {
  if (!threads_) {
    judge(*filling_);
    return;
  }
  const std::uint32_t made = made_.load(std::memory_order_relaxed) + 1;
  if (!worker_.joinable())
    worker_ = std::thread([this, ours = io::this_processor()] {
      io::stay_off(ours);
      work();
    });
  made_.store(made, std::memory_order_release);
  if (made % half == 0) made_.notify_one();
  // The next batch may be filled when the worker is done with what was in it.
  for (std::uint32_t judged = judged_.load(std::memory_order_acquire); made - judged == batches;
       judged = judged_.load(std::memory_order_acquire))
    judged_.wait(judged, std::memory_order_acquire);
  filling_ = fill(made);
  filling_->is_prepared = made - judged_.load(std::memory_order_relaxed) > half;
}

void AnalysisFeed::judge(Batch& batch) {
  const auto segments = std::span<const analysis::Segment>(batch.segments).first(batch.count);
  if (batch.is_prepared)
    analysis_.on(segments, std::span(batch.prepared).first(batch.count));
  else
    analysis_.on(segments);
  if (batch.error) analysis_.on(*batch.error);
  batch.count = 0;
  batch.is_prepared = false;
  batch.error.reset();
}

void AnalysisFeed::work() {
  for (std::uint32_t judged = 0;; ++judged) {
    made_.wait(judged, std::memory_order_acquire);  // while there is nothing beyond what was judged
    Batch& batch = *ring_[judged % batches];
    const bool last = batch.last;
    judge(batch);
    judged_.store(judged + 1, std::memory_order_release);
    if ((judged + 1) % half == 0) judged_.notify_one();
    if (last) return;
  }
}

void AnalysisFeed::finish() {
  if (!worker_.joinable()) {
    judge(*filling_);
    return;
  }
  filling_->last = true;  // perhaps empty: the worker waits for batches only
  made_.store(made_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  made_.notify_one();
  worker_.join();
  for (const auto& batch : ring_)
    if (batch) batch->last = false;
  filling_ = fill(0);
  made_.store(0, std::memory_order_relaxed);
  judged_.store(0, std::memory_order_relaxed);
}

}  // namespace ft::cli
