// A graph as values: what is drawn, not how. graph_braille.cpp draws it with dots on a terminal, graph_svg.cpp as a picture; the
// table beside a picture has the same numbers.
#pragma once

#include "analysis/catalogue.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ft::analysis::report {

/// How a series is drawn. Marks differ in form as well as in colour.
enum class Mark : std::uint8_t {
  line,      // from point to point
  steps,     // constant until the next point: an ACK line, a window
  segments,  // from low to high at one time: octets sent
  dots,
  crosses,  // something went wrong here
  diamonds,
  circles,
};

struct Point {
  double x = 0;     // seconds since the connection's first packet
  double y = 0;     // or the lower end
  double high = 0;  // of Mark::segments
  std::uint64_t frame = 0;
};

struct Series {
  std::string name;
  Mark mark = Mark::line;
  int hue = 0;  // which colour of the palette
  std::vector<Point> points;
};

struct Graph {
  enum class Axis : std::uint8_t { octets, seconds, bits_per_second };
  std::string id;  // "time-sequence-0"
  std::string title;
  std::string x_title, y_title;
  Axis axis = Axis::octets;
  std::vector<Series> series;
  std::string remark;  // what was left out
};

/// The least and greatest of both axes, over all series; y begins at 0.
struct Extent {
  double x_least = 0, x_most = 1, y_most = 1;
};
Extent extent_of(const Graph& graph);
/// About so many round numbers from `least` to `most`.
std::vector<double> round_steps(double least, double most, std::size_t about);
/// A number of an axis with its unit.
std::string axis_text(Graph::Axis axis, double value);

}  // namespace ft::analysis::report
