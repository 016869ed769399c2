// What of a capture's connections a page shows: the list, cut to what a person reads. Connections come one by one and most
// are not kept: memory does not grow with their number.
#pragma once

#include "analysis/flow/analysis.hpp"
#include "analysis/flow/connection.hpp"
#include "analysis/report/document.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace ft::analysis::report {

enum class ListOrder : std::uint8_t { capture, worst_first };

class Summary {
 public:
  Summary(std::size_t longest_list, ListOrder order) : longest_(longest_list), order_(order) {}

  void add(const Connection& connection);

  std::uint64_t connections() const { return connections_; }
  /// In the order that was asked for; at most as many as were asked for.
  std::vector<Connection> list() const;
  std::uint64_t left_out() const { return connections_ - std::min<std::uint64_t>(connections_, kept_.size()); }

 private:
  struct Kept {
    std::uint64_t badness = 0;
    Connection connection;
  };
  std::size_t longest_;
  ListOrder order_;
  std::vector<Kept> kept_;  // a heap while the order is worst_first: the least bad one in front
  std::uint64_t connections_ = 0;
};

/// How bad a connection is: by its gravest finding, then how sure and how costly. 0 = nothing wrong.
std::uint64_t badness_of(const Connection& connection);

ConnectionLine line_of(const Connection& connection, Lang lang);

}  // namespace ft::analysis::report
