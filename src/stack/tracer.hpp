// The stack's reports, in the words of trace/. Off costs one branch.
#pragma once

#include "fourtuple/trace.hpp"
#include "tcp/connection.hpp"

namespace ft::stack {

class Tracer {
 public:
  void set(trace::Sink* sink, std::uint8_t host) {
    sink_ = sink;
    host_ = host;
  }
  bool on() const { return sink_ != nullptr; }

  void sent(Instant now, const FourTuple& tuple, const wire::TcpHeader& header, std::uint32_t length, tcp::Cause cause,
            tcp::State before, tcp::State after) const;
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

  trace::Sink* sink_ = nullptr;
  std::uint8_t host_ = 0;
};

}  // namespace ft::stack
