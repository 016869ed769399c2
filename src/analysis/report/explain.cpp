#include "analysis/report/explain.hpp"

#include "analysis/find/words.hpp"
#include "analysis/quantity.hpp"
#include "analysis/report/flow_ladder.hpp"
#include "analysis/report/series.hpp"
#include "analysis/report/story.hpp"
#include "analysis/report/words.hpp"

#include <cmath>

namespace ft::analysis::report {

namespace {

class Writer {
 public:
  Writer(Document& document, Lang lang) : document_(document), lang_(lang), zh_(lang == Lang::zh) {}

  std::string either(std::string_view en, std::string_view zh) const { return std::string(zh_ ? zh : en); }

  void capture(const Explained& e) {
    document_.heading(capture_line(*e.file, e.verdict->connections, lang_), 1);
    for (Paragraph& p : capture_verdict(*e.file, *e.verdict, lang_)) document_.add(std::move(p));
    for (const Finding& finding : e.verdict->hosts) document_.add(text_of(finding, lang_));
  }

  void list(const Explained& e) {
    if (e.summary->connections() == 0) return;
    document_.heading(either("Connections", "连接"));
    Connections block;
    for (const Connection& c : e.summary->list()) {
      block.lines.push_back(line_of(c, lang_));
      for (const FlowSteps* flow : e.chosen) block.lines.back().detailed |= flow->connection().stream == c.stream;
    }
    block.left_out = e.summary->left_out();
    block.hint = e.hint;
    document_.add(std::move(block));
  }

  void side(const Connection& c, std::size_t index, Pairs& pairs) const {
    const Side& s = c.sides[index];
    std::string text = s.endpoint.to_string();
    text += either(" sent ", " 发送 ") + octets_text(s.unique_text) + either(" in ", "，") + count_text(s.packets) +
            either(s.packets == 1 ? " packet" : " packets", " 个分组");
    if (s.isn_known) text += either(", ISN ", "，初始序号 ") + std::to_string(s.isn.value());
    if (s.retransmissions > 0)
      text += either(", ", "，") + count_text(s.retransmissions) + either(" sent again", " 次重传") +
              (s.needless > 0 ? either(" (", "（") + count_text(s.needless) + either(" needlessly)", " 次不必要）") : "");
    if (s.rtt_samples > 0)
      text += either(", RTT ", "，RTT ") + time_text(s.rtt_least) + " / " + time_text(s.rtt_mean) + " / " + time_text(s.rtt_most);
    if (s.most_window > 0 || s.zero_windows > 0)
      text += either(", window ", "，窗口 ") + octets_text(s.least_window) + " – " + octets_text(s.most_window);
    pairs.rows.emplace_back(side_text(index, lang_), text);
  }

  void head(const Connection& c) {
    document_.heading(either("Connection #", "连接 #") + std::to_string(c.stream) + either(": ", "：") + tuple_text(c), 2,
                      "connection-" + std::to_string(c.stream));
    Pairs pairs;
    pairs.rows.emplace_back(either("verdict", "结论"), verdict_words(c.verdict, lang_));
    std::string state(state_text(c.state, lang_));
    for (std::size_t i = 0; i < 2; ++i)
      if (c.sides[i].state != TcpState::unknown)
        state += std::string(i == 0 ? either(": ", "：") : either(", ", "，")) + std::string(side_text(i, lang_)) + " " +
                 std::string(to_string(c.sides[i].state));
    pairs.rows.emplace_back(either("state", "状态"), state);
    std::string when = date_text(c.first) + either(", for ", "，历时 ") + time_text(c.last - c.first) +
                       either("; frames ", "；帧 ") + std::to_string(c.first_frame) + "–" + std::to_string(c.last_frame);
    pairs.rows.emplace_back(either("when", "时间"), when);
    if (c.handshake) {
      std::string text = time_text(*c.handshake);
      if (c.syn_to_syn_ack && c.syn_ack_to_ack)
        text += either(" (", "（") + "SYN → SYN-ACK " + time_text(*c.syn_to_syn_ack) + ", SYN-ACK → ACK " +
                time_text(*c.syn_ack_to_ack) + either(")", "）");
      pairs.rows.emplace_back(either("handshake", "握手"), text);
    }
    side(c, 0, pairs);
    side(c, 1, pairs);
    pairs.rows.emplace_back(either("captured", "抓包位置"), vantage_sentence(c, lang_));
    if (!c.history.empty())
      pairs.rows.emplace_back(either("history", "历史"), c.history + either(": ", "：") + history_sentence(c.history, lang_));
    document_.add(std::move(pairs));
  }

 private:
  Document& document_;
  Lang lang_;
  bool zh_;
};

}  // namespace

FindingText text_of(const Finding& finding, Lang lang) {
  FindingText text;
  text.id = finding.id;
  text.severity = finding.severity;
  text.says = say(finding, lang);
  text.evidence = how_known(finding, lang);
  text.frames = finding.frames;
  text.frame_count = finding.frame_count;
  text.proof = how_proven(finding, lang);
  text.cost = cost_words(finding, lang);
  text.sure = confidence_words(finding.confidence, lang) + " (" +
              std::to_string(std::lround(static_cast<double>(finding.confidence) * 100)) + " %)";
  for (const std::string& other : alternatives(finding, lang))
    text.alternatives += (text.alternatives.empty() ? "" : lang == Lang::zh ? "；" : "; ") + other;
  text.next = next_step(finding, lang);
  return text;
}

void add_connection(Document& document, const FlowSteps& flow, bool ladder, bool graphs, const OtherPlace* other) {
  const Lang lang = document.lang;
  Writer writer(document, lang);
  const Connection& c = flow.connection();
  writer.head(c);
  document.heading(writer.either("The story", "经过"), 3);
  document.add(Numbered{tell_story(flow, lang)});
  document.heading(writer.either("Findings", "诊断"), 3);
  if (c.findings.empty()) document.paragraph(writer.either("Nothing is out of the ordinary.", "没有异常。"), Tone::good);
  for (const Finding& finding : c.findings) document.add(text_of(finding, lang));
  if (graphs)
    for (Graph& graph : graphs_of(flow, lang)) document.add(std::move(graph));
  if (!ladder) return;
  document.heading(writer.either("The ladder", "时序图"), 3);
  document.add(ladder_of(flow, lang, other));
}

Document explain_document(const Explained& explained, Lang lang) {
  Document document;
  document.lang = lang;
  document.title = explained.file->name;
  Writer writer(document, lang);
  writer.capture(explained);
  writer.list(explained);
  for (const FlowSteps* flow : explained.chosen) {
    const auto known = explained.elsewhere.find(flow->stream());
    add_connection(document, *flow, explained.ladder, explained.graphs,
                   known == explained.elsewhere.end() ? nullptr : &known->second);
  }
  return document;
}

}  // namespace ft::analysis::report
