#include "analysis/dissect/walk.hpp"

#include "base/cursor.hpp"

#include <algorithm>
#include <cstring>

namespace ft::analysis {

void Walk::note(Problem problem, Protocol in) {
  if (frame_.problem != Problem::none) return;  // the outermost says most
  frame_.problem = problem;
  frame_.problem_in = in;
}

bool Walk::have_room(Protocol protocol) {
  if (frame_.layer_count < Frame::most_layers) return true;
  note(Problem::too_many_layers, protocol);
  return false;
}

bool Walk::add(Protocol protocol, std::size_t header) {
  if (!have_room(protocol)) return false;
  frame_.layer_room[frame_.layer_count++] = {.protocol = protocol,
                                             .reassembled = reassembled_,
                                             .quoted = error_.has_value(),
                                             .offset = static_cast<std::uint32_t>(at_),
                                             .header = static_cast<std::uint32_t>(header),
                                             .length = static_cast<std::uint32_t>(octets_.size() - at_),
                                             .wire = wire_rest()};
  at_ += header;
  return true;
}

bool Walk::have(std::size_t octets, Protocol protocol) {
  if (rest().size() >= octets) return true;
  // A quote ends where it ends: that is no fault of anybody.
  if (!error_) note(wire_rest() < octets ? Problem::malformed : Problem::truncated, protocol);
  if (!rest().empty()) add(protocol, rest().size());
  return false;
}

void Walk::cut(std::uint64_t wire, Protocol in) {
  const std::uint64_t end = at_ + wire;
  if (end > wire_ && !error_) note(Problem::length_beyond_wire, in);
  wire_ = end;
  if (end < octets_.size()) octets_ = octets_.first(static_cast<std::size_t>(end));
}

void Walk::add_data() {
  if (!rest().empty()) add(Protocol::data, 0);
}

std::string_view to_string(Protocol protocol) {
  constexpr std::string_view names[] = {"eth",          "vlan",         "llc",           "sll",          "sll", "null",
                                        "ppp",          "pppoes",       "mpls",          "arp",          "ip",  "ipv6",
                                        "ipv6.hopopts", "ipv6.routing", "ipv6.fragment", "ipv6.dstopts", "ah",  "gre",
                                        "tcp",          "udp",          "icmp",          "icmpv6",       "data"};
  return names[static_cast<std::size_t>(protocol)];
}

std::string_view describe(Problem problem) {
  switch (problem) {
    case Problem::none:
      return "nothing is wrong";
    case Problem::text_cut:
      return "the capture kept only the beginning of this packet's text";
    case Problem::truncated:
      return "the capture kept too little of this packet to read its headers";
    case Problem::malformed:
      return "a header contradicts itself or ends too early";
    case Problem::unsupported_link_type:
      return "packets of this link type are not understood";
    case Problem::too_many_layers:
      return "more headers than anybody needs";
    case Problem::length_beyond_wire:
      return "the IP header claims more octets than there were";
    case Problem::fragment_waiting:
      return "a fragment of a packet whose other fragments have not come yet";
    case Problem::fragment_refused:
      return "a fragment that contradicts others of its packet, or one too many";
  }
  return "";
}

}  // namespace ft::analysis
