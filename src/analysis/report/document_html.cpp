#include "analysis/report/document_html.hpp"

#include "analysis/find/words.hpp"
#include "analysis/report/document_text.hpp"
#include "analysis/report/escape.hpp"
#include "analysis/report/graph_svg.hpp"
#include "analysis/report/html_assets.hpp"
#include "analysis/report/ladder_svg.hpp"
#include "analysis/report/words.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace ft::analysis::report {

namespace {

std::string_view class_of(Tone tone) {
  static constexpr std::array<std::string_view, 6> classes{"", "good", "", "warn", "bad", "dim"};
  return classes[static_cast<std::size_t>(tone) % classes.size()];
}

/// What the legend shows of a series.
std::string sample_of(Mark mark, int hue) {
  std::string out = "<svg viewBox=\"0 0 26 14\" aria-hidden=\"true\"><g class=\"s" + std::to_string(hue) + "\">";
  switch (mark) {
    case Mark::line:
      out += "<path class=\"line\" d=\"M1 12L25 2\"/>";
      break;
    case Mark::steps:
      out += "<path class=\"line\" d=\"M1 12H13V3H25\"/>";
      break;
    case Mark::segments:
      out += "<path class=\"line\" d=\"M13 1V13\"/>";
      break;
    case Mark::dots:
      out += "<circle class=\"full\" cx=\"13\" cy=\"7\" r=\"3\"/>";
      break;
    case Mark::crosses:
      out += "<path class=\"line thick\" d=\"M9 3L17 11M9 11L17 3\"/>";
      break;
    case Mark::diamonds:
      out += "<path class=\"line\" d=\"M8 7L13 2L18 7L13 12Z\"/>";
      break;
    case Mark::circles:
      out += "<circle class=\"line\" cx=\"13\" cy=\"7\" r=\"4\"/>";
      break;
  }
  return out + "</g></svg> ";
}

class Printer {
 public:
  explicit Printer(const Document& document) : lang_(document.lang) {
    for (const Block& block : document.blocks)
      if (const auto* packets = std::get_if<Packets>(&block))
        for (const PacketBlock& packet : packets->packets) linked_.insert(packet.frame);
  }

  void operator()(const Heading& heading);
  void operator()(const Paragraph& p);
  void operator()(const Pairs& pairs);
  void operator()(const Numbered& numbered);
  void operator()(const Table& table);
  void operator()(const Connections& connections);
  void operator()(const FindingText& finding);
  void operator()(const LadderBlock& block);
  void operator()(const Graph& graph);
  void operator()(const Question& question);
  void operator()(const Packets& packets);

  std::string take() { return std::move(out_); }

 private:
  std::string either(std::string_view en, std::string_view zh) const { return std::string(lang_ == Lang::zh ? zh : en); }
  std::string frames(const std::vector<std::uint64_t>& list, std::uint64_t count) const;
  void definition(std::string_view name, std::string_view html);
  void zoom_tools();
  void packet(const PacketBlock& packet);

  Lang lang_;
  std::set<std::uint64_t> linked_;  // frames that are on the page
  std::string out_;
  int tables_ = 0, ladders_ = 0, questions_ = 0;
};

/// "[12, 15]", those that are on the page as links.
std::string Printer::frames(const std::vector<std::uint64_t>& list, std::uint64_t count) const {
  if (list.empty()) return {};
  const bool any = std::ranges::any_of(list, [this](std::uint64_t f) { return linked_.contains(f); });
  if (!any) return markup_text(frames_text(list, count, lang_));
  std::string out = " [";
  for (const std::uint64_t frame : list) {
    const std::string text = std::to_string(frame);
    out += out.size() > 2 ? ", " : "";
    out += linked_.contains(frame) ? "<a href=\"#frame-" + text + "\">" + text + "</a>" : text;
  }
  if (count > list.size()) out += either(", … " + std::to_string(count) + " in all", "，共 " + std::to_string(count) + " 帧");
  return out + "]";
}

void Printer::operator()(const Heading& heading) {
  const std::string level = std::to_string(std::clamp(heading.level, 1, 4));
  const std::string id = heading.anchor.empty() ? "" : " id=\"" + heading.anchor + "\"";
  out_ += "<h" + level + id + ">" + markup_text(heading.text) + "</h" + level + ">\n";
}

void Printer::operator()(const Paragraph& p) {
  const std::string_view css = class_of(p.tone);
  const std::string mark = p.tone == Tone::bad ? "✗ " : p.tone == Tone::warning ? "! " : p.tone == Tone::good ? "✓ " : "";
  out_ += "<p" + (css.empty() ? std::string() : " class=\"" + std::string(css) + "\"") + ">" + mark + markup_text(p.text) +
          frames(p.frames, p.frames.size()) + "</p>\n";
}

void Printer::definition(std::string_view name, std::string_view html) {
  if (!html.empty()) out_ += "<dt>" + markup_text(name) + "</dt><dd>" + std::string(html) + "</dd>\n";
}

void Printer::operator()(const Pairs& pairs) {
  out_ += "<dl>\n";
  for (const auto& [name, text] : pairs.rows) definition(name, markup_text(text));
  out_ += "</dl>\n";
}

void Printer::operator()(const Numbered& numbered) {
  out_ += "<ol>\n";
  for (const Item& item : numbered.items) {
    const std::string_view css = class_of(item.tone);
    out_ += "<li" + (css.empty() ? std::string() : " class=\"" + std::string(css) + "\"") + ">" + markup_text(item.text) +
            frames(item.frames, std::max<std::uint64_t>(item.frame_count, item.frames.size())) + "</li>\n";
  }
  out_ += "</ol>\n";
}

void Printer::operator()(const Table& table) {
  out_ += "<div class=\"wide\"><table class=\"sorted\">";
  if (!table.caption.empty()) out_ += "<caption>" + markup_text(table.caption) + "</caption>";
  out_ += "<thead><tr>";
  for (const Table::Column& column : table.columns)
    out_ += std::string("<th scope=\"col\"") + (column.number ? " class=\"n\"" : "") + ">" + markup_text(column.title) + "</th>";
  out_ += "</tr></thead><tbody>\n";
  for (const auto& row : table.rows) {
    out_ += "<tr>";
    for (std::size_t i = 0; i < row.size() && i < table.columns.size(); ++i)
      out_ += std::string("<td") + (table.columns[i].number ? " class=\"n\"" : "") + ">" + markup_text(row[i]) + "</td>";
    out_ += "</tr>\n";
  }
  out_ += "</tbody></table></div>\n";
  if (table.left_out > 0) out_ += "<p class=\"dim\">" + more_text(table.left_out, lang_) + "</p>\n";
}

void Printer::operator()(const Connections& connections) {
  const std::string id = "connections-" + std::to_string(++tables_);
  out_ += "<div class=\"tools\" hidden><label>" + either("Filter: ", "筛选：") +
          "<input class=\"filter\" type=\"search\" data-table=\"" + id +
          "\"></label><output></output></div>\n<div class=\"wide\"><table class=\"sorted\" id=\"" + id + "\"><thead><tr>";
  const std::array<std::pair<std::string, bool>, 11> heads{{{"#", true},
                                                            {either("opener", "发起方"), false},
                                                            {either("other side", "对方"), false},
                                                            {either("state", "状态"), false},
                                                            {either("history", "历史"), false},
                                                            {either("handshake", "握手"), true},
                                                            {either("duration", "时长"), true},
                                                            {"→", true},
                                                            {"←", true},
                                                            {either("sent again", "重传"), true},
                                                            {either("verdict", "结论"), false}}};
  for (const auto& [name, is_number] : heads)
    out_ += std::string("<th scope=\"col\"") + (is_number ? " class=\"n\"" : "") + ">" + markup_text(name) + "</th>";
  out_ += "</tr></thead><tbody>\n";
  for (const ConnectionLine& c : connections.lines) {
    const std::string number = std::to_string(c.stream);
    const auto cell = [this](std::string_view text) { out_ += "<td>" + markup_text(text) + "</td>"; };
    const auto count = [this](std::string_view text, const std::string& value) {
      out_ += "<td class=\"n\" data-v=\"" + value + "\">" + markup_text(text) + "</td>";
    };
    out_ +=
        "<tr><td class=\"n\">" + (c.detailed ? "<a href=\"#connection-" + number + "\">" + number + "</a>" : number) + "</td>";
    cell(c.opener);
    cell(c.other);
    cell(c.state_text);
    cell(c.history);
    count(c.handshake, std::to_string(c.handshake_ns));
    count(c.duration, std::to_string(c.duration_ns));
    count(c.there, std::to_string(c.octets_there));
    count(c.back, std::to_string(c.octets_back));
    count(std::to_string(c.repeats), std::to_string(c.repeats));
    const std::string css = c.has_finding ? " class=\"t-" + std::string(to_string(c.gravest)) + "\"" : "";
    out_ += "<td" + css + ">" + (c.has_finding ? std::string(severity_mark(c.gravest)) + " " : "") + markup_text(c.verdict_text) +
            "</td></tr>\n";
  }
  out_ += "</tbody></table></div>\n";
  if (connections.left_out > 0)
    out_ += "<p class=\"dim\">" + more_text(connections.left_out, lang_) + " " + markup_text(connections.hint) + "</p>\n";
}

void Printer::operator()(const FindingText& f) {
  const std::string severity(to_string(f.severity));
  out_ += "<article class=\"finding " + severity + "\"><h4>" + std::string(severity_mark(f.severity)) + " " +
          markup_text(severity_words(f.severity, lang_)) + ": <code>" + markup_text(f.id) + "</code> " + markup_text(f.where) +
          "</h4>\n<p>" + markup_text(f.says) + "</p>\n<dl>\n";
  definition(either("evidence", "证据"), markup_text(f.evidence));
  definition(either("frames", "帧"), frames(f.frames, std::max<std::uint64_t>(f.frame_count, f.frames.size())));
  definition(either("proof", "证明"), markup_text(f.proof));
  definition(either("cost", "代价"), markup_text(f.cost));
  definition(either("sure", "把握"), markup_text(f.sure));
  definition(either("or else", "也可能是"), markup_text(f.alternatives));
  definition(either("next", "下一步"), markup_text(f.next));
  out_ += "</dl></article>\n";
}

void Printer::zoom_tools() {
  struct Tool {
    std::string_view act, en, zh, shows;
  };
  static constexpr std::array<Tool, 8> tools{{{"+", "larger", "放大", "+"},
                                              {"-", "smaller", "缩小", "−"},
                                              {"l", "left", "向左", "←"},
                                              {"r", "right", "向右", "→"},
                                              {"u", "up", "向上", "↑"},
                                              {"d", "down", "向下", "↓"},
                                              {"0", "whole picture", "还原", "◻"},
                                              {"s", "save as SVG", "存为 SVG", "SVG"}}};
  out_ += "<div class=\"tools\" hidden>";
  for (const Tool& tool : tools)
    out_ += "<button type=\"button\" data-act=\"" + std::string(tool.act) + "\" aria-label=\"" + either(tool.en, tool.zh) +
            "\" title=\"" + either(tool.en, tool.zh) + "\">" + std::string(tool.shows) + "</button>";
  out_ += "</div>\n";
}

void Printer::operator()(const LadderBlock& block) {
  const std::string id = "ladder-" + std::to_string(++ladders_);
  out_ += "<figure class=\"zoom\" id=\"" + id + "\">\n" + ladder_svg(block, lang_, id + "-drawing");
  zoom_tools();
  out_ += "</figure>\n<details class=\"noprint\"><summary>" + either("The ladder as a table", "时序图的表格形式") +
          "</summary><div class=\"wide\">" + ladder_table(block, lang_) + "</div></details>\n";
}

void Printer::operator()(const Graph& graph) {
  out_ += "<figure class=\"graph zoom\" id=\"" + markup_text(graph.id) + "-" + std::to_string(++ladders_) + "\"><figcaption>" +
          markup_text(graph.title) + "</figcaption>\n" + graph_svg(graph, lang_) + "<ul class=\"legend\">";
  for (const Series& series : graph.series)
    out_ += "<li>" + sample_of(series.mark, series.hue) + markup_text(series.name) + "</li>";
  out_ += "</ul>\n";
  if (!graph.remark.empty()) out_ += "<p class=\"dim\">" + markup_text(graph.remark) + "</p>\n";
  zoom_tools();
  out_ += "</figure>\n<details class=\"noprint\"><summary>" + either("The numbers as a table", "数据表格") +
          "</summary><div class=\"wide\">" + graph_table(graph, lang_) + "</div></details>\n";
}

void Printer::operator()(const Question& question) {
  out_ += "<section class=\"question\"><h3>" + std::to_string(++questions_) + ". " + markup_text(question.question) + "</h3>\n";
  if (question.answered) {
    out_ += "<p>" + markup_text(question.answer) + frames(question.frames, question.frames.size()) + "</p>\n";
    if (!question.how.empty()) out_ += "<p class=\"dim\">" + markup_text(question.how) + "</p>\n";
  } else {
    out_ += "<p class=\"answer\">" + either("Answer:", "答案：") + " ______________________</p>\n";
  }
  out_ += "</section>\n";
}

void Printer::packet(const PacketBlock& p) {
  const std::string number = std::to_string(p.frame);
  out_ += "<details class=\"packet\" id=\"frame-" + number + "\"><summary>" + markup_text(p.line) +
          "</summary>\n<ul class=\"tree\">\n";
  for (const PacketBlock::Field& field : p.fields) {
    out_ += "<li style=\"padding-left:" + std::to_string(std::clamp(field.depth, 0, 12)) + "rem\"";
    if (field.size > 0)
      out_ += " class=\"has\" data-f=\"" + std::to_string(field.from) + "\" data-n=\"" + std::to_string(field.size) + "\"";
    out_ += ">" + markup_text(field.text) + "</li>\n";
  }
  out_ += "</ul>\n<div class=\"hex\">";
  static constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t i = 0; i < p.octets.size(); ++i) {
    const auto octet = static_cast<unsigned>(p.octets[i]);
    if (i > 0) out_ += i % 16 == 0 ? "\n" : i % 8 == 0 ? "  " : " ";
    out_ += "<b>";
    out_ += digits[octet >> 4U];
    out_ += digits[octet & 15U];
    out_ += "</b>";
  }
  out_ += "</div>\n";
  if (p.length > p.octets.size())
    out_ += "<p class=\"dim\">" + either("of ", "线上共 ") + std::to_string(p.length) + either(" octets on the wire", " 字节") +
            "</p>\n";
  out_ += "</details>\n";
}

void Printer::operator()(const Packets& packets) {
  for (const PacketBlock& p : packets.packets) {
    if (p.left_out_before > 0) out_ += "<p class=\"dim\">" + more_text(p.left_out_before, lang_) + "</p>\n";
    packet(p);
  }
  if (packets.left_out > 0) out_ += "<p class=\"dim\">" + more_text(packets.left_out, lang_) + "</p>\n";
}

}  // namespace

std::string document_html(const Document& document) {
  const bool zh = document.lang == Lang::zh;
  Printer printer(document);
  for (const Block& block : document.blocks) std::visit(printer, block);
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"" + std::string(zh ? "zh-CN" : "en") +
      "\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src "
      "'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n<title>";
  out += markup_text(document.title) + "</title>\n<style>" + std::string(html_style) + "</style>\n</head>\n<body>\n";
  out += std::string("<a class=\"skip\" href=\"#main\">") + (zh ? "跳到正文" : "Skip to the text") + "</a>\n";
  out += std::string("<div class=\"tools\"><button type=\"button\" id=\"theme\" hidden>") +
         (zh ? "浅色 / 深色" : "Light / dark") + "</button></div>\n<main id=\"main\">\n";
  out += printer.take();
  out += "</main>\n<script>" + std::string(html_script) + "</script>\n</body>\n</html>\n";
  return out;
}

}  // namespace ft::analysis::report
