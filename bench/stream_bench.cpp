// Our stack as a server of streams on a TUN device: what comes to port 5001 is thrown away, port 5002 sends without end.
//
//   stream_bench LINK [CONTROLLER [TRACE]]     LINK as for --link; CONTROLLER cubic, new_reno, bbr; TRACE: decisions as JSON
//   lines
//
// Prints "ready"; ends with its standard input.
#include "fourtuple/link.hpp"
#include "fourtuple/socket.hpp"
#include "io/driver.hpp"
#include "trace/sinks.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <memory>
#include <string>

namespace {

using namespace ft;

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "stream_bench: %s\n", why.c_str());
  std::exit(1);
}

Congestion controller_of(const std::string& name) {
  if (name == "cubic") return Congestion::cubic;
  if (name == "new_reno") return Congestion::new_reno;
  if (name == "bbr") return Congestion::bbr;
  stop("expected cubic, new_reno or bbr, not " + name);
}

class Server {
 public:
  Server(Stack& stack, io::Driver& driver) : driver_(driver) {
    for (const std::uint16_t port : {sink_port, source_port}) {
      auto listener = Listener::listen(stack, {stack.config().addresses.front().address, port});
      if (!listener) stop(std::string(describe(listener.error())));
      listeners_.push_back(std::move(*listener));
    }
    driver_.set_handler([this](const Event& event) { on_event(event); });
  }
  void turn(std::span<pollfd> others) {
    if (auto turned = driver_.turn(never, others); !turned) stop(turned.error());
    for (Listener& listener : listeners_) {
      while (auto socket = listener.accept()) {
        streams_.push_back(std::move(*socket));
        pump(streams_.back());
      }
    }
  }

 private:
  static constexpr std::uint16_t sink_port = 5001, source_port = 5002;

  void on_event(const Event& event) {
    for (auto stream = streams_.begin(); stream != streams_.end(); ++stream) {
      if (stream->id() != event.connection) continue;
      if (event.kind == Event::Kind::closed) {
        streams_.erase(stream);
      } else {
        pump(*stream);
      }
      return;
    }
  }
  static void pump(Socket& stream) {
    const auto info = stream.info();
    if (!info) return;
    if (info->tuple.local.port == sink_port) {
      for (auto text = stream.peek(); !text.empty(); text = stream.peek()) stream.consume(text.size());
      std::array<std::byte, 1> none{};
      if (stream.read(none) == std::size_t{0}) static_cast<void>(stream.shutdown());
    } else {
      static const std::array<std::byte, 65536> octets{};
      while (stream.write(octets)) {
      }
    }
  }

  io::Driver& driver_;
  std::vector<Listener> listeners_;
  std::list<Socket> streams_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) stop("expected LINK [CONTROLLER [TRACE]]");
  auto spec = parse_link(argv[1]);
  if (!spec) stop(spec.error());
  auto link = open_link(*spec);
  if (!link) stop(link.error());
  StackConfig config = stack_config(*spec, **link);
  if (!spec->kernel.empty()) config.routes.push_back({IpAddress::unspecified(Family::ipv4), 0, spec->kernel.front().address});
  config.tcp.send_buffer = config.tcp.receive_buffer = 4u << 20;  // as the kernel's and gVisor's may grow to
  if (argc > 2) config.tcp.congestion = controller_of(argv[2]);
  Stack stack(std::move(config));
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(argc > 3 ? std::fopen(argv[3], "w") : nullptr, &std::fclose);
  trace::JsonLines lines([&file](std::string_view line) { std::fwrite(line.data(), 1, line.size(), file.get()); });
  if (file) stack.set_trace(&lines);
  io::Driver driver(stack, **link);
  stack.on_deadline(driver.now());
  Server server(stack, driver);
  std::puts("ready");
  std::fflush(stdout);
  std::array<pollfd, 1> input = {pollfd{STDIN_FILENO, POLLIN, 0}};
  while ((input[0].revents & (POLLIN | POLLHUP)) == 0) server.turn(input);
  stack.set_trace(nullptr);
  return 0;
}
