#include "analysis/find/witness.hpp"

#include <algorithm>
#include <utility>

namespace ft::analysis {

Witness::Witness(std::vector<Testimony> testimonies) : by_frame_(std::move(testimonies)) {
  std::ranges::stable_sort(by_frame_, {}, &Testimony::frame);
}

const Testimony* Witness::of(std::uint64_t frame) const {
  const auto found = std::ranges::lower_bound(by_frame_, frame, {}, &Testimony::frame);
  return found == by_frame_.end() || found->frame != frame ? nullptr : &*found;
}

std::vector<std::uint64_t> Witness::others(const std::vector<std::uint64_t>& frames) const {
  std::vector<std::uint64_t> out;
  for (const std::uint64_t frame : frames)
    if (const Testimony* testimony = of(frame); testimony != nullptr && testimony->other != 0) out.push_back(testimony->other);
  std::ranges::sort(out);
  return out;
}

void correct(std::vector<Note>& notes, const Witness& witness) {
  for (Note& note : notes) {
    const bool guessed = note.label == Label::network_duplicate || note.label == Label::retransmission ||
                         note.label == Label::needless || note.label == Label::reordered;
    if (note.kind != Note::Kind::segment || !guessed) continue;
    const Testimony* known = witness.of(note.frame);
    if (known == nullptr || known->any(Testimony::never_sent | Testimony::incomplete | Testimony::copy)) continue;
    if (note.label == Label::network_duplicate) {  // its sender sent it twice, octet for octet
      if (known->other != 0 && known->any(Testimony::repeat)) note.label = Label::needless;
      continue;
    }
    if (known->any(Testimony::repeat)) {
      const bool needless = known->any(Testimony::needless) && !known->any(Testimony::refused);
      note.label = needless ? Label::needless : Label::retransmission;
      if (needless) note.is |= Note::by_witness;
    } else if (known->other != 0) {
      note.label = known->any(Testimony::overtaken) ? Label::reordered : Label::original;
    }
  }
}

}  // namespace ft::analysis
