#include "analysis/report/ladder_svg.hpp"

#include "analysis/quantity.hpp"
#include "analysis/report/escape.hpp"
#include "analysis/report/words.hpp"
#include "analysis/text_width.hpp"
#include "wire/tcp.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace ft::analysis::report {

namespace {

constexpr int left = 150, right = 750, width = 900, line_height = 17;
constexpr std::size_t columns = 80;  // of a sentence between the lifelines
constexpr int slant = 10;            // by which an arrow falls whose way took time
constexpr int piece_height = 360;    // on paper, about a third of a page

std::string number(int value) { return std::to_string(value); }

std::string_view class_of(const Row& row) {
  if (row.has(wire::tcp_flag::rst)) return "s2";
  if (!row.lost.empty() || row.why.id.starts_with("retransmit") || row.why.id == "tail-loss-probe") return "s2";
  if (row.has(wire::tcp_flag::syn)) return "s0";
  if (row.has(wire::tcp_flag::fin)) return "s4";
  return row.segment.length > 0 ? "s3" : "s5";
}

std::string label_of(const Row& row) {
  std::string out = row.packet == 0 ? "" : "[" + std::to_string(row.packet) + "] ";
  out += flags_text(row) + "  seq " + std::to_string(row.seq);
  if (row.has(wire::tcp_flag::ack)) out += "  ack " + std::to_string(row.ack);
  if (row.segment.length > 0) out += "  len " + std::to_string(row.segment.length);
  if (!row.has(wire::tcp_flag::rst)) out += "  win " + std::to_string(row.window);
  for (std::size_t i = 0; i < row.segment.sack_count && i < row.sack.size(); ++i)
    out += "  sack " + std::to_string(row.sack[i].first) + "–" + std::to_string(row.sack[i].second);
  return out;
}

std::string sentence_of(const Row& row, const Ladder& ladder, Lang lang) {
  std::string out = row.why.id.empty() ? "" : say(row.why.id, lang, facts_of(row, ladder.actors));
  const auto more = [&out](const std::string& text) { out += (out.empty() ? "" : " ") + text; };
  if (!row.lost.empty()) more(say("lost-" + std::string(row.lost), lang, {}));
  if (row.late) more(say("link-late", lang, {}));
  if (row.effect.id == "text-duplicate") more(say(row.effect.id, lang, facts_of(row, ladder.actors)));
  return out;
}

std::string gap_text(const Gap& gap, Lang lang) {
  const std::string rows = count_text(gap.rows), data = count_text(gap.with_data), octets = octets_text(gap.octets);
  return lang == Lang::zh ? "… 另有 " + rows + " 个：" + data + " 个带数据（" + octets + "）"
                          : "… " + rows + " more: " + data + " with data (" + octets + ")";
}

class Drawing {
 public:
  Drawing(const LadderBlock& block, Lang lang)
      : ladder_(block.ladder), lang_(lang), clock_(block.ladder.actors, block.ladder.origin, {.lang = lang}) {}

  std::string draw(std::string_view id) {
    names();
    const std::vector<bool> keep = rows_to_show(ladder_.rows, false);
    Gap hidden;
    for (std::size_t i = 0; i < ladder_.rows.size(); ++i) {
      if (!keep[i]) {
        hidden.add(ladder_.rows[i]);
        continue;
      }
      if (y_ - cuts_.back() > piece_height) cuts_.push_back(y_ + 4);
      if (hidden.rows > 0) gap(std::exchange(hidden, {}));
      row(ladder_.rows[i]);
    }
    if (hidden.rows > 0) gap(hidden);
    y_ += line_height;
    std::string lines;
    for (const int x : {left, right})
      lines +=
          "<line class=\"lifeline\" x1=\"" + number(x) + "\" y1=\"26\" x2=\"" + number(x) + "\" y2=\"" + number(y_) + "\"/>\n";
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"ladder\" role=\"img\" viewBox=\"0 0 " + number(width) + " " +
           number(y_ + 8) + "\" aria-label=\"" + (lang_ == Lang::zh ? "时序图" : "ladder") + "\"><g id=\"" + markup_text(id) +
           "\">\n" + lines + out_ + "</g></svg>\n" + pieces(id);
  }

 private:
  std::string pieces(std::string_view id) const {
    std::string out = "<div class=\"paper\" aria-hidden=\"true\">\n";
    for (std::size_t i = 0; i < cuts_.size(); ++i) {
      const int from = cuts_[i], to = i + 1 < cuts_.size() ? cuts_[i + 1] : y_ + 8;
      out += "<svg viewBox=\"0 " + number(from) + " " + number(width) + " " + number(to - from) + "\"><use href=\"#" +
             markup_text(id) + "\"/></svg>\n";
    }
    return out + "</div>\n";
  }
  void text(int x, std::string_view anchor, std::string_view css, std::string_view words) {
    out_ += "<text class=\"" + std::string(css) + "\" x=\"" + number(x) + "\" y=\"" + number(y_) + "\" text-anchor=\"" +
            std::string(anchor) + "\">" + markup_text(words) + "</text>\n";
  }
  void names() {
    y_ = 18;
    for (const Actor& actor : ladder_.actors) {
      std::string words = name_as_heading(actor.name, lang_);
      if (!actor.addresses.empty()) words += " " + actor.addresses.front().to_string();
      text(actor.on_the_right ? right : left, "middle", "actor", words);
    }
    y_ += 14;
  }
  void gap(const Gap& hidden) {
    y_ += line_height + 4;
    text((left + right) / 2, "middle", "hidden", gap_text(hidden, lang_));
    y_ += 6;
  }
  void state(const StateStep& step, bool at_right) {
    if (!step.changed()) return;
    const std::string words = step.inferred ? "(" + std::string(step.after) + ")" : std::string(step.after);
    text(at_right ? right + 8 : left - 8, at_right ? "start" : "end", "state", words);
  }
  /// Both ends of its way are known: an arrow that takes time falls.
  static bool is_slanted(const Row& row) {
    return row.kind == Row::Kind::segment && !row.departure_unseen && row.arrived && row.lost.empty();
  }
  void arrow(const Row& row, bool rightwards) {
    const int from = rightwards ? left : right;
    int to = rightwards ? right : left;
    const int sign = rightwards ? 1 : -1;
    if (!row.lost.empty()) to = from + sign * (right - left) * 6 / 10;
    const std::string css(class_of(row));
    const std::string y = number(y_);
    const int fall = is_slanted(row) ? slant : 0;
    out_ += "<g class=\"" + css + "\"><line class=\"arrow" + (row.lost.empty() ? "" : " broken") + "\" x1=\"" + number(from) +
            "\" y1=\"" + y + "\" x2=\"" + number(to) + "\" y2=\"" + number(y_ + fall) + "\"/>";
    if (row.lost.empty()) {
      out_ += "<path class=\"full\" d=\"M" + number(to) + " " + number(y_ + fall) + "l" + number(-sign * 9) + " -4v8z\"/>";
    } else {
      out_ += "<path class=\"line thick\" d=\"M" + number(to - 5) + " " + number(y_ - 5) + "l10 10m0 -10l-10 10\"/>";
    }
    out_ += "</g>\n";
  }
  void row(const Row& row) {
    const bool rightwards = !(row.from < ladder_.actors.size() && ladder_.actors[row.from].on_the_right);
    y_ += line_height + 8;
    const std::vector<std::string> label = wrap(label_of(row), columns);  // SACK blocks make it long
    for (const std::string& part : label) {
      text(rightwards ? left + 8 : right - 8, rightwards ? "start" : "end", "label", part);
      if (&part != &label.back()) y_ += line_height - 2;
    }
    y_ += 7;
    arrow(row, rightwards);
    const int base = y_;
    y_ += 4;
    const bool time_at_right = row.departure_unseen ? rightwards : !rightwards;
    const bool both = is_slanted(row);
    text(time_at_right ? right + 8 : left - 8, time_at_right ? "start" : "end", "time", clock_.time_text(row.at));
    if (both) {
      y_ = base + 4 + slant;
      text(time_at_right ? left - 8 : right + 8, time_at_right ? "end" : "start", "time", clock_.time_text(*row.arrived));
    }
    const int below_departure = base + 4 + line_height, below_arrival = base + 4 + (both ? slant + line_height : 0);
    y_ = time_at_right ? below_arrival : below_departure;
    state(rightwards ? row.from_state : row.to_state, false);
    y_ = time_at_right ? below_departure : below_arrival;
    state(rightwards ? row.to_state : row.from_state, true);
    y_ = base + 4 + (both ? slant : 0);
    for (const std::string& part : wrap(sentence_of(row, ladder_, lang_), columns)) {
      y_ += line_height - 2;
      text(left + 8, "start", "says", part);
    }
    y_ = std::max(y_, base + line_height + (both ? slant : 0));
  }

  const Ladder& ladder_;
  Lang lang_;
  LadderText clock_;
  std::string out_;
  int y_ = 0;
  std::vector<int> cuts_{0};  // heights at which a piece begins
};

}  // namespace

std::string ladder_svg(const LadderBlock& block, Lang lang, std::string_view id) { return Drawing(block, lang).draw(id); }

std::string ladder_table(const LadderBlock& block, Lang lang) {
  const bool zh = lang == Lang::zh;
  const Ladder& ladder = block.ladder;
  const LadderText clock(ladder.actors, ladder.origin, {.lang = lang});
  std::string out = "<table><thead><tr>";
  for (const std::string_view head :
       {zh ? "时间" : "time", zh ? "发送者" : "from", zh ? "报文段" : "segment", zh ? "说明" : "what it is"})
    out += "<th scope=\"col\">" + std::string(head) + "</th>";
  out += "</tr></thead><tbody>\n";
  const std::vector<bool> keep = rows_to_show(ladder.rows, false);
  Gap hidden;
  const auto flush = [&] {
    if (hidden.rows > 0) out += "<tr><td colspan=\"4\">" + markup_text(gap_text(hidden, lang)) + "</td></tr>\n";
    hidden = {};
  };
  for (std::size_t i = 0; i < ladder.rows.size(); ++i) {
    const Row& row = ladder.rows[i];
    if (!keep[i]) {
      hidden.add(row);
      continue;
    }
    flush();
    const std::string name =
        row.from < ladder.actors.size() ? name_as_heading(ladder.actors[row.from].name, lang) : std::string();
    out += "<tr><td>" + clock.time_text(row.at) + "</td><td>" + markup_text(name) + "</td><td>" + markup_text(label_of(row)) +
           "</td><td>" + markup_text(sentence_of(row, ladder, lang)) + "</td></tr>\n";
  }
  flush();
  return out + "</tbody></table>\n";
}

}  // namespace ft::analysis::report
