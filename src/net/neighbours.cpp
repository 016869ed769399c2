#include "net/neighbours.hpp"

namespace ft::net {

Reach Neighbours::resolve(Instant now, const IpAddress& next_hop) {
  Entry* entry = table_.refresh(next_hop);
  if (entry != nullptr && entry->state == State::failed && now >= entry->until) {
    set_state(*entry, State::incomplete);
    entry->asks = 0;
    ask(now, next_hop, *entry);
  }
  if (entry == nullptr) {
    entry = make(next_hop);
    if (entry == nullptr) return Reach::resolving;  // everybody is being asked: wait until one of them is done
    ask(now, next_hop, *entry);
  }
  switch (entry->state) {
    case State::incomplete:
      return Reach::resolving;
    case State::failed:
      return Reach::unreachable;
    case State::probe:
      return Reach::ready;
    case State::reachable:
      if (now < entry->until) return Reach::ready;
      break;
    case State::stale:
      // One question a second, however often others make us doubt (RFC 1122 2.3.2.1).
      if (entry->asked_at && now < *entry->asked_at + retry_interval) return Reach::ready;
      break;
  }
  set_state(*entry, State::probe);
  entry->asks = 0;
  ask(now, next_hop, *entry);
  return Reach::ready;
}

void Neighbours::doubt(const IpAddress& next_hop) {
  Entry* entry = table_.find(next_hop);
  if (entry != nullptr && entry->state == State::reachable) set_state(*entry, State::stale);
}

const MacAddress* Neighbours::find(const IpAddress& next_hop) const {
  const Entry* entry = table_.find(next_hop);
  if (entry == nullptr || entry->state == State::incomplete || entry->state == State::failed) return nullptr;
  return &entry->mac;
}

void Neighbours::on_introduced(const IpAddress& address, const MacAddress& mac) {
  Entry* entry = table_.find(address);
  const bool was_known = entry != nullptr && find(address) != nullptr;
  if (was_known && entry->mac == mac) return;
  if (entry == nullptr) entry = make(address);
  if (entry == nullptr) return;
  entry->mac = mac;
  set_state(*entry, State::stale);
  if (!was_known) ++resolutions_;
}

void Neighbours::on_answer(Instant now, const Answer& answer) {
  Entry* entry = table_.find(answer.address);
  if (entry == nullptr) return;
  const Instant confirmed_until = now + reachable_time;
  if (find(answer.address) == nullptr) {
    if (!answer.mac) return;
    entry->mac = *answer.mac;
    set_state(*entry, answer.solicited ? State::reachable : State::stale, confirmed_until);
    ++resolutions_;
    return;
  }
  const bool is_other = answer.mac && *answer.mac != entry->mac;
  if (is_other && !answer.override_cached) {
    if (entry->state == State::reachable) set_state(*entry, State::stale);
    return;
  }
  if (is_other) entry->mac = *answer.mac;
  if (answer.solicited) {
    set_state(*entry, State::reachable, confirmed_until);
  } else if (is_other) {
    set_state(*entry, State::stale);
  }
}

std::optional<Neighbours::Question> Neighbours::poll_question() {
  while (!questions_.empty()) {
    const IpAddress target = questions_.front();
    questions_.pop_front();
    const Entry* entry = table_.find(target);
    if (entry == nullptr || !entry->is_asked()) continue;
    return Question{target, entry->state == State::probe ? std::optional{entry->mac} : std::nullopt};
  }
  return {};
}

void Neighbours::on_deadline(Instant now) {
  while (!timers_.empty() && timers_.front().due <= now) {
    const Timer timer = timers_.front();
    timers_.pop_front();
    Entry* entry = table_.find(timer.address);
    if (entry != nullptr && entry->is_asked() && entry->until == timer.due) on_timer(now, timer.address, *entry);
  }
}

std::optional<Instant> Neighbours::next_deadline() const {
  if (timers_.empty()) return {};
  return timers_.front().due;
}

/// A new entry in INCOMPLETE; null when the table is full of neighbours being asked.
Neighbours::Entry* Neighbours::make(const IpAddress& address) {
  if (table_.is_full() && !table_.evict([](const Entry& entry) { return !entry.is_asked(); })) return nullptr;
  return &table_.insert(address, {});
}

void Neighbours::ask(Instant now, const IpAddress& address, Entry& entry) {
  ++entry.asks;
  entry.asked_at = now;
  entry.until = now + retry_interval;
  timers_.push_back({entry.until, address});
  questions_.push_back(address);
}

void Neighbours::set_state(Entry& entry, State state, Instant until) {
  entry.state = state;
  entry.until = until;
}

void Neighbours::on_timer(Instant now, const IpAddress& address, Entry& entry) {
  if (entry.asks < max_asks) {
    ask(now, address, entry);
    return;
  }
  ++resolutions_;
  if (entry.state == State::probe) {
    table_.erase(address);
  } else {
    set_state(entry, State::failed, now + failed_time);
  }
}

}  // namespace ft::net
