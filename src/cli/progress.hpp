// How far the reading of a capture has come, on standard error, on a terminal only and when it takes more than a second. Ctrl-C
// ends the reading, not the program: what was read so far is told. A second Ctrl-C ends the program.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace ft::cli {

class Progress {
 public:
  /// `what` is done, "reading x.pcap"; `total` octets, when they are known.
  Progress(std::string what, std::optional<std::uint64_t> total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Called now and then; costs a look at the clock.
  void show(std::uint64_t octets, std::uint64_t packets);

 private:
  using Clock = std::chrono::steady_clock;
  std::string what_;
  std::optional<std::uint64_t> total_;
  bool shows_;
  bool shown_ = false;
  Clock::time_point begun_ = Clock::now();
  Clock::time_point last_{};
};

/// While it lives, Ctrl-C asks politely.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  static bool asked();
};

}  // namespace ft::cli
