// What lies between the octets of a capture file and its packets, for whoever brings the octets: all at once (reader.hpp) or in
// pieces as they come (stream_reader.hpp). It is shown a window that begins where the last one was used up, and takes one record
// or block of it at a time.
#pragma once

#include "pcap/octet_order.hpp"
#include "pcap/packet.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ft::pcap {

struct ReadError {
  enum class Kind : std::uint8_t {
    not_a_capture,  // the first octets are neither format's
    unsupported,    // a format version that we do not know
    truncated,      // the file ends within a block: a capture that was cut off, or a copy that did not finish
    damaged,        // a length or number that cannot be right
  };
  Kind kind = Kind::not_a_capture;
  std::uint64_t offset = 0;  // octets from the start of the file to the block in question
  std::string_view problem;  // what was wrong there; static storage
};

/// "truncated at octet 1234: the file ends within a packet block"
std::string to_string(const ReadError& error);

enum class Format : std::uint8_t { pcapng, classic };

class Decoder {
 public:
  static constexpr std::size_t max_interfaces = 65536;  // per file; one with more is called damaged

  enum class Step : std::uint8_t {
    packet,     // one was read; taken() octets are used up
    passed,     // something else was read or passed over; taken() octets are used up, perhaps more than the window holds
    need_more,  // the window must have at least needed() octets
    end,        // nothing is left, properly
    failed,     // see error(); it stays so
  };
  /// `last`: nothing follows the window. `packet` borrows from it, and keeps the room of its comments.
  Step decode(std::span<const std::byte> window, bool last, Packet& packet) {
    if (error_) return Step::failed;
    block_at_ = at_;
    if (!open_) return begin(window, last);
    if (window.empty() && last) return Step::end;
    return format_ == Format::classic ? classic_record(window, last, packet) : block(window, last, packet);
  }

  std::size_t taken() const { return taken_; }
  std::size_t needed() const { return needed_; }
  const ReadError& error() const { return *error_; }
  /// For whoever was told to pass over more than there was.
  void fail_truncated();

  bool is_open() const { return open_; }  // the format is known
  Format format() const { return format_; }
  /// Those met so far: pcapng files may declare more later, and tell their statistics at the end.
  const std::vector<Interface>& interfaces() const { return interfaces_; }
  /// The latest; empty in the classic format.
  const Section& section() const { return section_; }
  /// Packets that the capturing system saw and lost, as far as the file has told.
  std::uint64_t dropped() const;

 private:
  struct Clockwork {
    std::uint8_t resolution = 6;      // if_tsresol: a negative power of ten, of two when the high bit is set
    std::int64_t offset_seconds = 0;  // if_tsoffset
  };
  using Octets = std::span<const std::byte>;

  Step begin(Octets window, bool last);
  Step begin_classic(Octets window, bool last, std::uint32_t magic, bool little_endian);
  Step classic_record(Octets window, bool last, Packet& packet);
  Step block(Octets window, bool last, Packet& packet);
  Step read_block(std::uint32_t type, Octets body, Packet& packet);
  Step read_section_header(Octets body);
  Step read_interface(Octets body);
  Step read_statistics(Octets body);
  Step read_enhanced_packet(Octets body, Packet& packet);
  Step read_obsolete_packet(Octets body, Packet& packet);
  Step read_simple_packet(Octets body, Packet& packet);
  Step finish_packet(std::uint32_t id, std::uint64_t ticks, Octets from_lengths, Packet& packet);
  void read_packet_options(Octets options, Packet& packet);
  Step take(std::size_t octets, Step step);
  Step want(std::size_t octets, bool last, std::string_view when_truncated);
  Step fail(ReadError::Kind kind, std::string_view problem);

  std::uint64_t at_ = 0;        // where the window begins in the file
  std::uint64_t block_at_ = 0;  // where the block under work begins
  std::size_t taken_ = 0;
  std::size_t needed_ = 0;
  bool open_ = false;
  /// What the header of a classic file says of all its records.
  struct Classic {
    std::size_t header = 0;  // octets before a packet
    std::size_t most = 0;    // octets that a packet may have
    std::int64_t tick = 0;   // nanoseconds: the unit of a second's fractions
    LinkType link_type = LinkType::raw_ip;
    std::uint8_t fcs_length = 0;
    bool modified = false;         // they tell their packet's type
    bool swapped_lengths = false;  // the original length comes first
    bool old_minor = false;        // version 2.3: perhaps it does
  };
  Classic classic_;
  Format format_ = Format::pcapng;
  OctetOrder order_;
  std::vector<Interface> interfaces_;
  std::vector<Clockwork> clockworks_;   // one for each interface
  std::vector<std::uint64_t> dropped_;  // by each interface, summed over its packets
  std::size_t section_base_ = 0;        // interfaces of earlier sections
  Section section_;
  std::optional<ReadError> error_;
};

}  // namespace ft::pcap
