// Where events go: lines handed to a writer (text or JSON), everything kept (Recorder), the last N kept (Ring), several
// sinks at once (Tee). None of them does input or output: the writer of lines is the caller's.
#pragma once

#include "fourtuple/trace.hpp"

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace ft::trace {

/// Gets one line at a time, ending in a newline, valid for the call.
using LineWriter = std::function<void(std::string_view line)>;

/// One JSON object a line, see fourtuple/trace_json.hpp.
class JsonLines final : public Sink {
 public:
  explicit JsonLines(LineWriter write) : write_(std::move(write)) {}
  void on_event(const Event& event) override;

 private:
  LineWriter write_;
};

/// One line of words an event, see trace/text.hpp.
class TextLines final : public Sink {
 public:
  explicit TextLines(LineWriter write) : write_(std::move(write)) {}
  void on_event(const Event& event) override;

 private:
  LineWriter write_;
};

/// An event and the octets that its LinkSent points to. Moves, and is not copied.
class Record {
 public:
  Record() = default;
  explicit Record(const Event& event) { assign(event); }
  Record(Record&&) noexcept = default;
  Record& operator=(Record&&) noexcept = default;
  Record(const Record&) = delete;
  Record& operator=(const Record&) = delete;
  ~Record() = default;

  /// Takes a copy of the event and its octets; memory that it holds already is used again.
  void assign(const Event& event);
  const Event& event() const { return event_; }

 private:
  Event event_;
  std::vector<std::byte> octets_;
};

/// Keeps every event, until `limit` of them; what comes later is counted.
class Recorder final : public Sink {
 public:
  explicit Recorder(std::size_t limit = std::size_t{1} << 22) : limit_(limit) {}
  void on_event(const Event& event) override;

  const std::vector<Record>& records() const { return records_; }
  std::size_t not_kept() const { return not_kept_; }
  void clear();

 private:
  std::vector<Record> records_;
  std::size_t limit_;
  std::size_t not_kept_ = 0;
};

/// Keeps the last `capacity` events (at least one): a flight recorder that is cheap enough to run always.
class Ring final : public Sink {
 public:
  explicit Ring(std::size_t capacity);
  void on_event(const Event& event) override;

  std::size_t size() const { return records_.size(); }
  /// 0 is the oldest kept.
  const Event& operator[](std::size_t index) const;
  /// All that ever came.
  std::uint64_t seen() const { return seen_; }

 private:
  std::vector<Record> records_;
  std::size_t capacity_;
  std::uint64_t seen_ = 0;
};

/// Passes each event to every sink in turn. Sinks are not owned; null ones are passed over.
class Tee final : public Sink {
 public:
  Tee(std::initializer_list<Sink*> sinks);
  void add(Sink* sink);
  void on_event(const Event& event) override;

 private:
  std::vector<Sink*> sinks_;
};

}  // namespace ft::trace
