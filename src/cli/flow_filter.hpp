// Which connections a display filter means: those of which it lets at least one packet through.
#pragma once

#include "analysis/report/document.hpp"
#include "cli/examine.hpp"
#include "cli/failing.hpp"

#include <expected>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace ft::cli {

/// Some of a capture's connections, or all of them.
class Wanted {
 public:
  Wanted() = default;
  /// One flag for each stream.
  explicit Wanted(std::vector<bool> flags) : flags_(std::move(flags)) {}

  bool all() const { return flags_.empty(); }
  bool operator()(std::uint32_t stream) const { return all() || (stream < flags_.size() && flags_[stream]); }

 private:
  std::vector<bool> flags_;
};

/// Those that the filter means, one of them at least: the capture is read again. All of them when it is empty.
std::expected<Wanted, Failure> filter_connections(Examination& examined, const std::string& command, const std::string& filter);

/// Tells `timeline` of the packets of the connections that are `wanted`. False when the capture cannot be read again.
bool count_packets_of(Examination& examined, const Wanted& wanted, analysis::report::Timeline& timeline);

/// Packets with all their fields and octets, for a page: the first ones of these connections, at most `most` of them, and
/// whichever are named beside them, each of whatever connection. `named` is in order.
analysis::report::Packets packets_of(Examination& examined, std::span<const std::uint32_t> streams, std::size_t most,
                                     std::span<const std::uint64_t> named);

}  // namespace ft::cli
