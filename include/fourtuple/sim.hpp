// The world in a box: links with faults, hosts with stacks, virtual time, and one seed that decides everything.
// The same settings stand in front of a real device (`--impair`), see src/sim/impairment.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "fourtuple/time.hpp"

namespace ft::sim {

/// What is counted to choose a packet of one direction: every packet, or only TCP segments of a kind.
enum class PacketKind : std::uint8_t {
  any,       // every packet
  syn,       // SYN without ACK
  syn_ack,   // SYN and ACK
  data,      // any text, whatever the flags
  fin,       // FIN, with or without text
  pure_ack,  // ACK alone: no SYN, FIN, RST and no text
  rst,       // RST
};

/// The number-th packet of that kind, counted per direction from 1; retransmissions count anew.
struct ChosenPacket {
  PacketKind kind = PacketKind::any;
  std::uint64_t number = 1;
  friend bool operator==(const ChosenPacket&, const ChosenPacket&) = default;
};

/// Gilbert-Elliott: a good state without loss and a bad one, changed by chance before each packet.
struct BurstLoss {
  double enter = 0;    // probability of good -> bad, per packet; 0 = no bursts
  double leave = 0.5;  // probability of bad -> good, per packet
  double loss = 1;     // probability of loss while bad
  friend bool operator==(const BurstLoss&, const BurstLoss&) = default;
};

/// One direction of a link. The defaults are a perfect line without delay.
struct ImpairmentSettings {
  std::uint64_t rate = 0;  // bits per second of IP packet; 0 = no limit
  Duration delay{};        // one way
  Duration jitter{};       // up to so much more, evenly; alone it never changes the order
  double loss = 0;         // probability
  BurstLoss burst{};
  std::vector<ChosenPacket> drop{};  // lost for certain
  double duplicate = 0;              // probability of a second copy
  double reorder = 0;                // probability of being held back by reorder_by while later packets pass
  Duration reorder_by = std::chrono::milliseconds(10);
  std::vector<ChosenPacket> late{};    // held back by reorder_by for certain
  double mark = 0;                     // probability that a packet that may be marked (ECT) is marked: Congestion Experienced
  std::uint32_t mark_packets = 0;      // mark instead, for certain, whenever so many wait for the line; 0 = never
  std::vector<ChosenPacket> marked{};  // marked for certain, where they may be
  bool bleach = false;                 // the ECN field is set to zero, as some networks do (RFC 9768 3.2.2.3)
  bool no_ecn_syn = false;             // a SYN that asks for ECN is lost, as behind some old firewalls (RFC 3168 6.1.1.1)
  double corrupt = 0;                  // probability of 1 to 3 neighbouring bits flipped
  std::uint32_t mtu = 0;               // octets; a larger packet is lost silently; 0 = no limit
  bool mtu_told = false;               // simulator only: the router that loses it says Packet Too Big
  std::uint32_t queue_packets = 1000;  // that wait for the line when there is a rate; one more is lost
  std::uint64_t queue_octets = 0;      // the same in octets; 0 = no limit
  std::uint64_t seed = 1;
  friend bool operator==(const ImpairmentSettings&, const ImpairmentSettings&) = default;
};

/// Reads "loss=2%,delay=20ms,jitter=5ms,rate=10Mbit,reorder=1%:10ms,duplicate=1%,corrupt=0.1%,mark=1%,mark=data:3,mark_queue=20,
/// ecn=bleach,ecn=drop-syn,burst=1%:30%:100%,drop=syn:1,
/// late=data:2,mtu=1400,queue=100,queue_octets=64KiB,seed=7" on top of `base`. `drop` and `late` may be repeated; burst is
/// enter:leave:loss, the latter two optional. The error names the word, what was wrong, and what is known.
std::expected<ImpairmentSettings, std::string> parse_impairment(std::string_view text, ImpairmentSettings base = {});

/// "7", "syn", "syn-ack:2", "data:3", "fin", "ack:1", "rst".
std::expected<ChosenPacket, std::string> parse_chosen_packet(std::string_view text);

}  // namespace ft::sim
