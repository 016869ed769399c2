// What is in flight, segment by segment: sent when, delivered (RFC 2018) or lost, and in which order it left (RFC 8985 wants the
// order of sending, an ACK the order of sequence numbers). A ring of records in sequence order, in memory borrowed from the
// connection's pool while anything is in flight; the records not yet known to be delivered or lost are also linked in the order
// of their sending.
//
// Costs: an ACK pays for what it delivers, a SACK block for what it adds (runs that were known already are jumped over).
#pragma once

#include "base/buffer_pool.hpp"
#include "fourtuple/time.hpp"
#include "tcp/why.hpp"
#include "wire/seq.hpp"

#include <cstdint>
#include <optional>
#include <utility>

namespace ft::tcp {

/// One segment in flight. Positions count records from the connection's first on; they stay while the record does.
struct SentSegment {
  Seq seq;
  std::uint32_t length = 0;  // octets of sequence space
  //= rfc8985 4-3
  Instant sent_at{};  // the last copy
  // For delivery rates (draft-ietf-ccwg-bbr): what the connection had delivered when this left, and when.
  std::uint64_t delivered = 0;
  Instant delivered_at{};
  Instant first_sent_at{};
  std::uint32_t older = 0;  // in the order of sending; of a delivered record `newer` is a position to go on from
  std::uint32_t newer = 0;
  std::uint32_t tx_in_flight = 0;  // octets in flight just after it left
  std::uint32_t lost_before = 0;   // low 32 bits of the octets lost when it left
  bool sacked : 1 = false;
  bool lost : 1 = false;           // and not repeated yet
  bool retransmitted : 1 = false;  // ever
  bool app_limited : 1 = false;
  bool fin : 1 = false;         // its last octet is the FIN
  bool path_probe : 1 = false;  // larger than the path is known to take (RFC 4821)
  Cause why = Cause::none;      // lost: how we know

  Seq end() const { return seq + length; }
};
static_assert(sizeof(SentSegment) == 64);

/// RFC 8985 6.1: the later of two; segments of one instant by their sequence numbers.
inline bool sent_after(Instant a, Seq a_end, Instant b, Seq b_end) { return a > b || (a == b && after(a_end, b_end)); }

//= rfc8985 4-2
class Scoreboard {
 public:
  Scoreboard() = default;
  Scoreboard(Scoreboard&& other) noexcept { *this = std::move(other); }
  Scoreboard& operator=(Scoreboard&& other) noexcept;
  ~Scoreboard();
  /// Takes over what `other` holds, into memory of its own; false when the pool refuses.
  bool copy(BufferPool& pool, const Scoreboard& other);
  void release(BufferPool& pool);

  /// Room for `count` more records; false when the pool refuses.
  bool reserve(BufferPool& pool, std::uint32_t count);
  /// A segment left for the first time; reserve() made room. Sequence numbers without a gap.
  void append(const SentSegment& segment);
  /// The lost record `position` left again. Everything of `sent` but seq, length and flags of its own is taken.
  void repeat(std::uint32_t position, const SentSegment& sent);

  /// The peer has everything before `ack`. `on_delivered(record)` for each that was not known to be delivered.
  template <class OnDelivered>
  void acknowledge(Seq ack, OnDelivered&& on_delivered);
  /// The peer has [left, right). Only whole records count.
  template <class OnDelivered>
  void sack(Seq left, Seq right, OnDelivered&& on_delivered);
  /// The peer may drop what it reported (RFC 2018 8), and seems to have: reports are forgotten.
  void renege();

  /// Marked lost: leaves the flight until it is repeated. Not for delivered records.
  void mark_lost(std::uint32_t position, Cause why);
  /// The losses were none: all lost records count as in flight again.
  void unmark_all_lost();
  /// Cuts records longer than `most` octets of text into pieces and marks them lost by `why`; false when the pool refuses.
  bool split(BufferPool& pool, std::uint32_t most, Cause why);

  /// The lost record with the lowest sequence number.
  std::optional<std::uint32_t> first_lost() const {
    if (lost_ == 0) return std::nullopt;
    return find_lost();
  }
  /// The oldest record by sending that is neither delivered nor lost.
  std::optional<std::uint32_t> oldest() const {
    if (oldest_ == none) return std::nullopt;
    return oldest_;
  }
  std::optional<std::uint32_t> newer(std::uint32_t position) const {
    if ((*this)[position].newer == none) return std::nullopt;
    return (*this)[position].newer;
  }

  bool empty() const { return head_ == tail_; }
  std::uint32_t head() const { return head_; }
  std::uint32_t tail() const { return tail_; }
  std::uint32_t size() const { return tail_ - head_; }
  const SentSegment& operator[](std::uint32_t position) const { return ring_[position & mask()]; }
  /// Below `seq` everything is acknowledged or reported, from `head` on; the position of the first record that ends after it.
  std::uint32_t position_after(Seq seq) const;

  /// RFC 6675's pipe: octets sent, neither delivered nor lost.
  std::uint32_t in_flight() const { return in_flight_; }
  std::uint32_t sacked() const { return sacked_; }
  std::uint32_t sacked_records() const { return sacked_records_; }
  std::uint32_t lost() const { return lost_; }
  /// Highest octet reported by SACK, exclusive; meaningless while sacked() is 0.
  Seq highest_sacked() const { return highest_sacked_; }
  /// Octets of pool memory held.
  std::uint32_t memory() const { return block_; }
  /// Every sum recounted; for tests.
  bool is_consistent() const;

 private:
  static constexpr std::uint32_t none = UINT32_MAX;

  std::uint32_t capacity() const { return block_ / static_cast<std::uint32_t>(sizeof(SentSegment)); }
  std::uint32_t mask() const { return capacity() - 1; }
  SentSegment& at(std::uint32_t position) { return ring_[position & mask()]; }
  /// The first position from `position` on that is not delivered.
  std::uint32_t skip_delivered(std::uint32_t position);
  void link_newest(std::uint32_t position);
  void link_by_time(std::uint32_t position);
  void unlink(std::uint32_t position);
  void forget(const SentSegment& record, std::uint32_t position);
  void mark_sacked(std::uint32_t position);
  std::uint32_t find_lost() const;
  bool grow(BufferPool& pool, std::uint32_t wanted);
  void rebase();

  SentSegment* ring_ = nullptr;
  std::uint32_t block_ = 0;  // octets
  std::uint32_t head_ = 0;   // the record of SND.UNA
  std::uint32_t tail_ = 0;   // one past the newest by sequence number
  std::uint32_t oldest_ = none;
  std::uint32_t newest_ = none;
  mutable std::uint32_t lost_hint_ = 0;  // no lost record lies before it
  std::uint32_t in_flight_ = 0;
  std::uint32_t sacked_ = 0;
  std::uint32_t sacked_records_ = 0;
  std::uint32_t lost_ = 0;
  Seq highest_sacked_;
};

template <class OnDelivered>
void Scoreboard::acknowledge(Seq ack, OnDelivered&& on_delivered) {
  while (!empty()) {
    SentSegment& record = at(head_);
    if (after(record.end(), ack)) {
      if (const std::int32_t part = distance(record.seq, ack); part > 0) {
        // A piece of it: the rest stays as it is.
        const auto octets = static_cast<std::uint32_t>(part);
        (record.sacked ? sacked_ : record.lost ? lost_ : in_flight_) -= octets;
        record.seq = ack;
        record.length -= octets;
      }
      return;
    }
    if (!record.sacked) on_delivered(static_cast<const SentSegment&>(record));
    forget(record, head_);
    ++head_;
  }
}

template <class OnDelivered>
void Scoreboard::sack(Seq left, Seq right, OnDelivered&& on_delivered) {
  if (empty()) return;
  std::uint32_t position = position_after(left);
  if (position != tail_ && before((*this)[position].seq, left)) ++position;
  while (true) {
    position = skip_delivered(position);
    if (position == tail_ || after((*this)[position].end(), right)) return;
    on_delivered((*this)[position]);
    mark_sacked(position);
    ++position;
  }
}

}  // namespace ft::tcp
