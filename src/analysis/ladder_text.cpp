#include "analysis/ladder_text.hpp"

#include "analysis/text_width.hpp"
#include "wire/tcp.hpp"

#include <algorithm>
#include <utility>

namespace ft::analysis {

namespace {

constexpr std::size_t margin = 12;                                  // columns for a clock or a state
constexpr std::size_t between = ladder_columns - 2 * (margin + 2);  // columns from lifeline to lifeline
constexpr std::size_t inner = between - 2;                          // the same without a blank on each side

std::string repeat(std::string_view piece, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += piece;
  return out;
}

Ink ink_of(const Row& row) {
  using namespace wire;
  if (row.has(tcp_flag::rst)) return Ink::rst;
  if (row.has(tcp_flag::syn)) return Ink::syn;
  if (row.has(tcp_flag::fin)) return Ink::fin;
  return row.segment.length > 0 ? Ink::data : Ink::bold;
}

/// What happened at the far end, where that is news and not just what a segment of its kind does.
bool is_notable(std::string_view effect) {
  static constexpr std::string_view notable[] = {"congestion-echoed",
                                                 "syn-reset-for-ecn",
                                                 "simultaneous-open",
                                                 "simultaneous-close",
                                                 "refused",
                                                 "reset",
                                                 "text-duplicate",
                                                 "text-out-of-order",
                                                 "returned-to-listen",
                                                 "time-wait-restarted",
                                                 "time-wait-reopened",
                                                 "icmp-packet-too-big"};
  return std::ranges::find(notable, effect) != std::end(notable);
}

/// Dropped, but as it should be: what comes back says why.
bool answer_says_it(const Row& row) {
  return row.dropped == DropReason::no_listener_rst_sent || row.dropped == DropReason::bad_handshake_ack ||
         (row.dropped == DropReason::not_acceptable && row.why.id == "keepalive-probe");
}

/// A call whose name is its whole sentence.
bool says_itself(const Row& row) {
  return row.kind == Row::Kind::call && (row.call == "connect" || row.call == "listen" || row.call == "accept");
}

/// `line` at the end of its `columns`, as the words of the right-hand side stand.
Line flush_right(Line line, std::size_t columns) {
  const std::size_t width = line_width(line);
  if (width < columns) line.insert(line.begin(), Span{std::string(columns - width, ' ')});
  return line;
}

}  // namespace

std::size_t line_width(const Line& line) {
  std::size_t width = 0;
  for (const Span& span : line) width += display_width(span.text);
  return width;
}

Facts facts_of(const Row& row, const std::vector<Actor>& actors) {
  const auto name = [&actors](std::size_t host) {
    return host < actors.size() ? std::string_view(actors[host].name) : std::string_view("peer");
  };
  const std::size_t other = row.from != row.to ? row.to : (row.from == 0 ? 1 : 0);
  return {.from = name(row.from),
          .to = name(other),
          .seq = row.seq,
          .ack = row.ack,
          .length = row.segment.length,
          .isn = row.segment.seq,
          .window = row.window,
          .port = row.tuple.local.port};
}

LadderText::LadderText(std::vector<Actor> actors, Instant origin, TextStyle style)
    : actors_(std::move(actors)), origin_(origin), style_(style) {}

std::string LadderText::text(std::string_view utf8) const {
  return style_.ascii ? to_ascii(utf8, style_.lang == Lang::zh) : std::string(utf8);
}

bool LadderText::on_right(std::uint8_t host) const { return host < actors_.size() ? actors_[host].on_the_right : host % 2 == 1; }

/// Milliseconds to the microsecond while they are readable, then seconds to the millisecond.
std::string LadderText::time_text(Instant at) const {
  const auto ns = (at - origin_).count();
  const bool in_seconds = ns >= 10'000'000'000 || ns <= -10'000'000'000;
  const std::int64_t thousandths = ns / (in_seconds ? 1'000'000 : 1'000);
  const std::string sign = thousandths < 0 ? "-" : "";
  const std::int64_t size = thousandths < 0 ? -thousandths : thousandths;
  const std::string fraction = std::to_string(1000 + size % 1000).substr(1);
  return sign + std::to_string(size / 1000) + "." + fraction + (in_seconds ? " s" : " ms");
}

std::string LadderText::state_text(const StateStep& state) const {
  if (!state.changed()) return {};
  if (!state.inferred) return std::string(state.after);
  return state.after == "SYN-RECEIVED" ? "(SYN-RCVD)" : "(" + std::string(state.after) + ")";
}

Line LadderText::rung(const Rung& parts) const {
  // "(ESTABLISHED)" takes the blank before the lifeline as well.
  const bool left_is_wide = display_width(parts.left.text) > margin;
  Line line{{pad_left(parts.left.text, margin) + (left_is_wide ? "" : " "), parts.left.ink}, {text(parts.left_post), Ink::dim}};
  for (const Span& span : parts.inside) line.push_back({text(span.text), span.ink});
  const std::size_t inside = line_width(line) - margin - 2;
  if (inside < between) line.push_back({std::string(between - inside, ' ')});
  line.push_back({text(parts.right_post), Ink::dim});
  if (!parts.right.text.empty())
    line.push_back({(display_width(parts.right.text) > margin ? "" : " ") + parts.right.text, parts.right.ink});
  return line;
}

Line LadderText::label(const Row& row) const {
  Line items;
  const std::string which = name_connections_ && row.connection != 0 ? "#" + std::to_string(row.connection) + " " : "";
  if (row.kind == Row::Kind::packet) {
    const std::string what = row.why.id.empty() ? "packet" : std::string(row.why.id);
    return {{which + what, Ink::bold}, {std::to_string(row.octets) + " octets"}};
  }
  const std::string forged = row.why.id != "injected" ? "" : style_.lang == Lang::zh ? "伪造 " : "forged ";
  if (name_packets_ && row.packet != 0) items.push_back({"[" + std::to_string(row.packet) + "]", Ink::dim});
  items.push_back({which + forged + flags_text(row), ink_of(row)});
  items.push_back({"seq " + std::to_string(row.seq)});
  if (row.has(wire::tcp_flag::ack)) items.push_back({"ack " + std::to_string(row.ack)});
  if (row.segment.length > 0) items.push_back({"len " + std::to_string(row.segment.length)});
  if (!row.has(wire::tcp_flag::rst)) items.push_back({"win " + std::to_string(row.window)});
  if (row.has(wire::tcp_flag::urg)) items.push_back({"urg " + std::to_string(row.segment.urgent)});
  if (row.ace) items.push_back({"ace " + std::to_string(*row.ace)});
  if (const std::string ecn = ecn_text(row); !ecn.empty()) items.push_back({ecn, Ink::lost});
  return items;
}

/// What the path did to the IP header's ECN field (RFC 3168 5).
std::string LadderText::ecn_text(const Row& row) const {
  const bool seen = row.kind != Row::Kind::departure && row.lost.empty();
  const std::uint8_t sent = row.segment.ip_ecn;
  const std::uint8_t there = row.ecn_there;
  if (!seen || there == sent) return there == 3 ? "CE" : "";
  if (there == 3) return style_.lang == Lang::zh ? "被标 CE" : "marked CE";
  if (there == 0) return style_.lang == Lang::zh ? "ECT 被抹去" : "ECT cleared";
  return style_.lang == Lang::zh ? "ECN 被改" : "ECN changed";
}

/// The label's items, two blanks apart, in as many lines as they need, at the sender's side.
std::vector<Line> LadderText::fit_label(const Row& row, bool rightwards) const {
  std::vector<Line> lines(1);
  std::size_t used = 0;
  for (Span& item : label(row)) {
    const std::size_t width = display_width(item.text);
    if (used != 0 && used + 2 + width > inner) {
      lines.emplace_back();
      used = 0;
    }
    if (used != 0) lines.back().push_back({"  "});
    used += width + (used != 0 ? 2 : 0);
    lines.back().push_back(std::move(item));
  }
  const std::string options = options_text(row);
  for (const std::string& part : wrap(options, inner)) lines.push_back({{part, Ink::dim}});
  for (Line& line : lines) {
    if (!rightwards) line = flush_right(std::move(line), inner);
    line.insert(line.begin(), Span{" "});
  }
  return lines;
}

std::string LadderText::options_text(const Row& row) const {
  if (!row.is_segment() || row.kind == Row::Kind::arrival) return {};
  const trace::SegmentFields& s = row.segment;
  std::vector<std::string> parts;
  if (row.has(wire::tcp_flag::syn)) {
    if (s.mss) parts.push_back("mss " + std::to_string(*s.mss));
    if (s.window_scale) parts.push_back("wscale " + std::to_string(*s.window_scale));
    if (s.sack_permitted) parts.push_back("sackOK");
    if (s.timestamps) parts.push_back("timestamps");
  }
  for (std::size_t i = 0; i < s.sack_count && i < row.sack.size(); ++i)
    parts.push_back("sack " + std::to_string(row.sack[i].first) + "-" + std::to_string(row.sack[i].second));
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

/// The arrow itself, and where it ends: at the other lifeline, in the void, or out of sight until it arrives.
LadderText::Rung LadderText::arrow(const Row& row, bool rightwards) const {
  Rung parts;
  const Ink ink = ink_of(row);
  const std::string head = rightwards ? "→" : "←";
  Line pieces;  // from the sender's side
  if (!row.lost.empty()) {
    pieces = {{repeat("─", 29), ink}, {"✗", Ink::lost}, {std::string(between - 30, ' ')}};
  } else if (row.kind == Row::Kind::departure) {
    pieces = {{repeat("─", 30) + repeat(" ─", 4), ink}, {std::string(between - 38, ' ')}};
  } else if (row.kind == Row::Kind::arrival) {
    const std::size_t whole = between - 14 - 8 - 1;
    pieces = {{std::string(14, ' ')}, {repeat("─ ", 4) + repeat("─", whole) + head, ink}};
    if (!rightwards) pieces = {{std::string(14, ' ')}, {head + repeat("─", whole) + repeat(" ─", 4), ink}};
  } else if (row.why.id == "injected") {  // it begins at nobody's lifeline
    pieces = {{std::string(14, ' ')},
              {rightwards ? "○" + repeat("─", between - 16) + head : head + repeat("─", between - 16) + "○", ink}};
  } else {
    const std::string shaft = repeat("─", between - 1);
    pieces = {{rightwards ? shaft + head : head + shaft, ink}};
  }
  if (!rightwards) {
    std::ranges::reverse(pieces);
    if (row.kind == Row::Kind::departure && row.lost.empty()) pieces.back().text = repeat("─ ", 4) + repeat("─", 30);
  }
  parts.inside = std::move(pieces);
  if (row.kind != Row::Kind::arrival && row.why.id != "injected")
    (rightwards ? parts.left_post : parts.right_post) = rightwards ? "├" : "┤";
  return parts;
}

/// A sentence in as many lines as it needs, its clause at the end of the last one, or alone on the next.
std::vector<Line> LadderText::words(std::string_view id, std::string_view clause, const Row& row, Ink ink) const {
  std::vector<Line> lines;
  if (id.empty()) return lines;
  for (const std::string& part : wrap(text(say(id, style_.lang, facts_of(row, actors_))), inner))
    lines.push_back({{" "}, {part, ink}});
  if (clause.empty() || lines.empty()) return lines;
  const std::size_t width = line_width(lines.back());
  if (width + 2 + display_width(clause) > inner + 1) lines.push_back({{" "}});
  const std::size_t gap = inner + 1 - line_width(lines.back()) - std::min(inner, display_width(clause));
  lines.back().push_back({std::string(gap, ' ')});
  lines.back().push_back({std::string(clause), Ink::clause});
  return lines;
}

std::vector<Line> LadderText::sentences_of(const Row& row) const {
  std::vector<Line> lines;
  const auto add = [&](std::string_view id, std::string_view clause, Ink ink) {
    for (Line& line : words(id, clause, row, ink)) lines.push_back(std::move(line));
  };
  const bool arrives = row.kind == Row::Kind::arrival;
  if (!arrives) {
    add(row.why.id, row.why.clause, Ink::dim);
    if (row.why.id == "ack-fin" && row.from_state.before == "TIME-WAIT") add("note-time-wait", "RFC 9293 3.6.1", Ink::dim);
    const bool can_close = !row.has(wire::tcp_flag::rst) && !row.has(wire::tcp_flag::syn) && row.why.id != "ack-window-probe";
    if (can_close && row.window == 0 && row.has(wire::tcp_flag::ack)) add("note-window-zero", "RFC 9293 3.8.6.1", Ink::dim);
  }
  if (!row.lost.empty()) add("lost-" + std::string(row.lost), {}, Ink::lost);
  if (row.duplicate) add("link-duplicate", {}, Ink::dim);
  if (row.corrupted) add("link-corrupted", {}, Ink::lost);
  if (row.late) add("link-late", {}, Ink::dim);
  if (row.dropped != DropReason::none) {
    if (answer_says_it(row)) return lines;
    const std::string_view clause = row.effect.clause;
    add(to_string(row.dropped), clause.empty() ? clause_of(row.dropped) : clause, Ink::lost);
  } else if (arrives || is_notable(row.effect.id)) {
    add(row.effect.id, row.effect.clause, Ink::dim);
  }
  return lines;
}

std::vector<LadderText::Rung> LadderText::segment_rungs(const Row& row) const {
  const bool rightwards = !on_right(row.from);
  std::vector<Rung> rungs;
  const auto margin_of = [rightwards](Rung& r, bool sender) -> Span& { return rightwards == sender ? r.left : r.right; };
  for (Line& line : fit_label(row, rightwards)) rungs.push_back({.inside = std::move(line)});
  if (row.kind != Row::Kind::arrival && !row.departure_unseen) margin_of(rungs.front(), true) = {time_text(row.at), Ink::time};
  rungs.push_back(arrow(row, rightwards));
  const std::size_t at_arrow = rungs.size() - 1;
  margin_of(rungs[at_arrow], true) = {state_text(row.from_state), Ink::state};
  if (row.kind == Row::Kind::arrival) margin_of(rungs[at_arrow], false) = {time_text(row.at), Ink::time};
  if (row.arrived) margin_of(rungs[at_arrow], false) = {time_text(*row.arrived), Ink::time};
  for (Line& line : sentences_of(row)) rungs.push_back({.inside = std::move(line)});
  if (row.to_state.changed()) {
    if (rungs.size() == at_arrow + 1) rungs.emplace_back();
    margin_of(rungs[at_arrow + 1], false) = {state_text(row.to_state), Ink::state};
  }
  return rungs;
}

std::string LadderText::call_text(const Row& row) const {
  if (row.kind == Row::Kind::timer) return row.from_state.changed() ? "" : "[" + std::string(row.call) + "]";
  if (row.kind != Row::Kind::call) return {};
  std::string inside;
  if (row.call == "connect") inside = row.tuple.remote.to_string();
  if (row.call == "listen") inside = std::to_string(row.tuple.local.port);
  if (row.call == "write" && row.octets > 0) inside = std::to_string(row.octets);
  std::string out = std::string(row.call) + "(" + inside + ")";
  if (row.call == "read") out += " = " + std::to_string(row.octets);
  if (!row.result.empty()) out += ": " + std::string(row.result);
  return (name_connections_ && row.connection != 0 ? "#" + std::to_string(row.connection) + " " : "") + out;
}

std::vector<LadderText::Rung> LadderText::event_rungs(const Row& row) const {
  const bool right = on_right(row.from);
  std::vector<Rung> rungs;
  if (const std::string what = call_text(row); !what.empty()) {
    Line line{{cut(what, inner, text("…")), row.result.empty() ? Ink::bold : Ink::lost}};
    const std::size_t room = inner - std::min(inner, line_width(line));
    if (says_itself(row) && display_width(row.why.clause) + 2 <= room) {  // the clause at the other side of the line
      const Span clause{std::string(row.why.clause), Ink::clause};
      const Span blank{std::string(room - display_width(row.why.clause), ' ')};
      line.insert(right ? line.begin() : line.end(), blank);
      line.insert(right ? line.begin() : line.end(), clause);
    }
    if (right) line = flush_right(std::move(line), inner);
    line.insert(line.begin(), Span{" "});
    rungs.push_back({.inside = std::move(line)});
  }
  std::string id(row.why.id);
  if (!row.result.empty()) {
    id = "error-" + std::string(row.result);
  } else if (id.empty() && row.kind == Row::Kind::call && (row.call == "close" || row.call == "shutdown" || row.call == "abort"))
    id = "call-" + std::string(row.call) + (row.tuple.remote.port == 0 ? "-listener" : "");
  if (!says_itself(row) || !row.result.empty())
    for (Line& line : words(id, row.why.clause, row, Ink::dim)) rungs.push_back({.inside = std::move(line)});
  if (rungs.empty()) rungs.emplace_back();
  if (row.from_state.changed() && rungs.size() == 1) rungs.emplace_back();
  Rung& first = rungs.front();
  (right ? first.right_post : first.left_post) = row.kind == Row::Kind::call ? "◆" : "○";
  // Named first: g++ 12 with sanitizers does not survive braces assigned to a choice of two.
  Span& clock = right ? first.right : first.left;
  clock = {time_text(row.at), Ink::time};
  if (!row.from_state.changed()) return rungs;
  Span& state = right ? rungs[1].right : rungs[1].left;
  state = {state_text(row.from_state), Ink::state};
  return rungs;
}

std::vector<Line> LadderText::row(const Row& row) const {
  std::vector<Line> lines{rung({})};
  const bool crosses = row.is_segment() || row.kind == Row::Kind::packet;
  for (const Rung& parts : crosses ? segment_rungs(row) : event_rungs(row)) lines.push_back(rung(parts));
  return lines;
}

std::vector<Line> LadderText::gap(const Gap& hidden) const {
  const std::string rows = std::to_string(hidden.rows), data = std::to_string(hidden.with_data);
  const std::string octets = std::to_string(hidden.octets), acks = std::to_string(hidden.rows - hidden.with_data);
  const std::string what = style_.lang == Lang::zh
                               ? "… 另有 " + rows + " 个：" + data + " 个带数据（" + octets + " 字节），" + acks + " 个确认"
                               : "… " + rows + " more: " + data + " with data (" + octets + " octets), " + acks + " ACKs";
  std::vector<Line> lines{rung({})};
  for (const std::string& part : wrap(text(what), inner))
    lines.push_back(rung({.left_post = "⋮", .inside = {{" "}, {part, Ink::bold}}, .right_post = "⋮"}));
  return lines;
}

std::vector<Line> LadderText::head(std::string_view left, std::string_view right, std::string_view left_state,
                                   std::string_view right_state) const {
  std::vector<Line> lines;
  const std::string l = text(left), r = text(right);
  const std::size_t width = display_width(l) + display_width(r);
  if (width + 2 <= ladder_columns) {
    lines.push_back({{l, Ink::heading}, {std::string(ladder_columns - width, ' ')}, {r, Ink::heading}});
  } else {
    lines.push_back({{l, Ink::heading}});
    lines.push_back({{pad_left(r, ladder_columns), Ink::heading}});
  }
  if (left_state.empty() && right_state.empty()) return lines;
  lines.push_back(rung({.left = {std::string(left_state), Ink::state}, .right = {std::string(right_state), Ink::state}}));
  return lines;
}

std::vector<Line> LadderText::tail() const { return {rung({})}; }

}  // namespace ft::analysis
