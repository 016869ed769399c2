// How wide text is on a terminal: Chinese and other full-width characters take two columns (Unicode Standard Annex #11),
// combining marks none. Ambiguous characters (lines, arrows) count one, as terminals do by default.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ft::analysis {

/// Columns that one code point takes: 0, 1 or 2.
int code_point_width(char32_t c);

/// The first code point of `text`, which is shortened by it; octets that are not UTF-8 come one by one as U+FFFD.
char32_t take_code_point(std::string_view& text);

/// Columns that UTF-8 text takes.
std::size_t display_width(std::string_view text);

/// `text` followed (or, for the right, preceded) by spaces up to `columns`; never cut.
std::string pad_right(std::string_view text, std::size_t columns);
std::string pad_left(std::string_view text, std::size_t columns);

/// Cut to at most `columns`, the last one `mark` ("…") when something was cut.
std::string cut(std::string_view text, std::size_t columns, std::string_view mark = "…");

/// Lines of at most `columns` (at least 4). Breaks at spaces and between Chinese characters; no line starts with closing
/// punctuation. A word longer than a line is split.
std::vector<std::string> wrap(std::string_view text, std::size_t columns);

/// The nearest text in ASCII: lines, arrows and quotes by likeness, anything else a question mark, or itself when
/// `keep_letters` (Chinese was asked for, only the drawing must be ASCII).
std::string to_ascii(std::string_view text, bool keep_letters = false);

}  // namespace ft::analysis
