#include "analysis/flow/sent.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

namespace ft::analysis::flow {

std::size_t PieceStore::class_of(std::uint32_t count) {
  return static_cast<std::size_t>(std::countr_zero(count) - std::countr_zero(least));
}

PieceStore::PieceStore(PieceStore&& other) noexcept
    : free_(std::move(other.free_)), limit_(other.limit_), held_(std::exchange(other.held_, 0)) {
  for (auto& list : other.free_) list.clear();
}

PieceStore::~PieceStore() {
  for (auto& list : free_)
    for (Piece* ring : list) delete[] ring;
}

Piece* PieceStore::take(std::uint32_t count) {
  auto& list = free_[class_of(count)];
  if (!list.empty()) {
    Piece* ring = list.back();
    list.pop_back();
    return ring;
  }
  const std::size_t octets = count * sizeof(Piece);
  if (held_ + octets > limit_) {
    // Rings of other sizes may lie idle: they make room.
    for (std::size_t c = classes; c-- > 0 && held_ + octets > limit_;) {
      while (!free_[c].empty() && held_ + octets > limit_) {
        delete[] free_[c].back();
        free_[c].pop_back();
        held_ -= (std::size_t{least} << c) * sizeof(Piece);
      }
    }
    if (held_ + octets > limit_) return nullptr;
  }
  held_ += octets;
  return new Piece[count];
}

void PieceStore::give_back(Piece* ring, std::uint32_t count) { free_[class_of(count)].push_back(ring); }

bool SentLog::reserve(PieceStore& store, std::uint32_t more, std::uint32_t history, std::uint32_t most) {
  if (has_room(more)) return true;
  const std::uint32_t waiting = tail_ - unacked_;
  const std::uint32_t wanted = std::clamp(std::bit_ceil(waiting + more + history), PieceStore::least, PieceStore::most);
  if (wanted > capacity() && (!ring_ || waiting + more > capacity() || wanted <= most)) {
    const std::uint32_t bound = std::clamp(std::min(wanted, most), PieceStore::least, PieceStore::most);
    if (bound > capacity()) {
      if (Piece* ring = store.take(bound)) {
        for (Index i = head_; i != tail_; ++i) ring[i & (bound - 1)] = (*this)[i];
        if (ring_) store.give_back(ring_, capacity());
        ring_ = ring;
        mask_ = bound - 1;
      }
    }
  }
  if (!ring_) return false;
  bool kept = true;
  while (tail_ - head_ + more > capacity()) {
    if (head_ == unacked_) {
      kept = false;
      ++unacked_;
    }
    ++head_;
  }
  // Some more than must go, so that not every segment has to ask.
  const std::uint32_t acknowledged = unacked_ - head_;
  if (acknowledged > history) head_ += std::min(acknowledged - history, capacity() / 4);
  return kept;
}

void SentLog::release(PieceStore& store) {
  if (ring_) store.give_back(ring_, capacity());
  *this = SentLog{};
}

Piece& SentLog::insert(Index at) {
  for (Index i = tail_; i != at; --i) (*this)[i] = (*this)[i - 1];
  ++tail_;
  // What comes before acknowledged pieces is acknowledged too, or nothing could be found by bisection.
  if (static_cast<std::int32_t>(at - unacked_) < 0) ++unacked_;
  return (*this)[at] = Piece{};
}

void SentLog::cut(Index at, std::uint32_t seq) {
  const Piece whole = (*this)[at];
  FT_ASSERT(seq - whole.seq < whole.size() && seq != whole.seq);
  Piece& back = insert(at + 1);
  back = whole;
  back.seq = seq;
  (*this)[at].end = seq;
  (*this)[at].is = static_cast<std::uint8_t>(whole.is & ~Piece::fin);
}

SentLog::Index SentLog::find(std::uint32_t seq) const {
  Index low = head_;
  Index high = tail_;
  // Most questions are about the newest piece or the oldest that waits for its ACK.
  if (low != high && static_cast<std::int32_t>((*this)[high - 1].end - seq) <= 0) return high;
  while (low != high) {
    const Index middle = low + (high - low) / 2;
    if (static_cast<std::int32_t>((*this)[middle].end - seq) > 0)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

}  // namespace ft::analysis::flow
