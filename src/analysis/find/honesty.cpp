// Diagnoses 49 and 50: what is wrong with the packets, and what only with the capture.
#include "analysis/find/case.hpp"

#include <algorithm>
#include <chrono>

namespace ft::analysis {

namespace {

using namespace std::chrono_literals;

/// A damaged packet is not counted, so its octets are among those of the stream only when they came once more.
bool came_again(const Case& c, const Note& bad) {
  const Side& sender = c.side(bad.side);
  const bool noted = std::ranges::any_of(c.notes, [&](const Note& note) {
    return note.side == bad.side && note.frame > bad.frame && note.kind == Note::Kind::segment && note.seq == bad.seq &&
           note.length == bad.length;
  });
  if (noted || !sender.isn_known || sender.unseen_acked > 0 || sender.in_flight_at_end > 0) return noted;
  const auto end = std::int64_t{distance(sender.isn + 1, bad.seq)} + bad.length;
  return end > 0 && static_cast<std::uint64_t>(end) <= sender.unique_text;
}

void checksums(const Case& c, std::uint8_t side, Findings& out) {
  const Side& sender = c.side(side);
  const std::uint64_t wrong = std::uint64_t{sender.checksums_bad} + sender.checksums_partial;
  const std::uint64_t all = wrong + sender.checksums_good;
  if (wrong == 0) return;
  std::vector<const Note*> notes;
  for (const Note& note : c.notes)
    if (note.kind == Note::Kind::bad_checksum && note.side == side) notes.push_back(&note);
  // A card that fills them in does so for all packets, and they are acknowledged as if nothing were wrong with them.
  const bool artefact = sender.checksums_bad == 0 || (wrong * 2 > all && all > 2 && sender.in_flight_at_end == 0);
  Draft draft(artefact ? "offload-artefact" : "checksum-corruption", side);
  for (const Note* note : notes) draft.note(*note);
  if (artefact) {
    if (notes.empty()) draft.frame(c.connection.first_frame);
    draft.count("bad", wrong).flag("partial", sender.checksums_bad == 0).times(wrong).instead("checksum-corruption");
    out.push_back(draft.sure(sender.checksums_bad == 0 ? 0.97f : 0.85f).done());
    return;
  }
  const bool resent = std::ranges::any_of(notes, [&](const Note* bad) { return bad->length > 0 && came_again(c, *bad); });
  draft.count("damaged", sender.checksums_bad).flag("resent", resent).times(sender.checksums_bad);
  out.push_back(draft.cost({}, sender.checksums_bad).sure(resent ? 0.95f : 0.75f).instead("offload-artefact").done());
}

void incomplete(const Case& c, Findings& out) {
  const Connection& connection = c.connection;
  if (connection.doubts == 0) return;
  const bool midstream = c.doubtful(Doubt::midstream);
  const bool one_way = c.doubtful(Doubt::one_direction) && !found(out, "syn-unanswered") && !found(out, "listen-queue-overflow");
  const std::uint64_t unseen = c.client().unseen_acked + c.server().unseen_acked;
  const bool grave =
      midstream || one_way || c.doubtful(Doubt::capture_drops) || c.doubtful(Doubt::clock_step) || c.doubtful(Doubt::forgotten);
  const bool slight = c.doubtful(Doubt::cut_short) || c.doubtful(Doubt::offloaded);
  if (!grave && !slight) return;
  const std::uint8_t silent = c.client().packets == 0 ? 1 : 0;
  Draft draft("capture-incomplete", one_way ? silent : std::uint8_t{2});
  draft.frame(connection.first_frame).between(connection.first, connection.last);
  for (const Note& note : c.notes)
    if (note.kind == Note::Kind::unseen_acked) draft.frame(note.frame);
  draft.flag("midstream", midstream).flag("one_way", one_way).flag("offload", c.doubtful(Doubt::offloaded));
  if (c.doubtful(Doubt::capture_drops) && unseen > 0) draft.octets("unseen", unseen);
  if (c.doubtful(Doubt::clock_step)) {
    draft.count("steps", std::max<std::uint64_t>(1, c.capture.time_steps)).frame(c.capture.time_step_frame);
  }
  if (c.doubtful(Doubt::cut_short)) draft.flag("short");
  draft.flag("forgotten", c.doubtful(Doubt::forgotten));
  // Several queues of one card are out of step by microseconds: no clock was set.
  const bool only_steps = !midstream && !one_way && !c.doubtful(Doubt::capture_drops) && !c.doubtful(Doubt::forgotten);
  if (!grave || (only_steps && c.capture.largest_time_step < 1ms)) draft.severity(Severity::info);
  out.push_back(draft.sure(0.97f).done());
}

}  // namespace

void find_honesty(const Case& c, Findings& out) {
  for (std::uint8_t side = 0; side < 2; ++side) checksums(c, side, out);
  incomplete(c, out);
}

}  // namespace ft::analysis
