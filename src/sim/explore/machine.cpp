#include "sim/explore/machine.hpp"

#include <algorithm>

#include "sim/torture/moves.hpp"

namespace ft::sim::explore {
namespace {

using tcp::State;

constexpr std::uint8_t syn_ack_repeats = 5;  // as stack/passive has it

/// What the `number`-th octet of an end's stream is.
std::byte octet_of(std::uint8_t who, std::uint8_t number) { return static_cast<std::byte>((who == 0 ? 'a' : 'A') + number); }

/// One move of the figure, and a FIN that was waiting leaves in the same step. A listener that has lost its connection listens.
bool may_step(State before, State after, torture::Mover by) {
  const auto from = torture::phase_of(tcp::to_string(before));
  const auto to = torture::phase_of(tcp::to_string(after));
  for (std::size_t i = 0; i < tcp::state_count; ++i) {
    const auto between = static_cast<torture::Phase>(i);
    if (torture::may_move(*from, between, by) && torture::may_move(between, *to, torture::Mover::sending)) return true;
  }
  return after == State::listen && torture::may_move(*from, torture::Phase::closed, by);
}

}  // namespace

Machine::Machine(const Rules& rules, BufferPool& pool) : rules_(rules), pool_(pool) {
  ends_[1].listens = !rules.simultaneous;
  open(0);
  if (rules.simultaneous) open(1);
  for (unsigned segments = 0; rules.established && segments < 3; ++segments) apply({Move::deliver, 0});
  FT_ASSERT(!rules.established || (state(0) == State::established && state(1) == State::established && in_flight_.empty()));
}

Machine::~Machine() {
  for (End& end : ends_)
    if (end.connection) end.connection->release(pool_);
}

tcp::Opening Machine::opening(std::uint8_t who) const {
  tcp::Opening opening;
  opening.options = rules_.options;
  // Each incarnation begins beyond the numbers of the one before (RFC 9293 3.4.1).
  opening.iss = Seq{(who == 0 ? 1'000'000u : 0xffff'fff8u) + 100'000u * ends_[who].incarnation};
  return opening;
}

void Machine::open(std::uint8_t who) {
  End& end = ends_[who];
  end.connection.emplace(opening(who), now_);
  end.opened = true;
  drain(who);
}

// --- time ----------------------------------------------------------------------------------------------------------------

Instant Machine::deadline(std::uint8_t who) const {
  const End& end = ends_[who];
  if (end.connection) return end.connection->deadline();
  return end.half_open ? end.repeat_at : never;
}

void Machine::tick() {
  now_ = std::max(now_, std::min(deadline(0), deadline(1)));
  for (const std::uint8_t who : {std::uint8_t{0}, std::uint8_t{1}}) {
    if (deadline(who) > now_) continue;
    if (story_ != nullptr) story_->fired[who] = true;
    End& end = ends_[who];
    if (end.half_open) {
      if (end.repeats >= syn_ack_repeats) {
        end.half_open.reset();
        ++end.incarnation;
        end.broke = true;  // the other may think that it is open
        continue;
      }
      ++end.repeats;
      end.half_open->sent_at = never;
      end.half_open->retransmitted = true;
      end.repeat_at = now_ + rules_.options->initial_rto * (1u << end.repeats);
      put(who, tcp::make_syn_ack(*end.half_open, *rules_.options, opening(who).path, now_), {}, tcp::Cause::retransmit_syn_ack);
      continue;
    }
    const tcp::Expiry expiry = end.connection->on_deadline(context());
    if (expiry.reply) reply(who, *expiry.reply);
    if (expiry.ended && *expiry.ended != tcp::Trigger::timer_time_wait) end.broke = true;
    settle(who);
  }
}

// --- the applications ----------------------------------------------------------------------------------------------------

void Machine::call(Choice choice) {
  const std::uint8_t who = choice.of;
  End& end = ends_[who];
  tcp::Connection& connection = *end.connection;
  switch (choice.move) {
    case Move::write: {
      std::array<std::byte, 16> text{};
      const std::uint8_t n = rules_.parts[who].octets;
      for (std::uint8_t i = 0; i < n; ++i) text[i] = octet_of(who, static_cast<std::uint8_t>(end.written + i));
      const auto taken = connection.write(pool_, std::span(text).first(n), {});
      ++end.writes;
      if (taken) end.written = static_cast<std::uint8_t>(end.written + *taken);
      break;
    }
    case Move::read:
      read_all(who);
      break;
    case Move::shut_down:
      if (connection.shutdown()) end.shut = true;
      break;
    case Move::close: {
      end.left = true;
      const auto reset = connection.close(context());
      end.broke = end.broke || connection.state() == State::closed;  // by a RST, or before there was anybody to tell
      if (reset) reply(who, *reset);
      break;
    }
    default: {
      end.left = end.aborted = end.broke = true;
      const auto reset = connection.abort(context(), tcp::Cause::rst_call_abort);
      if (reset) reply(who, *reset);
      break;
    }
  }
  settle(who);
}

void Machine::read_all(std::uint8_t who) {
  End& end = ends_[who];
  const End& peer = ends_[1 - who];
  std::array<std::byte, 16> piece{};
  while (!end.end_seen) {
    const auto got = end.connection->read(pool_, piece);
    if (!got) return;
    if (*got == 0) {
      end.end_seen = true;
      if (!peer.shut && !peer.left) wrong("an end of stream that nobody sent");
      if (end.read != peer.written) wrong("the stream ended before its last octet");
      return;
    }
    for (std::size_t i = 0; i < *got; ++i) {
      if (end.read >= peer.written) return wrong("more octets were read than were written");
      if (piece[i] != octet_of(static_cast<std::uint8_t>(1 - who), end.read++)) wrong("other octets were read than were written");
    }
  }
}

/// What a step may have changed: whatever is to be sent, and the end of a connection.
void Machine::settle(std::uint8_t who) {
  End& end = ends_[who];
  if (!end.connection) return;
  end.was_open = true;
  (void)end.connection->take_events();
  drain(who);
  if (!end.connection) return;
  check_end(who);
  if (end.connection->state() != State::closed) {
    end.last = end.connection->state();
    return;
  }
  end.why = end.connection->why();
  if (!end.left) read_all(who);  // what had arrived is still there for its application
  end.connection->release(pool_);
  end.connection.reset();
  ++end.incarnation;
  end.marked = false;
}

void Machine::check_end(std::uint8_t who) {
  End& end = ends_[who];
  const tcp::Connection& c = *end.connection;
  if (c.state() == State::closed || c.state() == State::syn_sent) return;
  const tcp::SendVars& snd = c.sender().snd;
  const tcp::RecvVars& rcv = c.receiver().rcv;
  if (before(snd.nxt, snd.una) || before(snd.max, snd.nxt)) wrong("SND.UNA <= SND.NXT <= SND.MAX does not hold");
  if (end.marked && before(snd.una, end.una)) wrong("SND.UNA went back");
  if (end.marked && before(rcv.nxt, end.rcv_nxt)) wrong("RCV.NXT went back");
  if (end.marked && tcp::is_synchronized(c.state()) && before(rcv.edge(), end.edge))
    wrong("the right edge of the window went back");
  end.una = snd.una;
  end.rcv_nxt = rcv.nxt;
  end.edge = rcv.edge();
  end.marked = true;
}

// --- choices -------------------------------------------------------------------------------------------------------------

State Machine::state(std::uint8_t who) const {
  const End& end = ends_[who];
  if (end.connection) return end.connection->state();
  if (end.half_open) return State::syn_received;
  return end.listens ? State::listen : State::closed;
}

void Machine::choices(std::vector<Choice>& out) const {
  out.clear();
  std::array<std::uint64_t, 64> seen{};
  std::array<bool, 2> oldest_seen{};
  for (std::uint8_t i = 0; i < in_flight_.size(); ++i) {
    const std::uint64_t digest = digest_of(in_flight_[i]);
    const auto end = seen.begin() + i;
    const bool twin = std::find(seen.begin(), end, digest) != end;
    seen[i] = digest;
    if (twin) continue;  // as good as the one before
    if (!rules_.reorders && std::exchange(oldest_seen[in_flight_[i].from], true)) continue;
    out.push_back({Move::deliver, i});
    if (losses_ < rules_.losses) out.push_back({Move::lose, i});
    if (duplicates_ < rules_.duplicates) out.push_back({Move::duplicate, i});
  }
  if (ticks_ < rules_.ticks && (deadline(0) != never || deadline(1) != never)) out.push_back({Move::tick, 0});
  for (const std::uint8_t who : {std::uint8_t{0}, std::uint8_t{1}}) {
    const End& end = ends_[who];
    if (!end.connection || end.left) continue;
    const Part& part = rules_.parts[who];
    const bool may_send = tcp::may_send(end.connection->state()) && !end.shut;
    if (may_send && end.writes < part.writes) out.push_back({Move::write, who});
    if (end.connection->receiver().text.ready() != 0 || (end.connection->receiver().fin_taken() && !end.end_seen))
      out.push_back({Move::read, who});
    if (may_send && part.may_shut_down) out.push_back({Move::shut_down, who});
    out.push_back({Move::close, who});
    if (part.may_abort) out.push_back({Move::abort, who});
  }
}

std::string Machine::apply(Choice choice, Step* story) {
  story_ = story;
  if (story != nullptr) {
    *story = {.choice = choice, .at = now_, .before = {state(0), state(1)}, .after = {}, .moved = {}, .sent = {}};
    if (choice.move == Move::deliver || choice.move == Move::lose || choice.move == Move::duplicate)
      story->moved = in_flight_[choice.of];
  }
  const std::array<State, 2> before{state(0), state(1)};
  switch (choice.move) {
    case Move::deliver:
    case Move::duplicate: {
      const InFlight segment = in_flight_[choice.of];
      if (choice.move == Move::duplicate) {
        ++duplicates_;
      } else {
        in_flight_.erase(in_flight_.begin() + choice.of);
      }
      arrive(static_cast<std::uint8_t>(1 - segment.from), segment);
      break;
    }
    case Move::lose:
      ++losses_;
      in_flight_.erase(in_flight_.begin() + choice.of);
      break;
    case Move::tick:
      if (!well_) ++ticks_;
      tick();
      break;
    default:
      call(choice);
      break;
  }
  const auto by =
      choice.move == Move::deliver || choice.move == Move::duplicate ? torture::Mover::arrival : torture::Mover::other;
  for (const std::uint8_t who : {std::uint8_t{0}, std::uint8_t{1}})
    if (!may_step(before[who], state(who), by))
      wrong("moved from " + std::string(tcp::to_string(before[who])) + " to " + std::string(tcp::to_string(state(who))));
  if (story != nullptr) story->at = now_;
  if (story != nullptr) story->after = {state(0), state(1)};
  story_ = nullptr;
  return wrong_;
}

// --- a network that is well again ------------------------------------------------------------------------------------------

std::optional<Choice> Machine::next_when_well() {
  well_ = true;
  if (!in_flight_.empty()) {
    // In an order that the digest knows.
    std::uint8_t first = 0;
    std::uint64_t least = UINT64_MAX;
    for (std::uint8_t i = 0; i < in_flight_.size(); ++i) {
      const std::uint64_t digest = digest_of(in_flight_[i]);
      if (digest < least) {
        least = digest;
        first = i;
      }
    }
    return Choice{Move::deliver, first};
  }
  for (const std::uint8_t who : {std::uint8_t{0}, std::uint8_t{1}}) {
    const End& end = ends_[who];
    if (!end.connection || end.left) continue;
    const bool there = end.connection->receiver().text.ready() != 0 || (end.connection->receiver().fin_taken() && !end.end_seen);
    if (there) return Choice{Move::read, who};
    if (tcp::may_send(end.connection->state()) && !end.shut) return Choice{Move::shut_down, who};
    if (end.end_seen) return Choice{Move::close, who};
  }
  if (deadline(0) != never || deadline(1) != never) return Choice{Move::tick, 0};
  // Who waits for a peer that went without being heard gives up some day; nobody else has to.
  for (const std::uint8_t who : {std::uint8_t{0}, std::uint8_t{1}})
    if (ends_[who].connection && !ends_[who].left && ends_[1 - who].broke) return Choice{Move::close, who};
  return std::nullopt;
}

std::string Machine::judge_end() const {
  const bool broken = ends_[0].broke || ends_[1].broke;
  for (const std::uint8_t who : {std::uint8_t{0}, std::uint8_t{1}}) {
    const End& end = ends_[who];
    const End& peer = ends_[1 - who];
    const std::string name = who == 0 ? "the first end" : "the second end";
    if (end.connection) return name + " waits for ever, in " + std::string(tcp::to_string(end.connection->state()));
    if (!end.was_open || broken) continue;
    const bool late_reset = end.why == CloseReason::reset && (end.last == State::last_ack || end.last == State::closing);
    if (end.why != CloseReason::normal && !late_reset)
      return name + " ended otherwise than agreed: " + std::string(to_string(end.why));
    if (!end.left && end.read != peer.written) return name + " did not get all octets";
    if (!peer.was_open) return name + " was alone";
  }
  if (pool_.used() != 0) return "memory is held when all is over";
  return {};
}

}  // namespace ft::sim::explore
