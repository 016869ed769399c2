// Anything that can happen to segments in flight, in any order, against one letter an octet: what is delivered, lost and in
// flight adds up the same, and the scoreboard's own sums and lists agree with each other at every step, also when memory is
// short.
#include "base/assert.hpp"
#include "bytes.hpp"
#include "tcp/send/scoreboard.hpp"

#include <algorithm>
#include <string>

using namespace ft;
using namespace ft::tcp;

namespace {

class Flight {
 public:
  Flight(Seq base, std::uint64_t memory) : pool_(memory), base_(base) {}
  ~Flight() {
    board_.release(pool_);
    FT_ASSERT(pool_.used() == 0);
  }
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;

  void send(std::uint32_t length) {
    if (!board_.reserve(pool_, 1)) return;
    SentSegment record;
    record.seq = base_ + una_ + static_cast<std::uint32_t>(octets_.size());
    record.length = length;
    record.sent_at = Instant{Duration{++clock_}};
    board_.append(record);
    octets_.append(length, 'f');
  }
  void acknowledge(std::uint32_t octets) {
    octets = std::min(octets, static_cast<std::uint32_t>(octets_.size()));
    std::uint32_t before = 0;
    board_.acknowledge(base_ + una_ + octets, [&](const SentSegment& record) {
      FT_ASSERT(!record.sacked);
      ++before;
    });
    una_ += octets;
    octets_.erase(0, octets);
  }
  void report(std::uint32_t from, std::uint32_t to) {
    board_.sack(base_ + una_ + from, base_ + una_ + to, [&](const SentSegment& record) {
      FT_ASSERT(!record.sacked);
      letter(record, 's');
    });
    // Whole records that lie inside are delivered now, whatever they were.
    for (std::uint32_t p = board_.head(); p != board_.tail(); ++p) {
      const std::uint32_t at = offset(board_[p]);
      if (at >= from && at + board_[p].length <= to) FT_ASSERT(board_[p].sacked);
    }
  }
  void lose(std::uint32_t index) {
    if (board_.empty()) return;
    const std::uint32_t position = board_.head() + index % board_.size();
    if (board_[position].sacked) return;
    board_.mark_lost(position, Cause::retransmit_rack);
    letter(board_[position], 'l');
  }
  void repeat() {
    const auto position = board_.first_lost();
    FT_ASSERT(position.has_value() == (octets_.find('l') != std::string::npos));
    if (!position) return;
    SentSegment sent;
    sent.sent_at = Instant{Duration{++clock_}};
    board_.repeat(*position, sent);
    letter(board_[*position], 'f');
  }
  void find_all() {
    board_.unmark_all_lost();
    std::replace(octets_.begin(), octets_.end(), 'l', 'f');
  }
  void renege() {
    board_.renege();
    FT_ASSERT(board_.sacked() == 0);
    reread();
  }
  void cut(std::uint32_t most) {
    if (board_.split(pool_, most, Cause::retransmit_pmtu)) reread();
  }
  void check() {
    FT_ASSERT(board_.is_consistent());
    FT_ASSERT(board_.in_flight() == count('f') && board_.sacked() == count('s') && board_.lost() == count('l'));
    Seq next = base_ + una_;
    for (std::uint32_t p = board_.head(); p != board_.tail(); ++p) {
      FT_ASSERT(board_[p].seq == next);
      next = board_[p].end();
      const char expected = board_[p].sacked ? 's' : board_[p].lost ? 'l' : 'f';
      const auto text = octets_.substr(offset(board_[p]), board_[p].length);
      FT_ASSERT(std::all_of(text.begin(), text.end(), [&](char c) { return c == expected; }));
    }
    FT_ASSERT(next == base_ + una_ + static_cast<std::uint32_t>(octets_.size()));
    Instant last{};
    for (auto p = board_.oldest(); p; p = board_.newer(*p)) {
      FT_ASSERT(board_[*p].sent_at >= last);
      last = board_[*p].sent_at;
    }
  }

 private:
  std::uint32_t offset(const SentSegment& record) const { return record.seq.value() - (base_ + una_).value(); }
  std::uint32_t count(char c) const { return static_cast<std::uint32_t>(std::count(octets_.begin(), octets_.end(), c)); }
  void letter(const SentSegment& record, char c) {
    std::fill_n(octets_.begin() + static_cast<std::ptrdiff_t>(offset(record)), record.length, c);
  }
  void reread() {
    for (std::uint32_t p = board_.head(); p != board_.tail(); ++p)
      letter(board_[p], board_[p].sacked ? 's' : board_[p].lost ? 'l' : 'f');
  }

  BufferPool pool_;
  Scoreboard board_;
  Seq base_;
  std::uint32_t una_ = 0;
  std::string octets_;  // from una_ on: in flight, sacked or lost
  int clock_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes in(data, size);
  Flight flight(Seq{in.flag() ? 0xffff'ff00u : 0u}, in.flag() ? 1u << 20 : 8u << 10);
  for (int steps = 0; steps < 500 && !in.empty(); ++steps) {
    switch (in.below(12)) {
      case 0:
        flight.acknowledge(in.u8());
        break;
      case 1:
      case 2: {
        const std::uint32_t from = in.u8();
        flight.report(from, from + in.u8());
        break;
      }
      case 3:
      case 4:
        flight.lose(in.u8());
        break;
      case 5:
        flight.repeat();
        break;
      case 6:
        flight.find_all();
        break;
      case 7:
        if (in.below(4) == 0) flight.renege();
        break;
      case 8:
        if (in.below(4) == 0) flight.cut(1 + in.u8() % 40);
        break;
      default:
        flight.send(1 + in.u8() % 60);
        break;
    }
    flight.check();
  }
  return 0;
}
