#include "trace/sinks.hpp"

#include "base/assert.hpp"
#include "fourtuple/trace_json.hpp"
#include "trace/text.hpp"

#include <algorithm>

namespace ft::trace {

void JsonLines::on_event(const Event& event) { write_(to_json(event) += '\n'); }

void TextLines::on_event(const Event& event) { write_(to_text(event) += '\n'); }

void Record::assign(const Event& event) {
  event_ = event;
  if (LinkSent* sent = std::get_if<LinkSent>(&event_.what)) {
    octets_.assign(sent->octets.begin(), sent->octets.end());
    sent->octets = octets_;
  }
}

void Recorder::on_event(const Event& event) {
  if (records_.size() < limit_) {
    records_.emplace_back(event);
  } else {
    ++not_kept_;
  }
}

void Recorder::clear() {
  records_.clear();
  not_kept_ = 0;
}

Ring::Ring(std::size_t capacity) : capacity_(std::max<std::size_t>(capacity, 1)) {}

void Ring::on_event(const Event& event) {
  if (records_.size() < capacity_) {
    records_.emplace_back(event);
  } else {
    records_[seen_ % capacity_].assign(event);
  }
  ++seen_;
}

const Event& Ring::operator[](std::size_t index) const {
  FT_ASSERT(index < records_.size());
  const std::size_t oldest = records_.size() < capacity_ ? 0 : seen_ % capacity_;
  return records_[(oldest + index) % capacity_].event();
}

Tee::Tee(std::initializer_list<Sink*> sinks) {
  for (Sink* sink : sinks) add(sink);
}

void Tee::add(Sink* sink) {
  if (sink != nullptr) sinks_.push_back(sink);
}

void Tee::on_event(const Event& event) {
  for (Sink* sink : sinks_) sink->on_event(event);
}

}  // namespace ft::trace
