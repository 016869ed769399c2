// Virtual time for one stack and two threads: the main one plays a script, the other may sit in one blocking call.
//
// Time moves only when the main thread asks for it: a little with each look at the clock, by a sleep, or by waiting for a packet.
// On the way every deadline of the stack comes in its turn. When something wakes the blocked thread, time stands still until that
// thread has read the clock, so that it measures the moment at which it was woken.
#pragma once

#include "fourtuple/posix.hpp"

#include <condition_variable>
#include <deque>
#include <list>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace ft::packetdrill {

class VirtualWorld final : public posix::World {
 public:
  struct Packet {
    std::vector<std::byte> octets;
    Instant left;  // when it left the stack
  };

  VirtualWorld(Stack& stack, Instant start) : stack_(stack), now_(start), main_(std::this_thread::get_id()) {}
  void attach(posix::Sockets& sockets) { sockets_ = &sockets; }

  // --- the sockets' side
  Instant now() override { return now_; }
  void flush() override;
  bool wait(std::unique_lock<std::mutex>& lock, Instant until, const Ready& ready) override;

  // --- the player's side, with the sockets' lock held
  /// Reads the clock, which moves it by a microsecond; but the thread that was just woken reads when that was.
  Instant read_clock(std::unique_lock<std::mutex>& lock);
  /// Sleeps: every deadline up to then comes in its turn.
  void advance(std::unique_lock<std::mutex>& lock, Duration by);
  void inject(std::unique_lock<std::mutex>& lock, std::span<const std::byte> packet);
  /// The next packet out of the stack, now or at the deadline that makes one; nullopt when none will ever come.
  std::optional<Packet> next_packet(std::unique_lock<std::mutex>& lock);
  bool has_waiters() const { return !waiters_.empty(); }
  /// A call on another thread has returned since this was asked last.
  bool take_woken() { return std::exchange(was_woken_, false); }

 private:
  struct Waiter {
    Instant until;
    const Ready* ready;
    std::optional<bool> answer;
  };

  std::optional<Instant> next_deadline() const;
  void run_deadline(Instant at);
  void wake_waiters();
  void hold(std::unique_lock<std::mutex>& lock);

  Stack& stack_;
  posix::Sockets* sockets_ = nullptr;
  Instant now_;
  std::thread::id main_;
  std::deque<Packet> leaving_;
  std::list<Waiter*> waiters_;
  std::condition_variable woken_;
  std::condition_variable released_;
  bool held_ = false;  // a woken thread has not read the clock yet
  bool was_woken_ = false;
};

}  // namespace ft::packetdrill
