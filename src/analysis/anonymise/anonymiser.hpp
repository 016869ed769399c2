// A packet that may be shown to others: headers stay, addresses become others' (addresses.hpp), text becomes zeros, and checksums
// are made right again, or wrong again where they were wrong. What no dissector understood becomes zeros as well, so nothing
// slips through. Ports, sequence numbers, timestamps and lengths stay: they are what the packet is worth.
#pragma once

#include "analysis/anonymise/addresses.hpp"
#include "analysis/dissect/frame.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ft::analysis {

class Anonymiser {
 public:
  /// The same key, the same mapping: captures of both ends fit together afterwards.
  explicit Anonymiser(const AnonymiseKey& key) : addresses_(key) {}

  /// The frame's octets, as many as there were. In fragments only the first has its TCP header left, with a checksum that says
  /// that nobody worked it out.
  void anonymise(const Frame& frame, std::vector<std::byte>& out);
  /// Text with the addresses in it replaced ("10.0.0.1:80", "[fd00::1]:80", "fd00::1").
  std::string anonymise(std::string_view text);

  IpAddress map(const IpAddress& address) { return addresses_.map(address); }

 private:
  using Octets = std::span<std::byte>;
  void rewrite(const Layer& layer, Octets header);
  void rewrite_link(Protocol protocol, Octets header);
  void rewrite_arp(Octets header);
  void rewrite_ip(const Layer& layer, Octets header);
  void map_mac(Octets at);
  void map_address(Family family, Octets at);
  void keep_tcp_of_fragment(const Frame& frame, std::size_t index, Octets out) const;

  AddressMap addresses_;
};

}  // namespace ft::analysis
