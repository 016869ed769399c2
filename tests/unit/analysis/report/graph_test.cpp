#include "analysis/report/graph_braille.hpp"
#include "analysis/report/graph_svg.hpp"
#include "analysis/text_width.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace ft::analysis;
using namespace ft::analysis::report;

namespace {

Graph rising() {
  Graph graph;
  graph.id = "rising";
  graph.title = "Rising <&> falling";
  graph.x_title = "time";
  graph.series.push_back({"up", Mark::line, 0, {{0, 0, 0, 1}, {1, 100, 0, 2}}});
  graph.series.push_back({"lost \"x\"", Mark::crosses, 2, {{0.5, 50, 0, 7}}});
  return graph;
}

std::string text_of(const std::vector<Line>& lines) {
  std::string out;
  for (const Line& line : lines)
    for (const Span& span : line) out += span.text;
  return out;
}

}  // namespace

TEST_CASE("a braille graph stays in 80 columns and names its axes and series") {
  const auto lines = braille_graph(rising(), {});
  for (const Line& line : lines) CHECK(line_width(line) <= ladder_columns);
  const std::string text = text_of(lines);
  CHECK(text.find("100 B") != std::string::npos);
  CHECK(text.find("up") != std::string::npos);
}

TEST_CASE("in ASCII a graph holds nothing else") {
  const std::string text = text_of(braille_graph(rising(), {.ascii = true}));
  CHECK(std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
  CHECK(text.find('X') != std::string::npos);
}

TEST_CASE("a graph without points or with absurd ones is drawn all the same") {
  Graph graph;
  CHECK_FALSE(braille_graph(graph, {}).empty());
  graph.series.push_back({"x", Mark::steps, 0, {{0, -5, 0, 0}, {0, 1e18, 0, 0}, {-1e9, 3, 0, 0}}});
  CHECK_FALSE(braille_graph(graph, {}).empty());
  CHECK_FALSE(graph_svg(graph, Lang::en).empty());
}

TEST_CASE("an SVG escapes titles and names, and tells the frame of each mark") {
  const std::string svg = graph_svg(rising(), Lang::en);
  CHECK(svg.find("Rising &lt;&amp;&gt; falling") != std::string::npos);
  CHECK(svg.find("lost &quot;x&quot;, frame 7") != std::string::npos);
  CHECK(graph_table(rising(), Lang::en).find("<td>7</td>") != std::string::npos);
}

TEST_CASE("steps of an axis are round") {
  CHECK(round_steps(0, 100, 4) == std::vector<double>{0, 50, 100});
  CHECK(round_steps(0, 0.07, 4).size() == 4);
  CHECK(round_steps(41, 152, 4) == std::vector<double>{50, 100, 150});
}
