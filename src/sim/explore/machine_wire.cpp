// What goes over the wire: segments leave the ends and arrive at them, at a listener's record and at nobody.
#include "sim/explore/machine.hpp"

#include <algorithm>

namespace ft::sim::explore {
namespace {

using tcp::State;

constexpr std::size_t most_when_well = 64;  // segments in flight, when no budget holds them

}  // namespace

void Machine::put(std::uint8_t from, const wire::TcpHeader& header, std::span<const std::byte> text, tcp::Cause cause) {
  InFlight segment;
  segment.from = from;
  segment.header = header;
  segment.cause = cause;
  FT_ASSERT(text.size() <= segment.text.size());
  segment.length = static_cast<std::uint8_t>(text.size());
  std::copy(text.begin(), text.end(), segment.text.begin());
  segment.number = ++sent_;
  segment.overflows = in_flight_.size() >= (well_ ? most_when_well : rules_.in_flight);
  if (story_ != nullptr) story_->sent.push_back(segment);
  if (!segment.overflows) {
    in_flight_.push_back(segment);
  } else if (well_) {
    wrong("more segments than anybody needs");
  }
}

void Machine::reply(std::uint8_t from, const tcp::Reply& reply) { put(from, reply.header, {}, reply.cause); }

void Machine::drain(std::uint8_t who) {
  for (unsigned segments = 0; ends_[who].connection; ++segments) {
    tcp::Connection& connection = *ends_[who].connection;
    const auto out = connection.next_segment(context(), 0);
    if (!out) return;
    if (segments > 20) return wrong("it never stops to send");
    std::array<std::byte, 16> text{};
    std::size_t length = 0;
    for (const auto& part : connection.text(*out)) {
      FT_ASSERT(length + part.size() <= text.size());
      std::copy(part.begin(), part.end(), text.begin() + static_cast<std::ptrdiff_t>(length));
      length += part.size();
    }
    put(who, out->header, std::span(text).first(length), out->cause);
  }
}

void Machine::arrive(std::uint8_t to, const InFlight& segment) {
  End& end = ends_[to];
  if (end.connection) {
    const tcp::Segment seg{segment.header, std::span(segment.text).first(segment.length)};
    const tcp::Arrival arrival = end.connection->on_segment(context(), seg);
    if (arrival.reply) {
      reply(to, *arrival.reply);
      if (end.connection->state() == State::closed) end.broke = true;  // text met an application that has gone
    }
    settle(to);
  } else if (end.half_open) {
    arrive_half_open(to, tcp::Segment{segment.header, std::span(segment.text).first(segment.length)});
  } else if (end.listens) {
    arrive_at_listener(to, segment);
  } else if (!segment.header.has(wire::tcp_flag::rst)) {
    const tcp::Segment seg{segment.header, std::span(segment.text).first(segment.length)};
    reply(to, tcp::make_reset(seg, tcp::Cause::rst_half_open));
  }
}

void Machine::arrive_at_listener(std::uint8_t who, const InFlight& segment) {
  End& end = ends_[who];
  const tcp::Segment seg{segment.header, std::span(segment.text).first(segment.length)};
  if (seg.rst()) return;
  if (seg.has_ack()) return reply(who, tcp::make_reset(seg, tcp::Cause::rst_half_open));
  if (!seg.syn() || seg.fin()) return;
  const tcp::Opening opened = opening(who);
  end.half_open = tcp::remember_syn(seg, *rules_.options, opened.iss, opened.ts_offset);
  end.repeats = 0;
  end.brake = Instant::min();
  end.repeat_at = now_ + rules_.options->initial_rto;
  end.half_open->sent = true;
  end.half_open->sent_at = now_;
  put(who, tcp::make_syn_ack(*end.half_open, *rules_.options, opened.path, now_), {}, tcp::Cause::syn_ack);
}

void Machine::arrive_half_open(std::uint8_t who, const tcp::Segment& seg) {
  End& end = ends_[who];
  tcp::HalfOpen& record = *end.half_open;
  if (seg.syn() && !seg.has_ack() && !seg.rst() && seg.seq() == record.irs) {
    record.sent_at = never;
    record.retransmitted = true;
    end.repeat_at = now_ + rules_.options->initial_rto * (1u << end.repeats);
    return put(who, tcp::make_syn_ack(record, *rules_.options, opening(who).path, now_), {}, tcp::Cause::retransmit_syn_ack);
  }
  tcp::Connection connection(opening(who), record, now_);
  const tcp::Arrival arrival = connection.on_segment(context(), seg);
  if (arrival.reply) reply(who, *arrival.reply);
  switch (connection.state()) {
    case State::listen:
      end.half_open.reset();
      ++end.incarnation;
      break;
    case State::syn_received: {
      const auto out = connection.next_segment(context(), 0);
      if (out && (seg.length() != 0 || now_ >= end.brake)) {
        end.brake = now_ + std::chrono::milliseconds(500);
        put(who, out->header, {}, out->cause);
      }
      break;
    }
    default:
      if (end.was_open) wrong("one connection was accepted twice");
      end.half_open.reset();
      end.opened = true;
      end.connection.emplace(std::move(connection));
      settle(who);
      return;
  }
  connection.release(pool_);
}

}  // namespace ft::sim::explore
