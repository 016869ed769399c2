// Where the rings' limits meet the rest of a connection (docs/internals/windows.md).
#include "tcp/connection.hpp"

#include <algorithm>

namespace ft::tcp {

namespace {

/// What a ring may hold before the path has shown anything: some round trips' worth of an initial window, and what idle
/// connections never take.
constexpr std::uint32_t first_limit = 128 * 1024;

/// Three quarters of the stack's ceiling are in use: who has little shall not lose to who wants more.
bool is_pressed(const BufferPool& pool) { return pool.used() >= pool.ceiling() - pool.ceiling() / 4; }

/// `grown`: what the limit has become; 0 before it has grown.
std::uint32_t limit_now(bool autotune, std::uint32_t grown, std::uint32_t ceiling) {
  return autotune ? std::min(std::max(grown, first_limit), ceiling) : ceiling;
}

}  // namespace

std::uint32_t Connection::send_limit() const {
  return limit_now(options_->autotune, traffic_ ? traffic_->send.limit() : 0, options_->send_buffer);
}

std::uint32_t Connection::receive_limit() const {
  return limit_now(options_->autotune, traffic_ ? traffic_->receive.limit() : 0, options_->receive_buffer);
}

void Connection::widen_send_ring(BufferPool& pool) {
  if (options_->autotune && traffic_) traffic_->send.on_window(sender_.cwnd(), options_->send_buffer, is_pressed(pool));
}

/// In-order text has come.
void Connection::widen_receive_ring(Context context, const Segment& segment) {
  if (!options_->autotune) return;
  const auto& timestamps = segment.header.options.timestamps;
  if (negotiated_.timestamps && timestamps && timestamps->ecr != 0) {
    const std::uint32_t ago = timestamp_clock(context.now, ts_offset_) - timestamps->ecr;
    if (ago <= std::uint32_t{INT32_MAX}) traffic().receive.on_round_trip(std::chrono::milliseconds(std::max(ago, 1u)));
  }
  traffic().receive.on_text(context.now, receiver_.rcv.nxt, receiver_.rcv.edge(),
                            {.ceiling = options_->receive_buffer, .mss = negotiated_.mss(), .pressed = is_pressed(context.pool)});
}

}  // namespace ft::tcp
