#include "cli/lab_page.hpp"

#include "analysis/text_width.hpp"

#include <algorithm>
#include <iterator>
#include <map>

namespace ft::cli {

namespace {

using analysis::Ink;
using analysis::Lang;
using analysis::Line;

constexpr std::size_t most_connections = 10;  // listed one by one
constexpr std::size_t name_column = 10;

class Page {
 public:
  explicit Page(const analysis::TextStyle& style) : style_(style), drawing_({}, {}, style) {}

  std::string either(std::string_view en, std::string_view zh) const {
    return std::string(style_.lang == Lang::zh && !zh.empty() ? zh : en);
  }
  std::string name(std::string_view host) const { return analysis::name_as_heading(host, style_.lang); }
  std::string time(Instant at) const { return drawing_.time_text(at); }

  void blank() { lines_.emplace_back(); }
  void heading(std::string_view text) { lines_.push_back({{drawing_.text(text), Ink::heading}}); }
  /// A paragraph, `first` columns in on its first line and `rest` on the others.
  void paragraph(std::string_view text, std::size_t first, std::size_t rest, Ink ink = Ink::plain) {
    std::size_t indent = first;
    for (const std::string& part : analysis::wrap(drawing_.text(text), analysis::ladder_columns - std::max(first, rest))) {
      lines_.push_back({{std::string(indent, ' ')}, {part, ink}});
      indent = rest;
    }
  }
  /// `left` in a column, `right` beside it, wrapped there.
  void pair(std::string_view left, std::string_view right, std::size_t column, Ink ink = Ink::plain) {
    bool first = true;
    for (const std::string& part : analysis::wrap(drawing_.text(right), analysis::ladder_columns - column - 2)) {
      lines_.push_back({{"  " + analysis::pad_right(first ? drawing_.text(left) : "", column)}, {part, ink}});
      first = false;
    }
  }
  /// A name, a four-tuple in a column of its own, a state; the state goes to the next line when the line is full.
  void columns(std::string_view name, std::string_view tuple, std::size_t tuple_column, std::string_view state) {
    const std::string left = "  " + analysis::pad_right(drawing_.text(name), name_column);
    const std::string middle = analysis::pad_right(drawing_.text(tuple), tuple_column);
    const std::size_t used = analysis::display_width(left) + analysis::display_width(middle);
    if (used + 2 + state.size() <= analysis::ladder_columns) {
      lines_.push_back({{left}, {middle + "  "}, {std::string(state), Ink::state}});
      return;
    }
    lines_.push_back({{left}, {middle}});
    lines_.push_back({{std::string(2 + name_column, ' ')}, {std::string(state), Ink::state}});
  }
  std::vector<Line> take() { return std::move(lines_); }

 private:
  analysis::TextStyle style_;
  analysis::LadderText drawing_;
  std::vector<Line> lines_;
};

std::string arrow_text(const FourTuple& tuple) { return tuple.local.to_string() + " → " + tuple.remote.to_string(); }

void add_connections(Page& page, const sim::Outcome& outcome) {
  page.heading(page.either("Ports and four-tuples, as each end sees them", "两端各自的端口与四元组"));
  std::vector<sim::ConnectionEnd> ends;  // the client's, then the server's, each in the order in which they were opened
  for (const sim::Role role : {sim::Role::client, sim::Role::server})
    std::ranges::copy_if(outcome.connections, std::back_inserter(ends), [role](const auto& end) { return end.host == role; });
  std::size_t longest = 0;
  for (const sim::ConnectionEnd& end : ends) longest = std::max(longest, analysis::display_width(arrow_text(end.tuple)));
  std::size_t shown = 0;
  for (const sim::ConnectionEnd& end : ends) {
    if (shown == most_connections) break;
    ++shown;
    if (end.error != Error::none) {
      const std::string free =
          end.free_at ? page.either("; a port will be free at ", "；端口可用时刻 ") + page.time(*end.free_at) : "";
      page.pair(page.name(end.name), "connect: " + std::string(to_string(end.error)) + free, name_column, Ink::lost);
      continue;
    }
    std::string state(end.state);
    if (end.closed != CloseReason::none && end.closed != CloseReason::normal)
      state += " (" + std::string(to_string(end.closed)) + ")";
    page.columns(page.name(end.name), arrow_text(end.tuple), longest, state);
  }
  if (ends.size() > shown) {
    const std::string more = std::to_string(ends.size() - shown);
    page.pair("…", page.either(more + " more", "另有 " + more + " 个"), name_column);
  }
}

/// When each end entered TIME-WAIT, and when it left it.
void add_time_wait(Page& page, const sim::Outcome& outcome, const analysis::Ladder& ladder) {
  struct Stay {
    std::uint8_t host;
    FourTuple tuple;
    std::optional<Instant> from, until;
  };
  std::map<std::pair<std::uint8_t, FourTuple>, Stay> stays;
  const auto note = [&stays](std::uint8_t host, const FourTuple& tuple, const analysis::StateStep& step, Instant at) {
    if (!step.changed()) return;
    Stay& stay = stays[{host, tuple}];
    stay.host = host;
    stay.tuple = tuple;
    if (step.after == "TIME-WAIT") stay = {host, tuple, at, std::nullopt};
    if (step.before == "TIME-WAIT") stay.until = at;
  };
  for (const analysis::Row& row : ladder.rows) {
    note(row.from, row.tuple, row.from_state, row.at);
    note(row.to, {row.tuple.remote, row.tuple.local}, row.to_state, row.arrived.value_or(row.at));
  }
  for (const sim::HostEnd& host : outcome.hosts) {
    const auto index = static_cast<std::uint8_t>(&host - outcome.hosts.data());
    for (const PortEntry& port : host.ports)
      if (const auto stay = stays.find({index, port.tuple}); port.state == "TIME-WAIT" && stay != stays.end())
        stay->second.until = port.free_at;
  }
  std::erase_if(stays, [](const auto& s) { return !s.second.from; });
  page.heading(page.either("Who holds TIME-WAIT", "谁处于 TIME-WAIT"));
  if (stays.empty()) page.pair("", page.either("Nobody: neither end had to wait.", "谁都没有：两端都无须等待。"), 0);
  std::size_t shown = 0;
  for (const auto& [key, stay] : stays) {
    if (++shown > most_connections) break;
    std::string text = page.either("from ", "自 ") + page.time(*stay.from);
    if (stay.until) text += page.either(" until ", " 至 ") + page.time(*stay.until);
    text += page.either(", port ", "，端口 ") + std::to_string(stay.tuple.local.port) + page.either(" towards ", "，面向 ") +
            stay.tuple.remote.to_string();
    page.pair(page.name(stay.host == 0 ? "client" : "server"), text, 10);
  }
}

void add_verdict(Page& page, const sim::Outcome& outcome) {
  const auto failed = std::ranges::count_if(outcome.expectations, [](const auto& e) { return !e.met; });
  const std::string total = std::to_string(outcome.expectations.size());
  if (failed == 0 && !outcome.ran_away) {
    if (!outcome.expectations.empty())
      page.paragraph("✓ " + page.either("It went as told: all " + total + " expectations of the story are met.",
                                        "一切如剧情所述：" + total + " 项预期全部成立。"),
                     0, 2);
    return;
  }
  page.paragraph("✗ " + page.either("It did not go as told: " + std::to_string(failed) + " of " + total + " expectations failed.",
                                    "与剧情不符：" + total + " 项预期中有 " + std::to_string(failed) + " 项不成立。"),
                 0, 2, Ink::lost);
  for (const sim::CheckedExpectation& e : outcome.expectations)
    if (!e.met)
      page.pair(page.either("line ", "第 ") + std::to_string(e.line) + page.either("", " 行"),
                page.either("expected ", "预期 ") + e.text + page.either("; found: ", "；实际：") + e.sentence, 10);
  if (outcome.ran_away)
    page.paragraph(page.either("The story did not come to its end within the bound of events.", "事件数达到上限，剧情未能结束。"),
                   2, 2, Ink::lost);
}

}  // namespace

std::vector<analysis::Actor> actors_of(const sim::Scenario& scenario, bool ipv6) {
  const auto addresses = [&](sim::Role role) {
    const sim::HostSettings& host = scenario.hosts[sim::index(role)];
    return ipv6 ? host.v6 : host.v4;
  };
  return {{.name = "client", .on_the_right = false, .addresses = addresses(sim::Role::client)},
          {.name = "server", .on_the_right = true, .addresses = addresses(sim::Role::server)}};
}

std::vector<Line> lab_head(const sim::Scenario& scenario, const analysis::TextStyle& style) {
  Page page(style);
  page.heading(page.either(scenario.title, scenario.title_zh));
  page.paragraph(page.either(scenario.teaches, scenario.teaches_zh), 0, 0);
  page.blank();
  return page.take();
}

std::vector<Line> lab_foot(const sim::Scenario& scenario, const sim::Outcome& outcome, const analysis::Ladder& ladder,
                           const analysis::TextStyle& style) {
  Page page(style);
  page.blank();
  add_connections(page, outcome);
  page.blank();
  add_time_wait(page, outcome, ladder);
  page.blank();
  add_verdict(page, outcome);
  const std::string next = page.either(scenario.next, scenario.next_zh);
  if (!next.empty()) {
    page.blank();
    page.heading(page.either("Try next", "接着试试"));
    page.paragraph(next, 2, 2);
  }
  return page.take();
}

std::string lab_text(const sim::Scenario& scenario, const sim::Outcome& outcome, const analysis::Ladder& ladder,
                     const analysis::TextStyle& style) {
  std::string out;
  const auto add = [&](const std::vector<Line>& lines) {
    for (const Line& line : lines) out += analysis::paint(line, style);
  };
  add(lab_head(scenario, style));
  for (const std::vector<Line>& block : analysis::ladder_blocks(ladder, style)) add(block);
  add(lab_foot(scenario, outcome, ladder, style));
  return out;
}

}  // namespace ft::cli
