#include "analysis/report/graph_braille.hpp"

#include "analysis/report/escape.hpp"
#include "analysis/text_width.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace ft::analysis::report {

namespace {

constexpr std::size_t margin = 12;                            // columns for the numbers of the y axis
constexpr std::size_t columns = ladder_columns - margin - 1;  // of the plot
constexpr std::size_t dots_wide = columns * 2;
constexpr std::size_t dots_high = braille_rows * 4;
constexpr std::array<char, 7> letters{'.', '-', '|', 'o', 'X', '#', '@'};  // in ASCII, by Mark

Ink ink_of(const Series& series) {
  static constexpr std::array inks{Ink::syn, Ink::data, Ink::fin, Ink::state, Ink::rst, Ink::dim};
  return inks[static_cast<std::size_t>(std::max(series.hue, 0)) % inks.size()];
}

struct Cell {
  unsigned dots = 0;
  Ink ink = Ink::plain;
  char letter = ' ';
};

class Canvas {
 public:
  explicit Canvas(const Extent& extent) : extent_(extent), cells_(columns * braille_rows) {}

  double x_of(double x) const {
    return (x - extent_.x_least) / std::max(extent_.x_most - extent_.x_least, 1e-12) * static_cast<double>(dots_wide - 1);
  }
  double y_of(double y) const { return y / std::max(extent_.y_most, 1e-12) * static_cast<double>(dots_high - 1); }

  void dot(double x, double y, const Series& series) {
    if (!(x >= 0 && y >= 0)) return;
    const auto column = static_cast<std::size_t>(std::lround(x)), row = static_cast<std::size_t>(std::lround(y));
    if (column >= dots_wide || row >= dots_high) return;
    static constexpr std::array<std::array<unsigned, 4>, 2> bits{{{0x40, 0x04, 0x02, 0x01}, {0x80, 0x20, 0x10, 0x08}}};
    Cell& cell = cells_[(braille_rows - 1 - row / 4) * columns + column / 2];
    cell.dots |= bits[column % 2][row % 4];
    cell.ink = ink_of(series);
    cell.letter = letters[static_cast<std::size_t>(series.mark) % letters.size()];
  }
  void line(double x0, double y0, double x1, double y1, const Series& series) {
    const double steps = std::min(std::ceil(std::max(std::fabs(x1 - x0), std::fabs(y1 - y0))), 4096.0);
    for (double i = 0; i <= steps; ++i) {
      const double share = steps == 0 ? 0 : i / steps;
      dot(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share, series);
    }
  }
  void draw(const Series& series);
  Span span(std::size_t row, std::size_t column, bool ascii) const;
  const Cell& at(std::size_t row, std::size_t column) const { return cells_[row * columns + column]; }

 private:
  Extent extent_;
  std::vector<Cell> cells_;
};

void Canvas::draw(const Series& series) {
  const Point* last = nullptr;
  for (const Point& point : series.points) {
    const double x = x_of(point.x), y = y_of(point.y);
    if (series.mark == Mark::segments) {
      line(x, y, x, y_of(point.high), series);
    } else if (last != nullptr && series.mark == Mark::line) {
      line(x_of(last->x), y_of(last->y), x, y, series);
    } else if (last != nullptr && series.mark == Mark::steps) {
      line(x_of(last->x), y_of(last->y), x, y_of(last->y), series);
      line(x, y_of(last->y), x, y, series);
    } else {
      dot(x, y, series);
      if (series.mark == Mark::crosses)
        for (const double d : {-1.0, 1.0}) line(x + d, y - 1, x + d, y + 1, series);
    }
    last = &point;
  }
}

std::string braille(unsigned dots) {
  const unsigned c = 0x2800U + dots;
  return {static_cast<char>(0xE0U | (c >> 12U)), static_cast<char>(0x80U | ((c >> 6U) & 0x3FU)),
          static_cast<char>(0x80U | (c & 0x3FU))};
}

Span Canvas::span(std::size_t row, std::size_t column, bool ascii) const {
  const Cell& cell = at(row, column);
  if (cell.dots == 0) return {" ", Ink::plain};
  return {ascii ? std::string(1, cell.letter) : braille(cell.dots), cell.ink};
}

/// The legend's sample of a series.
std::string sample_of(const Series& series, bool ascii) {
  if (ascii) return std::string(1, letters[static_cast<std::size_t>(series.mark) % letters.size()]);
  static constexpr std::array<std::string_view, 7> samples{"╱", "┘", "│", "•", "✕", "◆", "○"};
  return std::string(samples[static_cast<std::size_t>(series.mark) % samples.size()]);
}

std::vector<Line> legend(const Graph& graph, const TextStyle& style) {
  std::vector<Line> lines(1);
  std::size_t used = 0;
  for (const Series& series : graph.series) {
    if (series.points.empty()) continue;
    const std::string name =
        style.ascii ? to_ascii(terminal_text(series.name), style.lang == Lang::zh) : terminal_text(series.name);
    const std::size_t width = display_width(name) + 4;
    if (used > 0 && margin + used + width > ladder_columns) {
      lines.emplace_back();
      used = 0;
    }
    if (used == 0) lines.back().push_back({std::string(margin, ' ')});
    lines.back().push_back({sample_of(series, style.ascii) + " ", ink_of(series)});
    lines.back().push_back({name + "  ", Ink::dim});
    used += width;
  }
  return lines;
}

}  // namespace

std::vector<Line> braille_graph(const Graph& graph, const TextStyle& style) {
  const Extent extent = extent_of(graph);
  Canvas canvas(extent);
  for (const Series& series : graph.series) canvas.draw(series);
  const auto plain = [&style](std::string_view text) {
    const std::string safe = terminal_text(text);
    return style.ascii ? to_ascii(safe, style.lang == Lang::zh) : safe;
  };
  std::vector<Line> lines{{{plain(graph.title), Ink::heading}}};
  std::vector<std::string> numbers(braille_rows);
  for (const double y : round_steps(0, extent.y_most, 4)) {
    const auto row = static_cast<std::size_t>(std::max(0.0, canvas.y_of(y))) / 4;
    if (row < braille_rows) numbers[braille_rows - 1 - row] = axis_text(graph.axis, y);
  }
  for (std::size_t row = 0; row < braille_rows; ++row) {
    Line line{{pad_left(plain(numbers[row]), margin - 1) + " ", Ink::dim}, {plain(numbers[row].empty() ? "│" : "┤"), Ink::dim}};
    for (std::size_t column = 0; column < columns; ++column) {
      Span span = canvas.span(row, column, style.ascii);
      if (line.size() > 2 && line.back().ink == span.ink) {
        line.back().text += span.text;
      } else {
        line.push_back(std::move(span));
      }
    }
    lines.push_back(std::move(line));
  }
  std::string rule = std::string(margin, ' ') + "└";
  for (std::size_t i = 0; i < columns; ++i) rule += "─";
  lines.push_back({{style.ascii ? std::string(margin, ' ') + "+" + std::string(columns, '-') : rule, Ink::dim}});
  const std::string from = axis_text(Graph::Axis::seconds, extent.x_least), to = axis_text(Graph::Axis::seconds, extent.x_most);
  const std::string title = plain(graph.x_title);
  const std::size_t room = columns - std::min(columns, display_width(from) + display_width(to) + display_width(title));
  lines.push_back({{std::string(margin + 1, ' ') + plain(from) + std::string(room / 2, ' ') + title +
                        std::string(room - room / 2, ' ') + plain(to),
                    Ink::dim}});
  for (Line& line : legend(graph, style)) lines.push_back(std::move(line));
  if (!graph.remark.empty())
    for (const std::string& part : wrap(plain(graph.remark), ladder_columns - margin))
      lines.push_back({{std::string(margin, ' ') + part, Ink::dim}});
  return lines;
}

}  // namespace ft::analysis::report
