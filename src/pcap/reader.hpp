// Reading capture files of both formats, in both octet orders, with any time resolution. Blocks of unknown types are
// passed over. A file that ends early gives all its whole packets first, then an error that says where.
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
  std::size_t offset = 0;    // octets from the start of the file to the block in question
  std::string_view problem;  // what was wrong there; static storage
};

/// "truncated at octet 1234: the file ends within a packet block"
std::string to_string(const ReadError& error);

enum class Format : std::uint8_t { pcapng, classic };

class Reader {
 public:
  static constexpr std::size_t max_interfaces = 65536;  // per file; one with more is called damaged

  /// `file` is the whole file, borrowed for the reader's life and that of the packets it gives.
  static std::expected<Reader, ReadError> open(std::span<const std::byte> file);

  /// The next packet; nullopt at the proper end of the file. After an error the same error again.
  std::expected<std::optional<Packet>, ReadError> next();

  Format format() const { return format_; }
  /// Those met so far: pcapng files may declare more later.
  const std::vector<Interface>& interfaces() const { return interfaces_; }

 private:
  struct Clockwork {
    std::uint8_t resolution = 6;      // if_tsresol: a negative power of ten, of two when the high bit is set
    std::int64_t offset_seconds = 0;  // if_tsoffset
  };
  struct Block {
    std::uint32_t type = 0;
    std::span<const std::byte> body;
  };
  using MaybePacket = std::expected<std::optional<Packet>, ReadError>;

  explicit Reader(std::span<const std::byte> file) : file_(file) {}

  MaybePacket next_of_classic();
  MaybePacket next_of_pcapng();
  std::expected<Block, ReadError> next_block();
  MaybePacket read_block(const Block& block);
  std::expected<void, ReadError> read_section_header(std::span<const std::byte> body);
  std::expected<void, ReadError> read_interface(std::span<const std::byte> body);
  MaybePacket read_enhanced_packet(std::span<const std::byte> body);
  MaybePacket read_obsolete_packet(std::span<const std::byte> body);
  MaybePacket read_simple_packet(std::span<const std::byte> body);
  MaybePacket finish_packet(std::uint32_t id, std::uint64_t ticks, std::span<const std::byte> from_lengths);
  void read_packet_options(std::span<const std::byte> options, Packet& packet) const;
  std::unexpected<ReadError> fail(ReadError::Kind kind, std::string_view problem) const;

  std::span<const std::byte> file_;
  std::size_t at_ = 0;        // where the next block begins
  std::size_t block_at_ = 0;  // where the block under work begins
  Format format_ = Format::pcapng;
  OctetOrder order_;
  std::vector<Interface> interfaces_;
  std::vector<Clockwork> clockworks_;  // one for each interface
  std::size_t section_base_ = 0;       // interfaces of earlier sections
  std::optional<ReadError> error_;
};

}  // namespace ft::pcap
