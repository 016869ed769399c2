#include "analysis/report/series.hpp"

#include "analysis/quantity.hpp"
#include "analysis/report/words.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace ft::analysis::report {

using namespace wire;

namespace {

struct Namer {
  Lang lang;
  std::string operator()(std::string_view en, std::string_view zh) const { return std::string(lang == Lang::zh ? zh : en); }
};

/// Keeps every n-th point of a long series, and its last; what went wrong is never thinned.
bool thin_out(Series& series) {
  if (series.points.size() <= most_points) return false;
  const std::size_t step = series.points.size() / most_points + 1;
  std::vector<Point> kept;
  for (std::size_t i = 0; i < series.points.size(); i += step) {
    Point point = series.points[i];
    if (series.mark == Mark::segments)  // neighbours are drawn as one stroke
      for (std::size_t k = i + 1; k < std::min(i + step, series.points.size()); ++k) {
        point.y = std::min(point.y, series.points[k].y);
        point.high = std::max(point.high, series.points[k].high);
      }
    kept.push_back(point);
  }
  if (series.mark != Mark::segments) kept.push_back(series.points.back());
  series.points = std::move(kept);
  return true;
}

void finish(Graph& graph, const FlowSteps& flow, Lang lang) {
  const Namer name{lang};
  bool thinned = false;
  std::erase_if(graph.series, [](const Series& s) { return s.points.empty(); });
  for (Series& series : graph.series) thinned = thin_out(series) || thinned;
  if (thinned) graph.remark = name("Long series are thinned out; what went wrong is all there.", "过长的序列已抽稀。");
  if (flow.left_out() > 0)
    graph.remark += (graph.remark.empty() ? "" : " ") + name("It ends after ", "仅包含前 ") + count_text(flow.steps().size()) +
                    name(" segments.", " 个报文段。");
}

constexpr RepeatCause repeat_causes_in_order[] = {RepeatCause::fast,   RepeatCause::rack,      RepeatCause::tlp,
                                                  RepeatCause::rto,    RepeatCause::go_back_n, RepeatCause::mtu_probe,
                                                  RepeatCause::unknown};

class TimeSequence {
 public:
  TimeSequence(const FlowSteps& flow, std::uint8_t side, Lang lang) : flow_(flow), side_(side), name_{lang} {
    for (const RepeatCause cause : repeat_causes_in_order)
      repeats_.push_back({name_("again: ", "重传：") + std::string(cause_text(cause, lang)), Mark::crosses, 2, {}});
  }

  void take(const FlowStep& step) {
    const double x = in_seconds(flow_.since_begin(step.at));
    if (step.side == side_) return sent(step, x);
    if (!step.has(tcp_flag::ack) || step.has(tcp_flag::rst) || step.label == Label::injected) return;
    const auto ack = static_cast<double>(step.relative_ack);
    if (ack > furthest_ack_) {
      furthest_ack_ = ack;
      acks_.points.push_back({x, ack, 0, step.frame});
    }
    if (!step.has(tcp_flag::syn))
      window_.points.push_back({x, furthest_ack_ + static_cast<double>(step.scaled_window), 0, step.frame});
    for (std::size_t i = 0; i < step.options.sack_count && i < step.options.sack.size(); ++i) {
      const auto at = [&step](Seq s) { return static_cast<double>(step.relative_ack + distance(step.ack, s)); };
      Series& series = i == 0 && step.dsack ? dsacks_ : sacks_;
      series.points.push_back({x, at(step.options.sack[i].left), at(step.options.sack[i].right), step.frame});
    }
  }

  std::vector<Series> take_all() {
    std::vector<Series> out{std::move(window_), std::move(acks_), std::move(sacks_), std::move(dsacks_), std::move(fresh_)};
    for (Series& series : repeats_) out.push_back(std::move(series));
    for (Series* series : {&needless_, &late_, &copies_, &probes_, &ends_}) out.push_back(std::move(*series));
    return out;
  }

 private:
  void sent(const FlowStep& step, double x) {
    const auto low = static_cast<double>(step.relative_seq);
    const Point stroke{x, low, low + step.length, step.frame};
    const Point dot{x, low + step.length / 2.0, 0, step.frame};
    if (step.has(tcp_flag::syn) || step.has(tcp_flag::fin) || step.has(tcp_flag::rst))
      ends_.points.push_back({x, std::max(low, 0.0), 0, step.frame});
    switch (step.label) {
      case Label::original:
        if (step.has_text()) fresh_.points.push_back(stroke);
        return;
      case Label::reordered:
        late_.points.push_back(dot);
        return;
      case Label::retransmission:
        repeats_[cause_index(step.cause)].points.push_back(dot);
        return;
      case Label::needless:
        needless_.points.push_back(dot);
        return;
      case Label::network_duplicate:
      case Label::capture_duplicate:
        copies_.points.push_back(dot);
        return;
      case Label::probe:
      case Label::keep_alive:
        probes_.points.push_back(dot);
        return;
      case Label::injected:
        return;
    }
  }
  static std::size_t cause_index(RepeatCause cause) {
    switch (cause) {
      case RepeatCause::fast:
        return 0;
      case RepeatCause::rack:
        return 1;
      case RepeatCause::tlp:
        return 2;
      case RepeatCause::rto:
        return 3;
      case RepeatCause::go_back_n:
        return 4;
      case RepeatCause::mtu_probe:
        return 5;
      default:
        return 6;
    }
  }

  const FlowSteps& flow_;
  std::uint8_t side_;
  Namer name_;
  double furthest_ack_ = -1;
  Series window_{name_("window", "窗口上沿"), Mark::steps, 5, {}};
  Series acks_{name_("acknowledged", "已确认"), Mark::steps, 3, {}};
  Series sacks_{"SACK", Mark::segments, 4, {}};
  Series dsacks_{"D-SACK", Mark::segments, 1, {}};
  Series fresh_{name_("sent", "发送"), Mark::segments, 0, {}};
  std::vector<Series> repeats_;
  Series needless_{name_("again, needlessly", "不必要的重传"), Mark::diamonds, 1, {}};
  Series late_{name_("out of order", "乱序"), Mark::circles, 4, {}};
  Series copies_{name_("here twice", "重复出现"), Mark::circles, 5, {}};
  Series probes_{name_("probe", "探测"), Mark::diamonds, 5, {}};
  Series ends_{"SYN, FIN, RST", Mark::dots, 3, {}};
};

/// Length of the intervals that rates are counted in: about a hundred of them, at least a millisecond each.
double interval_of(const FlowSteps& flow) {
  const double length = in_seconds(flow.connection().last - flow.connection().first);
  return std::max(length / 100, 1e-3);
}

}  // namespace

Graph time_sequence(const FlowSteps& flow, std::uint8_t side, Lang lang) {
  const Namer name{lang};
  Graph graph{.id = "time-sequence-" + std::to_string(side),
              .title = name("Sequence numbers over time, ", "时间—序号图，") + std::string(side_text(side, lang)) + " → " +
                       std::string(side_text(1U - side, lang)),
              .x_title = name("time", "时间"),
              .y_title = name("sequence number", "序号"),
              .axis = Graph::Axis::octets,
              .series = {},
              .remark = {}};
  TimeSequence series(flow, side, lang);
  for (const FlowStep& step : flow.steps()) series.take(step);
  graph.series = series.take_all();
  finish(graph, flow, lang);
  // A window a hundred times as large as all that was sent would flatten everything else.
  double sent = 0, window = 0;
  for (const Series& s : graph.series)
    for (const Point& p : s.points)
      (s.mark == Mark::steps && s.hue == 5 ? window : sent) = std::max({s.hue == 5 ? window : sent, p.y, p.high});
  if (window > 4 * sent && sent > 0) {
    std::erase_if(graph.series, [](const Series& s) { return s.mark == Mark::steps && s.hue == 5; });
    graph.remark += (graph.remark.empty() ? "" : " ") + name("The window lies far above (", "窗口上沿远在图外（最高 ") +
                    axis_text(Graph::Axis::octets, window) + name(" at most).", "）。");
  }
  return graph;
}

Graph round_trips(const FlowSteps& flow, Lang lang) {
  const Namer name{lang};
  Graph graph{.id = "rtt",
              .title = name("Round-trip times as the capture shows them", "抓包所见的往返时间"),
              .x_title = name("time", "时间"),
              .y_title = "RTT",
              .axis = Graph::Axis::seconds,
              .series = {},
              .remark = {}};
  for (std::uint8_t side = 0; side < 2; ++side)
    graph.series.push_back({name("of text from the ", "数据来自") + std::string(side_text(side, lang)),
                            side == 0 ? Mark::dots : Mark::circles,
                            side == 0 ? 0 : 1,
                            {}});
  for (const FlowStep& step : flow.steps())
    if (step.rtt)
      graph.series[1U - step.side].points.push_back(
          {in_seconds(flow.since_begin(step.at)), in_seconds(*step.rtt), 0, step.frame});
  finish(graph, flow, lang);
  return graph;
}

Graph throughput(const FlowSteps& flow, std::uint8_t side, Lang lang) {
  const Namer name{lang};
  Graph graph{.id = "throughput-" + std::to_string(side),
              .title = name("Throughput and goodput, ", "吞吐量与有效吞吐量，") + std::string(side_text(side, lang)) + " → " +
                       std::string(side_text(1U - side, lang)),
              .x_title = name("time", "时间"),
              .y_title = name("bit/s", "比特/秒"),
              .axis = Graph::Axis::bits_per_second,
              .series = {},
              .remark = {}};
  Series all{name("all octets", "全部字节"), Mark::line, 2, {}},
      good{name("new octets (goodput)", "新字节（有效）"), Mark::line, 0, {}};
  const double width = interval_of(flow);
  double at = 0, sent = 0, fresh = 0;
  const auto close_interval = [&] {
    all.points.push_back({at + width / 2, sent * 8 / width, 0, 0});
    good.points.push_back({at + width / 2, fresh * 8 / width, 0, 0});
    at += width;
    sent = fresh = 0;
  };
  for (const FlowStep& step : flow.steps()) {
    if (step.side != side) continue;
    while (in_seconds(flow.since_begin(step.at)) >= at + width && all.points.size() < 1000) close_interval();
    sent += step.length;
    fresh += static_cast<double>(step.fresh);
  }
  close_interval();
  graph.series = {std::move(all), std::move(good)};
  finish(graph, flow, lang);
  graph.remark += (graph.remark.empty() ? "" : " ") + name("Counted in intervals of ", "统计间隔 ") +
                  axis_text(Graph::Axis::seconds, width) + name(".", "。");
  return graph;
}

Graph in_flight(const FlowSteps& flow, std::uint8_t side, Lang lang) {
  const Namer name{lang};
  Graph graph{.id = "in-flight-" + std::to_string(side),
              .title = name("In flight against the window, ", "在途字节与窗口，") + std::string(side_text(side, lang)) + " → " +
                       std::string(side_text(1U - side, lang)),
              .x_title = name("time", "时间"),
              .y_title = name("octets", "字节"),
              .axis = Graph::Axis::octets,
              .series = {},
              .remark = {}};
  Series flight{name("in flight", "在途"), Mark::steps, 0, {}},
      window{name("window of the other side", "对方窗口"), Mark::steps, 5, {}};
  for (const FlowStep& step : flow.steps()) {
    const double x = in_seconds(flow.since_begin(step.at));
    if (step.side == side && (step.has_text() || step.has(tcp_flag::fin))) {
      flight.points.push_back({x, static_cast<double>(step.in_flight), 0, step.frame});
    } else if (step.side != side && step.has(tcp_flag::ack) && !step.has(tcp_flag::syn) && !step.has(tcp_flag::rst)) {
      flight.points.push_back({x, static_cast<double>(step.peer_in_flight), 0, step.frame});
      window.points.push_back({x, static_cast<double>(step.scaled_window), 0, step.frame});
    }
  }
  double most = 0, widest = 0;
  for (const Point& p : flight.points) most = std::max(most, p.y);
  for (const Point& p : window.points) widest = std::max(widest, p.y);
  const bool far = widest > 20 * most && most > 0;
  graph.series.push_back(std::move(flight));
  if (!far) graph.series.push_back(std::move(window));
  finish(graph, flow, lang);
  if (far)
    graph.remark += (graph.remark.empty() ? "" : " ") + name("The window lies far above (up to ", "窗口远在图外（最大 ") +
                    axis_text(Graph::Axis::octets, widest) + name(").", "）。");
  return graph;
}

std::vector<Graph> graphs_of(const FlowSteps& flow, Lang lang) {
  std::vector<Graph> out;
  const auto add = [&out](Graph graph) {
    std::size_t points = 0;
    for (const Series& series : graph.series) points += series.points.size();
    if (points >= 2) out.push_back(std::move(graph));
  };
  for (std::uint8_t side = 0; side < 2; ++side) {
    if (flow.connection().sides[side].unique_text == 0) continue;
    add(time_sequence(flow, side, lang));
    add(throughput(flow, side, lang));
    add(in_flight(flow, side, lang));
  }
  add(round_trips(flow, lang));
  return out;
}

}  // namespace ft::analysis::report
