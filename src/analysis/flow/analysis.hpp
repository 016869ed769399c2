// From segments to connections: the pipeline's one class. Feed it what dissect/ makes of each packet in the order of the capture,
// tell it when the capture ends, and ask for the connections. One pass, and no record per packet is kept: a compact record for
// each stream, a pool of bounded size for what is in flight, and notes for what was out of the ordinary.
//
//   Analysis analysis;
//   for (each packet) analysis.on(segment);                    // or in batches, which hide the table's cache misses
//   analysis.finish();
//   for (std::uint32_t i = 0; i < analysis.streams(); ++i) {
//     Connection connection = analysis.connection(i);          // made on demand; findings and verdict still empty
//     std::vector<Note> notes = analysis.notes(i);             // in the order of the capture, labels final
//     find's door: (connection, notes, analysis.capture()) -> findings
//   }
//
// That is the whole door of find/: diagnoses are functions of a Connection (counters, times, states of both sides), its notes
// (each with frame, label, cause, evidence, waits), and the facts of the capture. No call per segment.
//
// A second pass that prints packets asks label_of(frame) and stream_of(segment)-like questions: see `Labels`. Graphs ask with a
// SeriesSink.
#pragma once

#include "analysis/dissect/segment.hpp"
#include "analysis/flow/connection.hpp"
#include "analysis/flow/note.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace ft::analysis {

/// How much may be remembered. The records of streams come on top: at most 300 octets each.
struct AnalysisLimits {
  std::size_t live_octets = std::size_t{24} << 20;   // connections in motion: ranges in flight
  std::size_t note_octets = std::size_t{16} << 20;   // notes
  std::size_t extra_octets = std::size_t{16} << 20;  // counters of streams that carried text
  std::uint32_t notes_a_stream = 20'000;
  std::uint32_t streams = 0xfffffff0u;  // beyond: segments of new connections are only counted
  std::uint64_t hash_seed = 0;          // of the table of streams; an unpredictable one protects from captures made to be slow
};

/// The capture as a whole.
struct CaptureFacts {
  std::uint64_t segments = 0;
  std::uint64_t icmp_errors = 0;     // that quote TCP
  std::uint64_t icmp_unmatched = 0;  // ... of no stream seen
  std::uint64_t octets = 0;          // of IP packets with TCP
  std::uint64_t first_frame = 0, last_frame = 0;
  Instant first{}, last{};
  std::uint64_t time_steps = 0;  // times that the clock went backwards
  Duration largest_time_step{};
  std::uint64_t time_step_frame = 0;  // first
  std::uint64_t cut_short = 0;        // segments of which the capture kept a part
  std::uint64_t larger_than_mss = 0;  // segments
  std::uint64_t checksums_bad = 0;
  std::uint64_t notes = 0, notes_cut = 0;
  std::uint64_t forgotten = 0;        // connections whose ranges in flight were given up for want of room
  std::uint64_t streams_refused = 0;  // segments of connections beyond the limit
};

/// What a segment was judged to be while it passed, for whoever prints or draws along; final only after finish().
struct Judgement {
  std::uint32_t stream = 0;
  std::uint8_t side = 0;
  Label label = Label::original;
  RepeatCause cause = RepeatCause::none;
  bool new_stream = false;
};

/// One segment of a chosen stream, with the numbers that graphs show.
struct Sample {
  const Segment* segment = nullptr;  // borrowed for the call
  Judgement judged;
  std::uint64_t in_flight = 0;    // of the sender, after it
  std::uint64_t window = 0;       // that its sender announces with it, scaled
  std::uint64_t peer_window = 0;  // that the other side announced last, scaled
  std::uint64_t acked = 0;        // octets of the other side that it acknowledges for the first time
  std::uint64_t fresh = 0;        // octets of text never sent before
  bool dsack = false;             // its first SACK block is a D-SACK
  std::optional<Duration> rtt;    // of the other side's text, taken from this ACK
};

/// Graphs: told of each segment of the streams that it wants.
class SeriesSink {
 public:
  virtual ~SeriesSink() = default;
  virtual bool wants(std::uint32_t stream) = 0;  // asked once, when the stream begins
  virtual void on_sample(const Sample& sample) = 0;
};

/// What judging needs of a segment and nothing but that segment tells.
struct Prepared {
  std::uint32_t hash = 0;  // of its four-tuple
  std::uint32_t bare = 0;  // digest of its header when it has no text
  std::uint16_t way = 0;   // digest of where and how it came
  bool plain = false;      // nothing is odd about it
};

class Analysis {
 public:
  explicit Analysis(AnalysisLimits limits = {}, SeriesSink* series = nullptr);
  ~Analysis();
  Analysis(Analysis&&) noexcept;
  Analysis& operator=(Analysis&&) noexcept;

  /// In the order of the capture. Of the text only its length is looked at: what it borrows may be gone by then.
  Judgement on(const Segment& segment);
  /// The same for many, faster: the records that the next ones need are fetched while this one is judged. 32 to 256 are good.
  void on(std::span<const Segment> segments);
  /// The same for at most 256, each prepared by whoever had time to. It can be done on another thread, while others are judged.
  void on(std::span<const Segment> segments, std::span<const Prepared> prepared);
  void prepare(const Segment& segment, Prepared& into) const;
  /// The stream that the error quotes, if it was seen.
  std::optional<std::uint32_t> on(const IcmpError& error);
  /// The capture has ended. Nothing may follow.
  void finish();

  std::uint32_t streams() const;
  /// All that is known of it; findings and verdict are for find/ to fill in.
  Connection connection(std::uint32_t stream) const;
  Outline outline(std::uint32_t stream) const;
  std::vector<Note> notes(std::uint32_t stream) const;
  const CaptureFacts& capture() const;

  /// The label of a frame; `original` when nothing was noted. Any frame, at any time; final after finish().
  struct FrameLabel {
    Label label = Label::original;
    RepeatCause cause = RepeatCause::none;
    std::uint64_t of_frame = 0;
  };
  FrameLabel label_of(std::uint64_t frame) const;

  /// Who sent the ICMP error of this frame (a note of kind icmp); of the first 4096 of them.
  std::optional<IpAddress> reporter(std::uint64_t frame) const;

  /// As the limits had it, for other tables of what the capture holds.
  std::uint64_t hash_seed() const;
  /// Octets of memory held now, and for how many streams: what the limits count.
  std::size_t memory() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ft::analysis
