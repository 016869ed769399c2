#include "analysis/report/stats.hpp"

#include "analysis/quantity.hpp"
#include "analysis/report/escape.hpp"
#include "analysis/report/words.hpp"

#include <algorithm>

namespace ft::analysis::report {

namespace {

std::uint64_t octets_of(const Connection& c) { return c.sides[0].octets + c.sides[1].octets; }

/// The smaller one is in front of the heap; among equals the later stream.
bool larger(const std::pair<std::uint64_t, Connection>& a, const std::pair<std::uint64_t, Connection>& b) {
  return a.first != b.first ? a.first > b.first : a.second.stream < b.second.stream;
}

std::string seconds(Duration time) { return fixed(in_seconds(time), 6); }

class Writer {
 public:
  explicit Writer(Lang lang) : zh_(lang == Lang::zh) {}
  std::string either(std::string_view en, std::string_view zh) const { return std::string(zh_ ? zh : en); }

  Table connections(const Stats& stats, Instant begin) const {
    Table table{.caption = either("Connections, the largest first", "连接（按字节数从大到小）"),
                .columns = {{"#", true},
                            {either("opener", "发起方")},
                            {either("other side", "对方")},
                            {either("→ packets", "→ 分组"), true, true},
                            {either("→ octets", "→ 字节"), true},
                            {either("← packets", "← 分组"), true, true},
                            {either("← octets", "← 字节"), true},
                            {either("begins", "开始"), true, true},
                            {either("lasts", "时长"), true},
                            {either("→ rate", "→ 速率"), true, true},
                            {either("← rate", "← 速率"), true, true},
                            {"→ RTT", true},
                            {"← RTT", true, true},
                            {either("most in flight", "最大在途"), true, true},
                            {either("least window", "最小窗口"), true, true},
                            {either("sent again", "重传"), true, true}},
                .rows = {},
                .left_out = 0};
    const std::vector<Connection> list = stats.largest();
    for (const Connection& c : list) table.rows.push_back(row_of(c, begin));
    table.left_out = stats.connections() - list.size();
    return table;
  }

  std::vector<std::string> row_of(const Connection& c, Instant begin) const {
    const Duration length = c.last - c.first;
    const auto rtt = [](const Side& s) { return s.rtt_samples > 0 ? time_text(s.rtt_mean) : std::string("-"); };
    const std::size_t talker =
        c.sides[0].unique_text >= c.sides[1].unique_text ? 0 : 1;  // who sent more: the other's window is the limit
    return {std::to_string(c.stream),
            c.sides[0].endpoint.to_string(),
            c.sides[1].endpoint.to_string(),
            count_text(c.sides[0].packets),
            octets_text(c.sides[0].octets),
            count_text(c.sides[1].packets),
            octets_text(c.sides[1].octets),
            time_text(c.first - begin),
            time_text(length),
            rate_text(c.sides[0].octets, length),
            rate_text(c.sides[1].octets, length),
            rtt(c.sides[0]),
            rtt(c.sides[1]),
            octets_text(c.sides[talker].most_in_flight),
            octets_text(c.sides[1 - talker].least_window),
            count_text(c.sides[0].retransmissions + c.sides[1].retransmissions)};
  }

  Table addresses(const Stats& stats, std::size_t top) const {
    Table table{.caption = either("Addresses", "地址"),
                .columns = {{either("address", "地址")},
                            {either("connections", "连接"), true},
                            {either("packets out", "发送分组"), true},
                            {either("octets out", "发送字节"), true},
                            {either("packets in", "接收分组"), true},
                            {either("octets in", "接收字节"), true}},
                .rows = {},
                .left_out = 0};
    const auto list = stats.addresses(top);
    for (const auto& [address, sums] : list) {
      if (table.rows.size() == top) break;
      table.rows.push_back({address.to_string(), count_text(sums.connections), count_text(sums.packets_sent),
                            octets_text(sums.octets_sent), count_text(sums.packets_received), octets_text(sums.octets_received)});
    }
    table.left_out = list.size() - table.rows.size();
    return table;
  }

  Table ports(const Stats& stats, std::size_t top) const {
    Table table{.caption = either("Ports that were called", "被连接的端口"),
                .columns = {{either("port", "端口"), true},
                            {either("connections", "连接"), true},
                            {either("packets", "分组"), true},
                            {either("octets", "字节"), true}},
                .rows = {},
                .left_out = 0};
    const auto list = stats.ports();
    for (const auto& [port, sums] : list) {
      if (table.rows.size() == top) break;
      table.rows.push_back(
          {std::to_string(port), count_text(sums.connections), count_text(sums.packets), octets_text(sums.octets)});
    }
    table.left_out = list.size() - table.rows.size();
    return table;
  }

  Graph over_time(const Timeline& timeline) const {
    Graph graph{.id = "io",
                .title = either("Octets on the wire over time, all packets", "线上流量随时间的变化（全部分组）"),
                .x_title = either("time", "时间"),
                .y_title = either("bit/s", "比特/秒"),
                .axis = Graph::Axis::bits_per_second,
                .series = {},
                .remark = either("Counted in intervals of ", "统计间隔 ") + time_text(timeline.width()) + either(".", "。")};
    Series series{either("all packets", "全部分组"), Mark::steps, 0, {}};
    const double width = in_seconds(timeline.width());
    double at = 0;
    for (const Timeline::Bin& bin : timeline.bins()) {
      series.points.push_back({at, static_cast<double>(bin.octets) * 8 / width, 0, 0});
      at += width;
    }
    if (!series.points.empty()) series.points.push_back({at, series.points.back().y, 0, 0});
    graph.series.push_back(std::move(series));
    return graph;
  }

 private:
  bool zh_;
};

}  // namespace

void Timeline::widen() {
  ++shift_;
  const std::size_t half = (bins_.size() + 1) / 2;
  for (std::size_t i = 0; i < half; ++i) {
    Bin sum = bins_[2 * i];
    if (2 * i + 1 < bins_.size()) {
      sum.packets += bins_[2 * i + 1].packets;
      sum.octets += bins_[2 * i + 1].octets;
    }
    bins_[i] = sum;
  }
  bins_.resize(half);
}

void Stats::add_address(const Side& us, const Side& them) {
  const IpAddress& address = us.endpoint.address;
  if (addresses_.size() >= most_addresses && !addresses_.contains(address)) {
    ++addresses_left_out_;
    return;
  }
  AddressSums& sums = addresses_[address];
  ++sums.connections;
  sums.packets_sent += us.packets;
  sums.octets_sent += us.octets;
  sums.packets_received += them.packets;
  sums.octets_received += them.octets;
}

void Stats::add(const Connection& c) {
  ++connections_;
  add_address(c.sides[0], c.sides[1]);
  add_address(c.sides[1], c.sides[0]);
  PortSums& port = ports_[c.sides[1].endpoint.port];
  ++port.connections;
  port.packets += c.sides[0].packets + c.sides[1].packets;
  port.octets += octets_of(c);
  if (longest_ == 0) return;
  const std::uint64_t size = octets_of(c);
  if (kept_.size() == longest_) {
    if (size <= kept_.front().first) return;
    std::ranges::pop_heap(kept_, larger);
    kept_.pop_back();
  }
  kept_.emplace_back(size, c);
  std::ranges::push_heap(kept_, larger);
}

std::vector<Connection> Stats::largest() const {
  std::vector<std::pair<std::uint64_t, Connection>> sorted = kept_;
  std::ranges::sort(sorted, larger);
  std::vector<Connection> out;
  for (auto& [size, connection] : sorted) out.push_back(std::move(connection));
  return out;
}

std::vector<std::pair<IpAddress, AddressSums>> Stats::addresses(std::size_t in_order) const {
  std::vector<std::pair<IpAddress, AddressSums>> out(addresses_.begin(), addresses_.end());
  const auto middle = out.begin() + static_cast<std::ptrdiff_t>(std::min(in_order, out.size()));
  std::ranges::partial_sort(out, middle, [](const auto& a, const auto& b) {
    const std::uint64_t x = a.second.octets_sent + a.second.octets_received, y = b.second.octets_sent + b.second.octets_received;
    return x != y ? x > y : a.first < b.first;
  });
  return out;
}

std::vector<std::pair<std::uint16_t, PortSums>> Stats::ports() const {
  std::vector<std::pair<std::uint16_t, PortSums>> out(ports_.begin(), ports_.end());
  std::ranges::stable_sort(out, [](const auto& a, const auto& b) { return a.second.octets > b.second.octets; });
  return out;
}

Document stats_document(const CaptureFile& file, const Stats& stats, std::size_t top, Lang lang) {
  const Writer writer(lang);
  Document document;
  document.lang = lang;
  document.title = file.name;
  document.heading(capture_line(file, stats.connections(), lang), 1);
  for (const std::string& remark : file.remarks) document.paragraph(remark, Tone::warning);
  if (stats.connections() > 0) {
    document.add(writer.connections(stats, file.first.value_or(Instant{})));
    document.heading(writer.either("Addresses and ports", "地址与端口"));
    document.add(writer.addresses(stats, top));
    document.add(writer.ports(stats, top));
  }
  if (!stats.timeline().bins().empty()) {
    document.heading(writer.either("Over time", "随时间变化"));
    document.add(writer.over_time(stats.timeline()));
  }
  return document;
}

std::string csv_head() {
  return "stream,opener_address,opener_port,other_address,other_port,state,history,first_frame,last_frame,begin,duration,"
         "handshake,"
         "packets_there,octets_there,text_there,packets_back,octets_back,text_back,retransmissions_there,retransmissions_back,"
         "needless_there,needless_back,reordered_there,reordered_back,rtt_there,rtt_back,in_flight_there,in_flight_back,least_"
         "window_there,"
         "least_window_back\n";
}

std::string csv_line(const Connection& c) {
  const Side& a = c.sides[0];
  const Side& b = c.sides[1];
  std::string out = std::to_string(c.stream);
  const auto add = [&out](const std::string& cell) {
    out += ',';
    out += cell;
  };
  const auto both = [&add](std::uint64_t x, std::uint64_t y) {
    add(std::to_string(x));
    add(std::to_string(y));
  };
  for (const Side* side : {&a, &b}) {
    add(side->endpoint.address.to_string());
    add(std::to_string(side->endpoint.port));
  }
  add(std::string(to_string(c.state)));
  add(csv_cell(c.history));
  both(c.first_frame, c.last_frame);
  add(seconds(c.first.time_since_epoch()));
  add(seconds(c.last - c.first));
  add(c.handshake ? seconds(*c.handshake) : std::string());
  for (const Side* side : {&a, &b}) {
    both(side->packets, side->octets);
    add(std::to_string(side->unique_text));
  }
  both(a.retransmissions, b.retransmissions);
  both(a.needless, b.needless);
  both(a.reordered, b.reordered);
  for (const Side* side : {&a, &b}) add(side->rtt_samples > 0 ? seconds(side->rtt_mean) : std::string());
  both(a.most_in_flight, b.most_in_flight);
  both(a.least_window, b.least_window);
  return out + "\n";
}

std::string addresses_csv(const Stats& stats) {
  std::string out = "address,connections,packets_sent,octets_sent,packets_received,octets_received\n";
  for (const auto& [address, s] : stats.addresses())
    out += address.to_string() + "," + std::to_string(s.connections) + "," + std::to_string(s.packets_sent) + "," +
           std::to_string(s.octets_sent) + "," + std::to_string(s.packets_received) + "," + std::to_string(s.octets_received) +
           "\n";
  return out;
}

std::string ports_csv(const Stats& stats) {
  std::string out = "port,connections,packets,octets\n";
  for (const auto& [port, s] : stats.ports())
    out += std::to_string(port) + "," + std::to_string(s.connections) + "," + std::to_string(s.packets) + "," +
           std::to_string(s.octets) + "\n";
  return out;
}

std::string timeline_csv(const Stats& stats) {
  std::string out = "from,width,packets,octets\n";
  const Duration width = stats.timeline().width();
  Duration at{};
  for (const Timeline::Bin& bin : stats.timeline().bins()) {
    out += seconds(at) + "," + seconds(width) + "," + std::to_string(bin.packets) + "," + std::to_string(bin.octets) + "\n";
    at += width;
  }
  return out;
}

}  // namespace ft::analysis::report
