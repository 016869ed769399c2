#include "sim/torture/end.hpp"

#include <algorithm>

namespace ft::sim::torture {

using namespace std::chrono_literals;

End::End(Common& common, const EndPlan& plan, std::uint64_t seed, World::Host host, std::uint32_t connection, bool opener)
    : common_(common), plan_(plan), seed_(seed), rng_(seed), host_(host), connection_(connection), opener_(opener) {}

void End::begins(ConnectionId id, const FourTuple& tuple, const End& peer) {
  id_ = id;
  tuple_ = tuple;
  peer_ = &peer;
  begun_ = true;
  connected_ = !opener_;
  if (plan_.ending == Ending::leaves || plan_.ending == Ending::aborts) {
    common_.world.at(common_.world.now() + plan_.end_at, [this] {
      if (is_open()) plan_.ending == Ending::aborts ? abort() : close();
    });
  }
  if (!opener_ || rng_.chance(0.5)) go_on();  // text may wait for the handshake, or be queued before it
}

void End::on_event(const Event& event) {
  if (!is_open() || event.connection != id_) return;
  if (event.kind == Event::Kind::connected) connected_ = true;
  if (event.kind == Event::Kind::closed) {
    if (why_ != CloseReason::none) common_.wrong("the end of a connection was told twice: " + describe());
    why_ = event.why;
    dead_ = why_ != CloseReason::normal;
  }
  go_on();
}

void End::heal() { go_on(); }

void End::give_up() {
  if (is_open()) abort();
}

void End::later(Duration wait, bool& pending) {
  if (pending) return;
  pending = true;
  common_.world.at(common_.world.now() + wait, [this, &pending] {
    pending = false;
    go_on();
  });
}

void End::go_on() {
  if (!is_open()) return;
  if (plan_.toggles && rng_.chance(0.05)) toggle();
  write();
  if (is_open()) read();
  if (is_open() && end_seen_) write();  // it may have waited for the end of the other's stream
  if (!is_open()) return;
  const bool broken = why_ != CloseReason::none && why_ != CloseReason::normal;
  if (broken || (end_seen_ && shut_)) close();
}

void End::toggle() {
  switch (rng_.below(4)) {
    case 0:
      (void)stack().set_nagle(id_, rng_.chance(0.5));
      break;
    case 1:
      (void)stack().set_keepalive(common_.world.now(), id_, true);
      break;
    case 2:
      (void)stack().set_user_timeout(id_, 60s + Duration{static_cast<std::int64_t>(rng_.below(100'000'000'000))});
      break;
    default:
      (void)stack().set_dscp(id_, static_cast<std::uint8_t>(rng_.below(64)));
      break;
  }
}

// --- writing -----------------------------------------------------------------------------------------------------------

void End::write() {
  if (dead_ || shut_ || write_pending_ || memory_pending_) return;
  if (plan_.ending == Ending::reads_first && !end_seen_) return;
  while (written_ < plan_.octets) {
    const std::size_t left = static_cast<std::size_t>(plan_.octets - written_);
    const std::size_t n = write_some(std::min({left, std::size_t{std::max(plan_.chunk, 1u)}, common_.scratch.size()}));
    if (n == 0) return;
    if (plan_.write_gap > Duration::zero() && !common_.healed && written_ < plan_.octets)
      return later(plan_.write_gap, write_pending_);
  }
  if (plan_.ending == Ending::closes) return close();
  if (plan_.ending == Ending::leaves || plan_.ending == Ending::aborts) return;  // until its time has come
  shut_ = stack().shutdown(id_).has_value();
  dead_ = dead_ || !shut_;
}

/// 0: it waits for room.
std::size_t End::write_some(std::size_t wanted) {
  const Pattern pattern(seed_);
  std::size_t taken = 0;
  if (plan_.in_place) {
    const auto room = stack().reserve(id_);
    taken = std::min(room.size(), wanted);
    pattern.fill(written_, room.first(taken));
    if (taken != 0) stack().commit(id_, taken);
    if (taken == 0) later(100ms, memory_pending_);  // no room or no memory: reserve does not say which
  } else {
    const auto octets = std::span(common_.scratch).first(wanted);
    pattern.fill(written_, octets);
    const bool urgent = plan_.urgent && rng_.chance(0.2);
    const auto result = urgent ? stack().write_urgent(id_, octets) : stack().write(id_, octets);
    if (!result && result.error() == Error::out_of_memory) {
      later(100ms, memory_pending_);
    } else if (!result && result.error() != Error::would_block) {
      dead_ = true;  // the event that says why is on its way
    }
    taken = result.value_or(0);
  }
  written_ += taken;
  return taken;
}

// --- reading -----------------------------------------------------------------------------------------------------------

void End::read() {
  if (end_seen_ || read_pending_) return;
  while (read_some() && is_open()) {
    if (plan_.read_gap > Duration::zero() && !common_.healed) return later(plan_.read_gap, read_pending_);
  }
}

/// False when nothing is there.
bool End::read_some() {
  const std::size_t gulp = std::min<std::size_t>(std::max(plan_.gulp, 1u), common_.scratch.size());
  if (plan_.in_place) {
    const auto there = stack().peek(id_);
    if (!there.empty()) {
      const std::size_t n = std::min(there.size(), gulp);
      take(there.first(n));
      stack().consume(id_, n);
      return true;
    }
  }
  const auto got = stack().read(id_, std::span(common_.scratch).first(gulp));
  if (!got) return false;
  if (*got == 0) {
    at_end_of_stream();
    return false;
  }
  take(std::span(common_.scratch).first(*got));
  return true;
}

void End::take(std::span<const std::byte> octets) {
  if (end_seen_) common_.wrong("octets after the end of the stream: " + describe());
  if (read_ + octets.size() > peer_->written_) common_.wrong("more octets were read than were written: " + describe());
  if (!Pattern(peer_->seed_).matches(read_, octets)) common_.wrong("other octets were read than were written: " + describe());
  read_ += octets.size();
}

void End::at_end_of_stream() {
  end_seen_ = true;
  // A close that the application made with octets still to be sent delivers them first (RFC 9293 3.10.4).
  if (!peer_->shut_ && !peer_->left_) common_.wrong("an end of stream that nobody sent: " + describe());
  if (read_ != peer_->written_) common_.wrong("the stream ended before its last octet: " + describe());
}

// --- ending ------------------------------------------------------------------------------------------------------------

void End::close() {
  left_ = true;
  if (!stack().close(id_)) common_.wrong("close did not know its connection: " + describe());
  id_ = {};
}

void End::abort() {
  left_ = true;
  if (!stack().abort(id_)) common_.wrong("abort did not know its connection: " + describe());
  id_ = {};
}

std::string End::describe() const {
  return "connection " + std::to_string(connection_) + (opener_ ? ", opener" : ", answerer") + " on host " +
         std::to_string(host_) + " (" + tuple_.to_string() + "), wrote " + std::to_string(written_) + " of " +
         std::to_string(plan_.octets) + ", read " + std::to_string(read_) +
         (peer_ == nullptr ? "" : " of " + std::to_string(peer_->written_)) + (shut_ ? ", shut down" : "") +
         (end_seen_ ? ", end seen" : "") + (left_ ? ", left" : "") + (why_ == CloseReason::none ? "" : ", closed: ") +
         std::string(why_ == CloseReason::none ? "" : to_string(why_));
}

}  // namespace ft::sim::torture
