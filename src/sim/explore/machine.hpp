// Two ends of a connection, the segments between them, and every choice that anybody has next: the network delivers, loses or
// doubles any segment in flight, the clock goes on to the next deadline, an application writes, reads, shuts down, closes or
// aborts. The ends are tcp::Connections as they are shipped; what the stack does around them (a listener's record, a RST for
// nobody) is done here in as few lines.
//
// A machine is a value of its choices: the same choices from the start lead to the same machine, always.
#pragma once

#include "base/buffer_pool.hpp"
#include "sim/explore/rules.hpp"
#include "tcp/connection.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ft::sim::explore {

enum class Move : std::uint8_t {
  deliver,    // a segment arrives
  lose,       // it does not
  duplicate,  // it arrives, and is still under way
  tick,       // time goes on to the next deadline
  write,
  read,
  shut_down,
  close,
  abort,
  count_,
};

/// A choice: what, and of whom (the end 0 or 1, or the place of a segment among those in flight).
struct Choice {
  Move move = Move::tick;
  std::uint8_t of = 0;
  friend bool operator==(const Choice&, const Choice&) = default;
};

/// A segment under way.
struct InFlight {
  std::uint8_t from = 0;
  std::uint8_t length = 0;  // octets of text
  std::array<std::byte, 16> text{};
  wire::TcpHeader header;
  tcp::Cause cause = tcp::Cause::none;
  std::uint32_t number = 0;  // in the order of sending; says nothing about the state
  bool overflows = false;    // there was no room for it
};

/// What a choice did, for those who tell the story.
struct Step {
  Choice choice;
  Instant at{};
  std::array<tcp::State, 2> before{}, after{};
  std::array<bool, 2> fired{};    // whose timer it was
  std::optional<InFlight> moved;  // delivered, lost or doubled
  std::vector<InFlight> sent;     // and what left because of it
};

class Machine {
 public:
  explicit Machine(const Rules& rules, BufferPool& pool);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// All that may happen next.
  void choices(std::vector<Choice>& out) const;
  /// Does it. What is wrong afterwards; empty: nothing.
  std::string apply(Choice choice, Step* story = nullptr);

  /// A number for all that decides what can happen from here on, the same for machines that behave alike.
  std::uint64_t digest() const;
  /// What it is made of: the first end, the second, what is in flight.
  std::array<std::uint64_t, 3> digests() const;
  /// The same without what is left of the budgets of loss, duplication and time.
  std::uint64_t state_digest() const;

  /// From now on nothing is lost and both applications read and finish: what happens next then; nullopt: nothing any more.
  std::optional<Choice> next_when_well();
  /// Nothing happens any more: what is wrong with that; empty: it ended as agreed.
  std::string judge_end() const;

  tcp::State state(std::uint8_t who) const;
  Instant now() const { return now_; }
  const std::vector<InFlight>& in_flight() const { return in_flight_; }

 private:
  struct End {
    std::optional<tcp::HalfOpen> half_open;
    Instant repeat_at = never;  // of the SYN-ACK
    std::uint8_t repeats = 0;
    std::optional<tcp::Connection> connection;
    bool listens = false;
    std::uint8_t incarnation = 0;
    std::uint8_t written = 0, read = 0, writes = 0;
    bool opened = false, shut = false, left = false, aborted = false, end_seen = false, was_open = false;
    bool broke = false;  // it ended the connection by a RST or gave up, for a good reason: the other end may see anything
    CloseReason why = CloseReason::none;
    tcp::State last = tcp::State::closed;  // before it was over
    Instant brake = Instant::min();        // of the half-open record's answers
    Seq una, rcv_nxt, edge;                // as they were
    bool marked = false;
  };

  tcp::Context context() { return {now_, pool_}; }
  void open(std::uint8_t who);
  void arrive(std::uint8_t to, const InFlight& segment);
  void arrive_at_listener(std::uint8_t who, const InFlight& segment);
  void arrive_half_open(std::uint8_t who, const tcp::Segment& segment);
  void reply(std::uint8_t from, const tcp::Reply& reply);
  void put(std::uint8_t from, const wire::TcpHeader& header, std::span<const std::byte> text, tcp::Cause cause);
  void drain(std::uint8_t who);
  void settle(std::uint8_t who);
  bool is_alive(std::uint8_t who) const { return ends_[who].connection.has_value(); }
  void tick();
  Instant deadline(std::uint8_t who) const;
  void call(Choice choice);
  void read_all(std::uint8_t who);
  void end(std::uint8_t who, const std::optional<tcp::Reply>& reset);
  tcp::Opening opening(std::uint8_t who) const;
  void check_end(std::uint8_t who);
  std::uint64_t digest_of(const End& end, std::uint8_t who) const;
  std::uint64_t digest_of(const InFlight& segment) const;
  void wrong(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
  }

  const Rules& rules_;
  BufferPool& pool_;
  std::array<End, 2> ends_;
  std::vector<InFlight> in_flight_;
  Instant now_{std::chrono::seconds(1)};
  std::uint32_t sent_ = 0;
  std::uint8_t losses_ = 0, duplicates_ = 0, ticks_ = 0;
  std::string wrong_;
  Step* story_ = nullptr;
  bool well_ = false;  // the network, from now on
};

}  // namespace ft::sim::explore
