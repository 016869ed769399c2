// How large the small world is: what may happen in it, and how often.
#pragma once

#include "fourtuple/config.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace ft::sim::explore {

/// What an application may do, besides reading.
struct Part {
  std::uint8_t writes = 0;  // times
  std::uint8_t octets = 0;  // each
  bool may_shut_down = false;
  bool may_abort = false;
};

struct Rules {
  std::string_view name;
  std::string_view says;      // what it is about
  bool simultaneous = false;  // both open; else the second listens
  bool established = false;   // it begins after an undisturbed handshake
  std::array<Part, 2> parts{};
  std::uint8_t losses = 0;  // at most so many in one run
  std::uint8_t duplicates = 0;
  std::uint8_t ticks = 0;      // deadlines, before the network is well again
  std::uint8_t in_flight = 6;  // segments; what is more is lost as in a full queue
  bool reorders = true;        // any segment may be the next to arrive, not only the oldest of its direction
  std::shared_ptr<const TcpOptions> options{};
};

/// The worlds that `fourtuple explore` knows, the fundamental ones first.
std::vector<Rules> worlds();

}  // namespace ft::sim::explore
