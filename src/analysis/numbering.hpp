// Relative sequence numbers and scaled windows: what a reader sees instead of the numbers on the wire. Each side's first
// number is 0; a connection that uses the same four-tuple again begins at 0 again.
#pragma once

#include "analysis/row.hpp"
#include "wire/seq.hpp"

#include <array>
#include <map>
#include <optional>
#include <vector>

namespace ft::analysis {

class Numbering {
 public:
  /// The connection's number in order of appearance, from 1; both directions of a four-tuple are one connection.
  unsigned connection_of(const FourTuple& tuple);

  /// Fills the relative numbers, the scaled window and the connection of a row whose segment is set. Call it once for each
  /// segment, in the order in which they were sent.
  void number(Row& row);

 private:
  struct Direction {
    std::vector<Seq> first;             // the ISNs seen, the latest last
    std::optional<std::uint8_t> scale;  // as offered in the latest SYN
    bool syn_seen = false;
  };
  struct Connection {
    unsigned number = 0;
    std::array<Direction, 2> directions;  // [0]: from the lesser endpoint
    bool accurate_ecn = false;            // a SYN asked for it and a SYN-ACK agreed
    bool accurate_ecn_asked = false;
  };
  Connection& find(const FourTuple& tuple);
  static void read_ace(Connection& connection, Row& row);
  static std::int64_t relative(Direction& direction, std::uint32_t number, bool may_begin);

  std::map<FourTuple, Connection> connections_;
};

}  // namespace ft::analysis
