// A growing array that never moves what it holds and never doubles its memory for a moment: chunks of a fixed number of elements.
// Records of streams and notes live in such arrays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

namespace ft::analysis::flow {

template <typename T, std::uint32_t chunk_size>
class Chunks {
  static_assert((chunk_size & (chunk_size - 1)) == 0);

 public:
  std::uint32_t size() const { return size_; }
  T& operator[](std::uint32_t i) { return chunks_[i / chunk_size][i % chunk_size]; }
  const T& operator[](std::uint32_t i) const { return chunks_[i / chunk_size][i % chunk_size]; }
  T& push() {
    if (size_ / chunk_size == chunks_.size()) chunks_.push_back(std::make_unique<T[]>(chunk_size));
    return (*this)[size_++];
  }
  std::size_t memory() const { return chunks_.size() * chunk_size * sizeof(T); }

 private:
  std::vector<std::unique_ptr<T[]>> chunks_;
  std::uint32_t size_ = 0;
};

/// The same with elements given back: a free list runs through them. `T` needs a member `std::uint32_t next_free`.
template <typename T, std::uint32_t chunk_size>
class Pool {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  /// `count` elements at most.
  explicit Pool(std::uint32_t count) : limit_(count) {}
  static constexpr std::uint32_t nothing = 0xffffffffu;

  bool full() const { return free_ == nothing && all_.size() >= limit_; }
  /// A fresh element; `nothing` when the pool is full.
  std::uint32_t take() {
    if (free_ == nothing) {
      if (all_.size() >= limit_) return nothing;
      all_.push();
      ++used_;
      return all_.size() - 1;
    }
    const std::uint32_t i = free_;
    free_ = all_[i].next_free;
    if (free_ != nothing) {
      const auto* octets = reinterpret_cast<const char*>(&all_[free_]);
      for (std::size_t line = 0; line < sizeof(T); line += 64) __builtin_prefetch(octets + line, 1);
    }
    std::construct_at(&all_[i]);  // in place: it is large
    ++used_;
    return i;
  }
  void give_back(std::uint32_t i) {
    all_[i].next_free = free_;
    free_ = i;
    --used_;
  }
  T& operator[](std::uint32_t i) { return all_[i]; }
  const T& operator[](std::uint32_t i) const { return all_[i]; }
  std::uint32_t used() const { return used_; }
  /// Elements that were ever taken: the numbers below it are valid.
  std::uint32_t size() const { return all_.size(); }
  std::size_t memory() const { return all_.memory(); }

 private:
  Chunks<T, chunk_size> all_;
  std::uint32_t limit_;
  std::uint32_t free_ = nothing;
  std::uint32_t used_ = 0;
};

}  // namespace ft::analysis::flow
