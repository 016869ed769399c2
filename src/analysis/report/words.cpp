#include "analysis/report/words.hpp"

#include "analysis/quantity.hpp"

#include <array>
#include <cmath>

namespace ft::analysis::report {

namespace {

struct Both {
  std::string_view en;
  std::string_view zh;
  constexpr std::string_view in(Lang lang) const { return lang == Lang::zh ? zh : en; }
};

struct Letter {
  char letter;
  Both says;
};

// Zeek's history: capital letters are the opener's, small ones the other side's.
constexpr std::array letters{
    Letter{'S', {"SYN", "SYN"}},
    Letter{'H', {"SYN-ACK", "SYN-ACK"}},
    Letter{'A', {"a pure ACK", "纯 ACK"}},
    Letter{'D', {"data", "数据"}},
    Letter{'F', {"FIN", "FIN"}},
    Letter{'R', {"RST", "RST"}},
    Letter{'T', {"something sent again", "重传"}},
    Letter{'C', {"a bad checksum", "校验和错误"}},
    Letter{'G', {"a gap in the capture", "抓包中的缺口"}},
    Letter{'W', {"a shut window", "零窗口"}},
    Letter{'I', {"an inconsistent packet (SYN with RST)", "矛盾的分组（如 SYN 与 RST 同现）"}},
    Letter{'Q', {"flags that exclude each other", "互斥的标志"}},
};

}  // namespace

std::string_view severity_mark(Severity severity) {
  static constexpr std::array<std::string_view, 4> marks{"○", "·", "!", "✗"};
  return marks[static_cast<std::size_t>(severity) % marks.size()];
}

std::string_view state_text(FlowState state, Lang lang) {
  switch (state) {
    case FlowState::syn_sent:
      return Both{"unanswered", "无应答"}.in(lang);
    case FlowState::refused:
      return Both{"refused", "被拒绝"}.in(lang);
    case FlowState::syn_received:
      return Both{"half open", "半开（握手未完成）"}.in(lang);
    case FlowState::established:
      return Both{"open", "打开"}.in(lang);
    case FlowState::half_closed:
      return Both{"half closed", "半关闭"}.in(lang);
    case FlowState::closing:
      return Both{"closing", "正在关闭"}.in(lang);
    case FlowState::closed:
      return Both{"closed", "已关闭"}.in(lang);
    case FlowState::reset:
      return Both{"reset", "被复位"}.in(lang);
    case FlowState::midstream:
      return Both{"midstream", "从中途开始"}.in(lang);
  }
  return {};
}

std::string_view side_text(std::size_t side, Lang lang) {
  return side == 0 ? Both{"client", "客户端"}.in(lang) : Both{"server", "服务器"}.in(lang);
}

std::string side_name(std::size_t side, Lang lang, bool begins) {
  if (lang == Lang::zh) return std::string(side_text(side, lang));
  return (begins ? "The " : "the ") + std::string(side_text(side, lang));
}

std::string state_sentence(const Connection& c, Lang lang) {
  const bool zh = lang == Lang::zh;
  const bool known = c.closer < 2;
  const std::string who = known ? side_name(c.closer, lang, true) : "";
  const std::string other = known ? side_name(1U - c.closer, lang) : "";
  switch (c.state) {
    case FlowState::syn_sent:
      return zh ? "客户端停在 SYN-SENT：抓包结束时仍没有任何应答。"
                : "The client is in SYN-SENT: nobody had answered when the capture ended.";
    case FlowState::refused:
      return zh ? "连接请求被拒绝；两端都没有留下状态。" : "The request was refused; neither end keeps anything of it.";
    case FlowState::syn_received:
      return zh ? "服务器停在 SYN-RECEIVED：握手没有完成。" : "The server is in SYN-RECEIVED: the handshake was not finished.";
    case FlowState::established:
      return zh ? "抓包结束时连接仍然打开：两端都处于 ESTABLISHED。"
                : "Still open when the capture ended: both ends are ESTABLISHED.";
    case FlowState::half_closed:
      if (!known) break;
      return zh ? who + "已发送 FIN 并得到确认（FIN-WAIT-2）；" + other + "仍可发送（CLOSE-WAIT）。"
                : who + " sent FIN and has its ACK (FIN-WAIT-2); " + other + " may still send (CLOSE-WAIT).";
    case FlowState::closing:
      if (c.sides[0].fins > 0 && c.sides[1].fins > 0)
        return zh ? "双方都已发送 FIN，但并非都得到了确认。" : "Both sides sent FIN; not both FINs were acknowledged.";
      if (!known) break;
      return zh ? who + "已发送 FIN，但抓包中没有对它的确认。" : who + " sent FIN, and no ACK of it is in the capture.";
    case FlowState::closed: {
      if (!known) break;
      if (c.time_wait_holder == 3)
        return zh ? "双方同时关闭，两端都处于 TIME-WAIT。" : "Both sides closed at once, and both hold TIME-WAIT.";
      const std::string first =
          zh ? "正常关闭：" + who + "先发送 FIN" : "Closed in order: " + side_name(c.closer, lang) + " sent FIN first";
      if (c.time_wait_holder > 1) return first + (zh ? "。" : ".");
      const std::string holder = side_name(c.time_wait_holder, lang), free = side_name(1U - c.time_wait_holder, lang);
      if (c.time_wait_holder == c.closer)
        return first +
               (zh ? "，因此由它持有 TIME-WAIT；" + free + "已是 CLOSED。" : ", so it holds TIME-WAIT; " + free + " is CLOSED.");
      return first + (zh ? "；" + holder + "持有 TIME-WAIT。" : "; " + holder + " holds TIME-WAIT.");
    }
    case FlowState::reset:
      if (!known) break;
      return zh ? "被 RST 终止：两端都是 CLOSED，没有人持有 TIME-WAIT。" +
                      (c.sides[0].resets + c.sides[1].resets == 0 ? "" : who + "最先开始结束连接。")
                : "Ended by RST: both ends are CLOSED and nobody holds TIME-WAIT. " + who + " was the first to end it.";
    case FlowState::midstream:
      return zh ? "抓包从连接中途开始；结束时它仍然打开。"
                : "The capture began in the middle of it; it was open when the capture ended.";
  }
  return std::string(state_text(c.state, lang)) + (zh ? "。" : ".");
}

std::string vantage_sentence(const Connection& c, Lang lang) {
  const bool zh = lang == Lang::zh;
  const std::string sure = std::to_string(std::lround(static_cast<double>(c.vantage_confidence) * 100)) + " %";
  switch (c.vantage) {
    case Vantage::unknown:
      return zh ? "无法判断在哪里抓的包：只说任何位置都能证明的事。"
                : "Where the capture was taken does not show; only what holds anywhere is claimed.";
    case Vantage::client:
      return zh ? "在客户端或其附近抓取（把握 " + sure + "）：客户端何时发送、重发了什么是确知的；服务器实际收到什么只能推断。"
                : "Captured at or near the client (" + sure +
                      " sure): what the client sent and when is certain; what reached the server is worked out.";
    case Vantage::server:
      return zh ? "在服务器或其附近抓取（把握 " + sure + "）：服务器何时发送、重发了什么是确知的；客户端实际收到什么只能推断。"
                : "Captured at or near the server (" + sure +
                      " sure): what the server sent and when is certain; what reached the client is worked out.";
    case Vantage::middle:
      return zh ? "在两端之间抓取（把握 " + sure + "）：两边的路径各只看到一半。"
                : "Captured between the two (" + sure + " sure): of each direction only one part of the path is seen.";
  }
  return {};
}

std::string history_sentence(std::string_view history, Lang lang) {
  const bool zh = lang == Lang::zh;
  std::string out;
  std::size_t said = 0;
  for (const char c : history) {
    if (c == '^') {
      out += std::string(out.empty() ? "" : zh ? "，" : ", ") + (zh ? "^ 方向按端口推断" : "^ the direction was turned round");
      continue;
    }
    const bool capital = c >= 'A' && c <= 'Z';
    const char upper = capital ? c : static_cast<char>(c - 'a' + 'A');
    for (const Letter& letter : letters) {
      if (letter.letter != upper) continue;
      out += std::string(out.empty() ? "" : zh ? "，" : ", ") + c + " ";
      out += zh ? std::string(side_text(capital ? 0 : 1, lang)) + "的" + std::string(letter.says.zh)
                : std::string(letter.says.en) + (capital ? " of the client" : " of the server");
      ++said;
    }
    if (said == 16) break;
  }
  return out;
}

std::string_view label_text(Label label, Lang lang) {
  static constexpr std::array<Both, 9> words{{{"original", "首次发送"},
                                              {"sent again", "重传"},
                                              {"sent again needlessly", "不必要的重传"},
                                              {"reordered", "乱序到达"},
                                              {"duplicated by the network", "网络复制"},
                                              {"captured twice", "抓包重复"},
                                              {"window probe", "零窗口探测"},
                                              {"keep-alive", "保活探测"},
                                              {"injected", "伪造注入"}}};
  return words[static_cast<std::size_t>(label) % words.size()].in(lang);
}

std::string_view cause_text(RepeatCause cause, Lang lang) {
  static constexpr std::array<Both, 10> words{{{"", ""},
                                               {"fast retransmit", "快速重传"},
                                               {"RACK", "RACK"},
                                               {"tail loss probe", "尾部丢失探测（TLP）"},
                                               {"timeout", "超时重传（RTO）"},
                                               {"go-back-N", "回退 N 步"},
                                               {"SYN", "SYN 重传"},
                                               {"FIN", "FIN 重传"},
                                               {"smaller, to probe the path's MTU", "以更小的分段探测路径 MTU"},
                                               {"cause unknown", "原因不明"}}};
  return words[static_cast<std::size_t>(cause) % words.size()].in(lang);
}

std::string more_text(std::uint64_t count, Lang lang) {
  return lang == Lang::zh ? "… 另有 " + count_text(count) + " 个" : "… " + count_text(count) + " more";
}

std::string tuple_text(const Connection& c) { return c.sides[0].endpoint.to_string() + " → " + c.sides[1].endpoint.to_string(); }

}  // namespace ft::analysis::report
