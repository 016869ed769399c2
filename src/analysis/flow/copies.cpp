// Copies of one packet. The network doubles packets, and captures do: a mirror port that sees a packet come and go, the "any"
// device. A copy has the IP ID of its original, which a retransmission has not; without an ID (IPv6; RFC 6864) the timestamp and
// the moment tell.
#include "analysis/flow/passing.hpp"

namespace ft::analysis::flow {

namespace {
namespace flag = wire::tcp_flag;

constexpr std::int64_t capture_gap = 100'000;          // a capture sees both copies within 100 microseconds
constexpr std::int64_t router_gap = 20'000'000;        // ... and before and behind a router as long as its queue lasts
constexpr std::int64_t least_syn_timer = 100'000'000;  // no system sends its SYN again sooner
constexpr std::int64_t network_gap = 500'000'000;      // without an ID, a copy later than this is no copy

void note_copy(Passing& p, std::int64_t waited, std::uint16_t way, std::uint32_t frame) {
  Note note = p.draft(Note::Kind::segment);
  note.of_frame = p.full_frame(frame);
  note.waited = Duration(waited);
  const bool other_way = way != p.way();
  if (other_way) note.is |= Note::other_link;
  // Its TTL fell and it has other MAC addresses: a router passed it on, and the capture has both sides of the router.
  const bool routed = p.segment.ttl < p.own.ttl && waited < router_gap;
  const bool captured = other_way && (waited < capture_gap || routed);
  p.mark(captured ? Label::capture_duplicate : Label::network_duplicate, RepeatCause::none, note);
}

/// Without an ID: could the sender have had a reason to send the same again after this time?
bool too_soon_to_repeat(const Passing& p, std::int64_t waited, bool same_stamp) {
  // A SYN-ACK after the same side's SYN is the next step of a simultaneous open.
  const bool same_syn = p.has(flag::syn) && p.has(flag::ack) == p.own.any(SideRecord::syn_with_ack);
  if (waited < capture_gap || (same_syn && waited < least_syn_timer)) return true;
  const std::int64_t trip = round_trip(p.record, p.live);
  if (same_stamp) {  // a repeat carries a new time, unless it left within the same tick of the sender's clock
    const bool asked = p.own_live.duplicate_acks >= 2 || p.own_live.sacked_octets > 0;
    return waited < network_gap && !(asked && trip != 0 && waited > trip);
  }
  return !p.stamped() && trip > 2'000'000 && waited < trip / 2;
}

/// A packet with this IP ID has passed before, but which is no longer remembered. A repeat would bear an ID of its own.
bool is_old_copy(Passing& p) {
  if (p.place != IdWindow::Place::seen || !p.own_live.ids.trusted()) return false;
  Note note = p.draft(Note::Kind::segment);
  const std::int32_t behind = ahead(p.newest_stamp(), p.segment.options.stamps.val);
  if (p.stamped() && p.segment.length != 0 && behind > 0) {
    note.is |= Note::old_clock;
    note.value = static_cast<std::uint32_t>(behind);
  }
  p.mark(Label::network_duplicate, RepeatCause::none, note);
  return true;
}

bool is_text_copy(Passing& p, std::uint32_t end) {
  const SentLog& sent = p.own_live.sent;
  const SentLog::Index i = sent.find(p.seq);
  if (i == sent.last() || sent[i].seq != p.seq || sent[i].end != end) return is_old_copy(p);
  const Piece& piece = sent[i];
  const std::int64_t waited = p.at - piece.at;
  const bool same_stamp = p.stamped() && piece.stamp == p.segment.options.stamps.val;
  if (p.stamped() && !same_stamp) return is_old_copy(p);
  if (p.segment.has_ip_id && (p.segment.ip_id != 0 || piece.ip_id != 0)) {
    if (p.segment.ip_id != piece.ip_id) return is_old_copy(p);
    if (!p.own_live.ids.trusted() && waited >= network_gap) return false;  // a host whose ID never changes
  } else if (!too_soon_to_repeat(p, waited, same_stamp)) {
    return false;
  }
  note_copy(p, waited, piece.way, piece.frame);
  return true;
}

bool is_bare_copy(Passing& p) {
  const Segment& s = p.segment;
  SideLive& live = p.own_live;
  const BareAck mine{
      .digest = digest_of(s),
      .at = static_cast<std::uint32_t>(p.at / 1000),
      .frame = p.frame,
      .others = p.other.packets,
      .id = s.ip_id,
      .way = p.way(),
  };
  // Nothing but a segment that says nothing new can be a copy.
  const bool news = p.other.any(SideRecord::una_known) && ahead(p.ack, p.other.una) > 0;
  if (!news && !(p.place == IdWindow::Place::newest && live.ids.trusted())) {
    for (const BareAck& b : live.bare) {
      if (b.digest != mine.digest) continue;
      const std::int64_t waited = std::int64_t{mine.at - b.at} * 1000;
      const bool by_id = s.has_ip_id && (s.ip_id != 0 || b.id != 0);
      if (by_id ? b.id != mine.id || (!live.ids.trusted() && waited >= network_gap)
                : (b.others != mine.others && waited >= capture_gap) || !too_soon_to_repeat(p, waited, p.stamped()))
        continue;
      // Without ID and timestamp two bare segments look alike that were both sent, one for each of two that came.
      if (!by_id && !p.stamped() && b.way == mine.way) continue;
      note_copy(p, waited, b.way, b.frame);
      return true;
    }
    if (is_old_copy(p)) return true;
  }
  remember_bare(live, mine);
  return false;
}

}  // namespace

bool is_copy(Passing& p) {
  const std::uint32_t length = p.segment.sequence_length();
  if (length == 0) return is_bare_copy(p);
  if (!p.own.any(SideRecord::based) || ahead(p.seq, p.own.max) >= 0) return false;
  if (p.place == IdWindow::Place::newest && p.own_live.ids.trusted()) return false;
  return is_text_copy(p, p.seq + length);
}

}  // namespace ft::analysis::flow
