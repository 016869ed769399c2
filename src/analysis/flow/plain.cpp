// The short way. Nineteen of twenty segments bring the text that is due, or acknowledge what waited for it, and nothing about
// them is odd: they need no step of the long way. This way refuses whatever it does not know for plain, before it has changed
// anything; what it does is what the long way would do (tests/properties/flow_ranges.cpp compares the two).
#include "analysis/flow/engine.hpp"
#include "analysis/flow/moves.hpp"
#include "analysis/flow/passing.hpp"

#include <algorithm>

namespace ft::analysis::flow {

namespace {
namespace flag = wire::tcp_flag;
using Is = SideRecord;

constexpr std::int64_t delayed_ack = 30'000'000;  // shorter waits are not worth a note, see acks.cpp
constexpr std::int64_t short_silence = 2'000'000'000;

bool is_plain(const Segment& s) {
  return (s.flags & ~flag::psh) == flag::ack && s.options.sack_count == 0 && (s.traffic_class & 3) == 0 && s.window != 0 &&
         !s.fragmented && s.checksum <= ChecksumState::good && s.text.size() >= s.length;
}

/// Open, quiet, nothing pending.
template <std::uint8_t side>
bool is_plain(const Record& r, const Live& live) {
  const SideRecord& own = r.sides[side];
  const SideRecord& other = r.sides[side ^ 1];
  constexpr std::uint16_t odd = Is::fin | Is::reset | Is::window_shut;
  constexpr std::uint16_t needed = Is::based | Is::una_known | Is::acks;
  const SideLive& own_live = live.sides[side];
  const SideLive& other_live = live.sides[side ^ 1];
  return ((own.is | other.is) & odd) == 0 && (own.is & needed) == needed && (other.is & needed) == needed &&
         !r.any(Record::watched | Record::ended_by_reset) && (other.is & (Is::isn_seen | Is::syn_acked)) != Is::isn_seen &&
         !own_live.small_acked_late && other_live.probe_note == none && other_live.challenged_frame == 0 &&
         own_live.reset_note == none;
}

/// All that the ACK passes was sent once, without a hole, and waits for nothing else.
bool passes_plainly(const SideRecord& side, const SideLive& live, std::uint32_t ack) {
  if (live.mending != Mending::nothing || live.sacked_octets != 0) return false;
  const SentLog& sent = live.sent;
  std::uint32_t expected = side.una;
  SentLog::Index i = sent.unacked();
  for (; i != sent.last() && ahead(sent[i].end, ack) <= 0; ++i) {
    const Piece& piece = sent[i];
    if (piece.tries != 1 || piece.any(Piece::sacked | Piece::fin | Piece::syn | Piece::late) || piece.seq != expected)
      return false;
    expected = piece.end;
  }
  return expected == ack;
}

template <std::uint8_t side>
void take_ack(Record& r, Live& live, const Segment& s, std::int64_t at, std::uint32_t frame) {
  SideRecord& other = r.sides[side ^ 1];
  SideLive& other_live = live.sides[side ^ 1];
  SideExtra& extra = live.extra.sides[side ^ 1];
  SentLog& sent = other_live.sent;
  const std::uint32_t ack = s.ack.value();
  SentLog::Index i = sent.unacked();
  for (; i != sent.last() && ahead(sent[i].end, ack) <= 0; ++i)
    extra.largest_acked_text = std::max(extra.largest_acked_text, sent[i].size());
  sent.set_unacked(i);
  const Piece& newest = sent[i - 1];
  const std::int64_t took = at - newest.at;
  if (took >= 0) sample_rtt(other, other_live, extra, newest, took, frame);
  if (ack - other.una > 2 * std::max(other_live.largest, 1u)) ++live.extra.sides[side].ack_jumps;
  other.una = ack;
  other_live.duplicate_acks = 0;
  other_live.last_progress = at;
  other_live.rto_count = 0;
  if (ack != other.max) return;
  other_live.sack_known = 0;
  other_live.small_acked_late =
      other_live.small_alone && s.length == 0 && took >= delayed_ack && took > round_trip(r, live) * 3 / 2;
  other_live.small_alone = false;
  other_live.ack_at = at;
  other_live.ack_took = took;
  other_live.ack_frame = frame;
}

}  // namespace

void Engine::prepare(const Segment& s, Prepared& into) const {
  into.hash = hash_of(s);
  into.bare = s.length == 0 ? digest_of(s) : 0;
  into.way = way_of(s);
  into.plain = is_plain(s);
}

/// Text that is due, behind all that was sent.
template <std::uint8_t side>
void Engine::take_text(Record& r, Live& live, const Segment& s, std::uint16_t way, std::int64_t at, std::uint32_t frame) {
  SideRecord& own = r.sides[side];
  SideLive& own_live = live.sides[side];
  SideExtra& extra = live.extra.sides[side];
  own.text += s.length;
  ++own.data_segments;
  extra.pushes += s.has(flag::psh) ? 1u : 0u;
  extra.largest_text = std::max(extra.largest_text, s.length);
  own_live.largest = std::max(own_live.largest, s.length);
  const bool room = flow::make_room(r, live, pieces_, side, 1);
  const std::uint32_t from = own.max;
  own.max = from + s.length;
  const std::uint32_t flight = own.in_flight();
  if (room) {
    Piece& piece = own_live.sent.append();
    piece.at = at;
    piece.seq = from;
    piece.end = own.max;
    piece.stamp = s.options.stamps.val;
    piece.frame = frame;
    piece.ip_id = s.ip_id;
    piece.way = way;
    piece.is = static_cast<std::uint8_t>(band_of(flight, own_live.largest) << Piece::band_shift);
    own_live.last_stamp = piece.stamp;
  } else {
    own_live.known_from = own.max;
  }
  take_turn(r, live, side, at, frame);
  const std::uint16_t mss = r.sides[side ^ 1].mss;
  own_live.small_alone = s.length < std::min<std::uint32_t>(mss != 0 ? mss : 536, 1000) && flight == s.length;
  own_live.last_new_at = at;
  own.most_in_flight = std::max(own.most_in_flight, flight);
}

/// `s` is plain by itself.
template <std::uint8_t side>
bool Engine::pass_plain(const Segment& s, const Prepared& prepared, Record& r) {
  if (r.live == none) return false;
  Live& live = lives_[r.live];
  if (!is_plain<side>(r, live)) return false;
  SideRecord& own = r.sides[side];
  SideRecord& other = r.sides[side ^ 1];
  SideExtra& extra = live.extra.sides[side];
  const std::int32_t news = ahead(s.ack.value(), other.una);
  if (news < 0 || ahead(s.ack.value(), other.max) > 0) return false;
  if (s.length != 0) {
    // A side's first text and first bare ACK have their letters in the history; so the second of each may be plain.
    if (s.seq.value() != own.max || own.data_segments == 0 || (other.mss != 0 && s.length > other.mss)) return false;
  } else if (news == 0 || extra.pure_acks == 0 || s.seq.value() != own.max) {
    return false;
  }
  const std::int64_t at = s.at.time_since_epoch().count();
  const Duration gap = s.at - r.last;
  if (gap < Duration::zero() || gap.count() > short_silence || s.at < previous_) return false;
  if (news > 0 && !passes_plainly(other, live.sides[side ^ 1], s.ack.value())) return false;

  ++facts_.segments;
  facts_.octets += s.packet_length;
  facts_.last_frame = s.frame;
  facts_.last = std::max(facts_.last, s.at);
  previous_ = s.at;
  const auto frame = static_cast<std::uint32_t>(s.frame - r.first_frame + 1);
  r.last = s.at;
  r.frames = frame - 1;
  ++own.packets;
  own.octets += s.packet_length;
  extra.dont_fragment += s.dont_fragment ? 1u : 0u;
  extra.last_packet = at;
  if (s.checksum == ChecksumState::good) ++extra.checksums_good;  // far behind the others: not touched for nothing
  if (s.has_ip_id) live.sides[side].ids.place(s.ip_id);
  if (s.options.any(SegmentOptions::timestamps)) own.set(Is::stamps);
  if (s.length != 0) {
    take_text<side>(r, live, s, prepared.way, at, frame);
  } else {
    ++extra.pure_acks;
    remember_bare(live.sides[side], {.digest = prepared.bare,
                                     .at = static_cast<std::uint32_t>(at / 1000),
                                     .frame = frame,
                                     .others = other.packets,
                                     .id = s.ip_id,
                                     .way = prepared.way});
  }
  if (news > 0) take_ack<side>(r, live, s, at, frame);
  own.window = s.window;
  own.least_window = std::min(own.least_window, s.window);
  own.most_window = std::max(own.most_window, s.window);
  keep_clock(r, live, side ^ 1, at);
  if (s.length != 0 || live.sides[side].busy) keep_clock(r, live, side, at);
  if (++since_tended_ == tend_every) tend();
  return true;
}

bool Engine::pass_plain(const Segment& s, const Prepared& prepared, Record& r, std::uint8_t side) {
  return side == 0 ? pass_plain<0>(s, prepared, r) : pass_plain<1>(s, prepared, r);
}

}  // namespace ft::analysis::flow
