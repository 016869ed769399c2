// Where packets come from: a capture file (mapped, or decompressed as it is read), a pipe, an interface. Whoever walks a capture
// sees only this.
#pragma once

#include "pcap/packet.hpp"

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ft::io {

class CaptureSource {
 public:
  virtual ~CaptureSource() = default;

  enum class Step : std::uint8_t {
    packet,
    none,    // live: nothing has come; wait for descriptor()
    end,     // properly
    failed,  // nothing more can be read; problem() says why. What was given before is true all the same
  };
  /// `packet` borrows from the source until the next call. Use the same packet again and again: its comments keep their room.
  virtual Step next(pcap::Packet& packet) = 0;
  /// After `failed`: one line, as "truncated at octet 1234: the file ends within a packet".
  virtual std::string problem() const = 0;

  /// Back to the first packet, for a second pass. False: this source can be read once only.
  virtual bool rewind() = 0;
  /// Nothing will be read for a while, perhaps never: what is held for reading may go.
  virtual void rest() {}
  /// Octets in all and used up so far, as they lie in the file (compressed ones when it is compressed); nullopt: nobody knows.
  virtual std::optional<std::uint64_t> size() const { return std::nullopt; }
  virtual std::uint64_t position() const { return 0; }

  /// "pcapng", "pcap, gzip"; empty for an interface.
  virtual std::string format() const { return {}; }
  /// Those met so far.
  virtual const std::vector<pcap::Interface>& interfaces() const = 0;
  /// Who wrote the file, when it says so.
  virtual pcap::Section section() const { return {}; }
  /// Packets that the capturing system saw and lost, as far as is known.
  virtual std::uint64_t dropped() const { return 0; }
  /// Live: readable when packets may have come; -1: never needed.
  virtual int descriptor() const { return -1; }
};

struct OpenCaptureOptions {
  /// A pipe is kept in a temporary file (without a name, in $TMPDIR) while it is read, so that it can be read again.
  bool read_twice = false;
};

/// Opens pcap and pcapng, plain or compressed with gzip or zstd, whatever the file is called; "-" is standard input. The error is
/// one line that begins with the path and says what to do where something can be done.
std::expected<std::unique_ptr<CaptureSource>, std::string> open_capture(const std::string& path, OpenCaptureOptions options = {});

}  // namespace ft::io
