#include "analysis/report/graph.hpp"

#include "analysis/quantity.hpp"

#include <algorithm>
#include <cmath>

namespace ft::analysis::report {

Extent extent_of(const Graph& graph) {
  Extent e{.x_least = 1e300, .x_most = -1e300, .y_most = 0};
  for (const Series& series : graph.series) {
    for (const Point& p : series.points) {
      e.x_least = std::min(e.x_least, p.x);
      e.x_most = std::max(e.x_most, p.x);
      e.y_most = std::max({e.y_most, p.y, p.high});
    }
  }
  if (e.x_least > e.x_most) e = {};
  if (e.x_most - e.x_least < 1e-9) e.x_most = e.x_least + 1e-3;
  if (e.y_most <= 0) e.y_most = 1;
  return e;
}

std::vector<double> round_steps(double least, double most, std::size_t about) {
  const double raw = (most - least) / static_cast<double>(std::max<std::size_t>(about, 1));
  const double power = std::pow(10.0, std::floor(std::log10(std::max(raw, 1e-12))));
  const double lead = raw / power;
  const double step = power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
  std::vector<double> steps;
  const double slack = step * 1e-6;
  for (double i = std::ceil((least - slack) / step); i * step <= most + slack && steps.size() < 32; ++i)
    steps.push_back(i * step);
  return steps;
}

std::string axis_text(Graph::Axis axis, double value) {
  switch (axis) {
    case Graph::Axis::octets:
      return value < 0 ? "-" : octets_text(static_cast<std::uint64_t>(std::llround(value)));
    case Graph::Axis::seconds:
      return value == 0 ? "0" : time_text(Duration(std::llround(value * 1e9)));
    case Graph::Axis::bits_per_second:
      return rate_text(value / 8);
  }
  return {};
}

}  // namespace ft::analysis::report
