// What a second capture, taken elsewhere, tells of the segments of this one. Where one capture has to guess (was the first copy
// lost? did that host send this RST?), two know. Made by compare/; asked by the detectors.
#pragma once

#include "analysis/flow/note.hpp"

#include <cstdint>
#include <vector>

namespace ft::analysis {

struct Testimony {
  enum Is : std::uint32_t {
    lost = 1,         // sent here, and not there
    never_sent = 2,   // arrived here, and was not sent there
    at_edge = 4,      // both of these only as far as the other capture had begun, or had not ended
    copy = 8,         // the second sighting of a packet
    overtaken = 16,   // arrived after what was sent later
    repeat = 32,      // its sender had sent some of its octets before
    needless = 64,    // ... and all of them arrived by an earlier copy
    refused = 128,    // ... but the host behind the farther place still asked for them
    incomplete = 256  // the nearer capture missed segments of this sender: repeats may be first copies
  };
  std::uint64_t frame = 0;
  std::uint64_t other = 0;  // in the other capture; 0 = not there
  std::uint32_t is = 0;

  constexpr bool any(std::uint32_t bits) const { return (is & bits) != 0; }
};

class Witness {
 public:
  Witness() = default;
  explicit Witness(std::vector<Testimony> testimonies);

  /// Null when the other capture does not know the connection.
  const Testimony* of(std::uint64_t frame) const;
  /// The frames' counterparts, as far as there are any.
  std::vector<std::uint64_t> others(const std::vector<std::uint64_t>& frames) const;

 private:
  std::vector<Testimony> by_frame_;
};

/// Labels as two captures know them.
void correct(std::vector<Note>& notes, const Witness& witness);

}  // namespace ft::analysis
