#include "cli/progress.hpp"

#include "analysis/report/escape.hpp"
#include "analysis/text_width.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace ft::cli {

namespace {

constexpr std::chrono::milliseconds first_shown{1000}, between{100};
constexpr std::size_t least_bar = 6, most_bar = 24;  // columns

volatile std::sig_atomic_t interrupted = 0;

/// A line that is longer could not be taken back.
std::size_t columns_of_terminal() {
  winsize size{};
  constexpr std::size_t usual = 80, least = 20;
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return usual;
  return std::max<std::size_t>(size.ws_col, least);
}

void on_interrupt(int signal) {
  interrupted = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

Progress::Progress(std::string what, std::optional<std::uint64_t> total)
    : what_(analysis::report::terminal_text(what)), total_(total), shows_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (shown_) std::fputs("\r\x1b[K", stderr);
}

void Progress::show(std::uint64_t octets, std::uint64_t packets) {
  if (!shows_) return;
  const auto now = Clock::now();
  if (now - begun_ < first_shown || now - last_ < between) return;
  last_ = now;
  shown_ = true;
  const double seconds = std::max(std::chrono::duration<double>(now - begun_).count(), 1e-3);
  const double rate = static_cast<double>(octets) / seconds;
  std::string numbers = fmt::format("{:.0f} MB/s, {:.2f} M packets/s", rate / 1e6, static_cast<double>(packets) / seconds / 1e6);
  if (total_ && rate > 0 && octets < *total_)
    numbers += fmt::format(", {:.0f} s left", static_cast<double>(*total_ - octets) / rate);
  const std::size_t room = columns_of_terminal() - 1;
  std::string line = analysis::cut(what_, 30, "...") + " ";
  const std::size_t others = analysis::display_width(line) + numbers.size() + std::string_view("[] 100 % ").size();
  if (total_ && *total_ > 0 && others + least_bar <= room) {
    const std::size_t columns = std::min(most_bar, room - others);
    const double share = std::min(1.0, static_cast<double>(octets) / static_cast<double>(*total_));
    const auto full = static_cast<std::size_t>(share * static_cast<double>(columns));
    line += fmt::format("[{}{}] {:3.0f} % ", std::string(full, '#'), std::string(columns - full, '.'), share * 100);
  }
  std::fprintf(stderr, "\r\x1b[K%s", analysis::cut(line + numbers, room, "").c_str());
  std::fflush(stderr);
}

Interruption::Interruption() {
  interrupted = 0;
  std::signal(SIGINT, on_interrupt);
}
Interruption::~Interruption() { std::signal(SIGINT, SIG_DFL); }
bool Interruption::asked() { return interrupted != 0; }

}  // namespace ft::cli
