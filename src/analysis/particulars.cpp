#include "analysis/particulars.hpp"

#include "trace/text.hpp"

#include <array>

namespace ft::analysis {
namespace {

struct Phrase {
  std::string_view en;  // # stands for the number
  std::string_view zh;
};

constexpr std::array<Phrase, static_cast<std::size_t>(Fact::count_)> phrases = {{
    {"# octets wait", "# 字节在等待"},
    {"# octets are unacknowledged", "# 字节未被确认"},
    {"# octets are in flight", "# 字节在途"},
    {"congestion window # octets", "拥塞窗口 # 字节"},
    {"ssthresh # octets", "慢启动门限 # 字节"},
    {"window # octets", "窗口 # 字节"},
    {"largest window # octets", "最大窗口 # 字节"},
    {"a full segment has # octets", "满长报文段为 # 字节"},
    {"# octets may leave", "允许发出 # 字节"},
    {"sent # before one that arrived", "比一个已到达的早发 #"},
    {"last sent # ago", "上次发送在 # 之前"},
    {"# allowed for reordering", "容许乱序 #"},
    {"round trip #", "往返时间 #"},
    {"smoothed round trip #", "平滑往返时间 #"},
    {"timeout #", "超时 #"},
    {"for another #", "还要等 #"},
    {"after a wait of #", "等待了 #"},
    {"# in a row", "连续 # 次"},
    {"# duplicate ACKs", "# 个重复确认"},
    {"# octets beyond the hole have arrived", "缺口之后已到达 # 字节"},
    {"pace # octets a second", "速率每秒 # 字节"},
    {"# octets went again needlessly", "# 字节被无谓地重发"},
    {"sequence number #", "序号 #"},
}};

}  // namespace

std::string say(const Particulars& particulars, Lang lang) {
  std::string out;
  for (const Particular& p : particulars) {
    const Phrase& phrase = phrases[static_cast<std::size_t>(p.fact)];
    std::string words(lang == Lang::zh ? phrase.zh : phrase.en);
    const std::string number = unit_of(p.fact) == Unit::time ? trace::duration_text(p.time()) : std::to_string(p.value);
    words.replace(words.find('#'), 1, number);
    if (!out.empty()) out += lang == Lang::zh ? "，" : ", ";
    out += words;
  }
  return out;
}

}  // namespace ft::analysis
