#include "analysis/report/capture_text.hpp"

#include "analysis/quantity.hpp"

#include <utility>

namespace ft::analysis::report {

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

std::vector<Paragraph> capture_verdict(const CaptureFile& file, const CaptureVerdict& verdict, Lang lang) {
  const bool zh = lang == Lang::zh;
  std::vector<Paragraph> out;
  for (const std::string& remark : file.remarks) out.push_back({remark, Tone::warning});
  if (verdict.connections == 0) {
    out.push_back({file.packets == 0 ? (zh ? "抓包里没有分组。" : "There is no packet in this capture.")
                                     : (zh ? "这里没有 TCP。" : "There is no TCP in this capture."),
                   Tone::note});
    return out;
  }
  const bool healthy = verdict.failure() == FailureClass::none;
  bool first = true;
  for (const std::string& line : say(verdict, lang))
    out.push_back({line, !std::exchange(first, false) ? Tone::plain : healthy ? Tone::good : Tone::bad});
  return out;
}

}  // namespace ft::analysis::report
