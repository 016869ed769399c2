// Packets of a capture to frames, one at a time: link types, IPv4 and IPv6 with what may stand between them and TCP, and TCP
// itself. What nearly every packet is takes a short way (usual.hpp).
#pragma once

#include "analysis/dissect/frame.hpp"
#include "analysis/dissect/reassembler.hpp"
#include "pcap/packet.hpp"

#include <cstdint>

namespace ft::analysis {

struct DissectOptions {
  /// Sum the text of every whole segment. It reads all octets of a capture, which nothing else does, so large files go without
  /// unless somebody asks: see verify_by_default. Without it ChecksumState is unknown.
  bool verify_checksums = true;
  ReassemblyLimits reassembly{};
};

/// Captures up to this size have their checksums verified when nobody said whether: it costs no time that a person would notice.
inline constexpr std::uint64_t most_octets_verified = 256u << 20;
constexpr bool verify_by_default(std::uint64_t file_octets) { return file_octets <= most_octets_verified; }

class Dissector {
 public:
  explicit Dissector(DissectOptions options = {}) : options_(options), reassembler_(options.reassembly) {}

  /// Takes the capture's next packet apart; frames are counted from 1. The frame is valid until the next call, and borrows from
  /// the packet.
  const Frame& dissect(const pcap::Packet& packet);
  /// The same packet's segment alone, for whoever wants no more, when it is of the usual kind (usual.hpp) and has a time: then it
  /// is counted, and its only problem can be that the capture cut the text. False: nothing was done, dissect() it.
  bool read_segment(const pcap::Packet& packet, Segment& segment);
  /// From now on as if nothing had been seen: for a second pass.
  void restart();

  /// The time of the packet that came last.
  Instant at() const { return frame_.at; }
  const Reassembler& reassembler() const { return reassembler_; }

 private:
  void lay_out_usual();

  DissectOptions options_;
  Reassembler reassembler_;
  Frame frame_;
};

}  // namespace ft::analysis
