#include "base/byte_ring.hpp"

#include <bit>
#include <cstring>

namespace ft {
namespace {

void copy(std::byte* to, std::span<const std::byte> from) {
  if (!from.empty()) std::memcpy(to, from.data(), from.size());
}

}  // namespace

void ByteRing::take(ByteRing& other) {
  data_ = std::exchange(other.data_, nullptr);
  head_ = std::exchange(other.head_, 0);
  capacity_bits_ = other.capacity_bits_;
  remembered_bits_ = other.remembered_bits_;
  half_used_ = other.half_used_;
}

ByteRing& ByteRing::operator=(ByteRing&& other) noexcept {
  FT_ASSERT(data_ == nullptr);
  take(other);
  return *this;
}

bool ByteRing::ensure(BufferPool& pool, std::uint32_t wanted) {
  if (wanted <= capacity()) return true;
  const std::uint32_t least = pool.block_size(wanted);
  if (least == 0) return false;
  std::uint32_t size = std::max(least, data_ == nullptr ? 1u << remembered_bits_ : 0u);
  std::byte* larger = pool.may_acquire(size) ? pool.acquire(size) : nullptr;
  if (larger == nullptr && size > least && pool.may_acquire(least))
    larger = pool.acquire(size = least);  // memory is short: without foresight
  if (larger == nullptr) return false;
  copy_out(0, {larger, capacity()});
  if (data_ != nullptr) pool.release(data_, capacity());
  data_ = larger;
  head_ = 0;
  capacity_bits_ = static_cast<std::uint8_t>(std::countr_zero(size));
  half_used_ = false;
  return true;
}

void ByteRing::release(BufferPool& pool) {
  if (data_ == nullptr) return;
  pool.release(data_, capacity());
  data_ = nullptr;
  head_ = 0;
  remembered_bits_ = half_used_ ? capacity_bits_ : static_cast<std::uint8_t>(capacity_bits_ - 1);
}

void ByteRing::write_at(std::uint32_t offset, std::span<const std::byte> octets) {
  FT_ASSERT(octets.size() <= capacity());
  note_use(offset + static_cast<std::uint32_t>(octets.size()));
  const auto parts = cut(offset, static_cast<std::uint32_t>(octets.size()));
  copy(parts[0].data(), octets.first(parts[0].size()));
  copy(parts[1].data(), octets.subspan(parts[0].size()));
}

void ByteRing::copy_out(std::uint32_t offset, std::span<std::byte> into) const {
  FT_ASSERT(into.size() <= capacity());
  const auto parts = cut(offset, static_cast<std::uint32_t>(into.size()));
  copy(into.data(), parts[0]);
  copy(into.data() + parts[0].size(), parts[1]);
}

}  // namespace ft
