// A capture in numbers: connections, addresses, ports, and how much passed over time. Connections come one by one and are not
// kept; addresses are, up to a limit.
#pragma once

#include "analysis/flow/connection.hpp"
#include "analysis/flow/table.hpp"
#include "analysis/report/capture_text.hpp"
#include "analysis/report/document.hpp"
#include "analysis/report/json_text.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ft::analysis::report {

/// Packets and octets over time, in at most most_bins intervals of equal length: it doubles when the capture outgrows them.
class Timeline {
 public:
  static constexpr std::size_t most_bins = 512;

  struct Bin {
    std::uint64_t packets = 0, octets = 0;
  };
  void add(Instant at, std::uint32_t octets) {
    if (bins_.empty()) begin_ = at;
    const std::int64_t since = (at - begin_).count();
    auto index = since < 0 ? 0 : static_cast<std::uint64_t>(since) >> shift_;  // a clock that steps back stays where it was
    while (index >= most_bins) {
      widen();
      index >>= 1U;
    }
    const auto place = static_cast<std::size_t>(index);
    if (place >= bins_.size()) bins_.resize(place + 1);
    ++bins_[place].packets;
    bins_[place].octets += octets;
  }
  Duration width() const { return Duration{std::int64_t{1} << shift_}; }
  const std::vector<Bin>& bins() const { return bins_; }

 private:
  void widen();
  Instant begin_{};
  unsigned shift_ = 20;  // of nanoseconds: about a millisecond
  std::vector<Bin> bins_;
};

struct AddressSums {
  std::uint64_t connections = 0, packets_sent = 0, packets_received = 0, octets_sent = 0, octets_received = 0;
};
struct PortSums {
  std::uint64_t connections = 0, packets = 0, octets = 0;
};

class Stats {
 public:
  static constexpr std::size_t most_addresses = 100'000;

  /// `longest_list`: connections of most octets that are kept for a page. An unpredictable `hash_seed` protects from captures
  /// made to be slow.
  explicit Stats(std::size_t longest_list, std::uint64_t hash_seed = 0)
      : longest_(longest_list), addresses_(0, flow::AddressHash{hash_seed}) {}

  void add(const Connection& connection);
  Timeline& timeline() { return timeline_; }
  const Timeline& timeline() const { return timeline_; }

  std::uint64_t connections() const { return connections_; }
  /// Those of most octets, most first.
  std::vector<Connection> largest() const;
  /// Most octets first, as far as `in_order` of them.
  std::vector<std::pair<IpAddress, AddressSums>> addresses(std::size_t in_order = most_addresses) const;
  std::vector<std::pair<std::uint16_t, PortSums>> ports() const;            // of those who were called
  std::uint64_t addresses_left_out() const { return addresses_left_out_; }  // times that one did not fit

 private:
  void add_address(const Side& us, const Side& them);

  std::size_t longest_;
  std::vector<std::pair<std::uint64_t, Connection>> kept_;  // a heap, the smallest in front
  std::uint64_t connections_ = 0;
  boost::unordered_flat_map<IpAddress, AddressSums, flow::AddressHash> addresses_;
  std::uint64_t addresses_left_out_ = 0;
  std::map<std::uint16_t, PortSums> ports_;
  Timeline timeline_;
};

/// `top`: rows of each table.
Document stats_document(const CaptureFile& file, const Stats& stats, std::size_t top, Lang lang);

/// The same facts as JSON, all rows; connections come one by one.
class StatsJson {
 public:
  void begin(const CaptureFile& file);
  void connection(const Connection& connection);
  void end(const Stats& stats);
  std::string take() { return json_.take(); }
  std::size_t size() const { return json_.size(); }

 private:
  JsonText json_;
};

/// One line for each connection, raw numbers: octets, seconds.
std::string csv_head();
std::string csv_line(const Connection& connection);
std::string addresses_csv(const Stats& stats);
std::string ports_csv(const Stats& stats);
std::string timeline_csv(const Stats& stats);

}  // namespace ft::analysis::report
