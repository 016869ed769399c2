// What has to be true after every step, at every end of a connection, and when all is over.
#include <array>

#include "sim/torture/runner.hpp"

namespace ft::sim::torture {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t most_at_once = 50'000;
constexpr std::uint64_t most_events = 3'000'000;

}  // namespace

/// Somebody sent a SYN in the name of `tuple`'s source, with another number than its own.
bool Runner::has_forged_opening(const FourTuple& tuple) const {
  const Flow* flow = observer_.find(tuple);
  return flow != nullptr && !flow->foreign.empty();
}

/// The stack says that the connection is over: is that a good reason?
void Runner::judge_end(const End& end, CloseReason why) {
  const ConnectionPlan& c = connection(end.connection());
  const Pair& pair = pairs_[end.connection()];
  const End& peer = ends_[end.is_opener() ? *pair.answerer : *pair.opener];
  const bool peer_is_well = peer.is_open() && peer.why() == CloseReason::none;
  const bool may_be_odd = pair.attacked || c.simultaneous || c.local_port != 0;
  const auto because = [&](std::string_view what) {
    wrong(std::string(what) + ": " + end.describe() + "; the other: " + peer.describe());
  };
  switch (why) {
    case CloseReason::normal:
      ++outcome_.finished;
      return;
    case CloseReason::reset:
      ++outcome_.reset;
      // (Whoever opened the connection with a forged number of its peer's is reset by the true peer, and rightly so.)
      if (peer_is_well && peer.was_connected() && !has_forged_opening({end.tuple().remote, end.tuple().local}))
        because("reset by a peer that did not");
      return;
    case CloseReason::refused:
      ++outcome_.reset;
      if (!may_be_odd) because("refused by a listener");
      return;
    case CloseReason::timed_out:
      ++outcome_.timed_out;
      if (!peer_is_well) return;
      if (!is_faulty(end.host(), peer.host()) && !is_faulty(peer.host(), end.host()) && !may_be_odd)
        because("timed out on a path without faults");
      if (world_.now() > Instant{} + plan_.healed + 320s) because("timed out long after the path was well");
      return;
    case CloseReason::unreachable:
      if (!pair.attacked) because("unreachable, which nobody said");
      return;
    default:
      because("closed for a reason that is none of the network's: " + std::string(to_string(why)));
  }
}

void Runner::advance(Instant until) {
  while (fine() && world_.step(until)) {
    ++outcome_.events;
    check_step();
  }
}

void Runner::check_step() {
  for (const FourTuple& tuple : touched_) check_connection(tuple);
  touched_.clear();
  if (world_.now() == last_step_) {
    if (++at_once_ > most_at_once) wrong("time stands still: more than 50000 events at one instant");
  } else {
    last_step_ = world_.now();
    at_once_ = 0;
  }
  check_idle();
  if (outcome_.events % 64 == 0) check_memory();
  if (outcome_.events > most_events) wrong("more events than this world can need");
}

/// Deadlines that nothing comes of are few.
void Runner::check_idle() {
  idle_ = heard_ == heard_before_ ? idle_ + 1 : 0;
  heard_before_ = heard_;
  if (idle_ == 0) idle_since_ = world_.now();
  if (idle_ > 2000 + 10 * ends_.size() && world_.now() - idle_since_ < 1s) wrong("timers fire and nothing comes of it");
}

void Runner::check_connection(const FourTuple& tuple) {
  const Flow* flow = observer_.find(tuple);
  if (flow == nullptr || flow->forged) return;
  End* end = end_of(tuple);
  if (end == nullptr || !end->is_open()) return;
  const auto info = world_.look(end->host())->info(end->id());
  if (!info) return wrong("an id that was not given back is not known: " + end->describe());
  if (info->closed != CloseReason::none || info->state == "SYN-SENT" || info->state == "SYN-RECEIVED") return;
  const Flow* back = observer_.find({tuple.remote, tuple.local});
  const Seq una{info->snd_una}, nxt{info->snd_nxt}, rcv{info->rcv_nxt}, edge{info->rcv_nxt + info->rcv_wnd};
  const auto because = [&](std::string_view what) { wrong(std::string(what) + ": " + end->describe()); };
  const bool in_step = back->epoch != 0 && flow->back_epoch == back->epoch;  // nobody has opened it anew over there
  if (before(nxt, una)) return because("SND.NXT lies before SND.UNA");
  if (before(flow->sent, nxt)) return because("SND.NXT lies beyond what was sent");
  if (in_step && flow->has_heard && after(una, flow->heard_ack)) return because("SND.UNA lies beyond every acknowledgement");
  if (in_step && after(rcv, back->delivered)) return because("RCV.NXT lies beyond what was delivered");
  End::Mark& mark = end->mark;
  if (mark.known && before(una, Seq{mark.una})) return because("SND.UNA went back");
  if (mark.known && before(rcv, Seq{mark.rcv_nxt})) return because("RCV.NXT went back");
  if (mark.known && before(edge, Seq{mark.edge})) return because("the right edge of the receive window went back");
  mark = {una.value(), rcv.value(), edge.value(), true};
}

End* Runner::end_of(const FourTuple& tuple) {
  auto found = by_tuple_.find(tuple);
  if (found != by_tuple_.end()) {
    const Pair& pair = pairs_[found->second];
    for (const auto& number : {pair.opener, pair.answerer})
      if (number && ends_[*number].tuple() == tuple) return &ends_[*number];
  }
  found = by_tuple_.find({tuple.remote, tuple.local});
  if (found == by_tuple_.end()) return nullptr;
  const Pair& pair = pairs_[found->second];
  return pair.answerer && ends_[*pair.answerer].tuple() == tuple ? &ends_[*pair.answerer] : nullptr;
}

void Runner::check_memory() {
  std::array<std::uint64_t, 8> held{};
  for (const End& end : ends_) {
    if (!end.is_open()) continue;
    const auto info = world_.look(end.host())->info(end.id());
    if (info) held[end.host()] += std::uint64_t{info->send_queued} + info->receive_queued;
  }
  for (std::size_t h = 0; h < hosts_.size(); ++h) {
    const Stack& stack = *world_.look(static_cast<World::Host>(h));
    if (stack.buffer_memory() < held[h])
      wrong("host " + std::to_string(h) + " holds " + std::to_string(held[h]) + " octets and is charged for " +
            std::to_string(stack.buffer_memory()));
    if (stack.buffer_memory() > stack.config().max_buffer_memory) wrong("more memory than the ceiling allows");
    if (!stack.is_memory_balanced())
      wrong("host " + std::to_string(h) + " is charged for other memory than its connections hold");
  }
}

/// Nobody waits for ever: whoever still holds a connection has a peer that is gone, and nothing left to say.
void Runner::check_all_finished() {
  for (End& end : ends_) {
    if (!end.is_open()) continue;
    const auto info = world_.look(end.host())->info(end.id());
    const FourTuple back{end.tuple().remote, end.tuple().local};
    bool peer_knows = false;
    for (std::size_t h = 0; h < hosts_.size(); ++h)
      for (const PortEntry& entry : world_.look(static_cast<World::Host>(h))->ports())
        peer_knows = peer_knows || (entry.tuple == back && entry.state != "TIME-WAIT");
    if (!info || peer_knows || info->send_queued != 0)
      return wrong("never finished, in " + std::string(info ? info->state : "no state") + ": " + end.describe());
    end.give_up();
  }
}

void Runner::check_nothing_left() {
  for (std::size_t h = 0; h < hosts_.size(); ++h) {
    const Stack& stack = *world_.look(static_cast<World::Host>(h));
    if (stack.buffer_memory() != 0)
      wrong("host " + std::to_string(h) + " is charged for " + std::to_string(stack.buffer_memory()) +
            " octets when all is closed");
    for (const PortEntry& entry : stack.ports())
      if (entry.state != "LISTEN")
        wrong("host " + std::to_string(h) + " still knows " + entry.tuple.to_string() + " in " + std::string(entry.state));
  }
  if (world_.in_flight() != 0) wrong("packets fly for ever");
}

}  // namespace ft::sim::torture
