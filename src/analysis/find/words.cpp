#include "analysis/find/words.hpp"

#include "analysis/find/fill.hpp"
#include "analysis/find/words_closing.hpp"
#include "analysis/find/words_notes.hpp"
#include "analysis/find/words_opening.hpp"
#include "analysis/find/words_path.hpp"
#include "analysis/find/words_proof.hpp"
#include "analysis/find/words_transfer.hpp"
#include "analysis/quantity.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace ft::analysis {

namespace {

constexpr auto table = [] {
  std::array<Words, std::size(opening_words) + std::size(path_words) + std::size(transfer_words) + std::size(closing_words) +
                        std::size(notes_words)>
      all{};
  auto out = std::ranges::copy(opening_words, all.begin()).out;
  out = std::ranges::copy(path_words, out).out;
  out = std::ranges::copy(transfer_words, out).out;
  out = std::ranges::copy(closing_words, out).out;
  std::ranges::copy(notes_words, out);
  return all;
}();

/// The same by id, to be looked up for every finding of every connection.
constexpr auto by_id = [] {
  std::array<const Words*, table.size()> sorted{};
  std::ranges::transform(table, sorted.begin(), [](const Words& words) { return &words; });
  std::ranges::sort(sorted, {}, &Words::id);
  return sorted;
}();

// clang-format off
constexpr Explanation explanations[] = {
    {"firewall-drops", {"a firewall on the way drops the packets without a word", "途中的防火墙静默丢弃"}},
    {"firewall-rejects", {"a firewall answers in the server's name", "防火墙以服务器的名义作答"}},
    {"host-down", {"the host is down or has another address", "主机宕机或地址不对"}},
    {"reply-lost", {"the answer was sent and lost on its way back", "回应已发出，但在返回途中丢失"}},
    {"queue-full", {"the listener's queue is full and its system drops new SYNs", "监听队列已满，系统丢弃新的 SYN"}},
    {"other-capture-short", {"the other capture began later or ended earlier", "另一份抓包开始得较晚或结束得较早"}},
    {"packet-lost", {"a packet was lost by chance", "偶然丢失了一个分组"}},
    {"delay-spike", {"the path was slow for a moment and nothing was lost", "路径短暂变慢，并未丢包"}},
    {"acks-lost", {"the data arrived and its ACKs were lost", "数据已到达，丢失的是 ACK"}},
    {"receiver-slow", {"the receiver was slow to acknowledge", "接收方确认缓慢"}},
    {"congestion", {"the path was full and its queues overflowed", "路径拥塞，队列溢出"}},
    {"happy-eyeballs", {"two attempts raced and the other one won", "两个连接尝试竞争，另一个胜出"}},
    {"client-timeout", {"the client's time limit was over", "客户端超时"}},
    {"crash", {"the program crashed or was killed", "程序崩溃或被终止"}},
    {"capture-drops", {"the capture missed packets", "抓包遗漏了分组"}},
    {"peer-gone", {"the other host is down or has restarted", "对方主机宕机或已重启"}},
    {"path-dead", {"the path is cut", "路径中断"}},
    {"peer-does-not-offer", {"the peer does not know the option or has it switched off", "对端不支持或关闭了该选项"}},
    {"ack-thinning", {"the receiver's network card or a device on the way joins ACKs", "接收方网卡或途中设备合并了 ACK"}},
    {"route-change", {"the route changed", "路由发生变化"}},
    {"load-balancer", {"a balancer handed the packets to another host", "负载均衡把分组交给了另一台主机"}},
    {"still-running", {"the capture ended too early to tell", "抓包结束过早，无法判断"}},
    {"small-mss-by-choice", {"the host is configured so, or its link is that narrow", "主机如此配置，或其链路本就如此"}},
    {"network-delay", {"the network was slow at that moment", "当时网络较慢"}},
    {"sender-limited", {"the sender's own buffer or congestion window was the limit", "发送方自己的缓冲区或拥塞窗口是限制"}},
    {"old-packet", {"a packet of an older connection came late", "旧连接的分组迟到"}},
    {"busy-client", {"a crowd of honest clients", "大量正常客户端同时访问"}},
    {"monitoring", {"monitoring or an inventory that is allowed to", "获准的监控或资产清点"}},
    {"shaper", {"a shaper with a short queue", "队列很短的整形器"}},
};
/// Texts among the facts that are words of ours, not of a packet; lists are parted by ", ".
constexpr Explanation terms[] = {
    {"net-unreachable", {"no route to the network", "没有到该网络的路由"}},
    {"host-unreachable", {"the host does not answer in its network", "主机在其网络内没有应答"}},
    {"protocol-unreachable", {"the host does not speak TCP", "主机不支持 TCP"}},
    {"port-unreachable", {"the port is rejected", "端口被拒绝"}},
    {"net-prohibited", {"the network is forbidden by a rule", "规则禁止访问该网络"}},
    {"host-prohibited", {"the host is forbidden by a rule", "规则禁止访问该主机"}},
    {"admin-prohibited", {"forbidden by a rule (administratively prohibited)", "被规则禁止（管理性禁止）"}},
    {"source-policy", {"the source address is not allowed", "源地址不被允许"}},
    {"route-rejected", {"the route rejects", "路由拒绝"}},
    {"address-unreachable", {"the address does not answer", "地址没有应答"}},
    {"no-route", {"no route to the destination", "没有到目的地的路由"}},
    {"beyond-scope", {"beyond the scope of the source address", "超出源地址的作用域"}},
    {"time-exceeded", {"the packet went in circles, or too far (TTL ended)", "分组绕圈或走得太远（TTL 耗尽）"}},
    {"parameter-problem", {"a header that it does not understand", "无法理解的首部"}},
    {"unreachable", {"the destination is unreachable", "目的地不可达"}},
    {"window-scale", {"window scaling", "窗口扩大"}},
    {"sack", {"SACK", "SACK"}},
    {"timestamps", {"timestamps", "时间戳"}},
    {"tunnel", {"as behind a tunnel or VPN", "像是在隧道或 VPN 之后"}},
    {"pppoe", {"as behind PPPoE", "像是在 PPPoE 之后"}},
    {"other-way", {"way through the network (MAC, VLAN or interface)", "网络路径（MAC、VLAN 或接口）"}},
    {"ttl", {"TTL", "TTL"}},
};
// clang-format on

/// How a connection without a finding stands: to_string(FlowState), and "complete".
struct State {
  std::string_view id;
  Text text;
};
constexpr State states[] = {
    {"complete", {"complete", "完整"}},
    {"open", {"open", "仍打开"}},
    {"established", {"open", "仍打开"}},
    {"midstream", {"begun before the capture", "抓包前已开始"}},
    {"syn-sent", {"asked, no answer yet", "已请求，尚无应答"}},
    {"syn-received", {"handshake unfinished", "握手未完成"}},
    {"half-closed", {"half-closed", "半关闭"}},
    {"closing", {"closing", "正在关闭"}},
    {"closed", {"complete", "完整"}},
    {"refused", {"refused", "被拒绝"}},
    {"reset", {"reset", "被重置"}},
};

}  // namespace

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::info:
      return "info";
    case Severity::note:
      return "note";
    case Severity::warning:
      return "warning";
    case Severity::error:
      return "error";
  }
  return "?";
}

std::string_view to_string(FailureClass failure) {
  switch (failure) {
    case FailureClass::none:
      return "none";
    case FailureClass::unanswered:
      return "unanswered";
    case FailureClass::refused:
      return "refused";
    case FailureClass::handshake:
      return "handshake";
    case FailureClass::path:
      return "path";
    case FailureClass::loss:
      return "loss";
    case FailureClass::receiver:
      return "receiver";
    case FailureClass::application:
      return "application";
    case FailureClass::reset:
      return "reset";
    case FailureClass::silence:
      return "silence";
    case FailureClass::attack:
      return "attack";
    case FailureClass::capture:
      return "capture";
  }
  return "?";
}

std::span<const Words> all_words() { return table; }

const Words* find_words(std::string_view id) {
  const auto found = std::ranges::lower_bound(by_id, id, {}, &Words::id);
  return found == by_id.end() || (*found)->id != id ? nullptr : *found;
}

std::span<const Explanation> all_proofs() { return proof_words; }

std::string term_in_words(std::string_view text, Lang lang) {
  std::string out;
  for (bool first = true; first || !text.empty(); first = false) {
    const std::size_t comma = text.find(", ");
    const std::string_view part = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 2);
    const auto* known = std::ranges::find(terms, part, &Explanation::id);
    if (!first) out += lang == Lang::zh ? "、" : ", ";
    out += known == std::end(terms) ? part : known->text.in(lang);
  }
  return out;
}

FailureClass failure_of(std::string_view id) {
  const Words* words = find_words(id);
  return words == nullptr ? FailureClass::none : words->failure;
}

std::string verdict_words(std::string_view verdict, Lang lang) {
  if (const Words* words = find_words(verdict)) return std::string(words->word.in(lang));
  const auto* state = std::ranges::find(states, verdict, &State::id);
  return std::string(state == std::end(states) ? verdict : state->text.in(lang));
}

std::string say(const Finding& finding, Lang lang) {
  const Words* words = find_words(finding.id);
  return words == nullptr ? std::string(finding.id) : fill(words->what.in(lang), finding, lang);
}

std::string how_known(const Finding& finding, Lang lang) {
  const Words* words = find_words(finding.id);
  return words == nullptr ? std::string() : fill(words->how.in(lang), finding, lang);
}

std::string next_step(const Finding& finding, Lang lang) {
  const Words* words = find_words(finding.id);
  return words == nullptr ? std::string() : fill(words->next.in(lang), finding, lang);
}

std::string how_proven(const Finding& finding, Lang lang) {
  if (!finding.proof) return {};
  const auto* known = std::ranges::find(proof_words, finding.proof->id, &Explanation::id);
  if (known == std::end(proof_words)) return {};
  const std::string out = fill(known->text.in(lang), finding, lang);
  const std::string frames = frames_in_words(finding.proof->frames, finding.proof->frame_count, lang, true);
  if (finding.proof->frames.empty()) return out;
  return lang == Lang::zh ? out + "（" + finding.proof->capture + "：" + frames + "）"
                          : out + " (" + finding.proof->capture + ": " + frames + ".)";
}

std::vector<std::string> alternatives(const Finding& finding, Lang lang) {
  std::vector<std::string> out;
  for (const std::string_view id : finding.alternatives) {
    const auto* known = std::ranges::find(explanations, id, &Explanation::id);
    out.push_back(known == std::end(explanations) ? verdict_words(id, lang) : std::string(known->text.in(lang)));
  }
  return out;
}

std::string cost_words(const Finding& finding, Lang lang) {
  const bool zh = lang == Lang::zh;
  std::string out;
  const auto add = [&](std::string part) {
    if (!out.empty()) out += zh ? "，" : ", ";
    out += part;
  };
  using enum Fact::Unit;
  const Cost& cost = finding.cost;
  if (cost.time > Duration{0}) add(in_words({"", time, in_seconds(cost.time)}, lang));
  if (cost.segments > 0)
    add(zh ? std::to_string(cost.segments) + " 个报文段"
           : std::to_string(cost.segments) + (cost.segments == 1 ? " segment" : " segments"));
  if (cost.octets > 0) add(in_words({"", octets, static_cast<double>(cost.octets)}, lang));
  return out;
}

std::string confidence_words(float confidence, Lang lang) {
  const bool zh = lang == Lang::zh;
  if (confidence >= 0.97f) return zh ? "确定" : "certain";
  if (confidence >= 0.8f) return zh ? "很可能" : "very likely";
  if (confidence >= 0.55f) return zh ? "较可能" : "likely";
  return zh ? "可能" : "possible";
}

std::string severity_words(Severity severity, Lang lang) {
  if (lang == Lang::en) return std::string(to_string(severity));
  constexpr std::array<std::string_view, 4> words{"信息", "提示", "警告", "错误"};
  return std::string(words[static_cast<std::size_t>(severity)]);
}

std::string class_words(FailureClass failure, Lang lang) {
  const auto in = [&](std::string_view en, std::string_view zh) { return std::string(lang == Lang::zh ? zh : en); };
  switch (failure) {
    case FailureClass::none:
      return in("nothing failed", "没有故障");
    case FailureClass::unanswered:
      return in("nobody answers", "无人应答");
    case FailureClass::refused:
      return in("somebody refuses", "连接被拒绝");
    case FailureClass::handshake:
      return in("the connection is agreed late or badly", "建立连接缓慢或协商有误");
    case FailureClass::path:
      return in("the path does not carry what it should", "路径无法承载");
    case FailureClass::loss:
      return in("the path loses or delays", "路径丢包或延迟");
    case FailureClass::receiver:
      return in("the receiver does not take it", "接收方没有接收");
    case FailureClass::application:
      return in("the programs at the ends", "两端的程序");
    case FailureClass::reset:
      return in("one end tore the connection", "一端重置了连接");
    case FailureClass::silence:
      return in("the other end has gone", "对端已消失");
    case FailureClass::attack:
      return in("a third party", "第三方");
    case FailureClass::capture:
      return in("the recording", "抓包本身");
  }
  return {};
}

}  // namespace ft::analysis
