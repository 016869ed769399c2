// What the whole capture tells of hosts and ports, for what one connection cannot know: whether a port took others while it left
// this one waiting, with which TTL a host's packets come, who tries many ports, who is flooded. One look at each connection; of
// bounded size, whatever the capture holds: beyond the limits the first hosts stay and new ones are not remembered.
#pragma once

#include "analysis/find/finding.hpp"
#include "analysis/flow/connection.hpp"
#include "analysis/flow/table.hpp"
#include "fourtuple/address.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <bitset>
#include <cstdint>
#include <memory>
#include <vector>

namespace ft::analysis {

struct HostLimits {
  std::size_t listeners = 8192;
  std::size_t hosts = 8192;
  std::size_t callers = 4096;
  std::uint32_t scan_ports = 15;      // distinct ports (or hosts) that one address has to try to be a scan
  std::uint32_t flood_syns = 100;     // half-open connections to one port ...
  std::uint32_t flood_a_second = 50;  // ... and SYNs in its busiest second
};

/// Counts distinct things in half a kilobyte: a few exactly, nearly always; up to some thousand within a few per cent (linear
/// counting), beyond that within about seven (HyperLogLog).
class DistinctCounter {
 public:
  static constexpr std::uint64_t exact = 20;  // more than these are said to be "about" so many

  void add(std::uint64_t hash);
  std::uint64_t count() const;

 private:
  std::bitset<2048> seen_;
  std::array<std::uint8_t, 256> ranks_{};
};

struct Listener {
  std::uint32_t asked = 0, accepted = 0, refused = 0, silent = 0, half_open = 0, late = 0;
  std::uint32_t used = 0;  // accepted and carried text
  Instant first_accepted{}, last_accepted{};
  Instant first_asked{}, last_asked{};
  std::uint16_t offers_all = 0;            // SegmentOptions::Has that its SYN-ACKs had, ever
  std::array<std::uint32_t, 3> offered{};  // SYN-ACKs with window scale, SACK, timestamps
  std::uint32_t second_syns = 0, busiest_second = 0;
  std::int64_t second = 0;
  DistinctCounter sources;
  std::vector<std::uint64_t> half_open_frames;  // the first few
};

struct Host {
  std::uint8_t ttl = 0;  // of its SYN-ACKs and text
  bool mixed_ttl = false;
  Duration least_round_trip{};  // from here to it, of finished handshakes
};

/// One who asks for connections.
struct Caller {
  struct Tried {
    DistinctCounter ports, hosts, pairs;
  };
  std::uint32_t asked = 0, refused = 0, silent = 0, open = 0, unused = 0;
  Instant first{}, last{};
  std::unique_ptr<Tried> tried;       // what it asked without use; most callers never do
  std::vector<std::uint64_t> frames;  // ... the first few
  /// Of hosts and ports that it tried.
  std::uint64_t pairs() const;
};

class Hosts {
 public:
  /// An unpredictable `hash_seed` protects from captures made to be slow.
  explicit Hosts(HostLimits limits = {}, std::uint64_t hash_seed = 0)
      : limits_(limits),
        listeners_(0, flow::EndpointHash{hash_seed}),
        hosts_(0, flow::AddressHash{hash_seed}),
        callers_(0, flow::AddressHash{hash_seed}) {}
  void learn(const Outline& connection);

  const Listener* listener(const Endpoint& endpoint) const;
  const Host* host(const IpAddress& address) const;
  /// Whether it is part of a flood or of a scan, which are told by themselves.
  bool explain(const Connection& connection) const;
  /// Floods and scans.
  std::vector<Finding> findings() const;

 private:
  void learn_listener(const Outline& connection);
  void learn_host(const Outline& connection);
  void learn_caller(const Outline& connection);
  bool is_flooded(const Listener& listener) const;
  bool is_scanning(const Caller& caller) const;

  HostLimits limits_;
  boost::unordered_flat_map<Endpoint, std::unique_ptr<Listener>, flow::EndpointHash> listeners_;  // each is large
  boost::unordered_flat_map<IpAddress, Host, flow::AddressHash> hosts_;
  boost::unordered_flat_map<IpAddress, Caller, flow::AddressHash> callers_;
};

}  // namespace ft::analysis
