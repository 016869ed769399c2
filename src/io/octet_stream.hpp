// Octets of a file or pipe from its beginning to its end, decompressed on the way where they are compressed. Memory does not
// depend on how much comes out.
#pragma once

#include "io/descriptor.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ft::io {

class OctetStream {
 public:
  virtual ~OctetStream() = default;
  /// Fills the beginning of `into`, and says how much; 0 is the end. The error is one line.
  virtual std::expected<std::size_t, std::string> read(std::span<std::byte> into) = 0;
  /// From the beginning again; false when that cannot be.
  virtual bool rewind() = 0;
  /// Octets taken from the file, as they lie there.
  virtual std::uint64_t position() const = 0;
};

/// A descriptor. A regular file has a `size`: so far it is read, though it may grow meanwhile, and an end before that is an
/// error. What comes from a pipe is kept in `copy` when there is one, and read from there after rewind().
class DescriptorStream final : public OctetStream {
 public:
  DescriptorStream(Descriptor file, std::optional<std::uint64_t> size, Descriptor copy = {});
  std::expected<std::size_t, std::string> read(std::span<std::byte> into) override;
  bool rewind() override;
  std::uint64_t position() const override { return position_; }
  /// The next octets without taking them: fewer than asked for only at the end.
  std::expected<std::vector<std::byte>, std::string> peek(std::size_t octets);

 private:
  std::expected<std::size_t, std::string> read_some(std::span<std::byte> into);
  std::expected<std::size_t, std::string> read_file(std::span<std::byte> into);
  std::expected<std::size_t, std::string> read_pipe(std::span<std::byte> into);
  std::expected<std::size_t, std::string> read_copy(std::span<std::byte> into);

  Descriptor file_;
  std::optional<std::uint64_t> size_;
  Descriptor copy_;
  bool replaying_ = false;  // copy_ is read, then file_ again
  std::uint64_t copied_ = 0;
  std::uint64_t position_ = 0;
  std::vector<std::byte> peeked_;
};

std::unique_ptr<OctetStream> make_gzip_stream(std::unique_ptr<OctetStream> from);
std::unique_ptr<OctetStream> make_zstd_stream(std::unique_ptr<OctetStream> from);

}  // namespace ft::io
