#include "base/byte_ring.hpp"

#include <cstring>

namespace ft {
namespace {

void copy(std::byte* to, std::span<const std::byte> from) {
  if (!from.empty()) std::memcpy(to, from.data(), from.size());
}

}  // namespace

ByteRing& ByteRing::operator=(ByteRing&& other) noexcept {
  FT_ASSERT(data_ == nullptr);
  data_ = std::exchange(other.data_, nullptr);
  capacity_ = std::exchange(other.capacity_, 0);
  head_ = std::exchange(other.head_, 0);
  return *this;
}

bool ByteRing::ensure(BufferPool& pool, std::uint32_t wanted) {
  if (wanted <= capacity_) return true;
  const std::uint32_t size = pool.block_size(wanted);
  if (size == 0) return false;
  std::byte* const larger = pool.acquire(size);
  if (larger == nullptr) return false;
  copy_out(0, {larger, capacity_});
  release(pool);
  data_ = larger;
  capacity_ = size;
  return true;
}

void ByteRing::release(BufferPool& pool) {
  if (data_ != nullptr) pool.release(data_, capacity_);
  data_ = nullptr;
  capacity_ = head_ = 0;
}

void ByteRing::write_at(std::uint32_t offset, std::span<const std::byte> octets) {
  FT_ASSERT(octets.size() <= capacity_);
  const auto parts = cut(offset, static_cast<std::uint32_t>(octets.size()));
  copy(parts[0].data(), octets.first(parts[0].size()));
  copy(parts[1].data(), octets.subspan(parts[0].size()));
}

void ByteRing::copy_out(std::uint32_t offset, std::span<std::byte> into) const {
  FT_ASSERT(into.size() <= capacity_);
  const auto parts = cut(offset, static_cast<std::uint32_t>(into.size()));
  copy(into.data(), parts[0]);
  copy(into.data() + parts[0].size(), parts[1]);
}

}  // namespace ft
