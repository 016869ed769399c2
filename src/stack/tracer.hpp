// The stack's reports, in the words of trace/. Off costs one branch.
#pragma once

#include "fourtuple/trace.hpp"
#include "stack/watch.hpp"
#include "tcp/connection.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

namespace ft::stack {

class Tracer {
 public:
  void set(trace::Sink* sink, std::uint8_t host) {
    sink_ = sink;
    host_ = host;
    holds_.clear();
  }
  bool on() const { return sink_ != nullptr; }

  /// A segment of a connection; `index` is its place in the table.
  void sent(Instant now, std::uint32_t index, const FourTuple& tuple, const tcp::Outgoing& out,
            const tcp::Connection& connection);
  /// The connection has nothing more to send now: tells what holds it, if something does.
  void drained(Instant now, std::uint32_t index, const FourTuple& tuple, const tcp::Connection& connection);
  /// Its next hop is being asked for.
  void parked(Instant now, const FourTuple& tuple, const tcp::Connection& connection) const;
  void forget(std::uint32_t index) {
    if (on()) holds_.erase(index);
  }
  /// Around an input: look before, tell after.
  void look(const tcp::Connection& connection) {
    if (on()) watch_.look(connection);
  }
  void tell(Instant now, const FourTuple& tuple, const tcp::Connection& connection) {
    if (on()) watch_.tell(now, host_, tuple, connection, *sink_);
  }

  void sent(Instant now, const FourTuple& tuple, const wire::TcpHeader& header, std::uint32_t length, std::uint8_t ip_ecn,
            tcp::Cause cause, tcp::State before, tcp::State after) const;
  void received(Instant now, const FourTuple& tuple, const tcp::Segment& segment, const tcp::Arrival& arrival, tcp::State before,
                tcp::State after) const;
  void changed(Instant now, const FourTuple& tuple, tcp::State from, tcp::State to, tcp::Trigger why) const;
  void call(Instant now, const FourTuple& tuple, std::string_view name, std::uint64_t octets = 0,
            Error error = Error::none) const;
  void fired(Instant now, const FourTuple& tuple, std::string_view timer) const;
  void dropped(Instant now, DropReason reason, std::size_t length) const;
  void made(Instant now, std::string_view id, std::string_view clause, std::size_t length) const;

 private:
  template <class What>
  void report(Instant now, const What& what) const {
    if (on()) sink_->on_event(trace::Event{now, host_, what});
  }

  Watch watch_;
  boost::unordered_flat_map<std::uint32_t, HoldState> holds_;  // by place in the table; empty while off
  trace::Sink* sink_ = nullptr;
  std::uint8_t host_ = 0;
};

}  // namespace ft::stack
