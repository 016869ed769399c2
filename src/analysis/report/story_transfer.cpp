#include "analysis/report/story_transfer.hpp"

#include "analysis/quantity.hpp"
#include "analysis/report/words.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace ft::analysis::report {

using namespace wire;
using namespace std::chrono_literals;

namespace {

constexpr Duration long_silence = 1s;  // that is worth a sentence
constexpr std::size_t most_frames = Finding::most_frames;

/// Text that one side sends until the other one sends some.
struct Turn {
  std::uint8_t side = 0;
  Instant from{}, until{};
  Instant before{};  // when the other side's text ended
  bool answers = false;
  std::uint64_t first_frame = 0, last_frame = 0;
  std::uint64_t octets = 0, segments = 0;
};

/// The same thing several times in a row.
struct Incident {
  enum class Kind : std::uint8_t { repeat, reordered, duplicate, probe, keep_alive, injected, shut, silence } kind = Kind::repeat;
  std::uint8_t side = 0;
  RepeatCause cause = RepeatCause::none;
  bool needless = false;
  Instant from{}, until{};
  std::uint64_t count = 0;
  std::uint64_t octets = 0;
  std::vector<std::uint64_t> frames{};
};

struct Event {
  Instant at{};
  bool is_turn = false;
  Turn turn{};
  Incident incident{};
};

class Watch {
 public:
  Watch(const FlowSteps& flow, std::size_t begin) : flow_(flow), begin_(begin) {}

  std::vector<Event> events() {
    const auto& steps = flow_.steps();
    for (std::size_t i = begin_; i < steps.size(); ++i) {
      if (i > 0 && steps[i].at - steps[i - 1].at >= long_silence) quiet(steps[i - 1], steps[i]);
      take(steps[i]);
    }
    end_turn();
    for (std::uint8_t side = 0; side < 2; ++side) end_shut(side, flow_.connection().last, true);
    std::ranges::stable_sort(events_, {}, &Event::at);
    return std::move(events_);
  }

 private:
  void take(const FlowStep& step) {
    const auto kind = kind_of(step);
    if (kind) note(step, *kind);
    if (!step.has(tcp_flag::syn) && !step.has(tcp_flag::rst) && !step.is_copy()) window(step);
    if (!step.has_text() || !step.is_fresh() || step.has(tcp_flag::syn)) return;
    if (!turn_ || turn_->side != step.side) {
      const std::optional<Turn> last = turn_;
      end_turn();
      turn_ = Turn{.side = step.side,
                   .from = step.at,
                   .before = last ? last->until : Instant{},
                   .answers = last.has_value(),
                   .first_frame = step.frame};
    }
    turn_->until = step.at;
    turn_->last_frame = step.frame;
    turn_->octets += step.length;
    ++turn_->segments;
  }

  static std::optional<Incident::Kind> kind_of(const FlowStep& step) {
    switch (step.label) {
      case Label::original:
        return std::nullopt;
      case Label::retransmission:
      case Label::needless:
        if (step.has(tcp_flag::syn) || (step.has(tcp_flag::fin) && !step.has_text())) return std::nullopt;  // told elsewhere
        return Incident::Kind::repeat;
      case Label::reordered:
        return Incident::Kind::reordered;
      case Label::network_duplicate:
      case Label::capture_duplicate:
        return Incident::Kind::duplicate;
      case Label::probe:
        return Incident::Kind::probe;
      case Label::keep_alive:
        return Incident::Kind::keep_alive;
      case Label::injected:
        return Incident::Kind::injected;
    }
    return std::nullopt;
  }

  /// Adds to the last incident when it is of the same kind, without a turn or another incident of that side in between.
  void note(const FlowStep& step, Incident::Kind kind) {
    const bool needless = step.label == Label::needless;
    const auto same = std::ranges::find_if(open_, [&](std::size_t index) {
      const Incident& i = events_[index].incident;
      return i.kind == kind && i.side == step.side && i.cause == step.cause && i.needless == needless &&
             step.at - i.until < 2 * long_silence;
    });
    std::size_t index = events_.size();
    if (same != open_.end()) {
      index = *same;
    } else {
      if (open_.size() == 8) open_.erase(open_.begin());
      open_.push_back(index);
      events_.push_back(
          {.at = step.at,
           .incident = Incident{.kind = kind, .side = step.side, .cause = step.cause, .needless = needless, .from = step.at}});
    }
    Incident& incident = events_[index].incident;
    incident.until = step.at;
    ++incident.count;
    incident.octets += step.length;
    if (incident.frames.size() < most_frames) incident.frames.push_back(step.frame);
  }

  void window(const FlowStep& step) {
    auto& shut = shut_[step.side];
    if (step.has(tcp_flag::ack) && step.window == 0) {
      if (!shut) shut = Incident{.kind = Incident::Kind::shut, .side = step.side, .from = step.at, .frames = {step.frame}};
      ++shut->count;
    } else if (shut) {
      shut->frames.push_back(step.frame);
      end_shut(step.side, step.at, false);
    }
  }
  void end_shut(std::uint8_t side, Instant at, bool never) {
    auto& shut = shut_[side];
    if (!shut) return;
    shut->until = at;
    shut->needless = never;  // it never opened again
    events_.push_back({.at = shut->from, .incident = *shut});
    shut.reset();
  }
  void quiet(const FlowStep& before, const FlowStep& after) {
    events_.push_back({.at = before.at,
                       .incident = Incident{.kind = Incident::Kind::silence,
                                            .from = before.at,
                                            .until = after.at,
                                            .count = 1,
                                            .frames = {before.frame, after.frame}}});
  }
  void end_turn() {
    if (turn_) events_.push_back({.at = turn_->from, .is_turn = true, .turn = *turn_});
    turn_.reset();
  }

  const FlowSteps& flow_;
  std::size_t begin_;
  std::vector<Event> events_;
  std::optional<Turn> turn_;
  std::array<std::optional<Incident>, 2> shut_;
  std::vector<std::size_t> open_;  // incidents that may still grow, by index of their event
};

class Words {
 public:
  Words(const FlowSteps& flow, Lang lang) : flow_(flow), lang_(lang), zh_(lang == Lang::zh) {}

  Item turn(const Turn& turn) const {
    const std::string size = octets_text(turn.octets), count = count_text(turn.segments);
    const Duration length = turn.until - turn.from;
    const std::string rate = turn.segments > 8 && length > Duration::zero() ? rate_text(turn.octets, length) : "";
    const std::string wait = turn.answers ? time_text(turn.from - turn.before) : "";
    const std::string who = name(turn.side, true);
    std::string text;
    if (zh_) {
      text = who + "在 " + (wait.empty() ? when(turn.from) + " 发送 " : wait + " 后回送 ") + size + "，共 " + count +
             " 个报文段" + (rate.empty() ? "" : "，历时 " + time_text(length) + "，" + rate) + "。";
    } else {
      text = who + " sends " + size + (wait.empty() ? " at " + when(turn.from) : " " + wait + " later") + " in " + count +
             (turn.segments == 1 ? " segment" : " segments") + (rate.empty() ? "" : " over " + time_text(length) + ": " + rate) +
             ".";
    }
    std::vector<std::uint64_t> frames{turn.first_frame};
    if (turn.last_frame != turn.first_frame) frames.push_back(turn.last_frame);
    return {text, frames, 0, Tone::plain};
  }

  Item incident(const Incident& i) const {
    return {text_of(i), i.frames, std::max<std::uint64_t>(i.count, i.frames.size()),
            i.kind == Incident::Kind::repeat && !i.needless ? Tone::warning
            : i.kind == Incident::Kind::injected            ? Tone::bad
                                                            : Tone::note};
  }

  Item hidden(std::uint64_t turns, std::uint64_t incidents, std::array<std::uint64_t, 2> octets) const {
    const std::string client = octets_text(octets[0]), server = octets_text(octets[1]);
    const std::string both = count_text(turns), odd = count_text(incidents);
    if (zh_)
      return {
          "… 另有 " + both + " 轮收发（客户端 " + client + "，服务器 " + server + "）和 " + odd + " 件异常。", {}, 0, Tone::dim};
    return {"… " + both + " more turns (" + client + " from the client, " + server + " from the server) and " + odd +
                " more incidents.",
            {},
            0,
            Tone::dim};
  }

 private:
  std::string name(std::size_t side, bool begins = false) const { return side_name(side, lang_, begins); }
  std::string when(Instant at) const { return time_text(flow_.since_begin(at)); }
  std::string segments(std::uint64_t count) const { return count_text(count) + (count == 1 ? " segment" : " segments"); }

  std::string text_of(const Incident& i) const {
    const std::string who = name(i.side, true), at = when(i.from), count = count_text(i.count),
                      length = time_text(i.until - i.from);
    switch (i.kind) {
      case Incident::Kind::repeat: {
        const std::string cause(cause_text(i.cause, lang_));
        if (zh_)
          return who + "在 " + at + " 重传 " + count + " 个报文段" + (cause.empty() ? "" : "（" + cause + "）") +
                 (i.needless ? "，其实没有必要。" : "。");
        return "At " + at + " " + name(i.side) + " sends " + segments(i.count) + " again" +
               (cause.empty() ? "" : " (" + cause + ")") + (i.needless ? "; it was not needed." : ".");
      }
      case Incident::Kind::reordered:
        return zh_ ? who + "的 " + count + " 个报文段到达时乱了次序（" + at + " 起）。"
                   : segments(i.count) + " of " + name(i.side) + " came out of order, from " + at + " on.";
      case Incident::Kind::duplicate:
        return zh_ ? who + "的 " + count + " 个分组出现了两次（" + at + " 起）。"
                   : count + (i.count == 1 ? " packet of " : " packets of ") + name(i.side) + (i.count == 1 ? " is" : " are") +
                         " here twice, from " + at + " on.";
      case Incident::Kind::probe:
        return zh_ ? who + "探测对方已关闭的窗口 " + count + " 次，自 " + at + " 起。"
                   : who + " probes the shut window " + count + (i.count == 1 ? " time" : " times") + ", from " + at + " on.";
      case Incident::Kind::keep_alive:
        return zh_ ? who + "发送 " + count + " 次保活探测，自 " + at + " 起。"
                   : who + " asks " + count + (i.count == 1 ? " time" : " times") +
                         " whether anybody is there (keep-alive), from " + at + " on.";
      case Incident::Kind::injected:
        return zh_ ? "在 " + at + " 有 " + count + " 个报文段以" + name(i.side) + "的名义出现，但不像是它发的。"
                   : "At " + at + " " + segments(i.count) + " in the name of " + name(i.side) +
                         " that somebody else seems to have sent.";
      case Incident::Kind::shut:
        if (i.needless)
          return zh_ ? who + "的窗口在 " + at + " 关闭，直到抓包结束也没有再打开。"
                     : who + " shuts its window at " + at + " and does not open it again.";
        return zh_ ? who + "的窗口在 " + at + " 关闭，" + length + " 后重新打开。"
                   : who + " shuts its window at " + at + " and opens it after " + length + ".";
      case Incident::Kind::silence:
        return zh_ ? "沉寂 " + length + "，自 " + at + " 起。" : "Nothing is sent for " + length + ", from " + at + " on.";
    }
    return {};
  }

  const FlowSteps& flow_;
  Lang lang_;
  bool zh_;
};

}  // namespace

std::vector<Item> tell_transfer(const FlowSteps& flow, std::size_t begin, Lang lang) {
  const std::vector<Event> events = Watch(flow, begin).events();
  const Words words(flow, lang);
  std::vector<Item> items;
  constexpr std::size_t last = 4;
  const bool all = events.size() <= most_transfer_sentences;
  std::uint64_t turns = 0, incidents = 0;
  std::array<std::uint64_t, 2> octets{};
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    if (!all && i >= most_transfer_sentences - last && i + last < events.size()) {
      turns += event.is_turn ? 1U : 0U;
      incidents += event.is_turn ? 0U : 1U;
      if (event.is_turn) octets[event.turn.side] += event.turn.octets;
      continue;
    }
    if (turns + incidents > 0) items.push_back(words.hidden(turns, incidents, octets));
    turns = incidents = 0;
    items.push_back(event.is_turn ? words.turn(event.turn) : words.incident(event.incident));
  }
  return items;
}

}  // namespace ft::analysis::report
