#include "sim/script.hpp"

#include <algorithm>
#include <array>

namespace ft::sim {

std::span<const std::string_view> script_events() {
  static constexpr std::array<std::string_view, 12> events{"listening", "connected", "accepted",  "received",
                                                           "end",       "closed",    "failed",    "written",
                                                           "trouble",   "crashed",   "restarted", "state"};
  return events;
}

Script::Script(std::span<const Step> steps, Instant start) {
  entries_.reserve(steps.size());
  for (const Step& step : steps) {
    Entry entry{.step = &step};
    if (step.trigger.event.empty()) entry.due = start + step.trigger.at + step.trigger.after;
    entries_.push_back(entry);
  }
}

void Script::happened(std::string_view event, Instant now, std::uint64_t value) {
  const bool total = event.ends_with(".received");
  for (Entry& entry : entries_) {
    if (entry.due != never || entry.step->trigger.event != event) continue;
    entry.seen = total ? value : entry.seen + 1;
    if (entry.seen >= entry.step->trigger.count) entry.due = now + entry.step->trigger.after;
  }
}

std::optional<Instant> Script::next() const {
  Instant earliest = never;
  for (const Entry& entry : entries_)
    if (!entry.done) earliest = std::min(earliest, entry.due);
  if (earliest == never) return std::nullopt;
  return earliest;
}

const Step* Script::pop(Instant now) {
  Entry* first = nullptr;
  for (Entry& entry : entries_)
    if (!entry.done && entry.due <= now && (first == nullptr || entry.due < first->due)) first = &entry;
  if (first == nullptr) return nullptr;
  first->done = true;
  return first->step;
}

bool Script::finished() const {
  return std::all_of(entries_.begin(), entries_.end(), [](const Entry& e) { return e.done; });
}

}  // namespace ft::sim
