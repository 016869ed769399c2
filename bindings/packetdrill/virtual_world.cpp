#include "virtual_world.hpp"

#include <algorithm>

namespace ft::packetdrill {

using Lock = std::unique_lock<std::mutex>;

void VirtualWorld::flush() {
  constexpr std::size_t largest_packet = 65'536 + 64;
  std::vector<std::byte> buffer(largest_packet);
  while (const auto transmit = stack_.poll_transmit(now_, buffer)) {
    const auto end = buffer.begin() + static_cast<std::ptrdiff_t>(transmit->length);
    leaving_.push_back({{buffer.begin(), end}, now_});
  }
  while (const auto event = stack_.poll_event()) sockets_->on_event(*event);
  wake_waiters();
}

// --- waiting ---------------------------------------------------------------------------------------------------------

bool VirtualWorld::wait(Lock& lock, Instant until, const Ready& ready) {
  if (std::this_thread::get_id() != main_) {
    Waiter waiter{until, &ready, {}};
    waiters_.push_back(&waiter);
    woken_.wait(lock, [&waiter] { return waiter.answer.has_value(); });
    waiters_.remove(&waiter);
    return *waiter.answer;
  }
  // The main thread has nobody to wait for: what it waits for must come from a deadline.
  while (!ready()) {
    const auto next = next_deadline();
    if (!next || *next > until) {
      if (until != never) now_ = std::max(now_, until);
      return ready();
    }
    run_deadline(*next);
    hold(lock);
  }
  return true;
}

void VirtualWorld::wake_waiters() {
  for (Waiter* waiter : waiters_) {
    if (waiter->answer) continue;
    if ((*waiter->ready)()) {
      waiter->answer = true;
    } else if (now_ >= waiter->until) {
      waiter->answer = false;
    }
    held_ = held_ || waiter->answer.has_value();
  }
  if (held_) woken_.notify_all();
}

/// Time stands still until the woken thread has read the clock. Not for ever: it may have no reason to.
void VirtualWorld::hold(Lock& lock) {
  constexpr auto longest = std::chrono::seconds(1);
  if (held_ && std::this_thread::get_id() == main_) released_.wait_for(lock, longest, [this] { return !held_; });
  held_ = false;
}

// --- time ------------------------------------------------------------------------------------------------------------

std::optional<Instant> VirtualWorld::next_deadline() const {
  std::optional<Instant> next = stack_.next_deadline();
  for (const Waiter* waiter : waiters_)
    if (!waiter->answer && waiter->until != never) next = std::min(next.value_or(never), waiter->until);
  return next;
}

void VirtualWorld::run_deadline(Instant at) {
  now_ = std::max(now_, at);
  stack_.on_deadline(now_);
  flush();
}

void VirtualWorld::advance(Lock& lock, Duration by) {
  hold(lock);
  const Instant until = now_ + by;
  for (auto next = next_deadline(); next && *next <= until; next = next_deadline()) {
    run_deadline(*next);
    hold(lock);
  }
  now_ = std::max(now_, until);
}

Instant VirtualWorld::read_clock(Lock& lock) {
  if (held_ && std::this_thread::get_id() != main_) {
    held_ = false;
    was_woken_ = true;
    released_.notify_all();
    return now_;
  }
  advance(lock, std::chrono::microseconds(1));
  return now_;
}

// --- packets ---------------------------------------------------------------------------------------------------------

void VirtualWorld::inject(Lock& lock, std::span<const std::byte> packet) {
  hold(lock);
  stack_.on_packet(now_, packet);
  flush();
}

std::optional<VirtualWorld::Packet> VirtualWorld::next_packet(Lock& lock) {
  hold(lock);
  while (leaving_.empty()) {
    const auto next = next_deadline();
    if (!next) return std::nullopt;
    run_deadline(*next);
    hold(lock);
  }
  Packet packet = std::move(leaving_.front());
  leaving_.pop_front();
  return packet;
}

}  // namespace ft::packetdrill
