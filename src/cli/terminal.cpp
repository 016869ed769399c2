#include "cli/terminal.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <termios.h>
#include <unistd.h>

namespace ft::cli {

namespace {

std::string_view first_set(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

// The terminal as it was, for the signal handler.
termios saved_terminal{};
volatile std::sig_atomic_t terminal_changed = 0;
constexpr std::array deadly{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

void restore_terminal() {
  if (terminal_changed == 0) return;
  terminal_changed = 0;
  tcsetattr(STDIN_FILENO, TCSANOW, &saved_terminal);
}

void on_deadly_signal(int signal) {
  restore_terminal();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

bool use_colour(When when, int descriptor) {
  if (when != When::automatic) return when == When::always;
  const char* no_colour = std::getenv("NO_COLOR");
  if (no_colour != nullptr && *no_colour != '\0') return false;
  return isatty(descriptor) == 1 && first_set({"TERM"}) != "dumb";
}

bool locale_is_utf8() {
  const std::string_view locale = first_set({"LC_ALL", "LC_CTYPE", "LANG"});
  return locale.find("UTF-8") != std::string_view::npos || locale.find("utf8") != std::string_view::npos ||
         locale.find("UTF8") != std::string_view::npos || locale.find("utf-8") != std::string_view::npos;
}

analysis::Lang locale_language() {
  return first_set({"LC_ALL", "LC_MESSAGES", "LANG"}).starts_with("zh") ? analysis::Lang::zh : analysis::Lang::en;
}

bool Output::write(std::string_view text) {
  if (gone_ || error_) return false;
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() || failed();
}

bool Output::flush() {
  if (gone_ || error_) return false;
  return std::fflush(stdout) == 0 || failed();
}

bool Output::failed() {
  if (errno == EPIPE) {
    gone_ = true;
  } else {
    error_ = std::strerror(errno);
  }
  return false;
}

std::optional<std::string> Output::finish() {
  flush();
  return error_;
}

bool Keys::available() { return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1; }

Keys::Keys() {
  if (tcgetattr(STDIN_FILENO, &saved_terminal) != 0) return;
  termios raw = saved_terminal;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  terminal_changed = 1;
  for (const int signal : deadly) std::signal(signal, on_deadly_signal);
  tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

Keys::~Keys() {
  restore_terminal();
  for (const int signal : deadly) std::signal(signal, SIG_DFL);
}

std::optional<char> Keys::next() {
  char key = 0;
  while (true) {
    const ssize_t got = read(STDIN_FILENO, &key, 1);
    if (got == 1) return key;
    if (got == 0 || errno != EINTR) return std::nullopt;
  }
}

}  // namespace ft::cli
