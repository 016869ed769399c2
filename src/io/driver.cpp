#include "io/driver.hpp"

#include <algorithm>

namespace ft::io {
namespace {

constexpr std::size_t link_header_room = 18;  // Ethernet with a VLAN tag
constexpr Duration refused_pause = std::chrono::milliseconds(1);

Instant earlier(Instant a, std::optional<Instant> b) { return b ? std::min(a, *b) : a; }

/// Not more than a day, so that the arithmetic of an idle stack's `never` cannot overflow.
timespec until(Instant now, Instant when) {
  const Duration left =
      when <= now ? Duration::zero() : std::min<Duration>(std::chrono::hours(24), when - std::max(now, Instant{}));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  return {static_cast<time_t>(seconds.count()), static_cast<long>((left - seconds).count())};
}

}  // namespace

Driver::Driver(Stack& stack, Link& link)
    : stack_(stack),
      link_(link),
      now_(clock_.now()),
      in_(std::max<std::size_t>(link.mtu(), 65535) + link_header_room),
      out_(std::max<std::size_t>(link.mtu(), 65535) + link_header_room) {}

Result<bool> Driver::send_held() {
  if (held_.length == 0) return true;
  switch (link_.send(now_, std::span(out_).first(held_.length), held_)) {
    case Link::Outcome::done:
      held_ = {};
      return true;
    case Link::Outcome::would_block:
      return false;
    case Link::Outcome::failed:
      break;
  }
  return std::unexpected(link_.failure());
}

Result<bool> Driver::flush() {
  for (;;) {
    const auto sent = send_held();
    if (!sent || !*sent) return sent;
    const auto next = stack_.poll_transmit(now_, out_);
    if (!next) return true;
    held_ = *next;
  }
}

bool Driver::dispatch() {
  bool any = false;
  while (const auto event = stack_.poll_event()) {
    any = true;
    if (handler_) handler_(*event);
  }
  return any;
}

void Driver::sleep(Instant latest, std::span<pollfd> others) {
  Instant wake = earlier(earlier(latest, stack_.next_deadline()), link_.next_deadline());
  short wanted = POLLIN;
  if (waits_for_room()) {
    if (now_ < no_room_until_) {
      wake = std::min(wake, no_room_until_);
    } else {
      wanted |= POLLOUT;
    }
  }
  polled_.assign(others.begin(), others.end());
  polled_.push_back({link_.descriptor(), wanted, 0});
  const timespec timeout = more_ ? timespec{} : until(now_, wake);
  const bool ready = ::ppoll(polled_.data(), polled_.size(), &timeout, nullptr) > 0;
  for (std::size_t i = 0; i < others.size(); ++i) others[i].revents = ready ? polled_[i].revents : short{0};
  room_told_ = ready && (polled_.back().revents & POLLOUT) != 0;
}

Result<unsigned> Driver::receive() {
  for (unsigned taken = 0; taken < packets_per_turn_; ++taken) {
    const auto got = link_.receive(now_, in_);
    if (got.outcome == Link::Outcome::would_block) return taken;
    if (got.outcome == Link::Outcome::failed) return std::unexpected(link_.failure());
    stack_.on_packet(now_, std::span(in_).first(got.length), got.offload);
  }
  return packets_per_turn_;
}

Result<> Driver::turn(Instant latest, std::span<pollfd> others) {
  read_clock();
  if (auto sent = flush(); !sent) return std::unexpected(sent.error());
  if (dispatch()) {
    if (auto sent = flush(); !sent) return std::unexpected(sent.error());
    latest = now_;  // the caller may want to act on what the events changed
  }
  sleep(latest, others);
  read_clock();
  const auto taken = receive();
  if (!taken) return std::unexpected(taken.error());
  more_ = *taken == packets_per_turn_;
  if (const auto deadline = stack_.next_deadline(); deadline && *deadline <= now_) stack_.on_deadline(now_);
  if (prompt_) dispatch();
  if (auto sent = flush(); !sent) return std::unexpected(sent.error());
  if (room_told_ && waits_for_room()) no_room_until_ = now_ + refused_pause;
  dispatch();
  return {};
}

}  // namespace ft::io
