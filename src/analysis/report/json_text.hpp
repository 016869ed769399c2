// JSON (RFC 8259) written from the first octet to the last: no tree, so that a list of a million connections costs nothing but
// its octets. Whoever calls it keeps objects and arrays balanced; commas, blanks and escapes are kept here.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ft::analysis::report {

class JsonText {
 public:
  /// `indent` columns for each level; objects that were begun with `flat` stand in one line.
  explicit JsonText(std::size_t indent = 2) : indent_(indent) {}

  JsonText& begin_object(bool flat = false) { return begin('{', flat); }
  JsonText& end_object() { return end('}'); }
  JsonText& begin_array(bool flat = false) { return begin('[', flat); }
  JsonText& end_array() { return end(']'); }
  JsonText& key(std::string_view name);

  JsonText& value(std::string_view text);
  JsonText& value(const char* text) { return value(std::string_view(text)); }
  JsonText& value(bool flag) { return raw(flag ? "true" : "false"); }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  JsonText& value(T number) {
    return raw(std::to_string(number));
  }
  /// Six digits after the point at most; what is no number is null.
  JsonText& value(double number);
  JsonText& null() { return raw("null"); }

  template <typename T>
  JsonText& member(std::string_view name, T v) {
    return key(name).value(v);
  }

  /// What was written since the last call; a document may be taken piece by piece.
  std::string take();
  std::size_t size() const { return out_.size(); }

 private:
  struct Level {
    bool flat = false;
    bool empty = true;
  };
  JsonText& begin(char bracket, bool flat);
  JsonText& end(char bracket);
  JsonText& raw(std::string_view text);
  void separate();

  std::size_t indent_;
  std::vector<Level> levels_;
  bool after_key_ = false;
  std::string out_;
};

}  // namespace ft::analysis::report
