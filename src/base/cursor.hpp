// Cursors over octets in network order (big-endian). They never throw and never leave their span: the first access that
// does not fit makes the cursor not ok, every later read gives zero and every later write is ignored, so a parser may read
// a whole record and ask ok() once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace ft {

constexpr std::uint8_t load_u8(const std::byte* p) { return std::to_integer<std::uint8_t>(*p); }

constexpr std::uint16_t load_be16(const std::byte* p) { return static_cast<std::uint16_t>((load_u8(p) << 8) | load_u8(p + 1)); }

constexpr std::uint32_t load_be32(const std::byte* p) {
  return (std::uint32_t{load_u8(p)} << 24) | (std::uint32_t{load_u8(p + 1)} << 16) | (std::uint32_t{load_u8(p + 2)} << 8) |
         std::uint32_t{load_u8(p + 3)};
}

constexpr void store_u8(std::byte* p, std::uint8_t value) { *p = std::byte{value}; }

constexpr void store_be16(std::byte* p, std::uint16_t value) {
  p[0] = static_cast<std::byte>(value >> 8);
  p[1] = static_cast<std::byte>(value);
}

constexpr void store_be32(std::byte* p, std::uint32_t value) {
  p[0] = static_cast<std::byte>(value >> 24);
  p[1] = static_cast<std::byte>(value >> 16);
  p[2] = static_cast<std::byte>(value >> 8);
  p[3] = static_cast<std::byte>(value);
}

/// Reads from a borrowed span.
class ByteReader {
 public:
  explicit constexpr ByteReader(std::span<const std::byte> octets) : rest_(octets) {}

  constexpr std::uint8_t u8() {
    const std::byte* p = advance(1);
    return p != nullptr ? load_u8(p) : std::uint8_t{0};
  }
  constexpr std::uint16_t u16() {
    const std::byte* p = advance(2);
    return p != nullptr ? load_be16(p) : std::uint16_t{0};
  }
  constexpr std::uint32_t u32() {
    const std::byte* p = advance(4);
    return p != nullptr ? load_be32(p) : 0;
  }
  /// The next n octets, borrowed; empty and not ok when fewer are left.
  constexpr std::span<const std::byte> take(std::size_t n) {
    const std::byte* p = advance(n);
    return p != nullptr ? std::span{p, n} : std::span<const std::byte>{};
  }
  constexpr void skip(std::size_t n) { advance(n); }
  /// Fills `into` entirely, or leaves it alone and is not ok.
  template <typename Octet, std::size_t N>
    requires(sizeof(Octet) == 1)
  void copy_to(std::span<Octet, N> into) {
    const std::byte* p = advance(into.size());
    if (p != nullptr && !into.empty()) std::memcpy(into.data(), p, into.size());
  }

  /// What was not read yet, borrowed.
  constexpr std::span<const std::byte> rest() const { return rest_; }
  constexpr std::size_t remaining() const { return rest_.size(); }
  constexpr bool ok() const { return ok_; }

 private:
  constexpr const std::byte* advance(std::size_t n) {
    if (!ok_ || n > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return nullptr;
    }
    const std::byte* p = rest_.data();
    rest_ = rest_.subspan(n);
    return p;
  }

  std::span<const std::byte> rest_;
  bool ok_ = true;
};

/// Writes into a borrowed span.
class ByteWriter {
 public:
  explicit constexpr ByteWriter(std::span<std::byte> octets) : octets_(octets) {}

  constexpr void u8(std::uint8_t value) {
    if (std::byte* p = advance(1)) store_u8(p, value);
  }
  constexpr void u16(std::uint16_t value) {
    if (std::byte* p = advance(2)) store_be16(p, value);
  }
  constexpr void u32(std::uint32_t value) {
    if (std::byte* p = advance(4)) store_be32(p, value);
  }
  void bytes(std::span<const std::byte> from) {
    std::byte* p = advance(from.size());
    if (p != nullptr && !from.empty()) std::memcpy(p, from.data(), from.size());
  }
  void bytes(std::span<const std::uint8_t> from) { bytes(std::as_bytes(from)); }
  void fill(std::size_t n, std::uint8_t value = 0) {
    std::byte* p = advance(n);
    if (p != nullptr && n != 0) std::memset(p, value, n);
  }

  /// Octets written so far.
  constexpr std::size_t position() const { return position_; }
  constexpr std::size_t remaining() const { return octets_.size() - position_; }
  /// What was written so far.
  constexpr std::span<std::byte> written() const { return octets_.first(position_); }
  constexpr bool ok() const { return ok_; }

 private:
  constexpr std::byte* advance(std::size_t n) {
    if (!ok_ || n > remaining()) {
      ok_ = false;
      return nullptr;
    }
    std::byte* p = octets_.data() + position_;
    position_ += n;
    return p;
  }

  std::span<std::byte> octets_;
  std::size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace ft
