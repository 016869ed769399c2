#include "analysis/report/capture_text.hpp"

#include "analysis/find/words.hpp"
#include "analysis/report/quantity.hpp"
#include "analysis/report/words.hpp"

#include <algorithm>

namespace ft::analysis::report {

namespace {

constexpr std::size_t most_tallies = 6;

Tone tone_of(Severity severity) {
  switch (severity) {
    case Severity::error:
      return Tone::bad;
    case Severity::warning:
      return Tone::warning;
    case Severity::note:
      return Tone::note;
    case Severity::info:
      return Tone::plain;
  }
  return Tone::plain;
}

std::string states_line(const Summary& summary, Lang lang) {
  const bool zh = lang == Lang::zh;
  static constexpr FlowState order[] = {FlowState::closed,       FlowState::established, FlowState::half_closed,
                                        FlowState::closing,      FlowState::reset,       FlowState::refused,
                                        FlowState::syn_received, FlowState::syn_sent,    FlowState::midstream};
  std::string out;
  for (const FlowState state : order)
    if (const std::uint64_t n = summary.in_state(state); n > 0)
      out += (out.empty() ? "" : zh ? "，" : ", ") + count_text(n) + (zh ? " 个" : " ") + std::string(state_text(state, lang));
  return out;
}

}  // namespace

std::string capture_line(const CaptureFile& file, std::uint64_t connections, Lang lang) {
  const bool zh = lang == Lang::zh;
  std::string out = file.name + (zh ? "：" : ": ") + file.format + (zh ? "，" : ", ");
  out += count_text(file.packets) +
         (zh                  ? " 个分组（"
          : file.packets == 1 ? " packet ("
                              : " packets (") +
         octets_text(file.octets) + (zh ? "）" : ")");
  if (file.first && file.last) out += (zh ? "，历时 " : " in ") + time_text(*file.last - *file.first);
  out += zh ? "，" + count_text(connections) + " 条 TCP 连接"
            : ", " + count_text(connections) + (connections == 1 ? " TCP connection" : " TCP connections");
  return out;
}

std::vector<Paragraph> capture_verdict(const CaptureFile& file, const Summary& summary, const std::vector<Finding>& findings,
                                       Lang lang) {
  const bool zh = lang == Lang::zh;
  std::vector<Paragraph> out;
  for (const std::string& remark : file.remarks) out.push_back({remark, Tone::warning});
  if (summary.connections() == 0) {
    out.push_back({file.packets == 0 ? (zh ? "抓包里没有分组。" : "There is no packet in this capture.")
                                     : (zh ? "这里没有 TCP。" : "There is no TCP in this capture."),
                   Tone::note});
    return out;
  }
  for (const Finding& finding : findings) out.push_back({say(finding, lang), tone_of(finding.severity), finding.frames});
  const std::vector<Summary::Tally> tallies = summary.tallies();
  const auto grave = static_cast<std::size_t>(
      std::ranges::count_if(tallies, [](const Summary::Tally& t) { return t.severity >= Severity::warning; }));
  std::size_t shown = 0;
  for (const Summary::Tally& tally : tallies) {
    if (tally.severity < Severity::warning) break;
    if (++shown > most_tallies) {
      out.push_back({more_text(grave - most_tallies, lang), Tone::dim});
      break;
    }
    const std::string count = count_text(tally.connections), where = "#" + std::to_string(tally.first_stream);
    const std::string word = verdict_words(tally.id, lang);
    out.push_back(
        {zh ? word + "（" + std::string(tally.id) + "）：" + count + " 条连接，首见于 " + where + "。"
            : word + " (" + std::string(tally.id) +
                  "): " + (tally.connections == 1 ? "connection " + where : count + " connections, the first is " + where) + ".",
         tone_of(tally.severity)});
  }
  const std::string states = states_line(summary, lang);
  const bool healthy =
      grave == 0 && std::ranges::none_of(findings, [](const Finding& f) { return f.severity >= Severity::warning; });
  if (healthy)
    out.push_back({zh ? "没有发现问题：" + states + "。" : "Nothing is wrong: " + states + ".", Tone::good});
  else
    out.push_back({zh ? "连接状态：" + states + "。" : "The connections: " + states + ".", Tone::plain});
  return out;
}

}  // namespace ft::analysis::report
