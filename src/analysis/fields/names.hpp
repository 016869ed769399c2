// Numbers with names, from the IANA registries and the RFCs that define them.
#pragma once

#include "analysis/fields/field.hpp"
#include "wire/tcp_option.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace ft::analysis::names {

inline constexpr std::array<NamedNumber, 12> ip_protocol{{{0, "IPv6 Hop-by-Hop Option"},
                                                          {1, "ICMP"},
                                                          {2, "IGMP"},
                                                          {4, "IPIP"},
                                                          {6, "TCP"},
                                                          {17, "UDP"},
                                                          {41, "IPv6"},
                                                          {47, "Generic Routing Encapsulation"},
                                                          {50, "Encap Security Payload"},
                                                          {51, "Authentication Header"},
                                                          {58, "ICMPv6"},
                                                          {132, "SCTP"}}};
inline constexpr std::array<NamedNumber, 9> ethertype{{{0x0800, "IPv4"},
                                                       {0x0806, "ARP"},
                                                       {0x8100, "802.1Q Virtual LAN"},
                                                       {0x86dd, "IPv6"},
                                                       {0x8847, "MPLS label switched packet"},
                                                       {0x8863, "PPPoE Discovery"},
                                                       {0x8864, "PPPoE Session"},
                                                       {0x88a8, "802.1ad Provider Bridge (Q-in-Q)"},
                                                       {0x88cc, "802.1 Link Layer Discovery Protocol (LLDP)"}}};
inline constexpr std::array<NamedNumber, 4> ecn{{{0, "Not ECN-Capable Transport"},
                                                 {1, "ECN-Capable Transport codepoint '01'"},
                                                 {2, "ECN-Capable Transport codepoint '10'"},
                                                 {3, "Congestion Experienced"}}};
inline constexpr std::array<NamedNumber, 22> dscp{{{0, "Default"},
                                                   {1, "LE"},
                                                   {8, "Class Selector 1"},
                                                   {10, "Assured Forwarding 11"},
                                                   {12, "Assured Forwarding 12"},
                                                   {14, "Assured Forwarding 13"},
                                                   {16, "Class Selector 2"},
                                                   {18, "Assured Forwarding 21"},
                                                   {20, "Assured Forwarding 22"},
                                                   {22, "Assured Forwarding 23"},
                                                   {24, "Class Selector 3"},
                                                   {26, "Assured Forwarding 31"},
                                                   {28, "Assured Forwarding 32"},
                                                   {30, "Assured Forwarding 33"},
                                                   {32, "Class Selector 4"},
                                                   {34, "Assured Forwarding 41"},
                                                   {36, "Assured Forwarding 42"},
                                                   {38, "Assured Forwarding 43"},
                                                   {40, "Class Selector 5"},
                                                   {46, "Expedited Forwarding"},
                                                   {48, "Class Selector 6"},
                                                   {56, "Class Selector 7"}}};
inline constexpr std::array<NamedNumber, 4> checksum_status{{{0, "Bad"}, {1, "Good"}, {2, "Unverified"}, {3, "Not present"}}};
inline constexpr std::array<NamedNumber, 4> arp_operation{
    {{1, "request"}, {2, "reply"}, {3, "reverse request"}, {4, "reverse reply"}}};
inline constexpr std::array<NamedNumber, 5> sll_packet_type{
    {{0, "Unicast to us"}, {1, "Broadcast"}, {2, "Multicast"}, {3, "Unicast to another host"}, {4, "Sent by us"}}};
inline constexpr std::array<NamedNumber, 4> ppp_protocol{{{0x0021, "Internet Protocol version 4"},
                                                          {0x0057, "Internet Protocol version 6"},
                                                          {0xc021, "Link Control Protocol"},
                                                          {0x8021, "Internet Protocol Control Protocol"}}};
inline constexpr std::array<NamedNumber, 2> gre_protocol{{{0x0800, "IP"}, {0x86dd, "IPv6"}}};
namespace kinds = wire::tcp_option;
inline constexpr std::array<NamedNumber, 15> tcp_option{{{kinds::end_of_list, "End of Option List"},
                                                         {kinds::no_operation, "No-Operation"},
                                                         {kinds::max_segment_size, "Maximum Segment Size"},
                                                         {kinds::window_scale, "Window Scale"},
                                                         {kinds::sack_permitted, "SACK Permitted"},
                                                         {kinds::sack, "SACK"},
                                                         {kinds::timestamps, "Time Stamp Option"},
                                                         {kinds::md5, "MD5 Signature Option"},
                                                         {kinds::user_timeout, "User Timeout Option"},
                                                         {kinds::authentication, "TCP Authentication Option"},
                                                         {kinds::mptcp, "Multipath TCP"},
                                                         {kinds::fast_open, "TCP Fast Open Cookie"},
                                                         {kinds::accecn_0, "Accurate ECN Order 0"},
                                                         {kinds::accecn_1, "Accurate ECN Order 1"},
                                                         {kinds::experiment_2, "RFC3692-style Experiment 2"}}};
inline constexpr std::array<NamedNumber, 2> truth{{{0, "Not set"}, {1, "Set"}}};
// Shown, but no words for filters: Wireshark gives these fields their names apart from the numbers.
inline constexpr std::array<NamedNumber, 9> icmp_type{{{0, "Echo reply"},
                                                       {3, "Destination unreachable"},
                                                       {4, "Source quench"},
                                                       {5, "Redirect"},
                                                       {8, "Echo request"},
                                                       {11, "Time exceeded"},
                                                       {12, "Parameter problem"},
                                                       {13, "Timestamp request"},
                                                       {14, "Timestamp reply"}}};
inline constexpr std::array<NamedNumber, 11> icmpv6_type{{{1, "Destination Unreachable"},
                                                          {2, "Packet Too Big"},
                                                          {3, "Time Exceeded"},
                                                          {4, "Parameter Problem"},
                                                          {128, "Echo request"},
                                                          {129, "Echo reply"},
                                                          {133, "Router Solicitation"},
                                                          {134, "Router Advertisement"},
                                                          {135, "Neighbor Solicitation"},
                                                          {136, "Neighbor Advertisement"},
                                                          {137, "Redirect"}}};

}  // namespace ft::analysis::names
