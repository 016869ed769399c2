// A ladder as text in 80 columns: two lifelines, an arrow for each segment, each end's clock and state in its margin, and
// beneath each arrow one sentence that says why, with the clause that says so.
//
//     0.000 ms │ SYN  seq 0  win 65535                              │
//              │ mss 1460, wscale 7, sackOK, timestamps             │
//     SYN-SENT ├───────────────────────────────────────────────────→│ 20.000 ms
//              │ The client asks for a connection. ...              │ SYN-RECEIVED
#pragma once

#include "analysis/catalogue.hpp"
#include "analysis/row.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace ft::analysis {

inline constexpr std::size_t ladder_columns = 80;

struct TextStyle {
  Lang lang = Lang::en;
  bool ascii = false;   // no characters beyond ASCII in the drawing (and in English not at all)
  bool colour = false;  // ANSI escape sequences
  bool all = false;     // every row: no collapsing, also what neighbours tell already
};

enum class Ink : std::uint8_t { plain, dim, bold, time, state, syn, fin, rst, data, lost, clause, heading };

/// A piece of a line in one ink.
struct Span {
  std::string text;
  Ink ink = Ink::plain;
};
using Line = std::vector<Span>;

/// Columns of a line.
std::size_t line_width(const Line& line);
/// The line with its colours, if any, without trailing blanks, with a line feed.
std::string paint(const Line& line, const TextStyle& style);

/// Rows that are not shown one by one.
struct Gap {
  std::uint64_t rows = 0;
  std::uint64_t with_data = 0;
  std::uint64_t octets = 0;
  void add(const Row& row) {
    ++rows;
    with_data += row.segment.length > 0 ? 1U : 0U;
    octets += row.segment.length;
  }
};

/// What the sentences about a row may speak of.
Facts facts_of(const Row& row, const std::vector<Actor>& actors);

class LadderText {
 public:
  LadderText(std::vector<Actor> actors, Instant origin, TextStyle style);

  /// The names over the lifelines and the states at the beginning.
  std::vector<Line> head(std::string_view left, std::string_view right, std::string_view left_state,
                         std::string_view right_state) const;
  /// One step, with the blank rung above it.
  std::vector<Line> row(const Row& row) const;
  /// "... 37 more: 20 with data (28960 octets), 17 ACKs".
  std::vector<Line> gap(const Gap& hidden) const;
  /// Where the lifelines end.
  std::vector<Line> tail() const;

  /// Many connections in one ladder: each row says which.
  void name_connections(bool on) { name_connections_ = on; }
  /// Packets have numbers that a reader can look up.
  void name_packets(bool on) { name_packets_ = on; }

  std::string time_text(Instant at) const;
  /// Text in the drawing's characters: ASCII if that was asked for.
  std::string text(std::string_view utf8) const;
  const TextStyle& style() const { return style_; }

 private:
  struct Rung {  // one line: both margins, both lifelines, and what is between
    Span left{};
    std::string left_post = "│";
    Line inside{};
    std::string right_post = "│";
    Span right{};
  };
  Line rung(const Rung& parts) const;
  std::vector<Rung> segment_rungs(const Row& row) const;
  std::vector<Rung> event_rungs(const Row& row) const;
  Rung arrow(const Row& row, bool rightwards) const;
  Line label(const Row& row) const;
  std::string ecn_text(const Row& row) const;
  std::vector<Line> fit_label(const Row& row, bool rightwards) const;
  std::string options_text(const Row& row) const;
  std::vector<Line> words(std::string_view id, std::string_view clause, const Row& row, Ink ink) const;
  std::vector<Line> sentences_of(const Row& row) const;
  bool on_right(std::uint8_t host) const;
  std::string call_text(const Row& row) const;
  std::string state_text(const StateStep& state) const;

  std::vector<Actor> actors_;
  Instant origin_;
  TextStyle style_;
  bool name_connections_ = false;
  bool name_packets_ = false;
};

/// Data on its way and its acknowledgement, as they should be: one is like the next.
bool is_routine(const Row& row);

/// Which rows a reader needs: rows[i] is shown when keep[i]. Runs of routine data are cut down to their ends.
std::vector<bool> rows_to_show(const std::vector<Row>& rows, bool all);

/// The whole ladder, head to tail; `blocks` are what --step shows at a time.
std::vector<std::vector<Line>> ladder_blocks(const Ladder& ladder, const TextStyle& style);

}  // namespace ft::analysis
