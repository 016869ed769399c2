#include "analysis/report/lab_report.hpp"

#include "analysis/quantity.hpp"
#include "analysis/report/json_text.hpp"
#include "analysis/report/series.hpp"
#include "analysis/report/story.hpp"
#include "analysis/report/words.hpp"

#include <algorithm>

namespace ft::analysis::report {

using namespace wire;

namespace {

constexpr std::size_t first_segments = 6;
constexpr std::size_t most_rounds = 12;
constexpr std::size_t most_frames = Finding::most_frames;

class Sheet {
 public:
  Sheet(const FlowSteps& flow, Lang lang) : flow_(flow), c_(flow.connection()), lang_(lang), zh_(lang == Lang::zh) {
    sender_ = c_.sides[0].unique_text >= c_.sides[1].unique_text ? 0 : 1;
    trips_ = first_round_trips(flow, sender_, first_segments);
  }

  LabReport fill() {
    ends();
    numbers();
    agreed();
    if (c_.sides[sender_].unique_text > 0) {
      segments();
      window();
      acknowledgements();
    }
    repeats();
    throughput();
    slow_start();
    closing();
    return std::move(report_);
  }

 private:
  std::string either(std::string_view en, std::string_view zh) const { return std::string(zh_ ? zh : en); }
  std::string name(std::size_t side, bool begins = false) const { return side_name(side, lang_, begins); }
  void ask(std::string question, std::string answer, std::vector<std::uint64_t> frames, std::string how) {
    report_.questions.push_back({std::move(question), std::move(answer), std::move(frames), std::move(how)});
  }
  const FlowStep* first(std::uint8_t side, std::uint8_t with, std::uint8_t without) const {
    for (const FlowStep& step : flow_.steps())
      if (step.side == side && (step.flags & with) == with && (step.flags & without) == 0) return &step;
    return nullptr;
  }
  void ends();
  void numbers();
  void agreed();
  void segments();
  void window();
  void acknowledgements();
  void repeats();
  void throughput();
  void slow_start();
  void closing();

  const FlowSteps& flow_;
  const Connection& c_;
  Lang lang_;
  bool zh_;
  std::uint8_t sender_ = 0;  // who sent more text
  std::vector<RttLine> trips_;
  LabReport report_;
};

void Sheet::ends() {
  const std::string client = c_.sides[0].endpoint.to_string(), server = c_.sides[1].endpoint.to_string();
  ask(either("Which IP addresses and TCP ports do client and server use?", "客户端和服务器使用哪些 IP 地址和 TCP 端口？"),
      either("The client is ", "客户端是 ") + client + either(", the server ", "，服务器是 ") + server +
          either(". These four numbers are the connection's four-tuple.", "。这四个数合称该连接的四元组。"),
      {c_.first_frame}, either("Source and destination of its first segment.", "看第一个报文段的源与目的。"));
}

void Sheet::numbers() {
  const FlowStep* syn = first(0, tcp_flag::syn, tcp_flag::ack);
  const FlowStep* answer = first(1, tcp_flag::syn | tcp_flag::ack, 0);
  const std::string question =
      either("Which initial sequence numbers do both sides choose, and how does each know that the other one has its own?",
             "双方选择的初始序号是多少？各自怎样得知对方已收到？");
  if (syn == nullptr || answer == nullptr) {
    ask(question,
        either("The capture does not hold SYN and SYN-ACK, so it cannot tell.", "抓包中没有 SYN 和 SYN-ACK，无法得知。"), {}, {});
    return;
  }
  const FlowStep* ack = nullptr;
  for (const FlowStep& step : flow_.steps())
    if (ack == nullptr && step.side == 0 && step.frame > answer->frame && step.has(tcp_flag::ack)) ack = &step;
  std::vector<std::uint64_t> frames{syn->frame, answer->frame};
  if (ack != nullptr) frames.push_back(ack->frame);
  const std::string a = std::to_string(syn->seq.value()), b = std::to_string(answer->seq.value());
  ask(question,
      either("The client ", "客户端 ") + a + either(", the server ", "，服务器 ") + b +
          either(". The SYN-ACK acknowledges ", "。SYN-ACK 的确认号是 ") + std::to_string(answer->ack.value()) +
          either(" (the client's number and one, for the SYN)", "（客户端初始序号加一，因为 SYN 占一个序号）") +
          (ack == nullptr
               ? either("; the last ACK was not captured.", "；没有抓到最后的 ACK。")
               : either(", the last ACK ", "，最后的 ACK 确认 ") + std::to_string(ack->ack.value()) + either(".", "。")),
      frames,
      either("Raw sequence and acknowledgement numbers of the three segments of the handshake.",
             "看握手三个报文段的原始序号和确认号。"));
}

void Sheet::agreed() {
  const FlowStep* syn = first(0, tcp_flag::syn, tcp_flag::ack);
  const FlowStep* answer = first(1, tcp_flag::syn | tcp_flag::ack, 0);
  if (syn == nullptr || answer == nullptr) return;
  std::string text = either("The client offers ", "客户端提出：") + options_text(syn->options, lang_) +
                     either("; the server ", "；服务器提出：") + options_text(answer->options, lang_) + either(".", "。");
  if (c_.handshake) text += either(" The handshake took ", "握手用时 ") + time_text(*c_.handshake) + either(".", "。");
  ask(either("Which options do they agree on in the handshake, and how long does it take?",
             "握手中商定了哪些选项？用了多长时间？"),
      text, {syn->frame, answer->frame},
      either("Options of SYN and SYN-ACK: one counts where both have it (but for the MSS).",
             "看 SYN 和 SYN-ACK 的选项：双方都带才生效（MSS 除外）。"));
}

void Sheet::segments() {
  std::string lengths;
  std::vector<std::uint64_t> frames;
  for (const RttLine& line : trips_) {
    lengths += (lengths.empty() ? "" : ", ") + std::to_string(line.length);
    frames.push_back(line.frame);
  }
  std::string answer =
      trips_.empty()
          ? either("None of its segments was seen to be acknowledged.", "没有看到它的报文段得到确认。")
          : either("Octets of text: ", "数据字节数：") + lengths +
                either(". The table has when each was sent and acknowledged, its round trip, and the estimate after it.",
                       "。下表列出各段的发送与确认时间、往返时间以及之后的估计值。");
  ask(either("What are the first six segments with data from ", "来自") + name(sender_) +
          either(": when were they sent and acknowledged, what are their round-trip times, and what is the estimate after each?",
                 "的前六个数据报文段：何时发送、何时确认、往返时间各是多少、之后的估计值是多少？"),
      std::move(answer), std::move(frames),
      either("The estimate begins with the first round trip R; then SRTT = 7/8 SRTT + 1/8 R (RFC 6298 2).",
             "估计值以第一个往返时间 R 开始；之后 SRTT = 7/8 SRTT + 1/8 R（RFC 6298 第 2 节）。"));
  Table& table = report_.round_trips;
  table.columns = {{either("frame", "帧"), true},
                   {"seq", true},
                   {either("octets", "字节"), true},
                   {either("sent", "发送"), true},
                   {either("ACK in", "确认帧"), true},
                   {"RTT", true},
                   {"SRTT", true},
                   {"RTO", true}};
  for (const RttLine& line : trips_)
    table.rows.push_back({std::to_string(line.frame), std::to_string(line.seq), std::to_string(line.length), time_text(line.sent),
                          std::to_string(line.ack_frame), time_text(line.rtt), time_text(line.srtt), time_text(line.rto)});
}

void Sheet::window() {
  const std::size_t receiver = 1U - sender_;
  const FlowStep* least = nullptr;
  for (const FlowStep& step : flow_.steps())
    if (step.side == receiver && step.has(tcp_flag::ack) && !step.has(tcp_flag::syn) && !step.has(tcp_flag::rst) &&
        (least == nullptr || step.scaled_window < least->scaled_window))
      least = &step;
  if (least == nullptr) return;
  const std::uint64_t flight = c_.sides[sender_].most_in_flight;
  const FlowStep* met = nullptr;  // where what was in flight came within a tenth of the window
  for (const FlowStep& step : flow_.steps())
    if (met == nullptr && step.side == sender_ && step.has_text() && step.in_flight * 10 >= step.peer_window * 9) met = &step;
  const bool throttles = least->window == 0 || met != nullptr;
  std::vector<std::uint64_t> frames{least->frame};
  if (met != nullptr) frames.push_back(met->frame);
  ask(either("What is the least window that ", "") + name(receiver) +
          either(" offers, and does it ever hold the sender back?", "给出的最小窗口是多少？它是否限制了发送方？"),
      count_text(least->scaled_window) + either(" octets. At most ", " 字节。发送方最多有 ") + count_text(flight) +
          either(" octets were in flight", " 字节在途") +
          (throttles ? either(", so it did come near to the window or met it.", "，因此曾接近或达到窗口。")
                     : either(", so the window never held the sender back.", "，因此窗口没有限制发送方。")),
      std::move(frames),
      either("The window field, times 2 to the shift of the handshake; beside it the sender's octets that were not acknowledged.",
             "窗口字段乘以 2 的窗口扩大次方；再与发送方未被确认的字节数比较。"));
}

void Sheet::acknowledgements() {
  std::int64_t last = -1;
  std::uint64_t acks = 0, octets = 0, of_two = 0;
  const std::uint16_t mss = std::max<std::uint16_t>(c_.sides[1U - sender_].mss, 1);
  std::vector<std::uint64_t> frames;
  for (const FlowStep& step : flow_.steps()) {
    if (step.side == sender_ || !step.has(tcp_flag::ack) || step.has(tcp_flag::syn) || step.has(tcp_flag::rst)) continue;
    if (last >= 0 && step.relative_ack > last) {
      const auto gained = static_cast<std::uint64_t>(step.relative_ack - last);
      ++acks;
      octets += gained;
      if (gained > mss) {
        ++of_two;
        if (frames.size() < 3) frames.push_back(step.frame);
      }
    }
    last = std::max(last, step.relative_ack);
  }
  if (acks == 0) return;
  ask(either("How much does one ACK typically acknowledge?", "一个 ACK 通常确认多少数据？"),
      count_text(octets / acks) + either(" octets on average over ", " 字节（共 ") + count_text(acks) +
          either(" ACKs; ", " 个 ACK 的平均值）；") + count_text(of_two) +
          either(" of them acknowledged more than one segment.", " 个 ACK 一次确认了多于一个报文段。"),
      std::move(frames), either("Differences between acknowledgement numbers that follow each other.", "相邻确认号之差。"));
}

void Sheet::repeats() {
  std::vector<std::uint64_t> frames;
  std::uint64_t count = 0, needless = 0;
  for (const FlowStep& step : flow_.steps()) {
    if (!step.is_repeat()) continue;
    ++count;
    needless += step.label == Label::needless ? 1U : 0U;
    if (frames.size() < most_frames) frames.push_back(step.frame);
  }
  std::string answer;
  if (count == 0) {
    answer = either("No: each sequence number is sent once.", "没有：每个序号只发送了一次。");
  } else {
    answer = either("Yes, ", "有，") + count_text(count) + either(count == 1 ? " segment" : " segments", " 个报文段");
    if (needless > 0) answer += either(", ", "，其中 ") + count_text(needless) + either(" of them needlessly", " 个并无必要");
    answer += either(".", "。");
  }
  ask(either("Are there retransmissions? What shows it?", "有没有重传？怎样看出来？"), std::move(answer), std::move(frames),
      either("The same sequence numbers from the same sender a second time, and not a copy of the same packet.",
             "同一发送方再次发送相同的序号，且不是同一分组的副本。"));
}

void Sheet::throughput() {
  const Side& s = c_.sides[sender_];
  if (s.unique_text == 0 || s.first_text_frame == 0) return;
  Duration length{};
  std::uint64_t last_frame = s.last_text_frame;
  std::int64_t end = 0;
  for (const FlowStep& step : flow_.steps())
    if (step.side == sender_ && step.has_text()) end = std::max(end, step.relative_seq + step.length);
  for (const FlowStep& step : flow_.steps())
    if (length == Duration::zero() && step.side != sender_ && step.has(tcp_flag::ack) && !step.has(tcp_flag::rst) &&
        step.relative_ack >= end && step.at > s.first_text) {
      length = step.at - s.first_text;
      last_frame = step.frame;
    }
  if (length <= Duration::zero()) length = s.last_text - s.first_text;
  if (length <= Duration::zero()) return;
  ask(either("What is the throughput, and how is it computed?", "吞吐量是多少？怎样计算？"),
      rate_text(s.unique_text, length) + ": " + count_text(s.unique_text) + either(" octets in ", " 字节，用时 ") +
          time_text(length) + either(".", "。"),
      {s.first_text_frame, last_frame},
      either("Octets of text, each counted once, from the first one sent to the acknowledgement of the last.",
             "数据字节（每个只计一次）除以从发出第一个到最后一个得到确认的时间。"));
}

/// As far as the outside tells: rounds that nearly double are slow start, the first that does not ends it.
void Sheet::slow_start() {
  const Side& s = c_.sides[sender_];
  if (s.data_segments < 10 || s.rtt_samples == 0) return;
  const Duration round = sender_ == 0 && c_.handshake ? std::max(s.rtt_least, *c_.handshake * 9 / 10) : s.rtt_least;
  const bool near_receiver = c_.vantage == (sender_ == 0 ? Vantage::server : Vantage::client);
  const Duration length = near_receiver && c_.handshake ? *c_.handshake : round;
  const std::vector<std::uint64_t> rounds = octets_by_round(flow_, sender_, length, most_rounds);
  if (rounds.size() < 3) return;
  std::size_t end = 1;
  while (end < rounds.size() && rounds[end] * 2 >= rounds[end - 1] * 3) ++end;
  std::string list;
  for (const std::uint64_t octets : rounds) list += (list.empty() ? "" : ", ") + octets_text(octets);
  std::string answer = either("Octets in each round trip of ", "每个往返时间（") + time_text(length) +
                       either(": ", "）的字节数：") + list + either(". ", "。");
  if (end == 1)
    answer += either(
        "They do not grow from the beginning: something other than the congestion window decides (the window, the application, "
        "the rate).",
        "一开始就不增长：决定速率的不是拥塞窗口（而是接收窗口、应用程序或链路速率）。");
  else if (end == rounds.size())
    answer += either("They grow by half or more each time: as far as this goes, it is slow start.",
                     "每轮增长一半以上：到此为止一直是慢启动。");
  else
    answer += either("They grow by half or more each time up to round ", "前 ") + std::to_string(end) +
              either(": slow start; afterwards they do not: congestion avoidance, a window, or the end of the data.",
                     " 轮每轮增长一半以上：慢启动；之后不再如此：拥塞避免、窗口限制或数据发完。");
  ask(either("Where is slow start, where congestion avoidance?", "慢启动在哪里，拥塞避免在哪里？"), std::move(answer),
      {s.first_text_frame},
      either("The slope of the time-sequence graph: it doubles each round trip in slow start and grows by a segment a round trip "
             "afterwards (RFC 5681 3.1). An outsider can only estimate it.",
             "看时间—序号图的斜率：慢启动时每个往返加倍，之后每个往返约增长一个报文段（RFC 5681 3.1）。从外部只能估计。"));
}

void Sheet::closing() {
  std::vector<std::uint64_t> frames;
  for (const Side& s : c_.sides) {
    if (s.fin_frame != 0) frames.push_back(s.fin_frame);
    if (s.reset_frame != 0) frames.push_back(s.reset_frame);
  }
  std::ranges::sort(frames);
  ask(either("How does the connection end, and who holds TIME-WAIT?", "连接怎样结束？谁持有 TIME-WAIT？"),
      state_sentence(c_, lang_), std::move(frames),
      either("FIN and RST, and who sent the first; who sends FIN first holds TIME-WAIT (RFC 9293 3.6).",
             "看 FIN 与 RST 由谁先发送；先发送 FIN 的一方持有 TIME-WAIT（RFC 9293 3.6）。"));
}

}  // namespace

LabReport lab_questions(const FlowSteps& flow, Lang lang) { return Sheet(flow, lang).fill(); }

Document lab_report(const CaptureFile& file, const FlowSteps& flow, Lang lang, Answers answers) {
  const bool zh = lang == Lang::zh;
  const Connection& c = flow.connection();
  Document document;
  document.lang = lang;
  document.title = (zh ? "实验报告：" : "Lab report: ") + file.name;
  document.heading(document.title + (zh ? "，连接 #" : ", connection #") + std::to_string(c.stream) + "  " + tuple_text(c), 1);
  for (const std::string& remark : file.remarks) document.paragraph(remark, Tone::warning);
  LabReport sheet = lab_questions(flow, lang);
  const auto add = [&](bool answered) {
    for (const Question& question : sheet.questions) {
      Question shown = question;
      if (!answered) shown.answer = shown.how = "", shown.frames.clear();
      shown.answered = answered;
      document.add(shown);
    }
    if (answered && !sheet.round_trips.rows.empty()) {
      document.heading(zh ? "前六个数据报文段" : "The first six segments with data", 3);
      document.add(sheet.round_trips);
    }
  };
  add(answers == Answers::with_questions);
  for (Graph& graph : graphs_of(flow, lang))
    if (graph.id.starts_with("time-sequence") && !graph.series.empty()) document.add(std::move(graph));
  if (answers == Answers::at_the_end) {
    document.heading(zh ? "答案" : "Answers");
    add(true);
  }
  return document;
}

std::string lab_report_json(const CaptureFile& file, const FlowSteps& flow, Lang lang, bool answers) {
  const Connection& c = flow.connection();
  JsonText json;
  json.begin_object()
      .member("format", "fourtuple-report")
      .member("version", 1)
      .member("language", lang == Lang::zh ? "zh" : "en");
  json.member("capture", std::string_view(file.name)).member("stream", c.stream);
  json.key("questions").begin_array();
  const LabReport sheet = lab_questions(flow, lang);
  for (const Question& q : sheet.questions) {
    json.begin_object().member("question", std::string_view(q.question));
    if (answers) {
      json.member("answer", std::string_view(q.answer)).member("how", std::string_view(q.how)).key("frames").begin_array(true);
      for (const std::uint64_t frame : q.frames) json.value(frame);
      json.end_array();
    }
    json.end_object();
  }
  json.end_array();
  if (answers) {
    json.key("round_trips").begin_array();
    const std::uint8_t sender = c.sides[0].unique_text >= c.sides[1].unique_text ? 0 : 1;
    for (const RttLine& line : first_round_trips(flow, sender, first_segments)) {
      json.begin_object(true).member("frame", line.frame).member("ack_frame", line.ack_frame).member("seq", line.seq);
      json.member("length", line.length).member("sent", in_seconds(line.sent)).member("acked", in_seconds(line.acked));
      json.member("rtt", in_seconds(line.rtt)).member("srtt", in_seconds(line.srtt)).member("rttvar", in_seconds(line.rttvar));
      json.member("rto", in_seconds(line.rto)).end_object();
    }
    json.end_array();
  }
  json.end_object();
  return json.take();
}

}  // namespace ft::analysis::report
