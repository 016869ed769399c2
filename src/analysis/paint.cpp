// Lines to octets: ANSI colours that stay readable on dark and light grounds and without red and green side by side.
#include "analysis/ladder_text.hpp"

namespace ft::analysis {

namespace {

std::string_view escape_of(Ink ink) {
  switch (ink) {
    case Ink::plain:
      return "";
    case Ink::dim:
      return "\x1b[2m";
    case Ink::bold:
      return "\x1b[1m";
    case Ink::heading:
      return "\x1b[1m";
    case Ink::time:
      return "\x1b[2m";
    case Ink::state:
      return "\x1b[1;36m";
    case Ink::syn:
      return "\x1b[1;34m";
    case Ink::fin:
      return "\x1b[1;35m";
    case Ink::rst:
    case Ink::lost:
      return "\x1b[1;31m";
    case Ink::data:
      return "\x1b[1;33m";
    case Ink::clause:
      return "\x1b[2;36m";
  }
  return "";
}

}  // namespace

std::string paint(const Line& line, const TextStyle& style) {
  std::string out;
  for (const Span& span : line) {
    const std::string_view escape = style.colour ? escape_of(span.ink) : "";
    const bool blank = span.text.find_first_not_of(' ') == std::string::npos;
    if (escape.empty() || blank) {
      out += span.text;
    } else {
      out += escape;
      out += span.text;
      out += "\x1b[0m";
    }
  }
  const std::size_t end = out.find_last_not_of(' ');
  out.erase(end == std::string::npos ? 0 : end + 1);
  return out + "\n";
}

}  // namespace ft::analysis
