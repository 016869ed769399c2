// fourtuple torture: what was asked for, what came of it, and how a failure is made small and kept.
#pragma once

#include "sim/torture/run.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ft::cli {

struct TortureOptions {
  double seconds = 10;
  std::optional<std::uint64_t> worlds;  // at most so many
  std::string seed = "1";               // a number, or "today"
  std::optional<std::uint64_t> replay;  // this world only
  std::string seeds;                    // a file of worlds, one a line
  std::string directory;                // for what a failure leaves; "": torture-SEED
  bool json = false;
};

/// What a child says while it works, in memory that the parent sees.
struct TortureBoard {
  std::uint64_t seed = 0;  // the world at hand
  std::uint64_t worlds = 0, connections = 0, finished = 0, reset = 0, timed_out = 0, packets = 0, lost = 0, events = 0;
  std::uint64_t virtual_ms = 0;
  std::uint64_t told = 0;  // trace events of the last world
  std::int64_t at_ns = 0;
  char wrong[1024] = {};
};

/// A world that broke a promise, made small.
struct TortureFailure {
  std::uint64_t seed = 0;
  std::string wrong;
  double at = 0;  // seconds of virtual time
  std::size_t items = 0;
  std::vector<std::string> left;  // of the items, in words
  std::string directory;          // empty: nothing could be kept, and `wrong` says why
};

/// Plays the world and, when it breaks a promise, shrinks it and keeps what is to be seen of it.
std::optional<TortureFailure> examine(std::uint64_t seed, const std::string& directory, TortureBoard& board);

/// Plays a world in a child; empty when it held its promises, else what was wrong.
std::string play_in_child(const sim::torture::Plan& plan, const sim::torture::Chosen& chosen, TortureBoard& board);

}  // namespace ft::cli
