// Who is behind a next hop on Ethernet: one table for ARP (RFC 826) and neighbour discovery (RFC 4861 7.3), which differ in their
// packets only.
//
//   nothing --resolve--> INCOMPLETE --answer--> REACHABLE --30 s--> STALE --used--> PROBE --answer--> REACHABLE
//                            |  3 x 1 s                                               |  3 x 1 s
//                            +--> FAILED (3 s of "unreachable", then forgotten)       +--> forgotten
//
// RFC 4861's DELAY state is left out: it waits for hints from TCP, which this engine does not get, so a stale neighbour is
// probed as soon as it is used. The table is bounded; neighbours that nobody used lately give way, those being asked never do.
#pragma once

#include "net/engine.hpp"
#include "net/keyed_hash.hpp"
#include "net/lru.hpp"

#include "fourtuple/address.hpp"
#include "fourtuple/time.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace ft::net {

class Neighbours {
 public:
  static constexpr Duration reachable_time = std::chrono::seconds(30);  // RFC 4861 10, REACHABLE_TIME
  static constexpr Duration retry_interval = std::chrono::seconds(1);   // RETRANS_TIMER; RFC 1122 2.3.2.1: at most one a second
  static constexpr unsigned max_asks = 3;                               // MAX_MULTICAST_SOLICIT, MAX_UNICAST_SOLICIT
  static constexpr Duration failed_time = std::chrono::seconds(3);

  Neighbours(std::size_t limit, KeyedHash hash) : table_(limit, hash) {}

  /// Whether a frame can be sent to `next_hop` now; starts asking when nothing is known.
  Reach resolve(Instant now, const IpAddress& next_hop);
  /// Who sends through this neighbour hears nothing any more (RFC 1122 2.3.3.1, RFC 4861 7.3.1): it has to be confirmed anew.
  void doubt(const IpAddress& next_hop);
  /// The MAC to send to; null while it is not known.
  const MacAddress* find(const IpAddress& next_hop) const;
  /// Grows when a neighbour resolves or fails.
  std::uint64_t resolution_count() const { return resolutions_; }

  /// Somebody who talks to us told its MAC in passing: a solicitation's source option (RFC 4861 7.2.3), an ARP request for us.
  void on_introduced(const IpAddress& address, const MacAddress& mac);

  struct Answer {
    IpAddress address;
    std::optional<MacAddress> mac;
    bool solicited = false;        // an answer to our question
    bool override_cached = false;  // may replace another MAC
  };
  /// RFC 4861 7.2.5; an ARP reply counts as overriding. Ignored when we know nothing of that address.
  void on_answer(Instant now, const Answer& answer);

  struct Question {
    IpAddress target;
    std::optional<MacAddress> mac;  // ask this one alone; none: ask all
  };
  /// The next question to send.
  std::optional<Question> poll_question();
  void on_deadline(Instant now);
  std::optional<Instant> next_deadline() const;
  std::size_t size() const { return table_.size(); }

 private:
  enum class State : std::uint8_t { incomplete, reachable, stale, probe, failed };
  struct Entry {
    State state = State::incomplete;
    MacAddress mac{};
    unsigned asks = 0;
    std::optional<Instant> asked_at;
    Instant until{};  // incomplete, probe: the next try; reachable, failed: the state's end
    bool is_asked() const { return state == State::incomplete || state == State::probe; }
  };
  struct Timer {
    Instant due{};
    IpAddress address;
  };

  Entry* make(const IpAddress& address);
  void ask(Instant now, const IpAddress& address, Entry& entry);
  void set_state(Entry& entry, State state, Instant until = never);
  void on_timer(Instant now, const IpAddress& address, Entry& entry);

  Lru<IpAddress, Entry, KeyedHash> table_;
  std::deque<Timer> timers_;  // in order of time, since all waits are equal; outdated ones are skipped when due
  std::deque<IpAddress> questions_;
  std::uint64_t resolutions_ = 0;
};

}  // namespace ft::net
