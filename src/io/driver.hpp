// The loop around a stack and a link: the contract of fourtuple/stack.hpp in real time. A turn sends what there is to say, sleeps
// until a packet, a deadline or one of the caller's descriptors, takes packets in, and hands events out. The clock is read
// once per sleep, buffers are allocated once, and a link without room keeps the data in the connection: one packet waits here.
#pragma once

#include "fourtuple/link.hpp"
#include "fourtuple/stack.hpp"
#include "io/clock.hpp"
#include "io/failure.hpp"

#include <poll.h>

#include <functional>
#include <span>
#include <vector>

namespace ft::io {

class Driver {
 public:
  using Handler = std::function<void(const Event&)>;

  /// Neither is owned; both must outlive the driver.
  Driver(Stack& stack, Link& link);

  /// Called inside turn() and flush() for each event, free to call the stack.
  void set_handler(Handler handler) { handler_ = std::move(handler); }

  /// Packets taken in before one drain, 64 unless told: they share an acknowledgement. More would delay it, fewer cost system
  /// calls.
  void set_packets_per_turn(unsigned packets) { packets_per_turn_ = packets; }
  /// Hands events out before the answer to a packet leaves, so that what the application does at once shares a segment with the
  /// acknowledgement. Off by default: an application that takes long would delay the answer.
  void set_prompt(bool on) { prompt_ = on; }

  /// One turn; sleeps at most until `latest`, and not at all when there is something to do. `others` are polled along, their
  /// revents are set. An error is the link's: it is broken for good.
  Result<> turn(Instant latest, std::span<pollfd> others = {});
  /// Sends what there is until nothing is left or the link is full. True when nothing is left.
  Result<bool> flush();

  /// The time of this turn: give it to Stack::connect and the like.
  Instant now() const { return now_; }
  Instant read_clock() { return now_ = clock_.now(); }
  Stack& stack() { return stack_; }
  Link& link() { return link_; }

 private:
  Result<bool> send_held();
  bool dispatch();
  bool waits_for_room() const { return held_.length > 0 || link_.wants_room(); }
  void sleep(Instant latest, std::span<pollfd> others);
  Result<unsigned> receive();

  Stack& stack_;
  Link& link_;
  RealClock clock_;
  Instant now_;
  Handler handler_;
  std::vector<std::byte> in_;
  std::vector<std::byte> out_;
  Transmit held_{};             // length > 0: out_ holds a packet that the link had no room for
  std::vector<pollfd> polled_;  // grows to the most that was ever polled
  unsigned packets_per_turn_ = 64;
  bool prompt_ = false;
  bool more_ = false;        // the last turn left packets unread
  bool room_told_ = false;   // the last poll said that the link has room
  Instant no_room_until_{};  // a link that polls as writable and still refuses (ENOBUFS) is not asked before this
};

}  // namespace ft::io
