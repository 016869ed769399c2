// What the program needs to know about the terminal, and output that tells whether it arrived.
#pragma once

#include "analysis/catalogue.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ft::cli {

enum class When : std::uint8_t { automatic, always, never };

/// Colour on a terminal only, and not when NO_COLOR is set or TERM is "dumb", unless asked for.
bool use_colour(When when, int descriptor);
/// Whether the locale's characters are UTF-8 (LC_ALL, else LC_CTYPE, else LANG).
bool locale_is_utf8();
/// Chinese when the locale (LC_ALL, else LC_MESSAGES, else LANG) begins with zh.
analysis::Lang locale_language();

/// Standard output. A reader that went away (head, less) is no failure: what follows is dropped quietly.
class Output {
 public:
  /// False when nothing more need be written.
  bool write(std::string_view text);
  /// Writes what is buffered, for whoever reads along. False as for write.
  bool flush();
  /// Writes what is buffered; the error that occurred, if any ("No space left on device").
  std::optional<std::string> finish();

 private:
  bool failed();  // notes errno; false

  bool gone_ = false;
  std::optional<std::string> error_;
};

/// Reads single keys from the terminal without echo; restores it when destroyed, and before a signal ends the program.
class Keys {
 public:
  /// False when standard input is no terminal.
  static bool available();
  Keys();
  ~Keys();
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;
  /// The next key; nullopt at the end of input.
  std::optional<char> next();
};

}  // namespace ft::cli
