// What `listen` and `connect` share: the options, and the link, stack and loop made of them.
#pragma once

#include "cli/relay.hpp"
#include "fourtuple/link.hpp"
#include "fourtuple/stack.hpp"
#include "io/driver.hpp"
#include "io/signal_watch.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ft::cli {

struct SessionOptions {
  std::string link;
  std::vector<std::string> addresses;
  std::optional<std::uint32_t> mtu;
  std::string impair;
  std::string pcap;
  std::string trace;
  std::string info;  // "", "text" or "json"
  std::string keepalive;
  bool verbose = false;
};

void add_session_options(CLI::App& command, SessionOptions& options);

/// Which end we are: the ladder shows the client on the left.
enum class Side : std::uint8_t { client = 0, server = 1 };

/// Why a session could not begin, with the exit status that this means.
struct Refusal {
  int status;
  std::string line;
};

class Session {
 public:
  static std::expected<std::unique_ptr<Session>, Refusal> open(const SessionOptions& options, Side side);
  ~Session();

  Stack& stack() { return stack_; }
  io::Driver& driver() { return driver_; }
  io::SignalWatch& signals() { return signals_; }
  const Link& link() const { return *link_; }

  /// What --info asks for, on standard error: once for each connection, when it is over.
  void tell(const ConnectionInfo& info) const;
  /// Lets what the link still holds (a delayed RST) go out, for at most a second, and finishes the capture. The error is the
  /// capture's.
  std::expected<void, std::string> finish();

 private:
  class Watchers;
  Session(StackConfig config, std::unique_ptr<Link> link, std::unique_ptr<Watchers> watchers, Side side, std::string info);

  std::unique_ptr<Watchers> watchers_;  // the ladder, the capture, the trace; they outlive the stack
  std::unique_ptr<Link> link_;
  Stack stack_;
  io::Driver driver_;
  io::SignalWatch signals_;
  std::string info_;
};

/// Prints "fourtuple COMMAND: LINE" to stderr.
void complain(std::string_view command, std::string_view line);
/// The exit status of an ending; what is not normal is explained on stderr. `peer` names the other end.
int report(std::string_view command, std::string_view peer, const Ending& ending);

}  // namespace ft::cli
