// Text that arrives in any order, overlapping as it likes, against an array of what has arrived: what is in order, what is read,
// and what SACK blocks say is right at every step, also when islands or memory run out.
#include "base/assert.hpp"
#include "bytes.hpp"
#include "tcp/recv/reassembly.hpp"

#include <algorithm>
#include <vector>

using namespace ft;

namespace {

constexpr std::uint32_t window = 4000;
constexpr std::uint32_t first_number = 0xffff'f000;  // the numbers wrap soon

std::byte octet_at(std::uint64_t position) { return static_cast<std::byte>((position * 131) >> 3 & 0xff); }

class Stream {
 public:
  explicit Stream(std::uint64_t memory) : pool_(memory) {}
  ~Stream() {
    text_.release(pool_);
    FT_ASSERT(pool_.used() == 0);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void insert(std::uint32_t offset, std::uint32_t length) {
    const std::uint32_t room = window - text_.ready();
    if (offset >= room) return;
    length = std::min(length, room - offset);
    if (length == 0) return;
    std::vector<std::byte> octets(length);
    for (std::uint32_t i = 0; i < length; ++i) octets[i] = octet_at(next_ + offset + i);
    const auto grown = text_.insert(pool_, offset, octets);
    if (!grown) return;  // nothing is kept
    const std::uint64_t end = next_ + offset + length;
    if (there_.size() < end) there_.resize(static_cast<std::size_t>(end));
    std::fill(there_.begin() + static_cast<std::ptrdiff_t>(next_ + offset), there_.begin() + static_cast<std::ptrdiff_t>(end),
              true);
    std::uint64_t in_order = next_;
    while (in_order < there_.size() && there_[static_cast<std::size_t>(in_order)]) ++in_order;
    FT_ASSERT(*grown == in_order - next_);
    next_ = in_order;
  }
  void read(std::uint32_t octets) {
    std::vector<std::byte> into(octets);
    const std::uint32_t n = text_.read(pool_, into);
    FT_ASSERT(n == std::min<std::uint64_t>(octets, next_ - read_));
    for (std::uint32_t i = 0; i < n; ++i) FT_ASSERT(into[i] == octet_at(read_ + i));
    read_ += n;
  }
  void check() {
    FT_ASSERT(text_.ready() == next_ - read_);
    const bool beyond = std::any_of(there_.begin() + static_cast<std::ptrdiff_t>(next_), there_.end(), [](bool b) { return b; });
    FT_ASSERT(text_.has_islands() == beyond);
    std::array<wire::SackBlock, 4> blocks{};
    const Seq next = Seq{first_number} + static_cast<std::uint32_t>(next_);
    const std::uint8_t count = text_.sack_blocks(next, 4, blocks);
    FT_ASSERT((count != 0) == beyond);
    for (std::uint8_t b = 0; b < count; ++b) {
      const std::int32_t from = distance(next, blocks[b].left);
      const std::int32_t to = distance(next, blocks[b].right);
      FT_ASSERT(from > 0 && from < to && next_ + static_cast<std::uint64_t>(to) <= there_.size());
      for (std::int32_t i = from; i < to; ++i) FT_ASSERT(there_[static_cast<std::size_t>(next_) + static_cast<std::size_t>(i)]);
    }
  }

 private:
  BufferPool pool_;
  tcp::Reassembly text_;
  std::vector<bool> there_;
  std::uint64_t next_ = 0, read_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes in(data, size);
  Stream stream(in.flag() ? 64 * 1024 : 2048);
  for (int steps = 0; steps < 500 && !in.empty(); ++steps) {
    switch (in.below(8)) {
      case 0:
        stream.read(in.u16() % window);
        break;
      case 1:
        stream.insert(0, in.u8());
        break;
      case 2: {  // many small islands
        const std::uint32_t first = 2 + in.u8();
        const std::uint32_t count = in.u8();
        for (std::uint32_t i = 0; i < count; ++i) stream.insert(first + 2 * i, 1);
        break;
      }
      default:
        stream.insert(in.u16() % window, in.u8());
        break;
    }
    stream.check();
  }
  return 0;
}
