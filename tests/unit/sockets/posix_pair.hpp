// Two stacks with BSD sockets on each, a wire between them, one thread and virtual time: a blocking call on one side runs the
// world until it can answer.
#pragma once

#include "fourtuple/posix.hpp"
#include "unit/stack/pair.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <optional>
#include <string>
#include <utility>

namespace ft::test {

class PairWorld final : public posix::World {
 public:
  PairWorld(Pair& pair, int side) : pair_(pair), side_(static_cast<std::size_t>(side)) {}
  void attach(PairWorld& other, posix::Sockets& sockets) {
    other_ = &other;
    sockets_ = &sockets;
  }

  Instant now() override { return pair_.now; }
  void flush() override {
    pair_.drain();
    hand_out();
    other_->hand_out();
  }
  bool wait(std::unique_lock<std::mutex>&, Instant until, const Ready& ready) override {
    constexpr auto step = std::chrono::milliseconds(1);
    constexpr auto patience = std::chrono::hours(3);  // nothing in these tests takes longer
    const Instant end = std::min(until, pair_.now + patience);
    for (;;) {
      if (ready()) return true;
      if (pair_.now >= end) return false;
      pair_.run(std::min<Duration>(step, end - pair_.now));
      flush();
    }
  }

 private:
  void hand_out() {
    for (const Event& event : std::exchange(pair_.events[side_], {})) sockets_->on_event(event);
  }

  Pair& pair_;
  std::size_t side_;
  PairWorld* other_ = nullptr;
  posix::Sockets* sockets_ = nullptr;
};

struct SocketPair {
  explicit SocketPair(bool v6 = false, const std::function<void(StackConfig&, StackConfig&)>& change = {}) : pair(v6, change) {
    client_world.attach(server_world, client);
    server_world.attach(client_world, server);
  }

  ~SocketPair() {
    client.close_all();
    server.close_all();
  }

  /// Lets everything happen that follows within the time.
  void run(Duration duration) {
    pair.run(duration);
    client_world.flush();
  }

  Pair pair;
  PairWorld client_world{pair, 0};
  PairWorld server_world{pair, 1};
  posix::Sockets client{pair.stacks[0], client_world};
  posix::Sockets server{pair.stacks[1], server_world};
};

/// A socket name as calls want it.
struct Name {
  Name(const std::string& address, std::uint16_t port) {
    if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
      v4.sin_family = AF_INET;
      v4.sin_port = htons(port);
      length = sizeof v4;
    } else {
      ::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr);
      v6.sin6_family = AF_INET6;
      v6.sin6_port = htons(port);
      length = sizeof v6;
    }
  }
  const sockaddr* get() const {
    return length == sizeof v4 ? reinterpret_cast<const sockaddr*>(&v4) : reinterpret_cast<const sockaddr*>(&v6);
  }
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  socklen_t length = 0;
};

inline std::string to_text(const sockaddr_storage& name) {
  char text[INET6_ADDRSTRLEN] = {};
  if (name.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&name);
    ::inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
    return std::string(text) + " " + std::to_string(ntohs(v4->sin_port));
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&name);
  ::inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
  return std::string(text) + " " + std::to_string(ntohs(v6->sin6_port));
}

}  // namespace ft::test
