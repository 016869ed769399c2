// Which steps of a story are due. Knows nothing about stacks, so that the simulator and a driver of real sockets play the same
// steps: tell it what happened, ask for what is to be done.
//
// What happens to a connection NAME: "NAME.listening", "NAME.connected", "NAME.accepted", "NAME.received" (with the total of
// octets read), "NAME.end" (the peer's stream ended), "NAME.closed", "NAME.failed" (connect answered an error),
// "NAME.written" (all of a write was taken), "NAME.trouble", "NAME.crashed", "NAME.restarted", "NAME.state STATE".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "fourtuple/time.hpp"
#include "sim/scenario.hpp"

namespace ft::sim {

class Script {
 public:
  /// `steps` must outlive the script. The story starts at `start`.
  explicit Script(std::span<const Step> steps, Instant start = Instant{});

  /// `value` is the total for "received"; the others count their own occurrences and ignore it.
  void happened(std::string_view event, Instant now, std::uint64_t value = 0);
  /// When the next step that can be dated is due.
  std::optional<Instant> next() const;
  /// A step that is due at `now`, in order of time and then of the file; each is handed out once.
  const Step* pop(Instant now);
  /// Every step has been handed out.
  bool finished() const;

 private:
  struct Entry {
    const Step* step;
    Instant due = never;  // never: its event has not happened yet
    bool done = false;
    std::uint64_t seen = 0;
  };
  std::vector<Entry> entries_;
};

/// The words after the dot that a trigger may name ("state" is followed by a state's name).
std::span<const std::string_view> script_events();

}  // namespace ft::sim
