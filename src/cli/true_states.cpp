#include "cli/true_states.hpp"

#include "analysis/catalogue.hpp"
#include "analysis/quantity.hpp"
#include "analysis/report/words.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <utility>

namespace ft::cli {

namespace {

using Json = nlohmann::json;

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The ends of connections while a trace is read.
class Reader {
 public:
  /// Empty, or what is wrong with the line.
  std::string first(const Json& line) {
    if (text_of(line, "format") != "fourtuple-trace") return "expected the first line of a trace of fourtuple (--trace)";
    if (const auto hosts = line.find("hosts"); hosts != line.end() && hosts->is_array()) {
      for (const Json& host : *hosts) hosts_.push_back(host.is_string() ? host.get<std::string>() : "?");
    }
    return "";
  }

  std::string event(const Json& line) {
    const auto data = line.find("data");
    const auto time = line.find("time");
    if (data == line.end() || !data->is_object() || time == line.end() || !time->is_number())
      return "expected an event with time and data";
    TrueEnd* end = end_of(*data);
    if (end == nullptr) return "";
    const Duration at{static_cast<std::int64_t>(std::llround(time->get<double>() * 1e6))};
    const std::string name = text_of(line, "name");
    const bool sent = name == "transport:packet_sent";
    if (sent || name == "transport:packet_received") {
      step(*end, at, text_of(*data, "state_before"), text_of(*data, "state_after"),
           data->value(sent ? "why" : "effect", Json::object()));
      const std::string why = text_of(data->value("why", Json::object()), "id");
      if (sent && why.starts_with("retransmit")) ++end->repeats[why];
    } else if (name == "connectivity:connection_state_updated") {
      step(*end, at, text_of(*data, "old"), text_of(*data, "new"), data->value("why", Json::object()));
    } else if (name == "recovery:packet_lost") {
      ++end->taken_as_lost;
    } else if (name == "recovery:metrics_updated") {
      const auto window = data->find("congestion_window");
      if (window != data->end() && window->is_number_unsigned() && window->get<std::uint64_t>() > window_[end]) {
        window_[end] = window->get<std::uint64_t>();
        end->largest_window = analysis::octets_text(window_[end]);
      }
    }
    return "";
  }

  std::vector<TrueEnd> take() {
    std::vector<TrueEnd> ends;
    for (auto& [key, end] : ends_) ends.push_back(std::move(end));
    return ends;
  }

 private:
  TrueEnd* end_of(const Json& data) {
    const auto local = Endpoint::parse(text_of(data, "local")), remote = Endpoint::parse(text_of(data, "remote"));
    if (!local || !remote || remote->port == 0) return nullptr;
    const FourTuple key{*local, *remote};
    auto known = ends_.find(key);
    if (known == ends_.end()) {
      if (ends_.size() >= TrueStates::most_ends) return nullptr;
      known = ends_.emplace(key, TrueEnd{}).first;
      const auto host = data.find("host");
      const std::size_t index = host != data.end() && host->is_number_unsigned() ? host->get<std::size_t>() : hosts_.size();
      known->second.host = index < hosts_.size() ? hosts_[index] : local->address.to_string();
      known->second.local = *local;
      known->second.remote = *remote;
    }
    return &known->second;
  }

  static void step(TrueEnd& end, Duration at, const std::string& from, const std::string& to, const Json& why) {
    if (to.empty()) return;
    end.state = to;
    if (from == to || from.empty()) return;
    constexpr std::size_t most_steps = 1000;
    if (end.steps.size() < most_steps) end.steps.push_back({at, from, to, text_of(why, "id"), text_of(why, "clause")});
  }

  std::vector<std::string> hosts_;
  std::map<FourTuple, TrueEnd> ends_;
  std::map<const TrueEnd*, std::uint64_t> window_;
};

}  // namespace

std::expected<TrueStates, std::string> TrueStates::read(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::unexpected("cannot open " + path + "; expected what --trace wrote");
  Reader reader;
  std::string line;
  std::uint64_t number = 0;
  while (std::getline(file, line)) {
    ++number;
    if (line.empty()) continue;
    const auto refuse = [&](const std::string& what) {
      return std::unexpected(path + ":" + std::to_string(number) + ": " + what);
    };
    if (line.size() > most_octets_of_line) return refuse("a line of more than 1 MiB");
    const Json parsed = Json::parse(line, nullptr, false);
    if (parsed.is_discarded() || !parsed.is_object()) return refuse("expected a JSON object");
    const std::string problem = number == 1 ? reader.first(parsed) : reader.event(parsed);
    if (!problem.empty()) return refuse(problem);
  }
  if (number == 0) return std::unexpected(path + ": the file is empty; expected what --trace wrote");
  TrueStates states;
  states.ends_ = reader.take();
  return states;
}

std::array<const TrueEnd*, 2> TrueStates::of(const analysis::Connection& connection) const {
  std::array<const TrueEnd*, 2> found{};
  const auto& sides = connection.sides;
  for (const TrueEnd& end : ends_) {
    if (end.local == sides[0].endpoint && end.remote == sides[1].endpoint) found[0] = &end;
    if (end.local == sides[1].endpoint && end.remote == sides[0].endpoint) found[1] = &end;
  }
  return found;
}

void add_true_states(analysis::report::Document& document, const TrueStates& states, const analysis::Connection& connection) {
  using analysis::report::Tone;
  const bool zh = document.lang == analysis::Lang::zh;
  document.heading(zh ? "两端自己的说法" : "What the ends themselves say", 3);
  const auto ends = states.of(connection);
  if (ends[0] == nullptr && ends[1] == nullptr) {
    document.paragraph(zh ? "跟踪文件里没有这个连接。" : "The trace knows nothing of this connection.", Tone::warning);
    return;
  }
  analysis::report::Table table;
  table.columns = {{zh ? "时间" : "time", true},
                   {zh ? "一端" : "end"},
                   {zh ? "状态" : "state"},
                   {zh ? "原因" : "why"},
                   {zh ? "依据" : "source"}};
  std::vector<std::pair<const TrueEnd*, const TrueStep*>> steps;
  for (const TrueEnd* end : ends)
    if (end != nullptr)
      for (const TrueStep& step : end->steps) steps.emplace_back(end, &step);
  // Of one instant: in the order in which each end told it.
  std::ranges::sort(steps, {}, [](const auto& step) { return std::pair(step.second->at, step.second); });
  for (const auto& [end, step] : steps) {
    table.rows.push_back({analysis::clock_text(step->at), end->host, step->from + " → " + step->to, step->why, step->clause});
  }
  document.add(std::move(table));
  for (std::size_t side = 0; side < 2; ++side) {
    if (ends[side] == nullptr) continue;
    const TrueEnd& end = *ends[side];
    const std::string inferred(to_string(connection.sides[side].state));
    const bool known = connection.sides[side].state != analysis::TcpState::unknown;
    // TIME-WAIT may have run out after the last packet: then both are right.
    const bool right = inferred == end.state || (inferred == "TIME-WAIT" && end.state == "CLOSED");
    std::string text = end.host + (zh ? "：最终处于 " : " ended in ") + end.state;
    if (known) {
      text += right ? (zh ? "，与从分组推断的一致" : ", as the packets let one infer")
                    : (zh ? "，而从分组推断为 " : "; from the packets alone one infers ") + inferred;
    }
    text += zh ? "。" : ".";
    for (const auto& [why, times] : end.repeats)
      text += (zh ? " 重传 " : " Repeated ") + std::to_string(times) + (zh ? " 次（" : " times (") + why + (zh ? "）。" : ").");
    if (end.taken_as_lost > 0)
      text += (zh ? " 认定丢失的报文段：" : " Segments that it took as lost: ") + std::to_string(end.taken_as_lost) +
              (zh ? "。" : ".");
    if (!end.largest_window.empty())
      text += (zh ? " 最大拥塞窗口：" : " Largest congestion window: ") + end.largest_window + (zh ? "。" : ".");
    document.paragraph(text, !known || right ? Tone::plain : Tone::note);
  }
}

}  // namespace ft::cli
