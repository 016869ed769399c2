#include "analysis/report/story.hpp"

#include "analysis/quantity.hpp"
#include "analysis/report/story_transfer.hpp"
#include "analysis/report/words.hpp"

namespace ft::analysis::report {

using namespace wire;

namespace {

class Teller {
 public:
  Teller(const FlowSteps& flow, Lang lang) : flow_(flow), steps_(flow.steps()), zh_(lang == Lang::zh), lang_(lang) {}

  std::vector<Item> tell() {
    open();
    for (Item& item : tell_transfer(flow_, begin_of_transfer_, lang_)) items_.push_back(std::move(item));
    close();
    return std::move(items_);
  }

 private:
  void say(std::string en, std::string zh, std::vector<std::uint64_t> frames, Tone tone = Tone::plain, std::uint64_t count = 0) {
    items_.push_back({zh_ ? std::move(zh) : std::move(en), std::move(frames), count, tone});
  }
  std::string name(std::size_t side, bool begins = false) const { return side_name(side, lang_, begins); }
  std::string when(Instant at) const { return time_text(flow_.since_begin(at)); }

  void open();
  void requests();
  void refusal(std::size_t syn);
  void agreement(std::size_t syn, std::size_t syn_ack);
  void close();
  void tell_fin(std::size_t side);
  void tell_reset(const FlowStep& step, std::size_t count);

  const FlowSteps& flow_;
  const std::vector<FlowStep>& steps_;
  bool zh_;
  Lang lang_;
  std::size_t begin_of_transfer_ = 0;
  std::vector<Item> items_;
};

constexpr std::size_t none = static_cast<std::size_t>(-1);

template <typename Test>
std::size_t find_step(const std::vector<FlowStep>& steps, std::size_t from, Test test) {
  for (std::size_t i = from; i < steps.size(); ++i)
    if (test(steps[i])) return i;
  return none;
}

/// The SYNs of each side that stand before anything else: asked once, or again and again.
void Teller::requests() {
  for (const std::uint8_t side : {std::uint8_t{0}, std::uint8_t{1}}) {
    std::vector<std::uint64_t> again;
    std::string times;
    const FlowStep* first = nullptr;
    for (const FlowStep& step : steps_) {
      if (step.side != side || !step.has(tcp_flag::syn) || step.has(tcp_flag::ack) || step.is_copy()) continue;
      if (first == nullptr) {
        first = &step;
      } else if (step.seq == first->seq) {
        again.push_back(step.frame);
        times += (times.empty() ? "" : zh_ ? "、" : ", ") + time_text(step.at - first->at);
      }
    }
    if (first == nullptr) continue;
    const std::string options = options_text(first->options, lang_);
    const std::string window = std::to_string(first->window), isn = std::to_string(first->seq.value());
    say(name(side, true) + (side == 0 ? " asks for a connection" : " asks as well, so that both SYNs cross") +
            ": SYN, initial sequence number " + isn + ", window " + window +
            (options.empty() ? ", no options." : "; " + options + "."),
        name(side) + (side == 0 ? "请求建立连接" : "也发出请求，两个 SYN 交错") + "：SYN，初始序号 " + isn + "，窗口 " + window +
            (options.empty() ? "，没有选项。" : "；" + options + "。"),
        {first->frame});
    if (first->has_text())
      say("Data rides in the SYN: " + octets_text(first->length) + " (fast open).",
          "SYN 中携带了 " + octets_text(first->length) + " 数据（快速打开）。", {first->frame});
    if (again.empty()) continue;
    const std::string count = std::to_string(again.size());
    say(std::string("It asks again ") + (again.size() == 1 ? "once" : count + " times") + ", after " + times + ".",
        "随后又重发 " + count + " 次 SYN，分别在 " + times + " 之后。", again, Tone::warning);
  }
}

void Teller::agreement(std::size_t syn, std::size_t syn_ack) {
  const FlowStep& answer = steps_[syn_ack];
  const std::string options = options_text(answer.options, lang_);
  const std::string isn = std::to_string(answer.seq.value());
  const std::string wait = syn == none ? "" : time_text(answer.at - steps_[syn].at);
  say(name(answer.side, true) + " agrees" + (wait.empty() ? "" : " " + wait + " later") + ": SYN-ACK, initial sequence number " +
          isn + (options.empty() ? ", no options." : "; " + options + "."),
      name(answer.side) + (wait.empty() ? "" : "在 " + wait + " 后") + "同意：SYN-ACK，初始序号 " + isn +
          (options.empty() ? "，没有选项。" : "；" + options + "。"),
      {answer.frame});
  std::vector<std::uint64_t> again;
  for (std::size_t i = syn_ack + 1; i < steps_.size(); ++i)
    if (steps_[i].side == answer.side && steps_[i].has(tcp_flag::syn) && steps_[i].seq == answer.seq && !steps_[i].is_copy())
      again.push_back(steps_[i].frame);
  if (!again.empty()) {
    const std::string count = std::to_string(again.size());
    say(std::string("It repeats the SYN-ACK ") + (again.size() == 1 ? "once" : count + " times") + ".",
        "SYN-ACK 又重发了 " + count + " 次。", again, Tone::warning);
  }
  const auto ack = find_step(steps_, syn_ack + 1, [&](const FlowStep& s) {
    return s.side != answer.side && s.has(tcp_flag::ack) && !s.has(tcp_flag::rst) && after(s.ack, answer.seq);
  });
  if (ack == none) {
    say("No ACK of it was captured: the handshake is not finished.", "没有抓到对它的 ACK：握手没有完成。", {}, Tone::warning);
    begin_of_transfer_ = syn_ack + 1;
    return;
  }
  const std::string whole = syn == none ? "" : time_text(steps_[ack].at - steps_[syn].at);
  say(name(steps_[ack].side, true) + "'s ACK ends the handshake" + (whole.empty() ? "." : ", " + whole + " after the SYN."),
      name(steps_[ack].side) + "的 ACK 完成握手" + (whole.empty() ? "。" : "，距 SYN " + whole + "。"), {steps_[ack].frame});
  begin_of_transfer_ = steps_[ack].has_text() ? ack : ack + 1;
}

void Teller::refusal(std::size_t syn) {
  const auto rst = find_step(steps_, syn, [](const FlowStep& s) { return s.has(tcp_flag::rst); });
  if (rst == none) {
    begin_of_transfer_ = steps_.size();
    if (flow_.connection().state == FlowState::refused)
      say("An ICMP message says that it cannot be delivered (see the findings).", "一条 ICMP 消息表示无法送达（见诊断）。", {},
          Tone::bad);
    else
      say("Nobody answers.", "没有任何应答。", {}, Tone::bad);
    return;
  }
  const std::string wait = time_text(steps_[rst].at - steps_[syn].at);
  say("The answer is RST, after " + wait + ": no connection.", "应答是 RST（" + wait + " 后）：连接不成立。", {steps_[rst].frame},
      Tone::bad);
  begin_of_transfer_ = steps_.size();
}

void Teller::open() {
  if (steps_.empty()) return;
  requests();
  const auto syn = find_step(steps_, 0, [](const FlowStep& s) { return s.has(tcp_flag::syn) && !s.has(tcp_flag::ack); });
  const auto syn_ack = find_step(steps_, 0, [](const FlowStep& s) { return s.has(tcp_flag::syn) && s.has(tcp_flag::ack); });
  if (syn_ack != none) return agreement(syn, syn_ack);
  const FlowState state = flow_.connection().state;
  if (syn != none && (state == FlowState::syn_sent || state == FlowState::refused || state == FlowState::syn_received))
    return refusal(syn);
  if (syn != none) return;
  const FlowStep& first = steps_.front();
  say("The capture begins in the middle of the connection: its first segment here comes from " + name(first.side) +
          ". Sequence numbers count from there.",
      "抓包从连接中途开始：这里的第一个报文段来自" + name(first.side) + "，序号从它算起。", {first.frame}, Tone::note);
}

void Teller::tell_fin(std::size_t side) {
  const auto fin = find_step(steps_, 0, [side](const FlowStep& s) { return s.side == side && s.has(tcp_flag::fin); });
  if (fin == none) return;
  const FlowStep& step = steps_[fin];
  std::vector<std::uint64_t> again;
  for (std::size_t i = fin + 1; i < steps_.size(); ++i)
    if (steps_[i].side == side && steps_[i].has(tcp_flag::fin) && !steps_[i].is_copy()) again.push_back(steps_[i].frame);
  const Seq end = step.seq + step.length + 1;
  const auto ack = find_step(steps_, fin + 1, [&](const FlowStep& s) {
    return s.side != side && s.has(tcp_flag::ack) && !s.has(tcp_flag::rst) && after_or_equal(s.ack, end);
  });
  std::vector<std::uint64_t> frames{step.frame};
  if (ack != none) frames.push_back(steps_[ack].frame);
  const std::string at = when(step.at);
  const std::string answer = ack == none ? "" : time_text(steps_[ack].at - step.at);
  say(name(side, true) + " has no more to send: FIN at " + at +
          (ack == none ? "; nobody acknowledges it." : ", acknowledged after " + answer + "."),
      name(side) + "没有更多数据：在 " + at + " 发送 FIN" + (ack == none ? "，没有得到确认。" : "，" + answer + " 后得到确认。"),
      frames, ack == none ? Tone::warning : Tone::plain);
  if (again.empty()) return;
  const std::string count = std::to_string(again.size());
  say(std::string("It sends the FIN again ") + (again.size() == 1 ? "once." : count + " times."),
      "FIN 又重发了 " + count + " 次。", again, Tone::note);
}

void Teller::tell_reset(const FlowStep& step, std::size_t count) {
  const bool forged = step.label == Label::injected;
  const std::string at = when(step.at), more = std::to_string(count);
  say((forged ? "A RST in the name of " + name(step.side) + " (probably somebody else's)"
              : name(step.side, true) + " resets the connection: RST") +
          " at " + at + (count > 1 ? "; " + more + " of them in all." : "."),
      (forged ? "以" + name(step.side) + "的名义出现 RST（可能是伪造的）" : name(step.side) + "复位连接：RST") + "，时刻 " + at +
          (count > 1 ? "；共 " + more + " 个。" : "。"),
      {step.frame}, Tone::bad);
}

void Teller::close() {
  const Connection& c = flow_.connection();
  const std::size_t first = c.closer < 2 ? c.closer : 0;
  tell_fin(first);
  tell_fin(1 - first);
  const bool refused = c.state == FlowState::refused || c.state == FlowState::syn_sent;
  for (std::size_t side = 0; side < 2 && !refused; ++side) {
    const auto rst = find_step(steps_, 0, [side](const FlowStep& s) { return s.side == side && s.has(tcp_flag::rst); });
    if (rst == none) continue;
    std::size_t count = 0;
    for (const FlowStep& step : steps_) count += step.side == side && step.has(tcp_flag::rst) ? 1U : 0U;
    tell_reset(steps_[rst], count);
  }
  if (flow_.left_out() > 0) {
    const std::string count = count_text(flow_.left_out());
    say(count + " later segments are not in this story: it ends at the limit of " + count_text(steps_.size()) + ".",
        "另有 " + count + " 个后续报文段不在此叙述之内：只叙述前 " + count_text(steps_.size()) + " 个。", {}, Tone::note);
  }
  items_.push_back({state_sentence(c, lang_), {}, 0, Tone::plain});
}

}  // namespace

std::string options_text(const SegmentOptions& o, Lang lang) {
  const bool zh = lang == Lang::zh;
  std::vector<std::string> parts;
  using Has = SegmentOptions;
  if (o.any(Has::mss)) parts.push_back("MSS " + std::to_string(o.mss_value));
  if (o.any(Has::window_scale)) parts.push_back((zh ? "窗口扩大 2^" : "window scale 2^") + std::to_string(o.shift));
  if (o.any(Has::sack_permitted)) parts.emplace_back(zh ? "允许 SACK" : "SACK permitted");
  if (o.any(Has::timestamps)) parts.emplace_back(zh ? "时间戳" : "timestamps");
  if (o.any(Has::fast_open))
    parts.emplace_back(o.fast_open_length == 0 ? (zh ? "请求快速打开 cookie" : "asks for a fast-open cookie")
                                               : (zh ? "快速打开 cookie" : "fast-open cookie"));
  if (o.any(Has::mptcp)) parts.emplace_back("MPTCP");
  if (o.any(Has::md5)) parts.emplace_back("MD5");
  if (o.any(Has::ao)) parts.emplace_back("TCP-AO");
  if (o.any(Has::malformed)) parts.emplace_back(zh ? "选项格式错误" : "malformed options");
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : zh ? "，" : ", ") + part;
  return out;
}

std::vector<Item> tell_story(const FlowSteps& flow, Lang lang) { return Teller(flow, lang).tell(); }

}  // namespace ft::analysis::report
