#include "analysis/report/document_markdown.hpp"

#include "analysis/find/words.hpp"
#include "analysis/ladder_text.hpp"
#include "analysis/report/document_text.hpp"
#include "analysis/report/escape.hpp"
#include "analysis/report/graph_braille.hpp"
#include "analysis/report/words.hpp"

#include <algorithm>

namespace ft::analysis::report {

namespace {

class Printer {
 public:
  explicit Printer(Lang lang) : lang_(lang) { style_.lang = lang; }

  void operator()(const Heading& heading) {
    blank();
    out_ +=
        std::string(static_cast<std::size_t>(std::clamp(heading.level, 1, 6)), '#') + " " + markdown_text(heading.text) + "\n\n";
  }
  void operator()(const Paragraph& p) {
    blank();
    const std::string mark = p.tone == Tone::bad ? "✗ " : p.tone == Tone::warning ? "⚠ " : p.tone == Tone::good ? "✓ " : "";
    out_ += mark + markdown_text(p.text) + frames(p.frames, p.frames.size()) + "\n";
  }
  void operator()(const Pairs& pairs) {
    blank();
    out_ += "| | |\n|---|---|\n";
    for (const auto& [name, text] : pairs.rows) out_ += "| " + markdown_text(name) + " | " + markdown_text(text) + " |\n";
  }
  void operator()(const Numbered& numbered) {
    blank();
    std::size_t number = 0;
    for (const Item& item : numbered.items)
      out_ += std::to_string(++number) + ". " + markdown_text(item.text) +
              frames(item.frames, std::max<std::uint64_t>(item.frame_count, item.frames.size())) + "\n";
  }
  void operator()(const Table& table) {
    blank();
    if (!table.caption.empty()) out_ += "**" + markdown_text(table.caption) + "**\n\n";
    for (const Table::Column& column : table.columns) out_ += "| " + markdown_text(column.title) + " ";
    out_ += "|\n";
    for (const Table::Column& column : table.columns) out_ += column.number ? "|--:" : "|---";
    out_ += "|\n";
    for (const auto& row : table.rows) {
      for (const std::string& cell : row) out_ += "| " + markdown_text(cell) + " ";
      out_ += "|\n";
    }
    if (table.left_out > 0) out_ += "\n" + more_text(table.left_out, lang_) + "\n";
  }
  void operator()(const Connections& connections);
  void operator()(const FindingText& finding);
  void operator()(const LadderBlock& block) {
    std::string text;
    for (const std::vector<Line>& lines : ladder_blocks(block.ladder, style_))
      for (const Line& line : lines) text += paint(line, style_);
    preformatted(text);
  }
  void operator()(const Graph& graph) {
    std::string text;
    for (const Line& line : braille_graph(graph, style_)) text += paint(line, style_);
    preformatted(text);
  }
  void operator()(const Question& question) {
    blank();
    out_ += std::to_string(++questions_) + ". **" + markdown_text(question.question) + "**\n";
    if (!question.answered) return;
    out_ += "\n   " + markdown_text(question.answer) + frames(question.frames, question.frames.size()) + "\n";
    if (!question.how.empty()) out_ += "   *" + markdown_text(question.how) + "*\n";
  }
  void operator()(const Packets&) {}

  std::string take() { return std::move(out_); }

 private:
  void blank() {
    if (!out_.empty() && !out_.ends_with("\n\n")) out_ += '\n';
  }
  std::string frames(const std::vector<std::uint64_t>& list, std::uint64_t count) const {
    return markdown_text(frames_text(list, count, lang_));
  }
  /// Text of packets could hold a fence: control characters are gone already, and a backtick at a line's start is what it takes.
  void preformatted(const std::string& text) {
    blank();
    std::string fence = "```";
    while (text.find(fence) != std::string::npos) fence += '`';
    out_ += fence + "\n" + text + fence + "\n";
  }
  std::string either(std::string_view en, std::string_view zh) const { return std::string(lang_ == Lang::zh ? zh : en); }

  Lang lang_;
  TextStyle style_;
  std::string out_;
  int questions_ = 0;
};

void Printer::operator()(const Connections& connections) {
  blank();
  out_ += either("| # | opener | other side | state | history | handshake | duration | → | ← | again | verdict |\n",
                 "| # | 发起方 | 对方 | 状态 | 历史 | 握手 | 时长 | → | ← | 重传 | 结论 |\n");
  out_ += "|--:|---|---|---|---|--:|--:|--:|--:|--:|---|\n";
  for (const ConnectionLine& c : connections.lines) {
    const std::string number = std::to_string(c.stream), repeats = std::to_string(c.repeats);
    for (const std::string_view cell :
         {std::string_view(number), std::string_view(c.opener), std::string_view(c.other), std::string_view(c.state_text),
          std::string_view(c.history), std::string_view(c.handshake), std::string_view(c.duration), std::string_view(c.there),
          std::string_view(c.back), std::string_view(repeats), std::string_view(c.verdict_text)})
      out_ += "| " + markdown_text(cell) + " ";
    out_ += "|\n";
  }
  if (connections.left_out > 0)
    out_ += "\n" + more_text(connections.left_out, lang_) + " " + markdown_text(connections.hint) + "\n";
}

void Printer::operator()(const FindingText& f) {
  blank();
  out_ += "- **" + markdown_text(severity_words(f.severity, lang_)) + ": " + markdown_text(f.id) + "** " +
          markdown_text(f.where) + "\n";
  const auto line = [this](std::string_view name, std::string_view text) {
    if (!text.empty())
      out_ += "  - " + (name.empty() ? std::string() : "*" + std::string(name) + "*: ") + markdown_text(text) + "\n";
  };
  line({}, f.says);
  line(either("evidence", "证据"), f.evidence);
  line(either("proof", "证明"), f.proof);
  line(either("cost", "代价"), f.cost);
  line(either("sure", "把握"), f.sure);
  line(either("or else", "也可能是"), f.alternatives);
  line(either("next", "下一步"), f.next);
}

}  // namespace

std::string document_markdown(const Document& document) {
  Printer printer(document.lang);
  for (const Block& block : document.blocks) std::visit(printer, block);
  return printer.take();
}

}  // namespace ft::analysis::report
