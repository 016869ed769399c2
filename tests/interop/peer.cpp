// Our side of the interop tests that need many connections: an echo server and a client that asks many questions, one after
// another or many at once. Prints "ready" when it serves and a summary when it is done; exit status 0 means that every connection
// went as it should.
//
//   peer LINK [--address A] [--impair I] [--fast-open yes] serve PORT CONNECTIONS
//   peer LINK [--address A] [--impair I] [--fast-open yes] ask ADDRESS PORT CONNECTIONS AT_ONCE OCTETS
//
// With --fast-open questions go with the SYN as soon as the server has given a cookie (RFC 7413).
#include "fourtuple/link.hpp"
#include "fourtuple/socket.hpp"
#include "io/driver.hpp"
#include "sockets/impaired_link.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace {

using namespace ft;

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "peer: %s\n", why.c_str());
  std::exit(1);
}

template <typename T>
T or_stop(std::expected<T, std::string> value) {
  if (!value) stop(value.error());
  return std::move(*value);
}

/// What a client asks: octets that depend on the connection, so that a mix-up is seen.
std::vector<std::byte> question(unsigned number, std::size_t octets) {
  std::vector<std::byte> text(octets);
  for (std::size_t i = 0; i < octets; ++i) text[i] = static_cast<std::byte>((i * 31 + number * 17) >> 3);
  return text;
}

struct Conversation {
  Socket socket;
  std::vector<std::byte> asked;
  std::size_t written = 0, read = 0;
  bool shut = false, ended = false;
};

class Peer {
 public:
  Peer(io::Driver& driver, bool fast_open) : driver_(driver), stack_(driver.stack()), fast_open_(fast_open) {
    driver_.set_handler([this](const Event& event) { on_event(event); });
  }

  void serve(std::uint16_t port, unsigned connections) {
    std::vector<Listener> listeners;
    for (const auto& ours : stack_.config().addresses) {
      auto listener = Listener::listen(stack_, {ours.address, port},
                                       {.backlog = 512, .syn_queue = 1024, .fast_open = fast_open_ ? 256u : 0u, .tcp = {}});
      if (!listener) stop("listen: " + std::string(describe(listener.error())));
      listeners.push_back(std::move(*listener));
    }
    std::puts("ready");
    std::fflush(stdout);
    while (done_ + failed_ < connections) {
      turn();
      for (auto& listener : listeners) accept_all(listener);
    }
  }

  void ask(Endpoint server, unsigned connections, unsigned at_once, std::size_t octets) {
    unsigned opened = 0;
    while (done_ + failed_ < connections) {
      while (opened < connections && conversations_.size() < at_once) open(server, opened++, octets);
      most_at_once_ = std::max(most_at_once_, conversations_.size());
      turn();
    }
  }

  int finish() {
    const auto is_over = [](const PortEntry& entry) { return entry.state == "LISTEN" || entry.state == "TIME-WAIT"; };
    const Instant latest = driver_.read_clock() + std::chrono::seconds(5);
    while (driver_.now() < latest && !std::ranges::all_of(stack_.ports(), is_over)) turn();
    const StackCounters& counted = stack_.counters();
    const auto number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
    std::printf("fast opens: %llu sent, %llu accepted, %llu refused\n", number(counted.fast_opens_sent),
                number(counted.fast_opens_accepted), number(counted.fast_opens_refused));
    std::printf("cookies: %llu sent, %llu accepted, %llu refused; %llu segments in\n", number(counted.syn_cookies_sent),
                number(counted.syn_cookies_accepted), number(counted.syn_cookies_refused), number(counted.segments_in));
    std::printf("memory: %llu octets at most, ceiling %llu\n", number(most_memory_), number(stack_.memory_ceiling()));
    std::printf("%u done, %u failed, %zu at once at most, %llu retransmissions\n", done_, failed_, most_at_once_,
                number(counted.retransmissions));
    return failed_ == 0 ? 0 : 1;
  }

 private:
  void turn() {
    constexpr auto between_looks = std::chrono::milliseconds(100);
    if (driver_.now() >= next_look_) {
      most_memory_ = std::max(most_memory_, stack_.memory().total());
      next_look_ = driver_.now() + between_looks;
    }
    if (auto turned = driver_.turn(driver_.now() + std::chrono::milliseconds(200)); !turned) stop(turned.error());
  }

  void open(Endpoint server, unsigned number, std::size_t octets) {
    std::vector<std::byte> asked = question(number, octets);
    const auto first = fast_open_ ? std::span<const std::byte>(asked) : std::span<const std::byte>{};
    auto socket = Socket::connect(stack_, driver_.now(), server, {.first_text = first, .fast_open = fast_open_});
    if (!socket) stop("connect: " + std::string(describe(socket.error().code)));
    const auto index = socket->id().index;
    conversations_.emplace(index, Conversation{std::move(*socket), std::move(asked), first.size()});
  }

  void accept_all(Listener& listener) {
    for (auto socket = listener.accept(); socket; socket = listener.accept()) {
      const auto index = socket->id().index;
      auto& conversation = conversations_.emplace(index, Conversation{std::move(*socket), {}}).first->second;
      most_at_once_ = std::max(most_at_once_, conversations_.size());
      echo(conversation);
    }
  }

  void on_event(const Event& event) {
    const auto found = conversations_.find(event.connection.index);
    if (found == conversations_.end() || found->second.socket.id() != event.connection) return;
    Conversation& conversation = found->second;
    if (event.kind == Event::Kind::closed) {
      const bool whole =
          conversation.asked.empty() ? conversation.ended : conversation.ended && conversation.read == conversation.asked.size();
      const bool good = event.why == CloseReason::normal && whole;
      if (!good) std::fprintf(stderr, "peer: a connection ended with %s\n", std::string(to_string(event.why)).c_str());
      ++(good ? done_ : failed_);
      conversations_.erase(found);
    } else if (conversation.asked.empty()) {
      echo(conversation);
    } else {
      tell(conversation);
      hear(conversation);
    }
  }

  void echo(Conversation& c) {
    for (;;) {
      const auto waiting = c.socket.peek();
      if (waiting.empty()) break;
      const auto took = c.socket.write(waiting);
      if (!took) return;  // writable will tell
      c.socket.consume(*took);
    }
    end_of_stream(c);
    if (c.ended && !c.shut) c.shut = c.socket.shutdown().has_value();
  }

  void tell(Conversation& c) {
    while (c.written < c.asked.size()) {
      const auto took = c.socket.write(std::span(c.asked).subspan(c.written));
      if (!took) return;
      c.written += *took;
    }
    if (!c.shut) c.shut = c.socket.shutdown().has_value();
  }

  void hear(Conversation& c) {
    for (auto heard = c.socket.peek(); !heard.empty(); heard = c.socket.peek()) {
      const std::size_t left = c.asked.size() - c.read;
      if (heard.size() > left || !std::ranges::equal(heard, std::span(c.asked).subspan(c.read, heard.size()))) {
        stop("the answer is not what was asked");
      }
      c.read += heard.size();
      c.socket.consume(heard.size());
    }
    end_of_stream(c);
  }

  static void end_of_stream(Conversation& c) {
    std::array<std::byte, 1> none{};
    if (!c.ended && c.socket.peek().empty()) c.ended = c.socket.read(none) == std::size_t{0};
  }

  io::Driver& driver_;
  Stack& stack_;
  std::map<std::uint32_t, Conversation> conversations_;  // by the connection's index
  bool fast_open_;
  Instant next_look_{};
  std::uint64_t most_memory_ = 0;
  std::size_t most_at_once_ = 0;
  unsigned done_ = 0, failed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty()) stop("expected: peer LINK [--address A] [--impair I] serve PORT CONNECTIONS | ask ...");
  LinkSpec spec = or_stop(parse_link(words[0]));
  words.erase(words.begin());
  std::string impairment;
  bool fast_open = false;
  while (words.size() >= 2 && words[0].starts_with("--")) {
    if (words[0] == "--address") {
      if (auto added = add_address(spec, words[1]); !added) stop(added.error());
    }
    if (words[0] == "--impair") impairment = words[1];
    if (words[0] == "--fast-open") fast_open = words[1] == "yes";
    words.erase(words.begin(), words.begin() + 2);
  }
  spec.offload = impairment.empty();
  auto link = or_stop(open_link(spec));
  if (!impairment.empty()) {
    const auto both = or_stop(sockets::parse_both_ways(impairment));
    link = std::make_unique<sockets::ImpairedLink>(std::move(link), both.out, both.in);
  }
  Stack stack(stack_config(spec, *link));
  io::Driver driver(stack, *link);
  Peer peer(driver, fast_open);
  const auto number = [&](std::size_t i) { return static_cast<unsigned>(std::stoul(words.at(i))); };
  if (words.size() == 3 && words[0] == "serve") {
    peer.serve(static_cast<std::uint16_t>(number(1)), number(2));
  } else if (words.size() == 6 && words[0] == "ask") {
    const auto address = IpAddress::parse(words[1]);
    if (!address) stop(words[1] + " is no address");
    peer.ask({*address, static_cast<std::uint16_t>(number(2))}, number(3), number(4), number(5));
  } else {
    stop("expected: serve PORT CONNECTIONS | ask ADDRESS PORT CONNECTIONS AT_ONCE OCTETS");
  }
  return peer.finish();
}
