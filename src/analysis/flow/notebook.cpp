#include "analysis/flow/notebook.hpp"

namespace ft::analysis::flow {

std::vector<Note> Notebook::of(const Record& record) const {
  std::vector<Note> notes(record.note_count);
  std::size_t left = notes.size();
  for (std::uint32_t i = record.last_note; i != none; i = before(i)) notes[--left] = (*this)[i];
  return notes;
}

const Note* Notebook::label_of(std::uint64_t frame) const {
  std::uint32_t low = 0;
  std::uint32_t high = size();
  while (low != high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if ((*this)[middle].frame < frame)
      low = middle + 1;
    else
      high = middle;
  }
  for (; low != size() && (*this)[low].frame == frame; ++low)
    if ((*this)[low].label != Label::original) return &(*this)[low];
  return nullptr;
}

}  // namespace ft::analysis::flow
