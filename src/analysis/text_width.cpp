#include "analysis/text_width.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ft::analysis {

namespace {

struct Range {
  char32_t first;
  char32_t last;
};

constexpr std::array<Range, 13> wide{{{0x1100, 0x115F},
                                      {0x2E80, 0x303E},
                                      {0x3041, 0x33FF},
                                      {0x3400, 0x4DBF},
                                      {0x4E00, 0x9FFF},
                                      {0xA000, 0xA4CF},
                                      {0xAC00, 0xD7A3},
                                      {0xF900, 0xFAFF},
                                      {0xFE30, 0xFE4F},
                                      {0xFF00, 0xFF60},
                                      {0xFFE0, 0xFFE6},
                                      {0x1F300, 0x1FAFF},
                                      {0x20000, 0x3FFFD}}};
constexpr std::array<Range, 5> zero{{{0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}}};

template <std::size_t N>
bool contains(const std::array<Range, N>& ranges, char32_t c) {
  return std::ranges::any_of(ranges, [c](Range r) { return c >= r.first && c <= r.last; });
}

/// Punctuation that must not begin a line.
bool is_closing(char32_t c) {
  constexpr std::u32string_view closing = U"，。、；：？！）」』”’》】…";
  return closing.find(c) != std::u32string_view::npos;
}

/// Punctuation that must not end a line.
bool is_opening(char32_t c) {
  constexpr std::u32string_view opening = U"（「『“‘《【";
  return opening.find(c) != std::u32string_view::npos;
}

/// A piece that is never broken, and whether a space stood before it.
struct Word {
  std::string text;
  bool space_before = false;
};

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  bool space = false;
  bool glue = true;  // the next character belongs to the last word
  bool after_wide = false;
  while (!text.empty()) {
    const std::string_view rest = text;
    const char32_t c = take_code_point(text);
    const std::string_view octets = rest.substr(0, rest.size() - text.size());
    if (c == U' ' || c == U'\n') {
      space = true;
      continue;
    }
    const bool is_wide = code_point_width(c) == 2;
    const bool joins = !words.empty() && !space && (glue || is_closing(c) || (!is_wide && !after_wide));
    if (joins) {
      words.back().text += octets;
    } else {
      words.push_back({std::string(octets), space && !words.empty()});
    }
    glue = is_opening(c);
    after_wide = is_wide;
    space = false;
  }
  return words;
}

/// The longest beginning of `text` that fits, at least one character; `text` keeps the rest.
std::string take_columns(std::string& text, std::size_t columns) {
  std::string_view rest = text;
  std::size_t used = 0;
  while (!rest.empty()) {
    std::string_view next = rest;
    const auto w = static_cast<std::size_t>(code_point_width(take_code_point(next)));
    if (used + w > columns && used > 0) break;
    used += w;
    rest = next;
  }
  std::string head = text.substr(0, text.size() - rest.size());
  text.erase(0, head.size());
  return head;
}

}  // namespace

char32_t take_code_point(std::string_view& text) {
  const auto octet = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = octet(0);
  std::size_t length = 1;
  char32_t c = first;
  if (first >= 0xF0 && first < 0xF8) {
    length = 4;
    c = first & 0x07U;
  } else if (first >= 0xE0) {
    length = 3;
    c = first & 0x0FU;
  } else if (first >= 0xC2) {
    length = 2;
    c = first & 0x1FU;
  }
  bool good = first < 0x80 || (length > 1 && first < 0xF8 && text.size() >= length);
  for (std::size_t i = 1; good && i < length; ++i) {
    good = (octet(i) & 0xC0U) == 0x80U;
    c = (c << 6U) | (octet(i) & 0x3FU);
  }
  text.remove_prefix(good ? length : 1);
  return good ? c : U'\uFFFD';
}

int code_point_width(char32_t c) {
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return 0;
  if (c < 0x300) return 1;
  if (contains(zero, c)) return 0;
  return contains(wide, c) ? 2 : 1;
}

std::size_t display_width(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) columns += static_cast<std::size_t>(code_point_width(take_code_point(text)));
  return columns;
}

std::string pad_right(std::string_view text, std::size_t columns) {
  const std::size_t width = display_width(text);
  return std::string(text) + std::string(width < columns ? columns - width : 0, ' ');
}

std::string pad_left(std::string_view text, std::size_t columns) {
  const std::size_t width = display_width(text);
  return std::string(width < columns ? columns - width : 0, ' ') + std::string(text);
}

std::string cut(std::string_view text, std::size_t columns, std::string_view mark) {
  if (display_width(text) <= columns) return std::string(text);
  const std::size_t room = columns - std::min(columns, display_width(mark));
  std::string whole(text);
  std::string head = room == 0 ? std::string() : take_columns(whole, room);
  return head + std::string(mark);
}

std::vector<std::string> wrap(std::string_view text, std::size_t columns) {
  columns = std::max<std::size_t>(columns, 4);
  std::vector<std::string> lines;
  std::string line;
  for (Word& word : words_of(text)) {
    const std::size_t gap = word.space_before && !line.empty() ? 1 : 0;
    if (!line.empty() && display_width(line) + gap + display_width(word.text) > columns) {
      lines.push_back(std::exchange(line, {}));
    } else if (gap != 0) {
      line += ' ';
    }
    while (display_width(word.text) > columns) lines.push_back(take_columns(word.text, columns));
    line += word.text;
  }
  if (!line.empty()) lines.push_back(line);
  return lines;
}

std::string to_ascii(std::string_view text, bool keep_letters) {
  struct Like {
    char32_t c;
    std::string_view ascii;
  };
  static constexpr std::array<Like, 30> likes{{{U'│', "|"},  {U'├', "|"}, {U'┤', "|"},  {U'─', "-"},  {U'╌', "-"},  {U'→', ">"},
                                               {U'←', "<"},  {U'✗', "X"}, {U'◆', "*"},  {U'○', "o"},  {U'●', "*"},  {U'…', "..."},
                                               {U'×', "x"},  {U'–', "-"}, {U'—', "-"},  {U'−', "-"},  {U'“', "\""}, {U'”', "\""},
                                               {U'‘', "'"},  {U'’', "'"}, {U'·', "-"},  {U'▸', ">"},  {U'✓', "+"},  {U'≥', ">="},
                                               {U'≤', "<="}, {U'µ', "u"}, {U'⇄', "<>"}, {U'↔', "<>"}, {U'⋮', ":"},  {U'═', "="}}};
  std::string out;
  while (!text.empty()) {
    const std::string_view rest = text;
    const char32_t c = take_code_point(text);
    const std::string_view octets = rest.substr(0, rest.size() - text.size());
    const auto like = std::ranges::find(likes, c, &Like::c);
    if (like != likes.end()) {
      out += like->ascii;
    } else {
      out += c < 0x80 || keep_letters ? octets : "?";
    }
  }
  return out;
}

}  // namespace ft::analysis
