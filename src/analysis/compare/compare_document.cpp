#include "analysis/compare/compare_document.hpp"

#include "analysis/quantity.hpp"

#include <algorithm>
#include <cmath>

namespace ft::analysis {
namespace {

using report::Tone;

constexpr std::size_t most_rows = 50;  // of the table; worst first
constexpr std::size_t most_items = 40;

struct Change {
  std::string_view en, zh;
};

/// What was changed, as the subject of a sentence.
Change name_of(Altered what) {
  switch (what) {
    case Altered::addresses:
      return {"addresses or ports", "地址或端口"};
    case Altered::mss:
      return {"the MSS of a SYN", "SYN 的 MSS"};
    case Altered::window_scale:
      return {"the window scale of a SYN", "SYN 的窗口缩放"};
    case Altered::sack_permitted:
      return {"the SACK-permitted option", "允许 SACK 选项"};
    case Altered::timestamps:
      return {"the timestamps option", "时间戳选项"};
    case Altered::options:
      return {"other TCP options", "其他 TCP 选项"};
    case Altered::flags:
      return {"TCP flags", "TCP 标志"};
    case Altered::ecn:
      return {"ECN (CE marks, or the field cleared)", "ECN（CE 标记或被清除）"};
    case Altered::dscp:
      return {"the DSCP", "DSCP"};
    case Altered::window:
      return {"the window", "窗口"};
    case Altered::ip_id:
      return {"the IP ID", "IP 标识"};
    case Altered::dont_fragment:
      return {"the don't-fragment bit", "禁止分片位"};
    case Altered::text:
      return {"the text itself", "数据本身"};
  }
  return {"", ""};
}

class Teller {
 public:
  Teller(report::Document& document, const Comparison& comparison, std::string_view first, std::string_view second)
      : document_(document), c_(comparison), first_(first), second_(second), zh_(document.lang == Lang::zh) {}

  void tell() {
    document_.heading(either("Two captures side by side", "两个抓包对照"));
    if (c_.connections.empty()) {
      document_.paragraph(either("No connection is in both captures.", "没有同时出现在两个抓包中的连接。"), Tone::warning);
      return;
    }
    clocks();
    table();
    losses();
    changes();
    if (c_.not_compared > 0) {
      document_.paragraph(either("Too large to compare entirely: ", "文件过大，未能全部对照：") + count_text(c_.not_compared) +
                              either(" segments at the end were left out.", " 个末尾的报文段未参与。"),
                          Tone::warning);
    }
  }

 private:
  std::string either(std::string_view en, std::string_view zh) const { return std::string(zh_ ? zh : en); }

  void clocks() {
    const std::string nearer(c_.first_is_nearer_opener ? first_ : second_), other(c_.first_is_nearer_opener ? second_ : first_);
    std::string text =
        count_text(c_.connections.size()) +
        either(c_.connections.size() == 1 ? " connection is in both captures. " : " connections are in both captures. ",
               " 个连接同时出现在两个抓包中。");
    text += either(nearer + " was taken nearer to who opened, " + other + " farther away. ",
                   nearer + " 离发起方较近，" + other + " 较远。");
    if (!c_.clocks_known) {
      text += either("Only one direction is in both, so the clocks cannot be aligned: delays are those above the least one.",
                     "两个抓包只共有一个方向，无法对齐时钟：时延只是相对最小值。");
    } else {
      const Duration ahead = c_.offset < Duration::zero() ? -c_.offset : c_.offset;
      const std::string sense = c_.offset < Duration::zero() ? either("behind", "慢") : either("ahead of", "快");
      text += either("The clock of " + std::string(second_) + " is " + time_text(ahead) + " " + sense + " that of " +
                         std::string(first_) + " (give or take " + time_text(c_.uncertainty) + ")",
                     std::string(second_) + " 的时钟比 " + std::string(first_) + " " + sense + " " + time_text(ahead) +
                         "（误差 ±" + time_text(c_.uncertainty) + "）");
      if (c_.skew != 0) {
        text += either(" and gains " + fixed(c_.skew * 1e6, 1) + " microseconds a second",
                       "，每秒漂移 " + fixed(c_.skew * 1e6, 1) + " 微秒");
      }
      text += either("; there and back takes at least " + time_text(c_.rtt) + ".", "；两处往返至少 " + time_text(c_.rtt) + "。");
    }
    document_.paragraph(text);
    if (c_.only_first + c_.only_second > 0) {
      document_.paragraph(either("In one of them only: ", "只在其中一个里：") + count_text(c_.only_first) +
                              either(" in ", " 个在 ") + std::string(first_) + either(", ", "，") + count_text(c_.only_second) +
                              either(" in ", " 个在 ") + std::string(second_) + either(".", "。"),
                          Tone::dim);
    }
  }

  static std::uint64_t badness(const ComparedConnection& c) {
    return c.ways[0].lost_count + c.ways[1].lost_count + c.ways[0].extra_count + c.ways[1].extra_count;
  }

  void table() {
    report::Table table;
    table.columns = {
        {either("from → to", "方向")},      {either("sent", "发送"), true},    {either("arrived", "到达"), true},
        {either("lost", "丢失"), true},     {either("doubled", "重复"), true}, {either("overtaken", "乱序"), true},
        {either("cut anew", "重切"), true}, {either("extra", "多出"), true},   {either("delay least", "最小时延"), true},
        {either("median", "中位数"), true}, {either("most", "最大"), true},    {either("hops", "跳数"), true}};
    std::vector<const ComparedConnection*> order;
    for (const ComparedConnection& connection : c_.connections) order.push_back(&connection);
    std::ranges::sort(order, [](const auto* a, const auto* b) {
      return std::pair(badness(*b), a->frame_first) < std::pair(badness(*a), b->frame_first);
    });
    for (const ComparedConnection* connection : order) {
      if (table.rows.size() >= most_rows) {
        table.left_out += 2;
        continue;
      }
      for (const Passage& way : connection->ways) {
        table.rows.push_back({way.from.to_string() + " → " + way.to.to_string(), count_text(way.sent), count_text(way.arrived),
                              count_text(way.lost_count), count_text(way.duplicated), count_text(way.reordered),
                              count_text(way.cut_anew), count_text(way.extra_count),
                              way.measured > 0 ? time_text(way.least) : "-", way.measured > 0 ? time_text(way.median) : "-",
                              way.measured > 0 ? time_text(way.most) : "-", way.hops ? std::to_string(*way.hops) : "-"});
      }
    }
    document_.add(std::move(table));
  }

  void losses() {
    report::Numbered list;
    std::uint64_t hidden = 0;
    for (const ComparedConnection& connection : c_.connections) {
      for (const Passage& way : connection.ways) {
        const bool first_is_near = connection.first_is_nearer_opener == (&way == &connection.ways[0]);
        const std::string near(first_is_near ? first_ : second_), far(first_is_near ? second_ : first_);
        for (const Missing& missing : way.lost) {
          if (list.items.size() >= most_items) {
            ++hidden;
            continue;
          }
          const std::string frame = std::to_string(missing.frame), octets = count_text(missing.octets);
          report::Item item;
          item.text = either("Lost between the two places: frame " + frame + " of " + near + " (" + octets + " octets of text, " +
                                 way.from.to_string() + " → " + way.to.to_string() + ") is not in " + far + ".",
                             "在两处之间丢失：" + near + " 的第 " + frame + " 帧（" + octets + " 字节数据，" +
                                 way.from.to_string() + " → " + way.to.to_string() + "）不在 " + far + " 中。");
          item.tone = Tone::bad;
          if (first_is_near) item.frames = {missing.frame};
          list.items.push_back(std::move(item));
        }
        hidden += way.lost_count - way.lost.size();
      }
    }
    if (list.items.empty()) {
      document_.paragraph(either("Nothing was lost between the two places.", "两处之间没有丢失。"), Tone::good);
      return;
    }
    document_.add(std::move(list));
    if (hidden > 0)
      document_.paragraph(either("... and ", "……另有 ") + count_text(hidden) + either(" more.", " 个。"), Tone::dim);
  }

  void changes() {
    report::Numbered list;
    for (const ComparedConnection& connection : c_.connections) {
      for (const Passage& way : connection.ways) {
        for (const Alteration& one : way.altered) {
          if (list.items.size() >= most_items) break;
          const Change name = name_of(one.what);
          const std::string was = one.before.empty() && one.after.empty() ? "" : one.before + " → " + one.after;
          report::Item item;
          item.text = either("The path changed ", "路径改动了") + std::string(zh_ ? name.zh : name.en) +
                      (was.empty() ? "" : either(": ", "：") + was) + either(" (", "（") + std::string(first_) +
                      either(" frame ", " 帧 ") + std::to_string(one.frame_first) + either(", ", "，") + std::string(second_) +
                      either(" frame ", " 帧 ") + std::to_string(one.frame_second) +
                      (one.times > 1 ? either(", and ", "，另有 ") + count_text(one.times - 1) + either(" more", " 个") : "") +
                      either(").", "）。");
          item.frames = {one.frame_first};
          item.tone = Tone::note;
          list.items.push_back(std::move(item));
        }
      }
    }
    if (!list.items.empty()) document_.add(std::move(list));
  }

  report::Document& document_;
  const Comparison& c_;
  std::string_view first_, second_;
  bool zh_;
};

void write_missing(report::JsonText& json, std::string_view name, const std::vector<Missing>& list) {
  json.key(name).begin_array();
  for (const Missing& one : list) {
    json.begin_object(true)
        .member("frame", one.frame)
        .member("octets", one.octets)
        .member("flags", unsigned{one.flags})
        .end_object();
  }
  json.end_array();
}

void write_passage(report::JsonText& json, const Passage& way) {
  json.begin_object();
  json.member("from", std::string_view(way.from.to_string())).member("to", std::string_view(way.to.to_string()));
  json.member("sent", way.sent)
      .member("arrived", way.arrived)
      .member("lost", way.lost_count)
      .member("lost_octets", way.lost_octets);
  json.member("duplicated", way.duplicated).member("reordered", way.reordered).member("cut_anew", way.cut_anew);
  json.member("extra", way.extra_count).member("unjudged", way.unjudged);
  json.key("delay").begin_object(true).member("samples", way.measured).member("least", in_seconds(way.least));
  json.member("median", in_seconds(way.median))
      .member("mean", in_seconds(way.mean))
      .member("most", in_seconds(way.most))
      .end_object();
  json.key("hops");
  way.hops ? json.value(*way.hops) : json.null();
  write_missing(json, "lost_frames", way.lost);
  write_missing(json, "extra_frames", way.extra);
  json.key("altered").begin_array();
  for (const Alteration& one : way.altered) {
    json.begin_object(true).member("what", to_string(one.what)).member("times", one.times).member("frame", one.frame_first);
    json.member("frame_with", one.frame_second)
        .member("before", std::string_view(one.before))
        .member("after", std::string_view(one.after));
    json.end_object();
  }
  json.end_array().end_object();
}

}  // namespace

void add_comparison(report::Document& document, const Comparison& comparison, std::string_view first, std::string_view second) {
  Teller(document, comparison, first, second).tell();
}

void write_comparison(report::JsonText& json, const Comparison& c) {
  json.begin_object();
  json.member("first_is_nearer_opener", c.first_is_nearer_opener).member("clocks_known", c.clocks_known);
  json.member("offset", in_seconds(c.offset)).member("uncertainty", in_seconds(c.uncertainty)).member("skew_ppm", c.skew * 1e6);
  json.member("rtt", in_seconds(c.rtt)).member("only_here", c.only_first).member("only_with", c.only_second);
  json.member("segments_not_compared", c.not_compared);
  json.key("connections").begin_array();
  for (const ComparedConnection& connection : c.connections) {
    json.begin_object().member("tuple", std::string_view(connection.first.to_string()));
    json.member("tuple_with", std::string_view(connection.second.to_string()));
    json.key("ways").begin_array();
    for (const Passage& way : connection.ways) write_passage(json, way);
    json.end_array().end_object();
  }
  json.end_array().end_object();
}

}  // namespace ft::analysis
