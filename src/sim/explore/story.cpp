#include "sim/explore/story.hpp"

#include <array>
#include <map>

#include "sim/packet.hpp"

namespace ft::sim::explore {
namespace {

trace::SegmentFields fields_of(const InFlight& segment) {
  const wire::TcpHeader& h = segment.header;
  trace::SegmentFields f;
  f.seq = h.seq.value();
  f.ack = h.ack.value();
  f.flags = h.flags;
  f.window = h.window;
  f.urgent = h.urgent;
  f.length = segment.length;
  f.mss = h.options.mss;
  f.window_scale = h.options.window_scale;
  f.sack_permitted = h.options.sack_permitted;
  if (h.options.timestamps) f.timestamps = {h.options.timestamps->val, h.options.timestamps->ecr};
  f.sack_count = h.options.sack_count;
  for (std::uint8_t i = 0; i < f.sack_count; ++i) f.sack[i] = {h.options.sack[i].left.value(), h.options.sack[i].right.value()};
  return f;
}

std::string_view call_of(Move move) {
  switch (move) {
    case Move::write:
      return "write";
    case Move::read:
      return "read";
    case Move::shut_down:
      return "shutdown";
    case Move::close:
      return "close";
    case Move::abort:
      return "abort";
    default:
      return {};
  }
}

class Teller {
 public:
  explicit Teller(trace::Sink& sink) : sink_(sink) {}

  void tell(const Step& step) {
    at_ = step.at;
    if (const auto name = call_of(step.choice.move); !name.empty())
      say(step.choice.of, trace::Call{.tuple = tuple_of(step.choice.of), .name = name, .octets = 0, .result = {}});
    if (step.choice.move == Move::tick)
      for (const std::uint8_t who : {std::uint8_t{0}, std::uint8_t{1}})
        if (step.fired[who]) say(who, trace::TimerFired{tuple_of(who), "retransmit"});
    if (step.moved) move(step);
    const bool by_segment = step.choice.move == Move::deliver || step.choice.move == Move::duplicate;
    for (const std::uint8_t who : {std::uint8_t{0}, std::uint8_t{1}})
      if (step.before[who] != step.after[who] && !(by_segment && who != step.moved->from))
        say(who, trace::StateChanged{tuple_of(who), tcp::to_string(step.before[who]), tcp::to_string(step.after[who]), {}});
    for (const InFlight& segment : step.sent) send(segment, step.after[segment.from]);
  }

 private:
  void say(std::uint8_t host, decltype(trace::Event::what) what) {
    sink_.on_event({.at = at_, .host = host, .what = std::move(what)});
  }

  void move(const Step& step) {
    const InFlight& segment = *step.moved;
    const auto to = static_cast<std::uint8_t>(1 - segment.from);
    if (step.choice.move == Move::lose) return say(segment.from, trace::LinkLost{segment.number, segment.from, to, "chosen"});
    const bool again = arrived_[segment.number]++ != 0;
    say(segment.from, trace::LinkDelivered{segment.number, segment.from, to, again, false});
    say(to, trace::SegmentReceived{.tuple = tuple_of(to),
                                   .segment = fields_of(segment),
                                   .effect = {},
                                   .state_before = tcp::to_string(step.before[to]),
                                   .state_after = tcp::to_string(step.after[to])});
  }

  void send(const InFlight& segment, tcp::State state) {
    const tcp::Reason why = tcp::describe(segment.cause);
    say(segment.from, trace::SegmentSent{.tuple = tuple_of(segment.from),
                                         .segment = fields_of(segment),
                                         .why = {why.id, why.clause},
                                         .state_before = tcp::to_string(state),
                                         .state_after = tcp::to_string(state)});
    const auto to = static_cast<std::uint8_t>(1 - segment.from);
    const auto packet = make_tcp_packet(tuple_of(segment.from).local, tuple_of(segment.from).remote, segment.header,
                                        std::span(segment.text).first(segment.length));
    say(segment.from, trace::LinkSent{segment.number, segment.from, to, packet});
    if (segment.overflows) say(segment.from, trace::LinkLost{segment.number, segment.from, to, "queue"});
  }

  trace::Sink& sink_;
  Instant at_{};
  std::map<std::uint32_t, unsigned> arrived_;
};

}  // namespace

FourTuple tuple_of(std::uint8_t end) {
  const Endpoint first{IpAddress::v4(10, 0, 0, 1), 40000};
  const Endpoint second{IpAddress::v4(10, 0, 0, 2), 80};
  return end == 0 ? FourTuple{first, second} : FourTuple{second, first};
}

void tell(const Rules& rules, const Finding& finding, trace::Sink& sink) {
  Teller teller(sink);
  for (const Step& step : retell(rules, finding)) teller.tell(step);
}

}  // namespace ft::sim::explore
