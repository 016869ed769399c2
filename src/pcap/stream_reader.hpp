// Reading a capture whose octets come in pieces: a pipe, or what a decompressor gives. Whoever has them puts them into room(),
// and asks for packets until more is wanted. Memory is bounded by one packet's limit, and grows only with octets that really
// came.
#pragma once

#include "pcap/decoder.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <vector>

namespace ft::pcap {

class StreamReader {
 public:
  StreamReader();

  /// Where the next octets go: never empty.
  std::span<std::byte> room();
  /// So many of room() were filled.
  void put(std::size_t octets);
  /// Nothing more will come.
  void finish() { last_ = true; }

  /// Looks at the first octets, if enough are there to tell the format (decoder().is_open()); an error when it is none of ours.
  std::expected<void, ReadError> begin();

  enum class Step : std::uint8_t { packet, need_more, end, failed };
  /// `packet` borrows from the reader until the next call of room() or next().
  Step next(Packet& packet);

  const ReadError& error() const { return decoder_.error(); }
  const Decoder& decoder() const { return decoder_; }
  /// Octets used up so far.
  std::uint64_t position() const { return position_; }

 private:
  void skip();
  Decoder::Step decode(Packet& packet);

  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;  // of what was not read yet
  std::size_t end_ = 0;
  std::uint64_t to_skip_ = 0;  // octets of a block that is passed over
  std::uint64_t position_ = 0;
  bool last_ = false;
  Decoder decoder_;
};

}  // namespace ft::pcap
