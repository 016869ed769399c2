// What the stack keeps of each connection by its stage: a small record while half open and in TIME-WAIT, a whole connection in
// between. One table finds all three by four-tuple.
#pragma once

#include "fourtuple/address.hpp"
#include "fourtuple/authentication.hpp"
#include "fourtuple/config.hpp"
#include "fourtuple/stack.hpp"
#include "stack/fast_open.hpp"
#include "stack/index_list.hpp"
#include "tcp/connection.hpp"
#include "wire/ipv4_options.hpp"

#include <cstdint>
#include <deque>
#include <memory>

namespace ft::stack {

enum class Stage : std::uint8_t { connection, half_open, time_wait };

/// A record's place: its stage and its index in that stage's slab.
struct Ref {
  std::uint32_t value = 0;
  Ref() = default;
  Ref(Stage stage, std::uint32_t index) : value(static_cast<std::uint32_t>(stage) << 30 | index) {}
  Stage stage() const { return static_cast<Stage>(value >> 30); }
  std::uint32_t index() const { return value & 0x3fff'ffff; }
  friend bool operator==(Ref, Ref) = default;
};

struct Entry {
  Entry(const FourTuple& t, tcp::Connection&& c) : tuple(t), tcp(std::move(c)) {}
  Entry(const FourTuple& t, tcp::Opening&& opening, Instant now) : tuple(t), tcp(std::move(opening), now) {}
  FourTuple tuple;
  tcp::Connection tcp;
  Links ready;                                       // has something to say, or might
  Links told;                                        // has events for the user
  std::uint32_t listener = Links::none;              // passive and not accepted yet
  std::uint32_t fast_open = Links::none;             // the listener that counts it as pending (RFC 7413 5.1)
  std::shared_ptr<const wire::SourceRoute> route{};  // IPv4, null: packets find their own way
  std::uint8_t events = 0;
  bool route_given = false;  // by the user: what arrives changes nothing (MUST-52)
  bool parked = false;       // `ready` links it into the list of those whose neighbour is being asked
  bool in_table = true;      // false: over, kept only until the user closes it
  bool owned = true;         // the user holds its id
};

/// Two records that find each other unacceptable would answer each other for ever. So an empty segment is answered twice a second
/// at most (RFC 5961 7).
class AnswerBrake {
 public:
  bool may_answer(Instant now, const tcp::Segment& segment) {
    if (segment.length() != 0) return true;
    if (now < next_) return false;
    next_ = now + std::chrono::milliseconds(500);
    return true;
  }

 private:
  Instant next_ = Instant::min();
};

struct HalfOpenRecord {
  FourTuple tuple;
  tcp::HalfOpen half_open;
  tcp::Path path;
  Links to_send;        // a SYN-ACK is due
  bool parked = false;  // `to_send` links it into the list of those whose neighbour is being asked
  std::uint32_t listener = 0;
  std::uint8_t retries = 0;
  bool wants_cookie = false;  // the first SYN-ACK brings a fast-open cookie
  AnswerBrake brake{};
  std::shared_ptr<const wire::SourceRoute> route{};  // of the SYN, reversed
};

struct TimeWaitRecord {
  FourTuple tuple;
  tcp::TimeWait time_wait;
  Instant expires{};
  Duration msl{};
  Links age;  // oldest first
  AnswerBrake brake{};
};

struct Listener {
  Endpoint local;
  std::shared_ptr<const ft::TcpOptions> tcp;
  std::uint32_t backlog = 0;
  std::uint32_t syn_queue = 0;
  std::uint32_t half_open = 0;  // records of this listener
  BacklogPolicy when_full = BacklogPolicy::drop;
  SynCookieUse syn_cookies = SynCookieUse::when_full;
  std::shared_ptr<const Authentication> authentication;
  std::uint32_t fast_open = 0;                 // at most so many pending; 0 = off
  std::uint32_t fast_open_pending = 0;         // connections in SYN-RECEIVED that work already
  std::optional<FastOpenCookies> own_cookies;  // by keys of its own
  bool fast_open_without_cookie = false;
  Instant cookies_until{};  // a cookie that left may come back until then
  /// What all cookies that may come back were made with: options that are set meanwhile wait until none is about.
  std::shared_ptr<const ft::TcpOptions> cookie_tcp;
  std::deque<std::uint32_t> accept_queue;
  Links told;  // acceptable, not yet told
  bool full() const { return accept_queue.size() >= backlog; }
};

}  // namespace ft::stack
