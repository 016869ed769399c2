#include "analysis/report/graph_svg.hpp"

#include "analysis/quantity.hpp"
#include "analysis/report/escape.hpp"

#include <algorithm>
#include <string_view>

namespace ft::analysis::report {

namespace {

constexpr double width = 900, height = 380;
constexpr double left = 90, right = 16, top = 12, bottom = 44;

class Plot {
 public:
  Plot(const Graph& graph, Lang lang) : graph_(graph), extent_(extent_of(graph)), lang_(lang) {}

  std::string draw() {
    out_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"graph\" role=\"img\" viewBox=\"0 0 900 380\" aria-label=\"" +
           markup_text(graph_.title) + "\">\n";
    axes();
    for (const Series& series : graph_.series) draw(series);
    return std::move(out_) + "</svg>\n";
  }

 private:
  static std::string number(double value) { return fixed(value, 1); }
  double x(double value) const {
    return left + (value - extent_.x_least) / (extent_.x_most - extent_.x_least) * (width - left - right);
  }
  double y(double value) const { return height - bottom - value / extent_.y_most * (height - top - bottom); }

  void text(double at_x, double at_y, std::string_view anchor, std::string_view words) {
    out_ += "<text class=\"axis\" x=\"" + number(at_x) + "\" y=\"" + number(at_y) + "\" text-anchor=\"" + std::string(anchor) +
            "\">" + markup_text(words) + "</text>\n";
  }
  void stroke(double x0, double y0, double x1, double y1, std::string_view css) {
    out_ += "<line class=\"" + std::string(css) + "\" x1=\"" + number(x0) + "\" y1=\"" + number(y0) + "\" x2=\"" + number(x1) +
            "\" y2=\"" + number(y1) + "\"/>\n";
  }
  void axes() {
    for (const double value : round_steps(0, extent_.y_most, 5)) {
      stroke(left, y(value), width - right, y(value), "grid");
      text(left - 6, y(value) + 4, "end", axis_text(graph_.axis, value));
    }
    for (const double at : round_steps(extent_.x_least, extent_.x_most, 8)) {
      constexpr double half_a_label = 30;
      stroke(x(at), height - bottom, x(at), height - bottom + 5, "grid");
      text(x(at), height - bottom + 18, x(at) + half_a_label > width ? "end" : "middle", axis_text(Graph::Axis::seconds, at));
    }
    text((left + width - right) / 2, height - 6, "middle", graph_.x_title);
  }
  std::string title_of(const Series& series, const Point& p) const {
    std::string words = series.name;
    if (p.frame != 0) words += (lang_ == Lang::zh ? "，帧 " : ", frame ") + std::to_string(p.frame);
    return "<title>" + markup_text(words + ", " + axis_text(Graph::Axis::seconds, p.x)) + "</title>";
  }
  void draw(const Series& series) {
    out_ += "<g class=\"s" + std::to_string(series.hue) + "\">\n";
    if (series.mark == Mark::line || series.mark == Mark::steps) {
      path(series);
    } else {
      for (const Point& p : series.points) mark(series, p);
    }
    out_ += "</g>\n";
  }
  void path(const Series& series) {
    std::string d;
    double last = 0;
    for (const Point& p : series.points) {
      if (d.empty()) {
        d = "M" + number(x(p.x)) + " " + number(y(p.y));
      } else {
        if (series.mark == Mark::steps) d += "L" + number(x(p.x)) + " " + number(last);
        d += "L" + number(x(p.x)) + " " + number(y(p.y));
      }
      last = y(p.y);
    }
    if (!d.empty()) out_ += "<path class=\"line\" d=\"" + d + "\"><title>" + markup_text(series.name) + "</title></path>\n";
  }
  void mark(const Series& series, const Point& p) {
    const double cx = x(p.x), cy = y(p.y);
    const std::string title = title_of(series, p);
    const auto at = [](double a, double b) { return number(a) + " " + number(b); };
    switch (series.mark) {
      case Mark::segments:
        out_ += "<path class=\"line\" d=\"M" + at(cx, cy) + "L" + at(cx, y(p.high)) + "\">" + title + "</path>\n";
        return;
      case Mark::dots:
        out_ += "<circle class=\"full\" cx=\"" + number(cx) + "\" cy=\"" + number(cy) + "\" r=\"2.5\">" + title + "</circle>\n";
        return;
      case Mark::circles:
        out_ += "<circle class=\"line\" cx=\"" + number(cx) + "\" cy=\"" + number(cy) + "\" r=\"4\">" + title + "</circle>\n";
        return;
      case Mark::diamonds:
        out_ += "<path class=\"line\" d=\"M" + at(cx - 5, cy) + "L" + at(cx, cy - 5) + "L" + at(cx + 5, cy) + "L" +
                at(cx, cy + 5) + "Z\">" + title + "</path>\n";
        return;
      case Mark::crosses:
        out_ += "<path class=\"line thick\" d=\"M" + at(cx - 4, cy - 4) + "L" + at(cx + 4, cy + 4) + "M" + at(cx - 4, cy + 4) +
                "L" + at(cx + 4, cy - 4) + "\">" + title + "</path>\n";
        return;
      case Mark::line:
      case Mark::steps:
        return;
    }
  }

  const Graph& graph_;
  Extent extent_;
  Lang lang_;
  std::string out_;
};

}  // namespace

std::string graph_svg(const Graph& graph, Lang lang) { return Plot(graph, lang).draw(); }

std::string graph_table(const Graph& graph, Lang lang) {
  const bool zh = lang == Lang::zh;
  std::string out = "<table><thead><tr>";
  for (const std::string_view head : {std::string_view(zh ? "序列" : "series"), std::string_view(zh ? "时间" : "time"),
                                      std::string_view(graph.y_title), std::string_view(zh ? "帧" : "frame")})
    out += "<th scope=\"col\">" + markup_text(head) + "</th>";
  out += "</tr></thead><tbody>\n";
  for (const Series& series : graph.series) {
    const std::size_t step = series.points.size() / most_table_rows + 1;
    for (std::size_t i = 0; i < series.points.size(); i += step) {
      const Point& p = series.points[i];
      std::string value = axis_text(graph.axis, p.y);
      if (series.mark == Mark::segments) value += " – " + axis_text(graph.axis, p.high);
      out += "<tr><td>" + markup_text(series.name) + "</td><td>" + axis_text(Graph::Axis::seconds, p.x) + "</td><td>" + value +
             "</td><td>" + (p.frame == 0 ? std::string() : std::to_string(p.frame)) + "</td></tr>\n";
    }
  }
  return out + "</tbody></table>\n";
}

}  // namespace ft::analysis::report
