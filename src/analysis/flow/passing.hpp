// One segment on its way through its stream: what the steps of judging it share. Each step is a function of its own and looks at
// one question; engine.cpp says in which order.
#pragma once

#include "analysis/dissect/segment.hpp"
#include "analysis/flow/analysis.hpp"
#include "analysis/flow/live.hpp"
#include "analysis/flow/moves.hpp"
#include "analysis/flow/notebook.hpp"
#include "analysis/flow/record.hpp"
#include "analysis/flow/sent.hpp"

#include <cstdint>
#include <optional>

namespace ft::analysis::flow {

/// A sequence number further away than any window reaches (RFC 7323 2.3) is not believed.
inline constexpr std::int32_t longest_jump = 1 << 30;

struct Passing {
  const Segment& segment;
  Record& record;
  Live& live;
  Notebook& notes;
  PieceStore& pieces;
  CaptureFacts& facts;
  std::uint8_t side;

  SideRecord& own = record.sides[side];
  SideRecord& other = record.sides[side ^ 1];
  SideLive& own_live = live.sides[side];
  SideLive& other_live = live.sides[side ^ 1];
  SideExtra& own_extra = live.extra.sides[side];
  SideExtra& other_extra = live.extra.sides[side ^ 1];

  std::int64_t at = segment.at.time_since_epoch().count();
  std::uint32_t seq = segment.seq.value();
  std::uint32_t ack = segment.ack.value();
  std::uint32_t frame = static_cast<std::uint32_t>(segment.frame - record.first_frame + 1);
  IdWindow::Place place = IdWindow::Place::unknown;

  // The answers.
  Label label = Label::original;
  RepeatCause cause = RepeatCause::none;
  std::uint32_t note = none;  // the one with the label
  std::uint32_t fresh = 0;    // octets of text never captured before
  std::uint32_t acked = 0;    // octets acknowledged for the first time
  bool dsack = false;
  bool crossing = false;  // a SYN-ACK whose SYN crossed the other's: the first time that it carries an ACK
  std::optional<Duration> rtt{};

  bool has(std::uint8_t flags) const { return segment.has(flags); }
  std::uint16_t way() const { return way_of(segment); }
  std::uint64_t full_frame(std::uint32_t counted) const { return counted == 0 ? 0 : record.first_frame + counted - 1; }
  bool stamped() const { return segment.options.any(SegmentOptions::timestamps); }

  /// TSval of the side's newest text.
  std::uint32_t newest_stamp() const {
    const SentLog& sent = own_live.sent;
    return sent.empty() ? segment.options.stamps.val : sent[sent.last() - 1].stamp;
  }
  /// A note about this segment, with what is known of every one.
  Note draft(Note::Kind kind) const;
  /// Writes a note that gives the segment its label.
  void mark(Label which, RepeatCause why, Note written);
  void write(const Note& written) { notes.write(record, written); }
};

/// A whole round trip, as the handshake or the text of either side shows it at this vantage; 0 = not known.
std::int64_t round_trip(const Record& record, const Live& live);

// The steps, in order.
void count(Passing& p);
bool is_damaged(Passing& p);  // its checksum says that it was not received
bool is_copy(Passing& p);     // network or capture duplicate
void on_reset(Passing& p);
void on_syn(Passing& p);
bool is_of_another(Passing& p);  // a bare ACK that an older connection sends in answer to a SYN
void on_text(Passing& p);        // sequence numbers: new, late, repeated; keep-alives and probes
void on_fin(Passing& p);
void on_ack(Passing& p);
void on_window(Passing& p);
void tell_history(Passing& p);

/// Room for some pieces more of the side's; false when there is none at all.
bool find_room(Record& record, Live& live, PieceStore& store, std::uint8_t side, std::uint32_t pieces);
inline bool make_room(Record& record, Live& live, PieceStore& store, std::uint8_t side, std::uint32_t pieces) {
  return live.sides[side].sent.has_room(pieces) || find_room(record, live, store, side, pieces);
}

/// Why a sender repeats [seq, end), of which `piece` is the first part known.
RepeatCause cause_of_repeat(Passing& p, const Piece& piece, std::uint32_t end);
/// Why it sent again what was lost before it came here: `waited` since something beyond it was seen.
RepeatCause cause_of_fill(const Passing& p, std::int64_t waited, std::uint32_t end);
/// A repeat of the side's octets [from, to) turns out needless.
void mark_needless(Passing& p, std::uint8_t side, std::uint32_t from, std::uint32_t to, std::uint32_t how, bool all);

}  // namespace ft::analysis::flow
