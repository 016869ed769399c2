// What one side has sent and is still of interest: pieces of sequence space in order, each with when and how it was sent last. In
// order of sequence, so the usual segment is appended; below `unacked()` lies what was acknowledged, kept a while to recognise
// copies.
//
// Pieces never overlap. A gap between two of them was never captured. What lies below the first was forgotten or came before the
// capture: assume it was sent.
#pragma once

#include "wire/seq.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ft::analysis::flow {

struct Piece {
  enum Is : std::uint8_t {
    sacked = 1,
    fin = 2,
    syn = 4,
    probe = 8,       // sent against a shut window
    late = 16,       // filled a hole
    band_shift = 6,  // two bits: how much was in flight, see rtt_band_limits
  };
  std::int64_t at = 0;  // sent last, nanoseconds
  std::uint32_t seq = 0;
  std::uint32_t end = 0;
  std::uint32_t stamp = 0;        // TSval of the last time
  std::uint32_t frame = 0;        // of the last time, counted as the record counts them
  std::uint16_t stamp_moved = 0;  // from the first TSval to the last; saturates
  std::uint16_t ip_id = 0;        // of the last time
  std::uint16_t way = 0;          // ... digest of how it came: MAC addresses, VLAN, interface, TTL
  std::uint8_t tries = 1;
  std::uint8_t is = 0;

  std::uint32_t size() const { return end - seq; }
  bool any(std::uint8_t bits) const { return (is & bits) != 0; }
  void set(std::uint8_t bits) { is = static_cast<std::uint8_t>(is | bits); }
};
static_assert(sizeof(Piece) == 32);

/// Rings of pieces in sizes that are powers of two, out of a bounded store, handed from one to the next.
class PieceStore {
 public:
  static constexpr std::uint32_t least = 8, most = 4096;  // pieces of a ring

  explicit PieceStore(std::size_t octets) : limit_(octets) {}
  ~PieceStore();
  PieceStore(PieceStore&& other) noexcept;
  PieceStore& operator=(PieceStore&&) = delete;

  /// `count` is a power of two between least and most. nullptr when the store is exhausted.
  Piece* take(std::uint32_t count);
  void give_back(Piece* ring, std::uint32_t count);
  std::size_t memory() const { return held_; }

 private:
  static constexpr std::size_t classes = 10;  // 8 to 4096
  static std::size_t class_of(std::uint32_t count);

  std::array<std::vector<Piece*>, classes> free_;
  std::size_t limit_;
  std::size_t held_ = 0;  // out and free together
};

class SentLog {
 public:
  using Index = std::uint32_t;  // counts on for ever; valid from first() to last()

  Index first() const { return head_; }
  Index unacked() const { return unacked_; }
  Index last() const { return tail_; }  // one past
  bool empty() const { return head_ == tail_; }
  Piece& operator[](Index i) { return ring_[i & mask_]; }
  const Piece& operator[](Index i) const { return ring_[i & mask_]; }
  std::uint32_t capacity() const { return ring_ ? mask_ + 1 : 0; }

  /// Nothing has to be done for `more` pieces.
  bool has_room(std::uint32_t more) const { return tail_ - head_ + more <= capacity(); }
  /// Makes room for `more` pieces, with a history of about `history` acknowledged ones; at most `most` in all. What has to go to
  /// make room goes from the front. False when pieces not yet acknowledged had to go.
  bool reserve(PieceStore& store, std::uint32_t more, std::uint32_t history, std::uint32_t most);
  void release(PieceStore& store);

  /// After reserve(). The piece lies behind all others.
  Piece& append() { return ring_[tail_++ & mask_] = Piece{}; }
  /// After reserve(). The piece comes before `at`.
  Piece& insert(Index at);
  /// After reserve(1): cuts the piece in two at `seq`, which lies within it.
  void cut(Index at, std::uint32_t seq);

  /// The first piece that ends after `seq`; last() when there is none.
  Index find(std::uint32_t seq) const;
  /// Everything before `i` is acknowledged.
  void set_unacked(Index i) { unacked_ = i; }

 private:
  Piece* ring_ = nullptr;
  std::uint32_t mask_ = 0;
  Index head_ = 0, unacked_ = 0, tail_ = 0;
};

}  // namespace ft::analysis::flow
