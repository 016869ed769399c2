// Reading capture files that lie in memory, of both formats, in both octet orders, with any time resolution. Blocks of unknown
// types are passed over. A file that ends early gives all its whole packets first, then an error that says where.
#pragma once

#include "pcap/decoder.hpp"

#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <vector>

namespace ft::pcap {

class Reader {
 public:
  static constexpr std::size_t max_interfaces = Decoder::max_interfaces;

  /// `file` is the whole file, borrowed for the reader's life and that of the packets it gives.
  static std::expected<Reader, ReadError> open(std::span<const std::byte> file);

  /// The next packet; nullopt at the proper end of the file. After an error the same error again.
  std::expected<std::optional<Packet>, ReadError> next();
  /// The same without a copy: false at the end.
  std::expected<bool, ReadError> next(Packet& packet) {
    while (true) {
      switch (decoder_.decode(file_.subspan(at_), true, packet)) {
        case Decoder::Step::packet:
          at_ += decoder_.taken();
          return true;
        case Decoder::Step::passed:
          at_ += decoder_.taken();
          break;
        case Decoder::Step::end:
          return false;
        case Decoder::Step::need_more:  // never: the window is all there is
        case Decoder::Step::failed:
          return std::unexpected(decoder_.error());
      }
    }
  }

  Format format() const { return decoder_.format(); }
  /// Those met so far: pcapng files may declare more later.
  const std::vector<Interface>& interfaces() const { return decoder_.interfaces(); }
  const Decoder& decoder() const { return decoder_; }
  /// Octets read so far.
  std::size_t position() const { return at_; }

 private:
  explicit Reader(std::span<const std::byte> file) : file_(file) {}

  std::span<const std::byte> file_;
  std::size_t at_ = 0;  // where the next block begins
  Decoder decoder_;
};

}  // namespace ft::pcap
