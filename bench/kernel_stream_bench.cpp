// The kernel's sockets at either end of a stream.
//
//   kernel_stream_bench serve ADDRESS CONTROLLER                 what comes to port 5001 is thrown away, port 5002 sends without
//   end kernel_stream_bench receive ADDRESS CONTROLLER SECONDS       from port 5002: octets read kernel_stream_bench send ADDRESS
//   CONTROLLER SECONDS          to port 5001: octets acknowledged
//
// A client prints "octets=N seconds=S silence=S": how much, how long, and the longest time without any progress.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/tcp.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr std::uint16_t sink_port = 5001, source_port = 5002;
char buffer[1 << 18];

[[noreturn]] void stop(const char* what) {
  std::fprintf(stderr, "kernel_stream_bench: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

int open_socket(const std::string& controller) {
  const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (s < 0) stop("socket");
  if (::setsockopt(s, IPPROTO_TCP, TCP_CONGESTION, controller.data(), static_cast<socklen_t>(controller.size())) != 0)
    stop(("TCP_CONGESTION " + controller).c_str());
  return s;
}

sockaddr_in address_of(const char* text, std::uint16_t port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  if (::inet_pton(AF_INET, text, &a.sin_addr) != 1) stop(text);
  return a;
}

int listen_at(const char* address, std::uint16_t port, const std::string& controller) {
  const int s = open_socket(controller);
  const int one = 1;
  ::setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  const sockaddr_in a = address_of(address, port);
  if (::bind(s, reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0 || ::listen(s, 16) != 0) stop("listen");
  ::fcntl(s, F_SETFL, O_NONBLOCK);
  return s;
}

/// Until standard input ends.
int serve(const char* address, const std::string& controller) {
  const int sink = listen_at(address, sink_port, controller);
  const int source = listen_at(address, source_port, controller);
  std::puts("ready");
  std::fflush(stdout);
  std::vector<pollfd> polled = {{STDIN_FILENO, POLLIN, 0}, {sink, POLLIN, 0}, {source, POLLIN, 0}};
  while (::poll(polled.data(), polled.size(), -1) >= 0) {
    if (polled[0].revents != 0) return 0;
    for (std::size_t i = 3; i < polled.size();) {
      bool over = (polled[i].revents & POLLERR) != 0;
      if ((polled[i].revents & POLLIN) != 0) over |= ::read(polled[i].fd, buffer, sizeof buffer) == 0;
      if (!over && (polled[i].revents & POLLOUT) != 0) over = ::write(polled[i].fd, buffer, sizeof buffer) < 0 && errno != EAGAIN;
      if (!over) {
        ++i;
        continue;
      }
      ::close(polled[i].fd);
      polled.erase(polled.begin() + static_cast<std::ptrdiff_t>(i));
    }
    for (const int listener : {sink, source}) {
      const int s = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
      if (s >= 0) polled.push_back({s, static_cast<short>(listener == sink ? POLLIN : POLLIN | POLLOUT), 0});
    }
  }
  stop("poll");
}

unsigned long long acknowledged(int s) {
  tcp_info info{};
  socklen_t length = sizeof info;
  if (::getsockopt(s, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) stop("TCP_INFO");
  return info.tcpi_bytes_acked;
}

int converse(bool receiving, const char* address, const std::string& controller, double seconds) {
  const int s = open_socket(controller);
  const double begin = now();
  const sockaddr_in a = address_of(address, receiving ? source_port : sink_port);
  if (::connect(s, reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0) stop("connect");
  ::fcntl(s, F_SETFL, O_NONBLOCK);
  unsigned long long octets = 0;
  double progress = now(), silence = 0;
  for (double t = now(); t - begin < seconds; t = now()) {
    pollfd polled{s, static_cast<short>(receiving ? POLLIN : POLLOUT), 0};
    ::poll(&polled, 1, 10);
    unsigned long long reached = octets;
    if (receiving) {
      const ssize_t n = ::read(s, buffer, sizeof buffer);
      if (n == 0 || (n < 0 && errno != EAGAIN)) stop("read");
      if (n > 0) reached += static_cast<unsigned long long>(n);
    } else {
      if (::write(s, buffer, sizeof buffer) < 0 && errno != EAGAIN) stop("write");
      reached = acknowledged(s);
    }
    const double after = now();
    if (reached != octets) {
      silence = std::max(silence, after - progress);
      progress = after;
      octets = reached;
    }
  }
  silence = std::max(silence, now() - progress);
  std::printf("octets=%llu seconds=%.3f silence=%.3f\n", octets, now() - begin, silence);
  const linger abort{1, 0};
  ::setsockopt(s, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
  ::close(s);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::string what = argc > 3 ? argv[1] : "";
  if (what == "serve" && argc == 4) return serve(argv[2], argv[3]);
  if ((what == "receive" || what == "send") && argc == 5)
    return converse(what == "receive", argv[2], argv[3], std::atof(argv[4]));
  std::fprintf(stderr, "kernel_stream_bench: expected serve ADDRESS CONTROLLER | receive|send ADDRESS CONTROLLER SECONDS\n");
  return 2;
}
