// The whole capture in a few lines.
#include "analysis/find/find.hpp"

#include <algorithm>
#include <utility>

namespace ft::analysis {

namespace {

constexpr std::size_t most_lines = 8;

std::string connections_in_words(std::uint64_t n, Lang lang) {
  if (lang == Lang::zh) return std::to_string(n) + " 个连接";
  return std::to_string(n) + (n == 1 ? " connection" : " connections");
}

using Entry = std::pair<std::string_view, const CaptureVerdict::Kind*>;

std::vector<Entry> ordered(const CaptureVerdict& verdict) {
  std::vector<Entry> kinds;
  for (const auto& [id, kind] : verdict.kinds) kinds.emplace_back(id, &kind);
  std::ranges::stable_sort(kinds, [](const Entry& a, const Entry& b) {
    if (a.second->severity != b.second->severity) return a.second->severity > b.second->severity;
    if (a.second->connections != b.second->connections) return a.second->connections > b.second->connections;
    return graver(a.second->gravest, b.second->gravest);
  });
  return kinds;
}

std::string summary(const CaptureVerdict& verdict, Lang lang) {
  const bool zh = lang == Lang::zh;
  if (verdict.connections == 0) return zh ? "没有 TCP 连接。" : "No TCP connection.";
  std::string out = connections_in_words(verdict.connections, lang);
  out += zh ? "：" : ": ";
  const char* comma = zh ? "，" : ", ";
  const std::uint64_t trouble = verdict.by_severity[3] + verdict.by_severity[2];
  const auto part = [&](std::uint64_t n, std::string_view en, std::string_view cn) {
    return zh ? std::to_string(n) + " 个" + std::string(cn) : std::to_string(n) + " " + std::string(en);
  };
  const bool of_hosts = std::ranges::any_of(verdict.hosts, [](const Finding& f) { return f.severity >= Severity::warning; });
  if (trouble == 0 && of_hosts) {  // the next line says what; each connection by itself may be right
    return out + part(verdict.complete, "closed properly", "正常关闭") +
           (verdict.open > 0 ? comma + part(verdict.open, "still open", "仍打开") : "") + (zh ? "。" : ".");
  }
  if (trouble == 0) {
    out += zh ? "没有发现问题" : "nothing wrong";
  } else {
    if (verdict.by_severity[3] > 0) out += part(verdict.by_severity[3], "failed or broken", "失败或中断");
    if (verdict.by_severity[3] > 0 && verdict.by_severity[2] > 0) out += comma;
    if (verdict.by_severity[2] > 0) out += part(verdict.by_severity[2], "with trouble", "有问题");
  }
  out += comma + part(verdict.complete, "closed properly", "正常关闭");
  if (verdict.open > 0) out += comma + part(verdict.open, "still open", "仍打开");
  return out + (zh ? "。" : ".");
}

}  // namespace

void CaptureVerdict::add(const Connection& connection) {
  ++connections;
  complete += connection.state == FlowState::closed ? 1u : 0u;
  const bool is_open = connection.state == FlowState::established || connection.state == FlowState::midstream ||
                       connection.state == FlowState::half_closed;
  open += is_open ? 1u : 0u;
  const Severity worst = connection.findings.empty() ? Severity::info : connection.findings.front().severity;
  ++by_severity[static_cast<std::size_t>(worst)];
  failed += worst == Severity::error ? 1u : 0u;
  std::string_view last;
  for (const Finding& finding : connection.findings) {
    if (finding.severity == Severity::info || finding.id == last) continue;
    last = finding.id;
    Kind& kind = kinds[finding.id];
    if (kind.connections++ == 0 || graver(finding, kind.gravest)) {
      kind.gravest = finding;
      kind.severity = finding.severity;
      kind.first_stream = connection.stream;
    }
  }
}

void CaptureVerdict::add(const std::vector<Finding>& of_hosts) { hosts.insert(hosts.end(), of_hosts.begin(), of_hosts.end()); }

std::string_view CaptureVerdict::id() const {
  const auto kinds_in_order = ordered(*this);
  const Finding* of_host = hosts.empty() ? nullptr : &hosts.front();
  const Finding* of_connection = kinds_in_order.empty() ? nullptr : &kinds_in_order.front().second->gravest;
  // A flood explains the connections that it left behind.
  if (of_host != nullptr && (of_connection == nullptr || of_host->severity >= of_connection->severity)) return of_host->id;
  if (of_connection != nullptr) return of_connection->id;
  if (connections == 0) return "nothing";
  return complete == connections ? "complete" : open > 0 ? "open" : "complete";
}

FailureClass CaptureVerdict::failure() const {
  const std::string_view verdict_id = id();
  const auto kind = kinds.find(verdict_id);
  const bool of_host = std::ranges::any_of(hosts, [&](const Finding& finding) { return finding.id == verdict_id; });
  if (!of_host && (kind == kinds.end() || kind->second.severity < Severity::warning)) return FailureClass::none;
  return failure_of(verdict_id);
}

std::vector<std::string> say(const CaptureVerdict& verdict, Lang lang) {
  const bool zh = lang == Lang::zh;
  std::vector<std::string> lines{summary(verdict, lang)};
  for (const Finding& finding : verdict.hosts)
    if (lines.size() < most_lines) lines.push_back(say(finding, lang));
  const auto kinds = ordered(verdict);
  std::size_t shown = 0;
  for (const auto& [id, kind] : kinds) {
    if (lines.size() >= most_lines) break;
    ++shown;
    std::string line = kind->connections == 1 ? (zh ? "连接 " : "Connection ") + std::to_string(kind->first_stream)
                                              : connections_in_words(kind->connections, lang) +
                                                    (zh ? "，如连接 " : ", as connection ") + std::to_string(kind->first_stream);
    lines.push_back(line + (zh ? "：" : ": ") + say(kind->gravest, lang));
  }
  if (shown < kinds.size())
    lines.push_back(zh ? "另有 " + std::to_string(kinds.size() - shown) + " 类发现。"
                       : "And " + std::to_string(kinds.size() - shown) + " more kinds of finding.");
  return lines;
}

}  // namespace ft::analysis
