#include "analysis/flow/table.hpp"

#include <utility>

namespace ft::analysis::flow {

void StreamTable::put(std::uint32_t tag, std::uint32_t stream_after) {
  std::size_t i = place(tag);
  while (slots_[i].stream_after != 0) i = (i + 1) & (slots_.size() - 1);
  slots_[i] = {.tag = tag, .stream_after = stream_after};
}

void StreamTable::insert(std::uint32_t hash, std::uint32_t stream) {
  // Streams that are alive came last, and who comes last into a table that is half full looks in several places. So it is kept
  // roomy as long as it is small beside all else.
  constexpr std::size_t small = std::size_t{1} << 20;  // slots
  const std::size_t tenths = slots_.size() < small ? 4 : 7;
  if ((used_ + 1) * 10 > slots_.size() * tenths) {
    std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.size() * 2));
    mask_ = slots_.size() - 1;
    for (const Slot& slot : old)
      if (slot.stream_after != 0) put(slot.tag, slot.stream_after);
  }
  put(hash, stream + 1);
  ++used_;
}

std::uint32_t AddressTable::number_of(const IpAddress& address, std::uint64_t seed) {
  if ((addresses_.size() + 1) * 10 > slots_.size() * 7) {
    slots_.assign(slots_.size() * 2, 0);
    for (std::uint32_t number = 0; number < addresses_.size(); ++number) {
      std::size_t i = end_hash(addresses_[number], 0, seed) & (slots_.size() - 1);
      while (slots_[i] != 0) i = (i + 1) & (slots_.size() - 1);
      slots_[i] = number + 1;
    }
  }
  std::size_t i = end_hash(address, 0, seed) & (slots_.size() - 1);
  for (; slots_[i] != 0; i = (i + 1) & (slots_.size() - 1))
    if (addresses_[slots_[i] - 1] == address) return slots_[i] - 1;
  addresses_.push_back(address);
  slots_[i] = static_cast<std::uint32_t>(addresses_.size());
  return slots_[i] - 1;
}

}  // namespace ft::analysis::flow
