// A capture read once through the pipeline, and again where a page shows what only the end reveals: source, dissector, analysis,
// findings. What explain, why, stats and report have in common.
#pragma once

#include "analysis/compare/two_captures.hpp"
#include "analysis/dissect/dissector.hpp"
#include "analysis/find/find.hpp"
#include "analysis/flow/analysis.hpp"
#include "analysis/report/capture_text.hpp"
#include "analysis/report/flow_steps.hpp"
#include "analysis/report/stats.hpp"
#include "cli/analysis_limits.hpp"
#include "cli/progress.hpp"
#include "io/capture_source.hpp"

#include <expected>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ft::cli {

/// Exit status of a command that read a capture in part: what it says is true of that part.
inline constexpr int exit_partial = 3;

struct ExamineOptions {
  bool twice = true;   // it will be read a second time, so a pipe has to be kept
  bool verify = true;  // sum checksums, unless the file is large
};

/// The last part of a path; "standard input" for "-".
std::string base_name(const std::string& path);

/// Writing to `output` would destroy what is still being read: what to say then. None when it is another file, or "-".
std::optional<std::string> overwrites(const std::string& output, std::initializer_list<std::string> inputs);

class Examination {
 public:
  using PerFrame = std::function<void(const analysis::Frame&, const pcap::Packet&)>;

  static std::expected<std::unique_ptr<Examination>, std::string> open(const std::string& path, analysis::Lang lang,
                                                                       ExamineOptions options);

  /// The first pass; once. `timeline` counts all packets, if it is there.
  void read(analysis::report::Timeline* timeline = nullptr);
  /// The second pass, as often as one likes: segments of the streams that `sink` wants. False when the source cannot go back.
  bool read_again(analysis::SeriesSink& sink, const PerFrame& each = {});
  /// Labels as they are at the end, and what is known of the connection.
  void settle(analysis::report::FlowSteps& steps) const;

  const analysis::report::CaptureFile& file() const { return file_; }
  /// A sentence about what of the capture is not told.
  void remark(std::string sentence) { file_.remarks.push_back(std::move(sentence)); }
  const analysis::Analysis& analysis() const { return analysis_; }
  /// Made when it is first asked for.
  const analysis::Finder& finder() const;
  std::uint32_t streams() const { return analysis_.streams(); }
  analysis::Connection connection(std::uint32_t stream) const {
    return compared_ == nullptr ? finder().connection(stream) : compared_->connection(stream);
  }
  /// Each connection that is wanted, in order; of many, every other piece is made on a second thread.
  void each_connection(const std::function<bool(std::uint32_t)>& wanted,
                       const std::function<void(const analysis::Connection&)>& take) const;
  /// From now on connections are told as both captures know them. `compared` outlives this, or is taken back with null.
  void believe(const analysis::TwoCaptures* compared) { compared_ = compared; }
  const io::CaptureSource& source() const { return *source_; }
  io::CaptureSource& source() { return *source_; }  // to be rewound before it is read

 private:
  Examination(std::unique_ptr<io::CaptureSource> source, analysis::report::CaptureFile file, analysis::Lang lang,
              ExamineOptions options)
      : source_(std::move(source)), file_(std::move(file)), lang_(lang), options_(options) {}
  void walk_again(analysis::Analysis& analysis, const PerFrame& each);
  void note_end(io::CaptureSource::Step step, bool stopped);
  void note_second_end(std::uint64_t packets);

  std::unique_ptr<io::CaptureSource> source_;
  analysis::report::CaptureFile file_;
  analysis::Lang lang_;
  ExamineOptions options_;
  analysis::Analysis analysis_{unpredictable()};
  mutable std::optional<analysis::Finder> finder_;
  const analysis::TwoCaptures* compared_ = nullptr;
};

}  // namespace ft::cli
