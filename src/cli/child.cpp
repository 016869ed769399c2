#include "cli/child.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>

#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ft::cli {

namespace {
constexpr std::size_t most_said = 64 * 1024;  // octets kept of standard error

std::chrono::nanoseconds time_used(pid_t child) {
  clockid_t clock{};
  timespec used{};
  if (clock_getcpuclockid(child, &clock) != 0 || clock_gettime(clock, &used) != 0) return {};
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace

std::string ChildEnd::describe() const {
  if (hung) return "it did not end: an endless loop";
  const std::string line = said.substr(0, said.find('\n'));
  if (signal != 0) return line.empty() ? std::string("ended by signal: ") + strsignal(signal) : line;
  if (status != 0) return line.empty() ? "exit status " + std::to_string(status) : line;
  return {};
}

void* shared_memory(std::size_t octets) {
  void* memory = mmap(nullptr, octets, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

ChildEnd in_child(const std::function<int()>& work, const std::function<bool(std::chrono::nanoseconds used)>& tick) {
  ChildEnd end;
  std::array<int, 2> said{};
  std::fflush(nullptr);
  if (pipe(said.data()) != 0) return {.status = -1, .said = std::strerror(errno)};
  const pid_t child = fork();
  if (child < 0) {
    const int error = errno;
    ::close(said[0]);
    ::close(said[1]);
    return {.status = -1, .said = std::string("cannot fork: ") + std::strerror(error)};
  }
  if (child == 0) {
    dup2(said[1], STDERR_FILENO);
    ::close(said[0]);
    ::close(said[1]);
    _exit(work());
  }
  ::close(said[1]);
  for (bool open = true; open;) {
    pollfd waited{said[0], POLLIN, 0};
    const int ready = poll(&waited, 1, 100);
    if (ready > 0) {
      std::array<char, 4096> piece{};
      const ssize_t n = read(said[0], piece.data(), piece.size());
      open = n > 0;
      if (n > 0 && end.said.size() < most_said) end.said.append(piece.data(), static_cast<std::size_t>(n));
    }
    if (!end.hung && !tick(time_used(child))) {
      end.hung = true;
      kill(child, SIGKILL);
    }
  }
  ::close(said[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status) && !end.hung) end.signal = WTERMSIG(status);
  if (WIFEXITED(status)) end.status = WEXITSTATUS(status);
  return end;
}

}  // namespace ft::cli
