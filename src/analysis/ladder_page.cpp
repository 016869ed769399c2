// The page that rows make: which of them a reader needs, and the blocks in order.
#include "analysis/ladder_text.hpp"
#include "wire/tcp.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ft::analysis {

namespace {

constexpr std::size_t kept_first = 4;
constexpr std::size_t kept_last = 2;
constexpr std::size_t shortest_gap = 3;  // fewer rows than this are shown: the gap's own line says less

/// Rows that come along with a transfer: timers told elsewhere, an application that writes and reads as it should.
bool is_beside(const Row& row) {
  const bool reads_or_writes = row.kind == Row::Kind::call && (row.call == "read" || row.call == "write") && row.result.empty();
  return row.minor || reads_or_writes;
}

std::string heading_of(const Ladder& ladder, bool right, Lang lang) {
  std::string out;
  for (std::size_t i = 0; i < ladder.actors.size(); ++i) {
    const Actor& actor = ladder.actors[i];
    if (actor.on_the_right != right) continue;
    out += (out.empty() ? "" : ", ") + name_as_heading(actor.name, lang);
    std::vector<std::string> ends;
    for (const Row& row : ladder.rows) {
      if (row.tuple.local.port == 0 || row.tuple.remote.port == 0 || (row.from != i && row.to != i)) continue;
      const Endpoint& end = row.from == i ? row.tuple.local : row.tuple.remote;
      if (std::ranges::find(ends, end.to_string()) == ends.end()) ends.push_back(end.to_string());
      if (ends.size() > 1) break;
    }
    if (ends.size() == 1) {
      out += " " + ends.front();
    } else if (!actor.addresses.empty()) {
      out += " " + actor.addresses.front().to_string();
    }
    if (!actor.note.empty()) out += " (" + actor.note + ")";
  }
  return out;
}

std::string_view first_state(const Ladder& ladder, bool right) {
  for (const Row& row : ladder.rows) {
    const auto side = [&ladder](std::uint8_t host) { return host < ladder.actors.size() && ladder.actors[host].on_the_right; };
    if (side(row.from) == right && !row.from_state.before.empty()) return row.from_state.before;
    if (row.from != row.to && side(row.to) == right && !row.to_state.before.empty()) return row.to_state.before;
  }
  return "CLOSED";
}

}  // namespace

bool is_routine(const Row& row) {
  using namespace wire;
  const bool plain = row.kind == Row::Kind::segment && row.lost.empty() && !row.duplicate && !row.corrupted && !row.late;
  const bool used = row.dropped == DropReason::none && !row.from_state.changed() && !row.to_state.changed();
  const bool special = row.has(tcp_flag::syn) || row.has(tcp_flag::fin) || row.has(tcp_flag::rst) || row.has(tcp_flag::urg);
  const bool odd = row.window == 0 || row.segment.sack_count > 0 || row.effect.id == "ack-duplicate" ||
                   row.effect.id == "congestion-echoed" || row.ecn_there != row.segment.ip_ecn ||
                   row.effect.id == "text-out-of-order" || row.effect.id == "text-duplicate";
  static constexpr std::string_view ordinary[] = {"data",        "data-push", "data-psh", "ack", "ack-every-second",
                                                  "ack-delayed", "ack-quick", ""};
  return plain && used && !special && !odd && std::ranges::find(ordinary, row.why.id) != std::end(ordinary);
}

std::vector<bool> rows_to_show(const std::vector<Row>& rows, bool all) {
  std::vector<bool> keep(rows.size(), true);
  if (all) return keep;
  for (std::size_t i = 0; i < rows.size(); ++i) keep[i] = !rows[i].minor;
  std::size_t i = 0;
  while (i < rows.size()) {
    std::vector<std::size_t> run;  // what happens beside the transfer does not end it, and is hidden with it
    std::size_t end = i;
    for (; end < rows.size() && (is_beside(rows[end]) || is_routine(rows[end])); ++end)
      if (!is_beside(rows[end])) run.push_back(end);
    if (run.size() >= kept_first + kept_last + shortest_gap)
      std::fill(keep.begin() + static_cast<std::ptrdiff_t>(run[kept_first - 1] + 1),
                keep.begin() + static_cast<std::ptrdiff_t>(run[run.size() - kept_last]), false);
    i = std::max(end, i + 1);
  }
  return keep;
}

std::vector<std::vector<Line>> ladder_blocks(const Ladder& ladder, const TextStyle& style) {
  LadderText text(ladder.actors, ladder.origin, style);
  text.name_connections(std::ranges::any_of(ladder.rows, [](const Row& row) { return row.connection > 1; }));
  text.name_packets(ladder.shows_packets);
  std::vector<std::vector<Line>> blocks{text.head(heading_of(ladder, false, style.lang), heading_of(ladder, true, style.lang),
                                                  first_state(ladder, false), first_state(ladder, true))};
  const std::vector<bool> keep = rows_to_show(ladder.rows, style.all);
  Gap hidden;
  for (std::size_t i = 0; i < ladder.rows.size(); ++i) {
    if (!keep[i]) {
      if (ladder.rows[i].is_segment()) hidden.add(ladder.rows[i]);
      continue;
    }
    if (hidden.rows > 0) blocks.push_back(text.gap(hidden));
    hidden = {};
    blocks.push_back(text.row(ladder.rows[i]));
  }
  blocks.push_back(text.tail());
  return blocks;
}

}  // namespace ft::analysis
