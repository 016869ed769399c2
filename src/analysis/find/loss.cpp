// Diagnoses 21 to 23 and 25 to 28: what was lost and how it was repaired, what only seemed to be, what came late or twice.
#include "analysis/find/case.hpp"
#include "analysis/find/repairs.hpp"

#include <algorithm>
#include <chrono>

namespace ft::analysis {

namespace {

using namespace std::chrono_literals;

Draft& add_all(Draft& draft, const std::vector<const Note*>& notes) {
  for (const Note* note : notes) draft.note(*note);
  return draft;
}

/// Less than one in a thousand is how TCP finds its speed; nobody need look at it.
Severity severity_of_loss(std::uint64_t lost, std::uint64_t sent) {
  return lost * 1000 < sent ? Severity::note : Severity::warning;
}

void fast(const Case& c, std::uint8_t side, const Repairs& repairs, Findings& out) {
  if (repairs.fast.empty()) return;
  const std::uint64_t sent = std::max<std::uint64_t>(c.side(side).data_segments, repairs.fast.size());
  const bool holes = std::ranges::all_of(repairs.fast, [](const Note* note) { return note->any(Note::hole_filled); });
  Draft draft("loss-fast-recovery", side);
  add_all(draft, repairs.fast)
      .count("lost", repairs.fast.size())
      .percent("percent", repairs.fast.size(), sent)
      .flag("holes", holes);
  const Side& peer = c.side(other(side));
  if (const std::uint64_t evidence = std::max(peer.duplicate_acks, peer.sack_segments); evidence > 0 && !holes)
    draft.count("evidence", evidence);
  std::uint64_t octets = 0;
  for (const Note* note : repairs.fast) octets += note->length;
  draft.times(repairs.fast.size()).cost(round_trip(c.connection), repairs.fast.size(), octets);
  out.push_back(draft.severity(severity_of_loss(repairs.fast.size(), sent))
                    .sure(0.95f)
                    .instead("congestion")
                    .instead("loss-random")
                    .done());
}

void tail(std::uint8_t side, const Repairs& repairs, Findings& out) {
  if (repairs.tail.empty()) return;
  Duration cost{}, longest{};
  bool by_probe = true;
  for (const Note* note : repairs.tail) {
    cost += note->waited;
    longest = std::max(longest, note->waited);
    by_probe = by_probe && note->cause == RepeatCause::tlp;
  }
  Draft draft("tail-loss", side);
  add_all(draft, repairs.tail).time("wait", longest).flag("tlp", by_probe).times(repairs.tail.size());
  const std::size_t lost = repairs.tail.size() + repairs.flight.size();
  if (!repairs.flight.empty()) add_all(draft, repairs.flight).count("flight", lost);
  draft.cost(cost, lost).sure(0.85f).instead("acks-lost").instead("delay-spike");
  out.push_back(draft.done());
}

void again(std::uint8_t side, const Repairs& repairs, Findings& out) {
  if (repairs.again.empty() || found(out, "path-outage") || found(out, "rto-backoff") || found(out, "idle-timeout")) return;
  Draft draft("lost-retransmission", side);
  Duration cost{};
  std::uint64_t tries = 0;
  bool late = false;
  for (const Note* note : repairs.again) {
    if (note->of_frame != 0) draft.frame(note->of_frame);
    cost += note->waited;
    tries = std::max<std::uint64_t>(tries, note->tries);
    late = late || note->any(Note::sack_seen);
  }
  add_all(draft, repairs.again).count("tries", tries).flag("late", late).times(repairs.again.size());
  out.push_back(draft.cost(cost, repairs.again.size()).sure(0.85f).instead("acks-lost").instead("congestion").done());
}

/// These speak of the SYNs that were sent again.
constexpr std::string_view told_with_the_opening[] = {"syn-unanswered",     "syn-retransmitted-then-ok", "synack-lost",
                                                      "handshake-ack-lost", "listen-queue-overflow",     "old-state-collision"};

void needless(const Case& c, std::uint8_t side, const Repairs& repairs, Findings& out) {
  if (repairs.needless.empty()) return;
  const bool only_syns = std::ranges::all_of(repairs.needless, [](const Note* note) { return note->cause == RepeatCause::syn; });
  const auto told = [&](std::string_view id) { return found(out, id); };
  if (only_syns && std::ranges::any_of(told_with_the_opening, told)) return;
  std::uint64_t dsacks = 0, stamps = 0, late = 0, proven = 0, octets = 0, by_fast = 0;
  for (const Note* note : repairs.needless) {
    octets += note->length;
    by_fast += note->cause == RepeatCause::fast || note->cause == RepeatCause::rack ? 1 : 0;
    if (note->any(Note::by_dsack))
      ++dsacks;
    else if (note->any(Note::by_timestamp))
      ++stamps;
    else if (note->any(Note::by_witness) && !note->any(Note::by_ack))
      ++proven;
    else
      ++late;
  }
  const std::uint64_t all = repairs.needless.size();
  Draft draft("spurious-retransmission", side);
  add_all(draft, repairs.needless).count("repeats", all);
  if (dsacks > 0) draft.count("dsacks", dsacks);
  if (stamps > 0) draft.count("stamps", stamps);
  if (late > 0) draft.count("late", late);
  if (proven > 0) draft.count("proven", proven).flag("and_proven", dsacks + stamps + late > 0);
  draft.flag("and_stamps", dsacks > 0 && stamps > 0).flag("and_late", dsacks + stamps > 0 && late > 0);
  draft.times(all).cost({}, all, octets).sure(dsacks + stamps > 0 ? 0.97f : 0.85f);
  draft.instead("delay-spike").instead("acks-lost");
  const bool order = by_fast * 2 >= all && by_fast >= 2;
  if (order && !found(out, "reordering")) draft.instead("reordering");
  if (all >= 3 && all * 50 >= c.side(side).data_segments) draft.severity(Severity::warning);
  out.push_back(draft.done());
}

/// Seen where the packets arrive: the late ones themselves.
void late_packets(const Case& c, std::uint8_t side, const Repairs& repairs, Findings& out) {
  if (repairs.late.empty()) return;
  Duration most{};
  bool proven = false;
  for (const Note* note : repairs.late) {
    most = std::max(most, note->waited);
    proven = proven || note->any(Note::proven);
  }
  const std::uint64_t sent = c.side(side).data_segments;
  const bool ids = proven && c.side(side).ip_ids == IpIds::counter;
  const bool stamps = proven && c.side(side).timestamps;
  Draft draft("reordering", side);
  add_all(draft, repairs.late).count("late", repairs.late.size()).percent("percent", repairs.late.size(), sent);
  if (most > Duration{}) draft.time("most", most);
  draft.flag("ids", ids).flag("both", ids && stamps).flag("stamps", stamps).flag("either", ids || stamps).flag("filled");
  if (!repairs.needless.empty()) draft.severity(Severity::warning);  // it made the sender repeat itself
  draft.times(repairs.late.size()).sure(proven ? 0.97f : 0.8f);
  if (!proven) draft.instead("loss-fast-recovery");
  out.push_back(draft.done());
}

/// Seen where they leave: SACK told of holes, and they closed without anything being sent again; or what was sent again
/// had been needless each time.
void told_by_receiver(const Case& c, std::uint8_t side, const Repairs& repairs, Findings& out) {
  const Side& sender = c.side(side);
  const Side& receiver = c.side(other(side));
  if (!repairs.late.empty() || receiver.sack_segments <= receiver.dsacks || sender.unseen_acked > 0) return;
  const bool nothing_again = sender.retransmissions == 0;
  std::uint64_t by_fast = 0;
  for (const Note* note : repairs.needless)
    by_fast += note->any(Note::by_dsack) && note->cause != RepeatCause::rto && note->cause != RepeatCause::tlp ? 1u : 0u;
  const bool all_needless = by_fast >= 2 && by_fast * 2 > repairs.all();
  if (!nothing_again && !all_needless) return;
  if (nothing_again && sender.in_flight_at_end > 0) return;  // the repair may come after the end
  Draft draft("reordering", side);
  for (const Note* note : repairs.needless) draft.note(*note);
  draft.frame(sender.first_text_frame).frame(sender.last_text_frame);
  draft.count("sacks", receiver.sack_segments - receiver.dsacks).count("late", std::max<std::uint64_t>(1, by_fast));
  draft.flag("repeated", !nothing_again).flag("closed", nothing_again).sure(nothing_again ? 0.9f : 0.7f).instead("delay-spike");
  out.push_back(draft.done());
}

void doubled(const Case& c, std::uint8_t side, const Repairs& repairs, Findings& out) {
  if (!repairs.network_copies.empty()) {
    Draft draft("network-duplicates", side);
    Duration gap{};
    std::uint64_t octets = 0;
    for (const Note* note : repairs.network_copies) {
      draft.frame(note->of_frame);
      gap = std::max(gap, note->waited);
      octets += note->length;
    }
    const std::uint64_t copies = std::max<std::uint64_t>(repairs.network_copies.size(), c.side(side).network_duplicates);
    add_all(draft, repairs.network_copies).count("copies", copies).time("gap", gap).times(copies).cost({}, copies, octets);
    out.push_back(draft.sure(0.95f).instead("capture-duplicates").done());
  }
}

/// What was captured twice concerns both sides alike: one finding.
void captured_twice(const Case& c, const std::array<Repairs, 2>& repairs, Findings& out) {
  const std::uint64_t copies = std::uint64_t{c.client().capture_duplicates} + c.server().capture_duplicates;
  if (copies == 0) return;
  Draft draft("capture-duplicates", 2);
  Duration gap{};
  bool way = false;
  for (const Repairs& of_side : repairs)
    for (const Note* note : of_side.capture_copies) {
      draft.frame(note->of_frame).note(*note);
      gap = std::max(gap, note->waited);
      way = way || note->any(Note::other_link);
    }
  draft.count("copies", copies).time("gap", gap).times(copies);
  if (way) draft.text("way", "other-way");
  out.push_back(draft.sure(0.95f).instead("network-duplicates").done());
}

void missing_acks(const Case& c, std::uint8_t side, Findings& out) {
  const Side& receiver = c.side(side);
  const Side& sender = c.side(other(side));
  // Where its ACKs leave, none can be missing: those jumps are its own way to acknowledge.
  const bool at_receiver = surely_at(c.connection, side == 0 ? Vantage::client : Vantage::server);
  if (receiver.ack_jumps < 3 || sender.retransmissions > 0 || at_receiver || c.doubtful(Doubt::offloaded)) return;
  if (receiver.ack_jumps * 4 > receiver.pure_acks) return;  // it does so all the time: it thins its ACKs
  Draft draft("ack-loss-only", side);
  draft.frame(sender.first_text_frame).frame(sender.last_text_frame).count("lost", receiver.ack_jumps).times(receiver.ack_jumps);
  draft.between(sender.first_text, sender.last_text);
  out.push_back(draft.sure(0.4f).instead("ack-thinning").done());
}

void stale(std::uint8_t side, const Repairs& repairs, Findings& out) {
  if (repairs.stale.empty()) return;
  Duration wait{};
  for (const Note* note : repairs.stale) wait = std::max(wait, note->waited);
  Draft draft("stale-duplicate", side);
  add_all(draft, repairs.stale).times(repairs.stale.size());
  if (wait > Duration{}) draft.time("wait", wait);
  draft.flag("answered", std::ranges::any_of(repairs.stale, [](const Note* note) { return note->any(Note::answered); }));
  out.push_back(draft.sure(0.8f).instead("spurious-retransmission").done());
}

/// Text of a SYN that the other side acknowledged without it (RFC 7413 4.2.2).
bool rode_in_syn(const Case& c, const Note& note) {
  const Side& side = c.side(note.side);
  if (side.offer.text == 0 || note.cause == RepeatCause::syn || c.connection.opening == Opening::fast_open) return false;
  return note.tries == 2 && after(note.seq, side.isn) && before_or_equal(note.seq, side.isn + side.offer.text);
}

}  // namespace

Repairs repairs_of(const Case& c, std::uint8_t side) {
  Repairs r;
  if (c.notes.empty()) return r;
  const bool normal_opening = c.connection.opening != Opening::simultaneous && c.connection.opening != Opening::split;
  const Duration stale_after = std::max<Duration>(5s, 10 * round_trip(c.connection));
  const bool arrives_here = surely_at(c.connection, side == 0 ? Vantage::server : Vantage::client);
  Seq probed{};  // what a probe carried is sent again in full once the window opens: no loss
  bool has_probed = false;
  for (const Note& note : c.notes) {
    if (note.side != side || note.kind != Note::Kind::segment) continue;
    if (note.label == Label::probe) {
      probed = note.seq;
      has_probed = true;
    }
    if (has_probed && note.label == Label::retransmission && note.seq == probed) continue;
    // What was not taken with the SYN comes again by itself: no loss.
    if (note.label == Label::retransmission && rode_in_syn(c, note)) continue;
    // Where it arrives: the first copy is in the capture, so the path did not lose it. The host had no room for it.
    if (note.label == Label::retransmission && !note.any(Note::hole_filled) && arrives_here) continue;
    const bool handshake = note.cause == RepeatCause::syn;
    const bool bare_fin = note.cause == RepeatCause::fin && note.length == 0;
    switch (note.label) {
      case Label::retransmission:
        if (handshake || bare_fin) break;
        ++r.repaired;
        if (note.tries >= 3 && note.any(Note::acked))
          r.again.push_back(&note);
        else if (note.cause == RepeatCause::fast || note.cause == RepeatCause::rack ||
                 (note.any(Note::hole_filled) && !note.any(Note::tail)) ||
                 (note.cause == RepeatCause::go_back_n && note.any(Note::sack_seen)) ||
                 (note.cause == RepeatCause::unknown && note.any(Note::acked)))
          r.fast.push_back(&note);
        else if ((note.cause == RepeatCause::tlp || note.cause == RepeatCause::rto) && note.tries <= 2 &&
                 !note.any(Note::sack_seen) && note.any(Note::acked))
          r.tail.push_back(&note);
        else if (note.cause == RepeatCause::go_back_n)
          r.flight.push_back(&note);
        break;
      case Label::needless:
        // Of a second ago and more, by its own clock (a tick is a millisecond with most systems, RFC 7323 5.4): no repeat at all.
        if (note.any(Note::old_clock) && note.value >= 1000) {
          r.stale.push_back(&note);
          break;
        }
        // A SYN that the other side answered late; the SYN-ACK's repeats are the handshake's own story.
        if (!bare_fin && (!handshake || (note.side == 0 && normal_opening))) r.needless.push_back(&note);
        break;
      case Label::reordered:
        r.late.push_back(&note);
        break;
      case Label::network_duplicate:
        (note.waited >= stale_after || (note.any(Note::old_clock) && note.value >= 1000) ? r.stale : r.network_copies)
            .push_back(&note);
        break;
      case Label::capture_duplicate:
        r.capture_copies.push_back(&note);
        break;
      default:
        break;
    }
  }
  // A hole that was filled and whose octets came once more: the first copy was late, not lost.
  std::vector<std::uint32_t> twice;
  twice.reserve(r.needless.size());
  for (const Note* note : r.needless) twice.push_back(note->seq.value());
  std::ranges::sort(twice);
  std::erase_if(r.fast, [&](const Note* note) {
    return note->any(Note::hole_filled) && std::ranges::binary_search(twice, note->seq.value());
  });
  return r;
}

void find_loss(const Case& c, Findings& out) {
  const std::array<Repairs, 2> repairs{repairs_of(c, 0), repairs_of(c, 1)};
  captured_twice(c, repairs, out);
  for (std::uint8_t side = 0; side < 2; ++side) {
    const Repairs& of_side = repairs[side];
    doubled(c, side, of_side, out);
    stale(side, of_side, out);
    if (c.doubtful(Doubt::one_direction)) continue;
    late_packets(c, side, of_side, out);
    told_by_receiver(c, side, of_side, out);
    needless(c, side, of_side, out);
    if (!loss_can_be_told(c)) continue;
    again(side, of_side, out);
    if (!found(out, "mtu-black-hole") && !found(out, "mtu-probing-recovered")) {
      fast(c, side, of_side, out);
      tail(side, of_side, out);
    }
    missing_acks(c, side, out);
  }
}

}  // namespace ft::analysis
