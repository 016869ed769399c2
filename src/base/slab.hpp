// A slab: many objects of one kind in chunks, so that an object never moves, with handles that notice reuse.
//
// A handle is an index and a generation. Erasing an object ends its generation, so a handle kept too long
// finds nothing instead of a stranger. Living generations are odd and free ones even: a handle with
// generation 0 never names anything. A free place costs its memory and holds the link of the free list.
// Chunks are given back only when the slab goes.
#pragma once

#include "base/assert.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <utility>
#include <vector>

namespace ft {

template <class T>
class Slab {
 public:
  struct Handle {
    std::uint32_t index = 0;
    std::uint32_t generation = 0;
    friend bool operator==(Handle, Handle) = default;
  };

  /// At most `limit` objects live at the same time.
  explicit Slab(std::uint32_t limit) : limit_(limit) {}
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;
  ~Slab() {
    for (std::uint32_t index = 0; index < touched_; ++index) {
      if (alive(index)) std::destroy_at(&place(index).value);
    }
  }

  /// Nothing at the limit. The address of the object stays the same until it is erased.
  template <class... Args>
  std::optional<Handle> emplace(Args&&... args) {
    if (size_ == limit_) return std::nullopt;
    const std::uint32_t index = take_place();
    std::construct_at(&place(index).value, std::forward<Args>(args)...);
    ++size_;
    return Handle{index, ++generation(index)};
  }

  /// Null when the object of that handle is gone.
  T* get(Handle handle) { return names_living(handle) ? &place(handle.index).value : nullptr; }
  const T* get(Handle handle) const { return names_living(handle) ? &place(handle.index).value : nullptr; }

  T& at(std::uint32_t index) {
    FT_ASSERT(alive(index));
    return place(index).value;
  }
  const T& at(std::uint32_t index) const {
    FT_ASSERT(alive(index));
    return place(index).value;
  }

  /// For who follows links between living objects: only the range is checked.
  T& operator[](std::uint32_t index) {
    FT_ASSERT(index < touched_);
    return place(index).value;
  }
  const T& operator[](std::uint32_t index) const {
    FT_ASSERT(index < touched_);
    return place(index).value;
  }

  bool alive(std::uint32_t index) const { return index < touched_ && (generation(index) & 1u) != 0; }

  Handle handle_of(std::uint32_t index) const {
    FT_ASSERT(alive(index));
    return {index, generation(index)};
  }

  void erase(std::uint32_t index) {
    FT_ASSERT(alive(index));
    std::destroy_at(&place(index).value);
    ++generation(index);
    std::construct_at(&place(index).next_free, first_free_);
    first_free_ = index;
    --size_;
  }

  std::uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::uint32_t limit() const { return limit_; }
  /// Octets held, places kept for reuse included.
  std::uint64_t memory() const { return chunks_.size() * sizeof(Chunk); }
  /// Octets that the chunks of so many objects take.
  static constexpr std::uint64_t memory_of(std::uint64_t objects) {
    return (objects + chunk_size - 1) / chunk_size * sizeof(Chunk);
  }

  /// Calls f(index, object) in order of index. `f` may erase; objects that it adds may be met or not.
  template <class F>
  void for_each(F f) {
    for (std::uint32_t index = 0; index < touched_; ++index) {
      if (alive(index)) f(index, place(index).value);
    }
  }
  template <class F>
  void for_each(F f) const {
    for (std::uint32_t index = 0; index < touched_; ++index) {
      if (alive(index)) f(index, place(index).value);
    }
  }

 private:
  static constexpr std::uint32_t chunk_size = 256;
  static constexpr std::uint32_t none = 0xffff'ffff;

  union Place {
    Place() {}
    ~Place() {}
    std::uint32_t next_free;
    T value;
  };
  struct Chunk {
    std::array<std::uint32_t, chunk_size> generations{};
    std::array<Place, chunk_size> places;
  };

  Place& place(std::uint32_t index) { return chunks_[index / chunk_size]->places[index % chunk_size]; }
  const Place& place(std::uint32_t index) const { return chunks_[index / chunk_size]->places[index % chunk_size]; }
  std::uint32_t& generation(std::uint32_t index) { return chunks_[index / chunk_size]->generations[index % chunk_size]; }
  const std::uint32_t& generation(std::uint32_t index) const {
    return chunks_[index / chunk_size]->generations[index % chunk_size];
  }
  bool names_living(Handle handle) const { return alive(handle.index) && generation(handle.index) == handle.generation; }

  std::uint32_t take_place() {
    if (first_free_ != none) {
      const std::uint32_t index = first_free_;
      first_free_ = place(index).next_free;
      return index;
    }
    if (touched_ % chunk_size == 0) chunks_.push_back(std::make_unique<Chunk>());
    return touched_++;
  }

  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::uint32_t limit_;
  std::uint32_t size_ = 0;
  std::uint32_t touched_ = 0;        // places handed out at least once
  std::uint32_t first_free_ = none;  // the place freed last is used first: it is warm
};

}  // namespace ft
