#include "analysis/find/draft.hpp"

#include "analysis/find/words.hpp"
#include "analysis/quantity.hpp"
#include "base/assert.hpp"

#include <algorithm>
#include <utility>

namespace ft::analysis {

namespace {
constexpr std::size_t usual_frames = 4, usual_facts = 4;  // of one finding: it rarely has more
}  // namespace

Draft::Draft(std::string_view id, std::uint8_t side) {
  const Words* words = find_words(id);
  FT_ASSERT(words != nullptr);
  finding_.id = words->id;
  finding_.severity = words->severity;
  finding_.side = side;
}

Draft& Draft::frame(std::uint64_t frame) {
  if (frame == 0 || std::ranges::find(finding_.frames, frame) != finding_.frames.end()) return *this;
  ++finding_.frame_count;
  if (finding_.frames.empty()) finding_.frames.reserve(usual_frames);
  if (finding_.frames.size() < Finding::most_frames) finding_.frames.push_back(frame);
  return *this;
}

Draft& Draft::frames(std::span<const std::uint64_t> frames) {
  for (const std::uint64_t one : frames) frame(one);
  return *this;
}

Draft& Draft::note(const Note& note) {
  const Instant begin = note.at - note.waited;
  if (finding_.from == Instant{} || begin < finding_.from) finding_.from = begin;
  finding_.until = std::max(finding_.until, note.at);
  return frame(note.frame);
}

Draft& Draft::between(Instant from, Instant until) {
  finding_.from = from;
  finding_.until = until;
  return *this;
}

Draft& Draft::count(std::string_view name, std::uint64_t value) {
  return number(name, static_cast<double>(value), Fact::Unit::count);
}

Draft& Draft::number(std::string_view name, double value, Fact::Unit unit) {
  if (finding_.facts.empty()) finding_.facts.reserve(usual_facts);
  finding_.facts.push_back({name, unit, value});
  return *this;
}

Draft& Draft::time(std::string_view name, Duration value) { return number(name, in_seconds(value), Fact::Unit::time); }

Draft& Draft::percent(std::string_view name, std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return *this;
  return number(name, 100.0 * static_cast<double>(part) / static_cast<double>(whole), Fact::Unit::percent);
}

Draft& Draft::text(std::string_view name, std::string value) {
  finding_.facts.push_back({name, Fact::Unit::text, 0, std::move(value)});
  return *this;
}

Draft& Draft::flag(std::string_view name, bool stands) { return stands ? count(name, 1) : *this; }

Draft& Draft::severity(Severity severity) {
  finding_.severity = severity;
  return *this;
}

Draft& Draft::sure(float confidence) {
  finding_.confidence = confidence;
  return *this;
}

Draft& Draft::times(std::uint64_t times) {
  finding_.times = times;
  return *this;
}

Draft& Draft::cost(Duration time, std::uint64_t segments, std::uint64_t octets) {
  finding_.cost = {time, octets, segments};
  return *this;
}

Draft& Draft::instead(std::string_view alternative) {
  finding_.alternatives.push_back(alternative);
  return *this;
}

Finding Draft::done() {
  std::ranges::sort(finding_.frames);
  return std::move(finding_);
}

}  // namespace ft::analysis
