#include "tcp/send/scoreboard.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace ft::tcp {

static_assert(std::is_trivially_copyable_v<SentSegment>);

Scoreboard& Scoreboard::operator=(Scoreboard&& other) noexcept {
  FT_ASSERT(ring_ == nullptr);
  ring_ = std::exchange(other.ring_, nullptr);
  block_ = std::exchange(other.block_, 0u);
  head_ = other.head_;
  tail_ = std::exchange(other.tail_, other.head_);
  oldest_ = std::exchange(other.oldest_, none);
  newest_ = std::exchange(other.newest_, none);
  lost_hint_ = other.lost_hint_;
  in_flight_ = std::exchange(other.in_flight_, 0u);
  sacked_ = std::exchange(other.sacked_, 0u);
  sacked_records_ = std::exchange(other.sacked_records_, 0u);
  lost_ = std::exchange(other.lost_, 0u);
  highest_sacked_ = other.highest_sacked_;
  return *this;
}

Scoreboard::~Scoreboard() { FT_ASSERT(ring_ == nullptr); }

bool Scoreboard::copy(BufferPool& pool, const Scoreboard& other) {
  FT_ASSERT(ring_ == nullptr);
  if (other.block_ != 0) {
    std::byte* block = pool.acquire(other.block_);
    if (block == nullptr) return false;
    std::memcpy(block, other.ring_, other.block_);
    ring_ = std::launder(reinterpret_cast<SentSegment*>(block));
  }
  block_ = other.block_;
  head_ = other.head_;
  tail_ = other.tail_;
  oldest_ = other.oldest_;
  newest_ = other.newest_;
  lost_hint_ = other.lost_hint_;
  in_flight_ = other.in_flight_;
  sacked_ = other.sacked_;
  sacked_records_ = other.sacked_records_;
  lost_ = other.lost_;
  highest_sacked_ = other.highest_sacked_;
  return true;
}

void Scoreboard::release(BufferPool& pool) {
  if (ring_ != nullptr) pool.release(reinterpret_cast<std::byte*>(ring_), block_);
  ring_ = nullptr;
  block_ = 0;
  head_ = tail_;
  oldest_ = newest_ = none;
  in_flight_ = sacked_ = sacked_records_ = lost_ = 0;
}

bool Scoreboard::reserve(BufferPool& pool, std::uint32_t count) {
  if (empty()) {
    head_ = tail_ = 0;
  } else if (tail_ >= 1u << 31) {
    rebase();
  }
  const std::uint32_t wanted = size() + count;
  return wanted <= capacity() || grow(pool, wanted);
}

bool Scoreboard::grow(BufferPool& pool, std::uint32_t wanted) {
  if (wanted > BufferPool::largest / sizeof(SentSegment)) return false;
  const std::uint32_t size = pool.block_size(wanted * static_cast<std::uint32_t>(sizeof(SentSegment)));
  if (size == 0) return false;
  std::byte* block = pool.acquire(size);
  if (block == nullptr) return false;
  auto* ring = reinterpret_cast<SentSegment*>(block);
  const std::uint32_t new_mask = size / static_cast<std::uint32_t>(sizeof(SentSegment)) - 1;
  for (std::uint32_t position = head_; position != tail_; ++position)
    new (ring + (position & new_mask)) SentSegment((*this)[position]);
  if (ring_ != nullptr) pool.release(reinterpret_cast<std::byte*>(ring_), block_);
  ring_ = ring;
  block_ = size;
  return true;
}

/// Positions would come round after 2^32 segments, some terabytes: all of them are made smaller by whole rounds of the ring.
void Scoreboard::rebase() {
  const std::uint32_t rounds = head_ & ~mask();
  const auto lower = [rounds](std::uint32_t& position) {
    if (position != none) position -= rounds;
  };
  for (std::uint32_t position = head_; position != tail_; ++position) {
    if (!at(position).sacked) lower(at(position).older);
    lower(at(position).newer);
  }
  for (std::uint32_t* position : {&head_, &tail_, &oldest_, &newest_, &lost_hint_}) lower(*position);
}

void Scoreboard::append(const SentSegment& segment) {
  FT_ASSERT(size() < capacity());
  FT_ASSERT(empty() || (*this)[tail_ - 1].end() == segment.seq);
  new (ring_ + (tail_ & mask())) SentSegment(segment);
  in_flight_ += segment.length;
  link_newest(tail_++);
}

void Scoreboard::repeat(std::uint32_t position, const SentSegment& sent) {
  SentSegment& record = at(position);
  FT_ASSERT(record.lost && !record.sacked);
  lost_ -= record.length;
  in_flight_ += record.length;
  record.lost = false;
  record.retransmitted = true;
  record.sent_at = sent.sent_at;
  record.delivered = sent.delivered;
  record.delivered_at = sent.delivered_at;
  record.first_sent_at = sent.first_sent_at;
  record.tx_in_flight = sent.tx_in_flight;
  record.lost_before = sent.lost_before;
  record.app_limited = sent.app_limited;
  link_newest(position);
}

void Scoreboard::link_newest(std::uint32_t position) {
  SentSegment& record = at(position);
  record.older = newest_;
  record.newer = none;
  if (newest_ != none) at(newest_).newer = position;
  newest_ = position;
  if (oldest_ == none) oldest_ = position;
}

/// Where the time of its last sending puts it; from the newest back, since it is seldom far.
void Scoreboard::link_by_time(std::uint32_t position) {
  SentSegment& record = at(position);
  std::uint32_t newer = none;
  std::uint32_t older = newest_;
  while (older != none && sent_after(at(older).sent_at, at(older).end(), record.sent_at, record.end())) {
    newer = older;
    older = at(older).older;
  }
  record.older = older;
  record.newer = newer;
  (older == none ? oldest_ : at(older).newer) = position;
  (newer == none ? newest_ : at(newer).older) = position;
}

void Scoreboard::unlink(std::uint32_t position) {
  const SentSegment& record = at(position);
  (record.older == none ? oldest_ : at(record.older).newer) = record.newer;
  (record.newer == none ? newest_ : at(record.newer).older) = record.older;
}

/// Out of the sums and the order, whatever it counts as.
void Scoreboard::forget(const SentSegment& record, std::uint32_t position) {
  if (record.sacked) {
    sacked_ -= record.length;
    --sacked_records_;
  } else if (record.lost) {
    lost_ -= record.length;
  } else {
    in_flight_ -= record.length;
    unlink(position);
  }
}

void Scoreboard::mark_sacked(std::uint32_t position) {
  SentSegment& record = at(position);
  forget(record, position);
  if (sacked_records_ == 0 || after(record.end(), highest_sacked_)) highest_sacked_ = record.end();
  record.lost = false;
  record.sacked = true;
  record.newer = position + 1;
  sacked_ += record.length;
  ++sacked_records_;
}

std::uint32_t Scoreboard::skip_delivered(std::uint32_t position) {
  std::uint32_t end = position;
  while (end != tail_ && at(end).sacked) end = at(end).newer;
  // Path compression: who walks here again jumps.
  while (position != end) position = std::exchange(at(position).newer, end);
  return end;
}

std::uint32_t Scoreboard::position_after(Seq seq) const {
  std::uint32_t low = head_;
  std::uint32_t count = size();
  while (count != 0) {
    const std::uint32_t half = count / 2;
    if (after((*this)[low + half].end(), seq)) {
      count = half;
    } else {
      low += half + 1;
      count -= half + 1;
    }
  }
  return low;
}

void Scoreboard::mark_lost(std::uint32_t position, Cause why) {
  SentSegment& record = at(position);
  FT_ASSERT(!record.sacked);
  if (record.lost) return;
  unlink(position);
  in_flight_ -= record.length;
  if (lost_ == 0 || static_cast<std::int32_t>(position - lost_hint_) < 0) lost_hint_ = position;
  lost_ += record.length;
  record.lost = true;
  record.why = why;
}

void Scoreboard::unmark_all_lost() {
  std::uint32_t last = none;  // where the one before went: the next one's place is seldom far
  for (std::uint32_t position = head_; position != tail_ && lost_ != 0; ++position) {
    SentSegment& record = at(position);
    if (record.sacked || !record.lost) continue;
    record.lost = false;
    lost_ -= record.length;
    in_flight_ += record.length;
    // Before all that left later.
    std::uint32_t next = last == none || at(last).sent_at > record.sent_at ? oldest_ : last;
    last = position;
    while (next != none && !sent_after(at(next).sent_at, at(next).end(), record.sent_at, record.end())) next = at(next).newer;
    if (next == none) {
      link_newest(position);
      continue;
    }
    record.newer = next;
    record.older = at(next).older;
    (record.older == none ? oldest_ : at(record.older).newer) = position;
    at(next).older = position;
  }
}

void Scoreboard::renege() {
  for (std::uint32_t position = head_; position != tail_; ++position) {
    SentSegment& record = at(position);
    if (!record.sacked) continue;
    forget(record, position);
    record.sacked = false;
    in_flight_ += record.length;
    link_by_time(position);
  }
}

bool Scoreboard::split(BufferPool& pool, std::uint32_t most, Cause why) {
  FT_ASSERT(most != 0);
  std::uint32_t pieces = 0;
  for (std::uint32_t position = head_; position != tail_; ++position) pieces += (*this)[position].length / most;
  if (pieces == 0) return true;
  Scoreboard rest;
  if (!rest.reserve(pool, size() + pieces)) return false;
  for (std::uint32_t position = head_; position != tail_; ++position) {
    const SentSegment record = (*this)[position];
    const std::uint32_t text = record.length - (record.fin ? 1u : 0u);
    const bool too_long = text > most;
    const bool sacked = record.sacked;
    const bool lost = record.lost || (too_long && !sacked);
    const Cause reason = record.lost && !too_long ? record.why : why;
    std::uint32_t left = record.length;
    const bool fin = record.fin;
    while (left != 0) {
      SentSegment piece = record;
      piece.seq = record.end() - left;
      const std::uint32_t text_left = left - (fin ? 1u : 0u);
      piece.length = too_long && text_left > most ? most : left;
      left -= piece.length;
      piece.fin = fin && left == 0;
      piece.path_probe = record.path_probe && !too_long;
      piece.sacked = piece.lost = false;
      rest.append(piece);
      rest.unlink(rest.tail_ - 1);
      rest.link_by_time(rest.tail_ - 1);
      if (sacked) rest.mark_sacked(rest.tail_ - 1);
      if (lost) rest.mark_lost(rest.tail_ - 1, reason);
    }
  }
  release(pool);
  *this = std::move(rest);
  return true;
}

std::uint32_t Scoreboard::find_lost() const {
  if (static_cast<std::int32_t>(lost_hint_ - head_) < 0) lost_hint_ = head_;
  while ((*this)[lost_hint_].sacked || !(*this)[lost_hint_].lost) {
    ++lost_hint_;
    FT_ASSERT(lost_hint_ != tail_);
  }
  return lost_hint_;
}

bool Scoreboard::is_consistent() const {
  std::uint32_t in_flight = 0, sacked = 0, lost = 0, records = 0, linked = 0;
  for (std::uint32_t position = head_; position != tail_; ++position) {
    const SentSegment& record = (*this)[position];
    if (record.length == 0 || (record.sacked && record.lost)) return false;
    if (position != head_ && (*this)[position - 1].end() != record.seq) return false;
    (record.sacked ? sacked : record.lost ? lost : in_flight) += record.length;
    if (record.sacked) ++records;
    if (!record.sacked && !record.lost) ++linked;
  }
  for (std::uint32_t position = oldest_; position != none; position = (*this)[position].newer) {
    const SentSegment& record = (*this)[position];
    if (record.sacked || record.lost || linked-- == 0) return false;
    if (record.newer == none && newest_ != position) return false;
  }
  return linked == 0 && in_flight == in_flight_ && sacked == sacked_ && lost == lost_ && records == sacked_records_;
}

}  // namespace ft::tcp
