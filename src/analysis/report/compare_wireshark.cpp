#include "analysis/report/compare_wireshark.hpp"

#include "analysis/quantity.hpp"
#include "analysis/report/words.hpp"

#include <algorithm>
#include <chrono>

namespace ft::analysis::report {

namespace {

using enum WiresharkWord;
using namespace std::chrono_literals;

constexpr std::size_t most_facts = 20;  // rows shown

struct Reason {
  WiresharkWord word;
  Label label;
  std::string_view en;
  std::string_view zh;
};

// A row for `nothing` holds for frames of which Wireshark says nothing.
constexpr Reason reasons[] = {
    {out_of_order, Label::retransmission,
     "Its octets, or octets after them, had been captured before: the sender sent them again. Wireshark takes what fills a hole "
     "within a few milliseconds for late.",
     "这些字节（或其后的字节）此前已被捕获：发送方重发了它们。Wireshark 把几毫秒内填补空洞的报文段当作迟到。"},
    {out_of_order, Label::needless,
     "It was sent again although the first copy had arrived, as a D-SACK, an earlier ACK or an echoed timestamp proves.",
     "第一份已经到达却又重发，有 D-SACK、更早的 ACK 或回显的时间戳为证。"},
    {out_of_order, Label::network_duplicate, "The same packet twice: one IP identification, one timestamp, the same octets.",
     "同一个分组出现两次：IP 标识、时间戳和字节都相同。"},
    {out_of_order, Label::capture_duplicate, "The capture holds this packet twice, from two places or with another tag.",
     "抓包中该分组出现两次：来自两个位置，或标签不同。"},
    {out_of_order, Label::original, "Nothing was sent before it that lies after it.", "在它之前没有发送过位于其后的字节。"},
    {retransmission, Label::needless,
     "Wireshark does not look at what came later: a D-SACK, an ACK that was on its way or an echoed timestamp proves that the "
     "first copy had arrived.",
     "Wireshark 不看之后的分组：D-SACK、途中的 ACK 或回显的时间戳证明第一份已经到达。"},
    {retransmission, Label::reordered,
     "It was sent once. Its IP identification or its timestamp is older than those of what came before it: it is late, not "
     "repeated.",
     "它只发送过一次。其 IP 标识或时间戳早于先到的分组：是迟到，不是重传。"},
    {retransmission, Label::network_duplicate, "The sender sent it once, the network delivered it twice: one IP identification.",
     "发送方只发送一次，网络送达两次：IP 标识相同。"},
    {retransmission, Label::capture_duplicate, "The sender sent it once, the capture holds it twice.",
     "发送方只发送一次，抓包中出现两次。"},
    {retransmission, Label::original,
     "It is the answer to a SYN that crossed its own (simultaneous open, RFC 9293 3.5), or the capture shows its octets for the "
     "first time.",
     "它是对交错到达的 SYN 的应答（同时打开，RFC 9293 3.5），或者这些字节首次出现在抓包中。"},
    {retransmission, Label::probe, "The peer's window was shut: it asks whether it has opened (RFC 9293 3.8.6.1).",
     "对端窗口已关闭：它在询问窗口是否打开（RFC 9293 3.8.6.1）。"},
    {spurious_retransmission, Label::network_duplicate,
     "The sender sent it once: identification and timestamp are the same as those of the first copy.",
     "发送方只发送一次：标识和时间戳与第一份相同。"},
    {spurious_retransmission, Label::capture_duplicate, "The sender sent it once, the capture holds it twice.",
     "发送方只发送一次，抓包中出现两次。"},
    {spurious_retransmission, Label::reordered, "It is the late first copy, by its timestamp or identification.",
     "从时间戳或标识看，它是迟到的第一份。"},
    {spurious_retransmission, Label::retransmission,
     "It carries octets that nobody had acknowledged, or the receiver had refused the first copy.",
     "它带有尚未确认的字节，或接收方拒绝了第一份。"},
    {spurious_retransmission, Label::probe, "The peer's window was shut: it is a probe.", "对端窗口已关闭：这是探测。"},
    {spurious_retransmission, Label::keep_alive, "It asks whether the peer is alive: one octet that had been acknowledged.",
     "它询问对端是否存活：带一个已确认的字节。"},
    {keep_alive, Label::probe,
     "The peer's window was shut, and Linux probes it with a segment that looks like a keep-alive: one below what is expected.",
     "对端窗口已关闭，Linux 的窗口探测看起来像保活：序号比期望值小一。"},
    {keep_alive, Label::original, "Its number is one that its sender had not used, or its sender was not idle.",
     "其序号尚未用过，或发送方并未空闲。"},
    {keep_alive, Label::reordered, "It is an older segment that came late.", "它是迟到的较早报文段。"},
    {keep_alive, Label::network_duplicate, "The same packet twice, by its identification.", "从标识看，同一个分组出现两次。"},
    {keep_alive, Label::capture_duplicate, "The capture holds it twice.", "抓包中出现两次。"},
    {keep_alive, Label::needless, "It repeats a segment whose last octet the peer had acknowledged; nothing was idle.",
     "它重复了对端已确认的报文段，连接并未空闲。"},
    {keep_alive, Label::retransmission, "It repeats a segment of one octet or of none but FIN; nothing was idle.",
     "它重复了只有一个字节或只有 FIN 的报文段，连接并未空闲。"},
    {zero_window_probe, Label::original, "The window that counted for its sender when it was sent was not shut.",
     "发送时，对其发送方有效的窗口并未关闭。"},
    {zero_window_probe, Label::retransmission, "It carries more than a probe needs, and had been sent before.",
     "它携带的字节多于探测所需，且此前发送过。"},
    {nothing, Label::retransmission, "Its sequence numbers had been captured before.", "这些序号此前已被捕获。"},
    {nothing, Label::needless, "Its sequence numbers had been captured before, and the first copy had arrived.",
     "这些序号此前已被捕获，且第一份已经到达。"},
    {nothing, Label::reordered,
     "It was overtaken: its identification, timestamp or acknowledgement is older than what came before.",
     "它被超越：其标识、时间戳或确认号早于先到的分组。"},
    {nothing, Label::network_duplicate, "The same packet twice, by its identification; Wireshark has no word for it.",
     "从标识看，同一个分组出现两次；Wireshark 没有对应的说法。"},
    {nothing, Label::capture_duplicate, "The capture holds it twice; Wireshark has no word for it.",
     "抓包中出现两次；Wireshark 没有对应的说法。"},
    {nothing, Label::probe, "It asks whether the peer's window has opened.", "它在询问对端窗口是否打开。"},
    {nothing, Label::keep_alive, "One octet that had been acknowledged, after a silence: it asks whether the peer is alive.",
     "沉默之后的一个已确认字节：询问对端是否存活。"},
    {nothing, Label::injected, "Its TTL, identification or what followed say that its sender did not send it.",
     "其 TTL、标识或后续分组表明，它并非所称的发送方发出。"},
};

std::string_view word_text(WiresharkWord word) {
  static constexpr std::array<std::string_view, 7> names{
      "-", "retransmission", "fast retransmission", "spurious retransmission", "out-of-order", "keep-alive", "zero-window probe"};
  return names[static_cast<std::size_t>(word) % names.size()];
}

bool is_same(WiresharkWord word, Label label) {
  switch (label) {
    case Label::original:
      return word == nothing;
    case Label::retransmission:
      return word == retransmission || word == fast_retransmission;
    case Label::needless:
      return word == spurious_retransmission;
    case Label::reordered:
      return word == out_of_order;
    case Label::probe:
      return word == zero_window_probe;
    case Label::keep_alive:
      return word == keep_alive;
    default:
      return false;
  }
}

std::string milliseconds(const std::optional<Duration>& time) { return time ? time_text(*time) : "-"; }

}  // namespace

std::string_view reason_of_difference(WiresharkWord word, Label label, Lang lang) {
  if (word == fast_retransmission) word = retransmission;
  const auto* found = std::find_if(std::begin(reasons), std::end(reasons),
                                   [&](const Reason& reason) { return reason.word == word && reason.label == label; });
  if (found == std::end(reasons)) return {};
  return lang == Lang::zh ? found->zh : found->en;
}

void WiresharkComparison::frame(std::uint64_t number, WiresharkWord word, Label label) {
  ++frames_;
  if (is_same(word, label)) {
    ++same_frames_;
    return;
  }
  Group& group = groups_[{word, label}];
  ++group.count;
  if (group.frames.size() < most_examples) group.frames.push_back(number);
}

void WiresharkComparison::fact(std::uint32_t stream, std::string what, std::string ours, std::string theirs) {
  ++differing_facts_;
  if (facts_.size() < most_facts) facts_.push_back({stream, std::move(what), std::move(ours), std::move(theirs)});
}

void WiresharkComparison::stream(const Connection& ours, const WiresharkStream* theirs) {
  if (streams_ours_ != streams_theirs_) return;  // the numbers do not mean the same
  if (theirs == nullptr) return fact(ours.stream, "connection", tuple_text(ours), "-");
  for (const Side& side : ours.sides) {
    const auto other = std::find_if(theirs->sides.begin(), theirs->sides.end(),
                                    [&](const WiresharkSide& s) { return s.endpoint == side.endpoint; });
    const std::string who = side.endpoint.to_string();
    if (other == theirs->sides.end()) {
      fact(ours.stream, "endpoint", who, theirs->sides[0].endpoint.to_string());
      continue;
    }
    const auto hold = [&](const char* what, std::uint64_t a, std::uint64_t b) {
      if (a != b) fact(ours.stream, who + " " + what, count_text(a), count_text(b));
    };
    hold("packets", side.packets, other->packets);
    hold("octets of text", side.text, other->text);
    hold("SYN", side.syns, other->syns);
    hold("FIN", side.fins, other->fins);
    hold("RST", side.resets, other->resets);
  }
  // With SYNs repeated, or text in them, there are several times to choose from.
  const bool plain = ours.sides[0].syns == 1 && ours.sides[1].syns == 1 && ours.opening == Opening::normal;
  if (plain && theirs->handshake && (!ours.handshake || std::chrono::abs(*ours.handshake - *theirs->handshake) > 2us))
    fact(ours.stream, "handshake", milliseconds(ours.handshake), milliseconds(theirs->handshake));
}

void WiresharkComparison::streams(std::uint64_t ours, std::uint64_t theirs) {
  streams_ours_ = ours;
  streams_theirs_ = theirs;
  if (ours != theirs) ++differing_facts_;
}

Document WiresharkComparison::document(const std::string& file, Lang lang) const {
  const bool zh = lang == Lang::zh;
  const auto either = [&](std::string_view en, std::string_view cn) { return std::string(zh ? cn : en); };
  Document document{.title = file + either(" beside Wireshark", " 与 Wireshark 对照"), .lang = lang, .blocks = {}};
  document.heading(document.title, 1);
  document.heading(either("Facts", "事实"));
  if (same_facts()) {
    document.paragraph(
        count_text(streams_ours_) + either(streams_ours_ == 1 ? " connection" : " connections", " 个连接") +
            either(": endpoints, packets, octets of text, SYN, FIN and RST each way and the times of handshakes are "
                   "Wireshark's.",
                   "：端点、双向的分组数、数据字节数、SYN、FIN、RST 以及握手时间均与 Wireshark 相同。"),
        Tone::good);
  } else {
    if (streams_ours_ != streams_theirs_)
      document.paragraph(
          either("Connections: ", "连接数：") + count_text(streams_ours_) + either("; Wireshark: ", "；Wireshark：") +
              count_text(streams_theirs_) + either(". ", "。") +
              either("Wireshark begins another one with each SYN that has another number; for us a SYN of the other "
                     "side belongs to the opening that it answers (RFC 9293 3.5). What follows is not compared.",
                     "Wireshark 遇到序号不同的 SYN 就另开一个连接；我们认为对方的 SYN 属于它所应答的打开过程"
                     "（RFC 9293 3.5）。其余不再比较。"),
          Tone::warning);
    if (!facts_.empty()) {
      Table table{.caption = either("Facts that differ", "不同的事实"),
                  .columns = {{either("connection", "连接"), true}, {either("fact", "事实")}, {"fourtuple"}, {"Wireshark"}},
                  .rows = {},
                  .left_out = differing_facts_ - std::min<std::uint64_t>(differing_facts_, facts_.size())};
      for (const FactRow& row : facts_) table.rows.push_back({std::to_string(row.stream), row.what, row.ours, row.theirs});
      document.add(std::move(table));
    }
  }
  document.heading(either("Labels", "标签"));
  document.paragraph(count_text(same_frames_) + either(" of ", " / ") + count_text(frames_) +
                     either(" TCP frames are called the same.", " 个 TCP 帧的说法相同。"));
  for (const auto& [key, group] : groups_) {
    const auto& [word, label] = key;
    const std::string_view reason = reason_of_difference(word, label, lang);
    document.heading(either("Wireshark: ", "Wireshark：") + std::string(word_text(word)) + either(", we: ", "，我们：") +
                         std::string(label_text(label, lang)) + " (" + count_text(group.count) + ")",
                     3);
    document.paragraph(reason.empty() ? either("We know no reason for this difference: one of both is wrong.",
                                               "我们不知道这一差异的原因：其中一方有误。")
                                      : std::string(reason),
                       reason.empty() ? Tone::warning : Tone::plain, group.frames);
  }
  return document;
}

}  // namespace ft::analysis::report
