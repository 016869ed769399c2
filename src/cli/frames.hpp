// The packets of a capture one after another, each with what a filter or a printer wants to know of it: its frame, the numbers of
// its conversation, and, when that is asked for, what only the end of the capture tells. The last needs a first pass over the
// file.
#pragma once

#include "analysis/dissect/dissector.hpp"
#include "analysis/fields/context.hpp"
#include "analysis/fields/numbers.hpp"
#include "analysis/flow/analysis.hpp"
#include "cli/analysis_limits.hpp"
#include "cli/progress.hpp"
#include "io/capture_source.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace ft::analysis {
class Finder;
}

namespace ft::cli {

class Frames {
 public:
  struct Wants {
    bool streams = false;      // TcpNumbers, and labels as they look while the packet passes
    bool connections = false;  // Connection with findings, labels as the end of the capture tells
    bool checksums = false;    // that segments are summed
  };
  Frames(io::CaptureSource& source, Wants wants);
  ~Frames();

  /// From now on: how far the reading has come. `what` is done, "reading x.pcap".
  void show_progress(std::string what);
  /// From now on Ctrl-C ends the reading, not the program; problem() says so.
  void end_at_interrupt() { interruption_.emplace(); }
  /// No more of it: somebody writes to the terminal.
  void hide_progress();

  /// The first pass, when connections are wanted. The error is the source's; what came before it holds all the same.
  void prepare();
  /// The next packet with its context, both valid until the next call; nullptr at the end.
  const analysis::FrameContext* next();
  /// The packet that next() gave, as it lies in the source.
  const pcap::Packet& packet() const { return packet_; }
  /// The last one was shown: frame.time_delta_displayed counts from it.
  void shown() { displayed_ = frame_->at; }
  /// After the end: why it came early; nullopt when it did not.
  const std::optional<std::string>& problem() const { return problem_; }

 private:
  bool goes_on();
  const analysis::Frame* dissect_next();
  void judge_passing(analysis::FrameContext& context);
  void judge_known(analysis::FrameContext& context);
  const analysis::Connection* connection(std::uint32_t stream);
  void gather_losses();

  io::CaptureSource& source_;
  Wants wants_;
  analysis::Dissector dissector_;
  analysis::Analysis analysis_{unpredictable()};
  analysis::StreamNumbers numbers_;
  std::unique_ptr<analysis::Finder> finder_;
  std::unordered_map<std::uint32_t, std::unique_ptr<analysis::Connection>> connections_;  // some of them
  std::unique_ptr<analysis::Analysis> again_;  // in the second pass: which stream a segment belongs to
  std::vector<std::uint64_t> lost_;            // frames, sorted
  pcap::Packet packet_;
  const analysis::Frame* frame_ = nullptr;
  std::optional<analysis::FrameContext> context_;
  std::optional<Instant> first_, previous_, displayed_;
  std::optional<std::string> problem_;
  bool second_pass_ = false;
  std::uint64_t read_ = 0, most_ = UINT64_MAX;  // packets of this pass; where the first was interrupted
  std::string doing_;
  std::optional<Progress> progress_;
  std::optional<Interruption> interruption_;
};

}  // namespace ft::cli
