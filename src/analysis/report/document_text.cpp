#include "analysis/report/document_text.hpp"

#include "analysis/find/words.hpp"
#include "analysis/report/escape.hpp"
#include "analysis/report/graph_braille.hpp"
#include "analysis/report/words.hpp"
#include "analysis/text_width.hpp"

#include <algorithm>

namespace ft::analysis::report {

namespace {

Ink ink_of(Tone tone) {
  switch (tone) {
    case Tone::plain:
      return Ink::plain;
    case Tone::good:
      return Ink::state;
    case Tone::note:
      return Ink::bold;
    case Tone::warning:
      return Ink::data;
    case Tone::bad:
      return Ink::lost;
    case Tone::dim:
      return Ink::dim;
  }
  return Ink::plain;
}

Ink ink_of(Severity severity) {
  switch (severity) {
    case Severity::error:
      return Ink::lost;
    case Severity::warning:
      return Ink::data;
    case Severity::note:
      return Ink::bold;
    case Severity::info:
      return Ink::dim;
  }
  return Ink::plain;
}

class Printer {
 public:
  explicit Printer(const TextOptions& options, Lang lang) : options_(options), style_(options.style), lang_(lang) {
    style_.lang = lang;
  }

  void operator()(const Heading& heading);
  void operator()(const Paragraph& paragraph);
  void operator()(const Pairs& pairs);
  void operator()(const Numbered& numbered);
  void operator()(const Table& table);
  void operator()(const Connections& connections);
  void operator()(const FindingText& finding);
  void operator()(const LadderBlock& block);
  void operator()(const Graph& graph);
  void operator()(const Question& question);
  void operator()(const Packets&) {}  // a terminal has `fourtuple packets`

  std::string take() { return std::move(out_); }

 private:
  std::string clean(std::string_view text) const {
    const std::string safe = terminal_text(text);
    return style_.ascii ? to_ascii(safe, lang_ == Lang::zh) : safe;
  }
  void line(const Line& spans) { out_ += paint(spans, style_); }
  void blank() {
    if (!out_.empty() && !out_.ends_with("\n\n")) out_ += '\n';
  }
  /// `text` with `first` before its first line, which is as wide as `indent`.
  void wrapped(const Span& first, std::size_t indent, std::string_view text, Ink ink);
  void labelled(std::string_view label, std::string_view text, std::size_t indent, Ink ink = Ink::plain);
  void connection(const ConnectionLine& connection);
  void records(const Table& table);
  std::string_view either(std::string_view en, std::string_view zh) const { return lang_ == Lang::zh ? zh : en; }

  TextOptions options_;
  TextStyle style_;
  Lang lang_;
  std::string out_;
  int questions_ = 0;
};

void Printer::wrapped(const Span& first, std::size_t indent, std::string_view text, Ink ink) {
  bool begins = true;
  for (const std::string& part : wrap(clean(text), ladder_columns - indent)) {
    Line spans;
    if (begins) {
      spans.push_back({pad_right(clean(first.text), indent), first.ink});
    } else {
      spans.push_back({std::string(indent, ' ')});
    }
    spans.push_back({part, ink});
    line(spans);
    begins = false;
  }
}

void Printer::labelled(std::string_view label, std::string_view text, std::size_t indent, Ink ink) {
  if (text.empty()) return;
  const std::string head(label);
  const std::size_t column = indent + 12;
  wrapped({std::string(indent, ' ') + head, Ink::dim}, column, text, ink);
}

void Printer::operator()(const Heading& heading) {
  blank();
  wrapped({}, 0, heading.text, Ink::heading);
}

void Printer::operator()(const Paragraph& paragraph) {
  const std::string text = paragraph.text + frames_text(paragraph.frames, paragraph.frames.size(), lang_);
  wrapped({"  "}, 2, text, ink_of(paragraph.tone));
}

void Printer::operator()(const Pairs& pairs) {
  std::size_t widest = 8;
  for (const auto& [name, text] : pairs.rows) widest = std::max(widest, display_width(clean(name)));
  widest = std::min<std::size_t>(widest, 24);
  for (const auto& [name, text] : pairs.rows) wrapped({"  " + name, Ink::dim}, widest + 4, text, Ink::plain);
}

void Printer::operator()(const Numbered& numbered) {
  std::size_t number = 0;
  const std::size_t width = std::to_string(numbered.items.size()).size();
  for (const Item& item : numbered.items) {
    const std::string frames = frames_text(item.frames, std::max<std::uint64_t>(item.frame_count, item.frames.size()), lang_);
    wrapped({"  " + pad_left(std::to_string(++number), width) + ". ", Ink::dim}, width + 4, item.text + frames,
            ink_of(item.tone));
  }
}

/// A table that is wider than the terminal: each row in its own lines, what it is about first, then numbers with their names.
void Printer::records(const Table& table) {
  for (const auto& row : table.rows) {
    std::string lead, rest;
    for (std::size_t i = 0; i < row.size() && i < table.columns.size(); ++i) {
      const bool is_lead = !table.columns[i].number || i == 0;
      std::string& out = is_lead ? lead : rest;
      out += out.empty() ? "" : is_lead ? "  " : " · ";
      out += is_lead ? row[i] : table.columns[i].title + " " + row[i];
    }
    wrapped({"  "}, 2, lead, Ink::bold);
    wrapped({"      "}, 6, rest, Ink::plain);
  }
}

void Printer::operator()(const Table& table) {
  std::vector<std::size_t> widths;
  for (const Table::Column& column : table.columns) widths.push_back(display_width(clean(column.title)));
  for (const auto& row : table.rows)
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i)
      widths[i] = std::max(widths[i], display_width(clean(row[i])));
  const auto whole = [&](bool details) {
    std::size_t width = 0;
    for (std::size_t i = 0; i < widths.size(); ++i)
      if (details || !table.columns[i].detail) width += widths[i] + 2;
    return width;
  };
  const bool details = whole(true) <= ladder_columns;
  if (!table.caption.empty()) wrapped({"  "}, 2, table.caption, Ink::bold);
  if (whole(details) > ladder_columns) {
    records(table);
  } else {
    const auto print = [&](const auto& cell_of, std::size_t cells, Ink ink) {
      std::string text;
      for (std::size_t i = 0; i < cells && i < widths.size(); ++i) {
        if (table.columns[i].detail && !details) continue;
        const std::string cell = clean(cell_of(i));
        text += "  " + (table.columns[i].number ? pad_left(cell, widths[i]) : pad_right(cell, widths[i]));
      }
      line({{text, ink}});
    };
    print([&](std::size_t i) { return table.columns[i].title; }, table.columns.size(), Ink::dim);
    for (const auto& row : table.rows) print([&](std::size_t i) { return row[i]; }, row.size(), Ink::plain);
    if (!details) wrapped({"  "}, 2, either("--csv and --json have more columns.", "--csv 与 --json 有更多的列。"), Ink::dim);
  }
  if (table.left_out > 0) wrapped({"  "}, 2, more_text(table.left_out, lang_), Ink::dim);
}

/// Two lines: who with whom and what of it; then how it went.
void Printer::connection(const ConnectionLine& c) {
  const std::string number = "  #" + std::to_string(c.stream) + "  ";
  const std::string who = clean(c.opener + " → " + c.other);
  const std::string verdict = clean(c.verdict_text);
  const Ink ink = c.has_finding ? ink_of(c.gravest) : Ink::state;
  const std::size_t used = display_width(number) + display_width(who);
  const std::size_t wide = display_width(verdict);
  if (used + 2 + wide <= ladder_columns) {
    line({{number, Ink::bold}, {who}, {std::string(ladder_columns - used - wide, ' ')}, {verdict, ink}});
  } else {
    wrapped({number, Ink::bold}, display_width(number), c.opener + " → " + c.other, Ink::plain);
    line({{std::string(ladder_columns - std::min(ladder_columns, wide), ' ')}, {verdict, ink}});
  }
  std::string text = c.state_text;
  const auto add = [&text](std::string_view part) {
    if (!part.empty()) text += (text.empty() ? "" : " · ") + std::string(part);
  };
  add(c.history);
  if (!c.handshake.empty()) add(std::string(either("handshake ", "握手 ")) + c.handshake);
  add(c.duration);
  add("→" + c.there + " ←" + c.back);
  if (c.repeats > 0) add(lang_ == Lang::zh ? "重传 " + std::to_string(c.repeats) : std::to_string(c.repeats) + " sent again");
  wrapped({"      "}, 6, text, Ink::dim);
}

void Printer::operator()(const Connections& connections) {
  for (const ConnectionLine& c : connections.lines) connection(c);
  if (connections.left_out == 0) return;
  wrapped({"  "}, 2, more_text(connections.left_out, lang_) + (connections.hint.empty() ? "" : " ") + connections.hint, Ink::dim);
}

void Printer::operator()(const FindingText& finding) {
  const Ink ink = ink_of(finding.severity);
  const std::string head(severity_mark(finding.severity));
  const std::string title = severity_words(finding.severity, lang_) + ": " + std::string(finding.id) +
                            (finding.where.empty() ? "" : "  " + finding.where);
  wrapped({"  " + head + " ", ink}, 4, title, ink);
  wrapped({"    "}, 4, finding.says, Ink::plain);
  labelled(either("evidence", "证据"), finding.evidence, 4);
  labelled(either("proof", "证明"), finding.proof, 4);
  labelled(either("cost", "代价"), finding.cost, 4);
  labelled(either("sure", "把握"), finding.sure, 4);
  labelled(either("or else", "也可能是"), finding.alternatives, 4);
  labelled(either("next", "下一步"), finding.next, 4);
}

void Printer::operator()(const LadderBlock& block) {
  TextStyle style = style_;
  for (const std::vector<Line>& lines : ladder_blocks(block.ladder, style))
    for (const Line& l : lines) line(l);
}

void Printer::operator()(const Graph& graph) {
  blank();
  for (const Line& l : braille_graph(graph, style_)) line(l);
}

void Printer::operator()(const Question& question) {
  blank();
  ++questions_;
  wrapped({"  " + std::to_string(questions_) + ". ", Ink::bold}, 5, question.question, Ink::bold);
  if (!question.answered) return;
  wrapped({"     "}, 5, question.answer + frames_text(question.frames, question.frames.size(), lang_), Ink::plain);
  wrapped({"     "}, 5, question.how, Ink::dim);
}

}  // namespace

std::string frames_text(const std::vector<std::uint64_t>& frames, std::uint64_t count, Lang lang) {
  if (frames.empty()) return {};
  std::string out = " [";
  for (std::size_t i = 0; i < frames.size();) {
    std::size_t end = i + 1;
    while (end < frames.size() && frames[end] == frames[end - 1] + 1) ++end;
    out += (i == 0 ? "" : ", ") + std::to_string(frames[i]);
    if (end - i == 2) out += ", " + std::to_string(frames[end - 1]);
    if (end - i > 2) out += "–" + std::to_string(frames[end - 1]);
    i = end;
  }
  if (count > frames.size()) {
    const std::string all = std::to_string(count);
    out += lang == Lang::zh ? "，共 " + all + " 帧" : ", … " + all + " in all";
  }
  return out + "]";
}

std::string document_text(const Document& document, const TextOptions& options) {
  Printer printer(options, document.lang);
  for (const Block& block : document.blocks) std::visit(printer, block);
  return printer.take();
}

}  // namespace ft::analysis::report
