// What the user may set while the connection lives, and what it changes at once; the user timeout option (RFC 5482).
#include "tcp/connection.hpp"
#include "tcp/user_timeout.hpp"

#include <algorithm>

namespace ft::tcp {

void Connection::set_options(std::shared_ptr<const ft::TcpOptions> options, Instant now) {
  const auto before = std::exchange(options_, std::move(options));
  const bool keepalive_changed = options_->keepalive != before->keepalive || options_->keepalive_idle != before->keepalive_idle ||
                                 options_->keepalive_interval != before->keepalive_interval;
  if (keepalive_changed) on_keepalive_changed(now);
  if (options_->user_timeout != before->user_timeout || options_->user_timeout_option != before->user_timeout_option)
    tell_user_timeout_ = true;
  if (ack_delay() == Duration::zero() && receiver_.ack.has_unacknowledged()) receiver_.ack.at_once(Cause::ack_quick);
  if (options_->receive_low_water < before->receive_low_water && receiver_.text.ready() != 0) note_readable();
  note_writable();
}

Duration Connection::user_timeout() const {
  if (peer_user_timeout_ == 0) return options_->user_timeout;
  const auto theirs = decode_user_timeout(peer_user_timeout_);
  return theirs ? adopt_user_timeout(*options_, *theirs) : options_->user_timeout;
}

void Connection::hear_user_timeout(const std::optional<std::uint16_t>& field) {
  if (!field || !options_->user_timeout_option) return;
  if (decode_user_timeout(*field)) peer_user_timeout_ = *field;
}

/// The option is no data: it may get lost, so it goes again only when there is news (RFC 5482 3.2).
void Connection::tell_user_timeout(wire::TcpHeader& header) {
  if (!options_->user_timeout_option || !tell_user_timeout_) return;
  header.options.user_timeout = encode_user_timeout(options_->user_timeout);
  tell_user_timeout_ = false;
}

std::uint32_t Connection::unsent() const {
  const std::int32_t left = distance(later(sender_.snd.max, sender_.buffer.first()), sender_.buffer.end());
  return left > 0 ? static_cast<std::uint32_t>(left) : 0;
}

/// Corked, or more is to follow: what fills no segment waits for it, but not for ever.
void Connection::hold_cork(Instant now) {
  constexpr Duration longest = std::chrono::milliseconds(200);
  if (is_corked() && unsent() != 0 && is_synchronized(state_) && !deadlines_.is_set(Timer::cork))
    deadlines_.set(Timer::cork, now + longest);
}

std::uint32_t Connection::readable_mark() const {
  return std::clamp(options_->receive_low_water, 1u, std::max(receive_limit() / 2, 1u));
}

void Connection::note_writable() {
  if (!write_blocked_ || sender_.buffer.size() >= send_limit() - send_limit() / 4) return;
  if (unsent() >= options_->not_sent_low_water) return;
  write_blocked_ = false;
  events_ |= event::writable;
}

}  // namespace ft::tcp
