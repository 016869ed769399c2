// Text that came out of packets, or out of file names, made harmless where it is printed: a terminal obeys control characters,
// a browser obeys markup, a spreadsheet obeys cells that begin with "=".
#pragma once

#include <string>
#include <string_view>

namespace ft::analysis::report {

/// One character of UTF-8 text, or one octet that is none (RFC 3629 3: no overlong forms, no surrogates, nothing past U+10FFFF).
struct Character {
  char32_t code = 0;
  std::string_view octets;
  bool good = false;
};
/// The first one of `text`, which must not be empty and is shortened by it.
Character take_character(std::string_view& text);

/// For a terminal: control characters, characters that turn the direction of writing and octets that are not UTF-8 as "\x1b".
std::string terminal_text(std::string_view text);

/// For HTML and SVG, as text or within quotes; control characters and what is not UTF-8 become U+FFFD.
std::string markup_text(std::string_view text);

/// For Markdown, also within a table.
std::string markdown_text(std::string_view text);

/// One cell of RFC 4180, quoted where it must be; what a spreadsheet would run as a formula gets an apostrophe in front.
std::string csv_cell(std::string_view text);

}  // namespace ft::analysis::report
