#include "analysis/report/escape.hpp"

#include "analysis/text_width.hpp"

namespace ft::analysis::report {

namespace {

/// Marks and overrides of the Unicode bidirectional algorithm (UAX 9): they make text read otherwise than it is.
bool turns_direction(char32_t c) {
  return c == 0x200E || c == 0x200F || c == 0x061C || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029; }

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

std::string hex_of(std::string_view octets) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char octet : octets) {
    const auto value = static_cast<unsigned char>(octet);
    out += "\\x";
    out += digits[value >> 4U];
    out += digits[value & 15U];
  }
  return out;
}

/// What markup knows by name; empty for all else.
std::string_view entity_of(char32_t c) {
  switch (c) {
    case U'&':
      return "&amp;";
    case U'<':
      return "&lt;";
    case U'>':
      return "&gt;";
    case U'"':
      return "&quot;";
    case U'\'':
      return "&#39;";
    default:
      return {};
  }
}

}  // namespace

Character take_character(std::string_view& text) {
  const std::string_view rest = text;
  char32_t c = take_code_point(text);
  std::string_view octets = rest.substr(0, rest.size() - text.size());
  const std::size_t shortest = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  const bool good = octets.size() == shortest && (c < 0xD800 || c > 0xDFFF) && c <= 0x10FFFF;
  if (!good) {
    octets = rest.substr(0, 1);
    text = rest.substr(1);
    c = U'\uFFFD';
  }
  return {c, octets, good};
}

std::string terminal_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Character c = take_character(text);
    if (!c.good || is_control(c.code) || turns_direction(c.code)) {
      out += hex_of(c.octets);
    } else {
      out += c.octets;
    }
  }
  return out;
}

std::string markup_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Character c = take_character(text);
    const std::string_view entity = entity_of(c.code);
    if (!entity.empty()) {
      out += entity;
    } else {
      out += c.good && (!is_control(c.code) || c.code == U'\n') && !turns_direction(c.code) ? c.octets : replacement;
    }
  }
  return out;
}

std::string markdown_text(std::string_view text) {
  static constexpr std::u32string_view marks = U"\\`*_[]#|~";
  std::string out;
  while (!text.empty()) {
    const Character c = take_character(text);
    if (c.code == U'<' || c.code == U'>' || c.code == U'&') {
      out += entity_of(c.code);
    } else if (c.good && is_control(c.code)) {
      out += ' ';
    } else if (!c.good || turns_direction(c.code)) {
      out += replacement;
    } else {
      if (marks.find(c.code) != std::u32string_view::npos) out += '\\';
      out += c.octets;
    }
  }
  return out;
}

std::string csv_cell(std::string_view text) {
  std::string cell = terminal_text(text);
  if (!cell.empty() && std::string_view("=+-@").find(cell.front()) != std::string_view::npos) cell.insert(cell.begin(), '\'');
  if (cell.find_first_of(",\"") == std::string::npos) return cell;
  std::string out = "\"";
  for (const char c : cell) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

}  // namespace ft::analysis::report
