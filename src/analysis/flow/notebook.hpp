// All notes of a capture in the order of its frames, chained by stream. Bounded: when the book is full, notes are only counted.
#pragma once

#include "analysis/flow/chunks.hpp"
#include "analysis/flow/note.hpp"
#include "analysis/flow/record.hpp"

#include <cstdint>
#include <vector>

namespace ft::analysis::flow {

class Notebook {
 public:
  Notebook(std::size_t octets, std::uint32_t a_stream)
      : limit_(static_cast<std::uint32_t>(octets / sizeof(Line))), a_stream_(a_stream) {}

  /// The number of the new note; `none` when there is no room for it.
  std::uint32_t write(Record& record, const Note& note) {
    if (lines_.size() >= limit_ || record.note_count >= a_stream_) {
      ++cut_;
      record.doubt(Doubt::notes_cut);
      return none;
    }
    Line& line = lines_.push();
    line.note = note;
    line.previous = record.last_note;
    record.last_note = lines_.size() - 1;
    ++record.note_count;
    return record.last_note;
  }

  Note& operator[](std::uint32_t number) { return lines_[number].note; }
  const Note& operator[](std::uint32_t number) const { return lines_[number].note; }
  /// The stream's note before this one, or `none`.
  std::uint32_t before(std::uint32_t number) const { return lines_[number].previous; }

  /// Those of a stream, in order.
  std::vector<Note> of(const Record& record) const;
  /// The note about what the frame's segment was, if there is one.
  const Note* label_of(std::uint64_t frame) const;

  std::uint32_t size() const { return lines_.size(); }
  std::uint64_t cut() const { return cut_; }
  std::size_t memory() const { return lines_.memory(); }

 private:
  struct Line {
    Note note;
    std::uint32_t previous = none;
  };
  Chunks<Line, 1024> lines_;
  std::uint32_t limit_;
  std::uint32_t a_stream_;
  std::uint64_t cut_ = 0;
};

}  // namespace ft::analysis::flow
