#include "analysis/report/json_text.hpp"

#include "analysis/quantity.hpp"
#include "analysis/report/escape.hpp"
#include "base/assert.hpp"

#include <cmath>
#include <utility>

namespace ft::analysis::report {

namespace {

void append_escaped(std::string& out, std::string_view text) {
  static constexpr std::string_view digits = "0123456789abcdef";
  while (!text.empty()) {
    const Character c = take_character(text);
    if (c.code == U'"' || c.code == U'\\') {
      out += '\\';
      out += static_cast<char>(c.code);
    } else if (c.code == U'\n') {
      out += "\\n";
    } else if (c.code < 0x20 || (c.code >= 0x7F && c.code < 0xA0)) {
      out += "\\u00";
      out += digits[c.code >> 4U];
      out += digits[c.code & 15U];
    } else {
      out += c.good ? c.octets : "\xEF\xBF\xBD";
    }
  }
}

}  // namespace

void JsonText::separate() {
  if (std::exchange(after_key_, false)) return;
  if (levels_.empty()) return;
  Level& level = levels_.back();
  if (!level.empty) out_ += level.flat ? ", " : ",";
  level.empty = false;
  if (!level.flat) out_ += "\n" + std::string(levels_.size() * indent_, ' ');
}

JsonText& JsonText::begin(char bracket, bool flat) {
  separate();
  out_ += bracket;
  levels_.push_back({.flat = flat || (!levels_.empty() && levels_.back().flat)});
  return *this;
}

JsonText& JsonText::end(char bracket) {
  FT_ASSERT(!levels_.empty());
  const Level level = levels_.back();
  levels_.pop_back();
  if (!level.empty && !level.flat) out_ += "\n" + std::string(levels_.size() * indent_, ' ');
  out_ += bracket;
  if (levels_.empty()) out_ += "\n";
  return *this;
}

JsonText& JsonText::key(std::string_view name) {
  separate();
  out_ += '"';
  append_escaped(out_, name);
  out_ += "\": ";
  after_key_ = true;
  return *this;
}

JsonText& JsonText::value(std::string_view text) {
  separate();
  out_ += '"';
  append_escaped(out_, text);
  out_ += '"';
  return *this;
}

JsonText& JsonText::raw(std::string_view text) {
  separate();
  out_ += text;
  return *this;
}

JsonText& JsonText::value(double number) {
  if (!std::isfinite(number)) return null();
  std::string text = fixed(number, 6);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return raw(text == "-0" ? "0" : text);
}

std::string JsonText::take() { return std::exchange(out_, {}); }

}  // namespace ft::analysis::report
