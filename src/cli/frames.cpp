#include "cli/frames.hpp"

#include "analysis/find/find.hpp"
#include "analysis/quantity.hpp"

#include <algorithm>

namespace ft::cli {

using analysis::Analysis;
using analysis::Connection;
using analysis::FrameContext;
using analysis::Label;
using analysis::Note;
using analysis::Segment;

namespace {

constexpr std::size_t most_connections_kept = 256;  // with all their findings; others are made again when they are met

/// Enough to tell streams apart, which the first pass has done with all that it takes.
constexpr analysis::AnalysisLimits only_streams() {
  analysis::AnalysisLimits limits;
  limits.live_octets = std::size_t{1} << 20;
  limits.note_octets = 0;
  limits.extra_octets = 0;
  return limits;
}

}  // namespace

Frames::Frames(io::CaptureSource& source, Wants wants)
    : source_(source), wants_(wants), dissector_({.verify_checksums = wants.checksums, .reassembly = {}}) {
  if (wants_.connections) wants_.streams = true;
}
Frames::~Frames() = default;

void Frames::show_progress(std::string what) {
  progress_.emplace(what, source_.size());
  doing_ = std::move(what);
}

void Frames::hide_progress() { progress_.reset(); }

/// Now and then: tells how far it has come, and asks whether it shall go on.
bool Frames::goes_on() {
  constexpr std::uint64_t between_looks = 8192;  // packets
  if (read_ % between_looks != 0 || read_ == 0) return true;
  if (progress_) progress_->show(source_.position(), read_);
  if (!interruption_ || !Interruption::asked() || problem_) return true;
  most_ = read_;
  problem_ = "interrupted: only the first " + analysis::count_text(read_) + " packets were looked at";
  return false;
}

const analysis::Frame* Frames::dissect_next() {
  if (read_ == most_ || !goes_on()) return nullptr;
  ++read_;
  const io::CaptureSource::Step step = source_.next(packet_);
  if (step == io::CaptureSource::Step::packet) return &dissector_.dissect(packet_);
  if (step == io::CaptureSource::Step::failed) problem_ = source_.problem();
  return nullptr;
}

void Frames::prepare() {
  if (!wants_.connections) return;
  while (const analysis::Frame* frame = dissect_next()) {
    if (frame->has_segment) {
      numbers_.on(frame->segment, analysis_.on(frame->segment).stream);
    } else if (frame->has_icmp_error) {
      analysis_.on(frame->icmp_error);
    }
  }
  analysis_.finish();
  finder_ = std::make_unique<analysis::Finder>(analysis_);
  gather_losses();
  again_ = std::make_unique<Analysis>(unpredictable(only_streams()));
  numbers_.restart();
  dissector_.restart();
  second_pass_ = source_.rewind();
  read_ = 0;
  if (progress_) progress_.emplace(doing_ + " again", source_.size());
}

/// What had to be sent again because it never arrived.
void Frames::gather_losses() {
  for (std::uint32_t stream = 0; stream < analysis_.streams(); ++stream)
    for (const Note& note : analysis_.notes(stream))
      if (note.kind == Note::Kind::segment && note.label == Label::retransmission && note.of_frame != 0)
        lost_.push_back(note.of_frame);
  std::ranges::sort(lost_);
}

const FrameContext* Frames::next() {
  context_.reset();
  frame_ = dissect_next();
  if (frame_ == nullptr) return nullptr;
  if (!first_) first_ = frame_->at;
  FrameContext& context = context_.emplace(FrameContext{.frame = *frame_});
  context.first = *first_;
  context.previous = previous_;
  context.displayed = displayed_;
  previous_ = frame_->at;
  if (frame_->interface < source_.interfaces().size()) context.interface_name = source_.interfaces()[frame_->interface].name;
  if (wants_.streams) {
    context.udp_stream = numbers_.on_udp(*frame_);
    second_pass_ ? judge_known(context) : judge_passing(context);
  }
  return &context;
}

void Frames::judge_passing(FrameContext& context) {
  if (frame_->has_segment) {
    const analysis::Judgement judged = analysis_.on(frame_->segment);
    context.tcp = &numbers_.on(frame_->segment, judged.stream);
    context.judged = true;
    context.label = judged.label;
    context.cause = judged.cause;
  } else if (frame_->has_icmp_error) {
    context.quoted_stream = analysis_.on(frame_->icmp_error);
    if (context.quoted_stream) context.quoted = &numbers_.on(frame_->icmp_error, *context.quoted_stream);
  }
}

void Frames::judge_known(FrameContext& context) {
  if (frame_->has_segment) {
    const std::uint32_t stream = again_->on(frame_->segment).stream;
    context.tcp = &numbers_.on(frame_->segment, stream);
    context.connection = connection(stream);
    const Analysis::FrameLabel label = analysis_.label_of(frame_->number);
    context.judged = true;
    context.label = label.label;
    context.cause = label.cause;
    context.of_frame = label.of_frame;
    context.lost = std::ranges::binary_search(lost_, frame_->number);
  } else if (frame_->has_icmp_error) {
    context.quoted_stream = again_->on(frame_->icmp_error);
    if (!context.quoted_stream) return;
    context.connection = connection(*context.quoted_stream);
    context.quoted = &numbers_.on(frame_->icmp_error, *context.quoted_stream);
  }
}

const Connection* Frames::connection(std::uint32_t stream) {
  if (stream >= analysis_.streams()) return nullptr;
  const auto known = connections_.find(stream);
  if (known != connections_.end()) return known->second.get();
  if (connections_.size() >= most_connections_kept) connections_.clear();
  return connections_.emplace(stream, std::make_unique<Connection>(finder_->connection(stream))).first->second.get();
}

}  // namespace ft::cli
