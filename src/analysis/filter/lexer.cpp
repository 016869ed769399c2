#include "analysis/filter/syntax.hpp"

#include "analysis/filter/with_unit.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace ft::analysis::filter {
namespace {

constexpr bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
constexpr bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' || c == ':';
}
constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
constexpr unsigned digit(char c) { return static_cast<unsigned>(is_digit(c) ? c - '0' : c >= 'a' ? c - 'a' + 10 : c - 'A' + 10); }

struct Spelling {
  std::string_view text;
  Op op;
};
// Longer ones first.
constexpr std::array signs{Spelling{"===", Op::all_equal},  Spelling{"!==", Op::any_unequal},  Spelling{"==", Op::any_equal},
                           Spelling{"!=", Op::all_unequal}, Spelling{">=", Op::greater_equal}, Spelling{"<=", Op::less_equal},
                           Spelling{"&&", Op::logic_and},   Spelling{"||", Op::logic_or},      Spelling{"^^", Op::logic_xor},
                           Spelling{">", Op::greater},      Spelling{"<", Op::less},           Spelling{"~", Op::matches},
                           Spelling{"!", Op::logic_not},    Spelling{"&", Op::bit_and},        Spelling{"+", Op::add},
                           Spelling{"-", Op::subtract},     Spelling{"*", Op::multiply},       Spelling{"/", Op::divide},
                           Spelling{"%", Op::remainder}};
constexpr std::array words{Spelling{"eq", Op::any_equal},
                           Spelling{"any_eq", Op::any_equal},
                           Spelling{"ne", Op::all_unequal},
                           Spelling{"all_ne", Op::all_unequal},
                           Spelling{"all_eq", Op::all_equal},
                           Spelling{"any_ne", Op::any_unequal},
                           Spelling{"gt", Op::greater},
                           Spelling{"lt", Op::less},
                           Spelling{"ge", Op::greater_equal},
                           Spelling{"le", Op::less_equal},
                           Spelling{"contains", Op::contains},
                           Spelling{"matches", Op::matches},
                           Spelling{"in", Op::in},
                           Spelling{"not", Op::logic_not},
                           Spelling{"and", Op::logic_and},
                           Spelling{"or", Op::logic_or},
                           Spelling{"xor", Op::logic_xor},
                           Spelling{"bitwise_and", Op::bit_and},
                           Spelling{"any", Op::any},
                           Spelling{"all", Op::all}};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::expected<std::vector<Lexeme>, FilterError> run() {
    if (text_.size() > FilterLimits::most_octets)
      return std::unexpected(
          FilterError{"the filter is longer than " + std::to_string(FilterLimits::most_octets) + " octets", 0, 0, ""});
    while (at_ < text_.size() && !error_) {
      if (is_space(here())) {
        ++at_;
        continue;
      }
      if (lexemes_.size() == FilterLimits::most_parts)
        fail("the filter has more than " + std::to_string(FilterLimits::most_parts) + " parts", at_, 1);
      if (!error_) next();
    }
    if (error_) return std::unexpected(*error_);
    lexemes_.push_back({Token::end, Op::none, text_.size(), 0, ""});
    return std::move(lexemes_);
  }

 private:
  char here() const { return text_[at_]; }
  char peek(std::size_t n = 1) const { return at_ + n < text_.size() ? text_[at_ + n] : '\0'; }
  void fail(std::string message, std::size_t offset, std::size_t length, std::string hint = "") {
    error_ = FilterError{std::move(message), offset, length, std::move(hint)};
  }
  void push(Token token, std::size_t length, Op op = Op::none) {
    lexemes_.push_back({token, op, at_, length, std::string(text_.substr(at_, length))});
    at_ += length;
  }

  void next() {
    const char c = here();
    const bool raw = (c == 'r' || c == 'R') && peek() == '"';
    if (c == '"' || raw) return quoted(raw);
    if (c == '\'') return character();
    if (is_word(c) && c != '-' && (c != ':' || peek() == ':')) return word();
    if (c == '.' && peek() == '.') return push(Token::dots, 2);
    if (c == '.' && is_word(peek())) return field_word();
    if (c == '[') return bracket();
    if (c == '#') return layers();
    if (c == '$') return dollar();
    constexpr std::string_view marks = "(){},;";
    constexpr std::array tokens{Token::left_paren,  Token::right_paren, Token::left_brace,
                                Token::right_brace, Token::comma,       Token::semicolon};
    if (const std::size_t i = marks.find(c); i != std::string_view::npos) return push(tokens[i], 1);
    for (const Spelling& sign : signs)
      if (text_.substr(at_).starts_with(sign.text)) return push(Token::op, sign.text.size(), sign.op);
    std::string hint;
    if (c == '=') hint = "write == to compare";
    if (c == '|') hint = "write || or `or`";
    if (c == '^') hint = "write ^^ or `xor`";
    const bool printable = c > ' ' && c < 0x7f;
    fail(printable ? "\"" + std::string(1, c) + "\" was unexpected here" : "a character that no filter has was unexpected here",
         at_, 1, std::move(hint));
  }

  /// A word goes on over dots between letters and digits; over "/" in 10.0.0.0/8, where nothing else can be meant.
  std::size_t word_end() const {
    std::size_t end = at_;
    bool address = true;
    bool separated = false;
    while (end < text_.size()) {
      const char c = text_[end];
      const char after = end + 1 < text_.size() ? text_[end + 1] : '\0';
      if (is_word(c)) {
        address = address && (is_hex(c) || c == ':');
        separated = separated || c == ':';
      } else if (c == '.' && is_word(after) && after != '-') {
        separated = true;
      } else if (!(c == '/' && address && separated && is_digit(after))) {
        break;
      }
      ++end;
    }
    return end;
  }
  void word() {
    const std::size_t length = word_end() - at_;
    const std::string_view text = text_.substr(at_, length);
    for (const Spelling& one : words)
      if (one.text == text) return push(Token::op, length, one.op);
    push(Token::word, length);
  }
  void field_word() {
    ++at_;
    const std::size_t length = word_end() - at_;
    push(Token::field_word, length);
  }

  void quoted(bool raw) {
    const std::size_t begin = at_;
    at_ += raw ? 2 : 1;
    std::string value;
    while (at_ < text_.size() && here() != '"') {
      if (here() != '\\') {
        value += here();
        ++at_;
      } else if (raw) {  // a backslash stays, and so does a quote behind it
        value += here();
        if (peek() == '"') {
          value.back() = '"';
          ++at_;
        } else if (peek() == '\\') {
          value += '\\';
          ++at_;
        }
        ++at_;
      } else if (!escape(value)) {
        return;
      }
    }
    if (at_ >= text_.size()) return fail("the closing quote of this text is missing", begin, text_.size() - begin);
    ++at_;
    lexemes_.push_back({raw ? Token::raw_text : Token::text, Op::none, begin, at_ - begin, std::move(value)});
  }
  void character() {
    const std::size_t begin = at_++;
    std::string value;
    while (at_ < text_.size() && here() != '\'') {
      if (here() == '\\') {
        if (!escape(value)) return;
      } else {
        value += here();
        ++at_;
      }
    }
    if (at_ >= text_.size()) return fail("the closing quote of this character is missing", begin, text_.size() - begin);
    ++at_;
    if (value.size() != 1)
      return fail(value.empty() ? "there is no character between the quotes" : "more than one character between single quotes",
                  begin, at_ - begin, value.empty() ? "" : "text stands between \"double quotes\"");
    lexemes_.push_back({Token::character, Op::none, begin, at_ - begin, std::move(value)});
  }

  /// \" \' \\ \a \b \f \n \r \t \v \xHH \OOO \uHHHH \UHHHHHHHH
  bool escape(std::string& value) {
    const std::size_t begin = at_++;
    if (at_ >= text_.size()) return true;
    const char c = text_[at_++];
    constexpr std::string_view from = "\"'\\abfnrtv?";
    constexpr std::string_view to = "\"'\\\a\b\f\n\r\t\v?";
    if (const std::size_t i = from.find(c); i != std::string_view::npos) {
      value += to[i];
      return true;
    }
    unsigned code = 0;
    std::size_t digits = 0;
    if (c == 'x' || c == 'u' || c == 'U') {
      const std::size_t most = c == 'x' ? 2 : c == 'u' ? 4 : 8;
      while (digits < most && at_ < text_.size() && is_hex(here())) {
        code = code << 4 | digit(here());
        ++at_;
        ++digits;
      }
      const bool whole = c == 'x' ? digits > 0 : digits == most && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
      if (whole) {
        c == 'x' ? void(value += static_cast<char>(code)) : append_utf8(value, code);
        return true;
      }
    } else if (c >= '0' && c <= '7') {
      --at_;
      while (digits < 3 && at_ < text_.size() && here() >= '0' && here() <= '7') {
        code = code << 3 | digit(here());
        ++at_;
        ++digits;
      }
      if (code <= 0xff) {
        value += static_cast<char>(code);
        return true;
      }
    }
    fail("this is no character escape", begin, at_ - begin,
         "there are \\n \\t \\r \\\\ \\\" \\x41 \\101 \\u0041; r\"...\" takes backslashes as they are");
    return false;
  }
  static void append_utf8(std::string& to, unsigned code) {
    if (code < 0x80) {
      to += static_cast<char>(code);
      return;
    }
    const unsigned more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    constexpr std::array<unsigned, 4> lead{0, 0xc0, 0xe0, 0xf0};
    to += static_cast<char>(lead[more] | code >> (6 * more));
    for (unsigned i = more; i-- > 0;) to += static_cast<char>(0x80 | (code >> (6 * i) & 0x3f));
  }

  void bracket() {
    const std::size_t end = text_.find(']', at_);
    if (end == std::string_view::npos) return fail("the closing ] is missing", at_, text_.size() - at_);
    lexemes_.push_back({Token::bracket, Op::none, at_, end + 1 - at_, std::string(text_.substr(at_ + 1, end - at_ - 1))});
    at_ = end + 1;
  }
  void layers() {
    const std::size_t begin = at_++;
    std::size_t end = at_;
    if (at_ < text_.size() && here() == '[') {
      end = text_.find(']', at_);
      if (end == std::string_view::npos) return fail("the closing ] is missing", at_, text_.size() - at_);
      lexemes_.push_back({Token::hash, Op::none, begin, end + 1 - begin, std::string(text_.substr(at_ + 1, end - at_ - 1))});
      at_ = end + 1;
      return;
    }
    while (end < text_.size() && is_digit(text_[end])) ++end;
    if (end == at_)
      return fail("# wants a number, or [numbers]", begin, 1, "ip.src#1 is the outermost header's, ip.src#2 the next one's");
    lexemes_.push_back({Token::hash, Op::none, begin, end - begin, std::string(text_.substr(at_, end - at_))});
    at_ = end;
  }
  void dollar() {
    const std::size_t begin = at_;
    const std::size_t end = peek() == '{' ? text_.find('}', at_) : std::string_view::npos;
    if (end == std::string_view::npos)
      return fail("macros are defined in Wireshark's files, which are not read here", at_, 1,
                  "${field} is the value in the selected frame");
    std::string name(text_.substr(at_ + 2, end - at_ - 2));
    if (name.find_first_of(":;") != std::string::npos)
      return fail("macros are defined in Wireshark's files, which are not read here", begin, end + 1 - begin);
    lexemes_.push_back({Token::reference, Op::none, begin, end + 1 - begin, std::move(name)});
    at_ = end + 1;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Lexeme> lexemes_;
  std::optional<FilterError> error_;
};

std::optional<std::int32_t> read_offset(std::string_view text) {
  std::int32_t value = 0;
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > 8) return std::nullopt;
  for (char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return negative ? -value : value;
}

std::optional<Range> read_range(std::string_view text) {
  Range range;
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    const std::string_view from = text.substr(0, colon);
    const std::string_view count = text.substr(colon + 1);
    const auto first = from.empty() ? std::optional<std::int32_t>(0) : read_offset(from);
    if (!first || (from.empty() && count.empty())) return std::nullopt;
    range.first = *first;
    if (count.empty()) return range;
    const auto length = read_offset(count);
    if (!length || *length <= 0) return std::nullopt;
    range.length = *length;
    range.until = Range::Until::length;
    return range;
  }
  if (const std::size_t dash = text.find('-', 1); dash != std::string_view::npos) {
    const auto first = read_offset(text.substr(0, dash));
    const auto last = read_offset(text.substr(dash + 1));
    if (!first || !last) return std::nullopt;
    range.first = *first;
    range.last = *last;
    range.until = Range::Until::last;
    return range;
  }
  const auto only = read_offset(text);
  if (!only) return std::nullopt;
  range.first = *only;
  range.length = 1;
  range.until = Range::Until::length;
  return range;
}

}  // namespace

std::expected<std::vector<Lexeme>, FilterError> split(std::string_view text) { return Lexer(text).run(); }

std::expected<std::vector<Range>, FilterError> read_ranges(std::string_view text, std::size_t offset) {
  std::vector<Range> ranges;
  std::size_t at = 0;
  while (true) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    std::string bare;
    for (char c : text.substr(at, comma - at))
      if (!is_space(c)) bare += c;
    const std::optional<Range> range = bare.empty() ? std::nullopt : read_range(bare);
    if (!range || ranges.size() == 32)
      return std::unexpected(FilterError{
          ranges.size() == 32 ? "too many ranges" : "\"" + bare + "\" is not a range", offset + at, comma - at,
          "there are [first:count] [first-last] [one] [:count] [first:], negative from the end, several with commas"});
    ranges.push_back(*range);
    if (comma == text.size()) return ranges;
    at = comma + 1;
  }
}

std::string_view spelling(Op op) {
  for (const Spelling& one : signs)
    if (one.op == op) return one.text;
  for (const Spelling& one : words)
    if (one.op == op) return one.text;
  return "";
}

}  // namespace ft::analysis::filter
