// How large a window to offer: twice what the application takes in a round trip, so that the window never is what slows the peer
// down (dynamic right-sizing). It only grows; a right edge that was offered stays (RFC 9293 SHLD-14).
#pragma once

#include "fourtuple/time.hpp"
#include "wire/seq.hpp"

#include <algorithm>
#include <cstdint>

namespace ft::tcp {

class ReceiveAutotune {
 public:
  /// `limit`: the first window, octets.
  void open(std::uint32_t limit) { limit_ = limit; }
  std::uint32_t limit() const { return limit_; }

  /// The application took octets out of the ring.
  void on_read(std::uint32_t octets) { read_ += octets; }

  /// A round trip as an arriving timestamp tells it (RFC 7323 4): from our ACK to the text that it let go.
  void on_round_trip(Duration rtt) {
    if (rtt <= Duration::zero()) return;
    // A sender that paused makes a trip seem longer, never shorter.
    rtt_ = rtt_ == Duration::zero() || rtt < rtt_ ? rtt : rtt_ + (rtt - rtt_) / 8;
    measured_by_timestamps_ = true;
  }

  struct Path {
    std::uint32_t ceiling;  // octets, the most that may be offered
    std::uint32_t mss;
    bool pressed;  // the stack's memory is short: stay as we are
  };
  /// In-order text came up to `nxt`, with the right edge at `edge`.
  void on_text(Instant now, Seq nxt, Seq edge, const Path& path) {
    measure_by_window(now, nxt, edge);
    if (!counting_) {
      begin(now);
      return;
    }
    if (rtt_ == Duration::zero() || now - began_ < rtt_) return;
    if (!path.pressed) grow(path);
    begin(now);
  }

  Duration round_trip() const { return rtt_; }

 private:
  void begin(Instant now) {
    counting_ = true;
    began_ = now;
    last_read_ = read_;
    read_ = 0;
  }
  /// Without timestamps: a window's worth of text takes a round trip at least; the shortest time is the best guess.
  void measure_by_window(Instant now, Seq nxt, Seq edge) {
    if (measured_by_timestamps_) return;
    if (timing_window_ && before(nxt, window_end_)) return;
    if (timing_window_ && now > window_began_) {
      const Duration took = now - window_began_;
      rtt_ = rtt_ == Duration::zero() ? took : std::min(rtt_, took);
    }
    timing_window_ = true;
    window_began_ = now;
    window_end_ = edge;
  }
  void grow(const Path& path) {
    // A sender in slow start doubles: what it sends in the round trip to come must find room as well.
    const std::uint64_t factor = read_ > last_read_ + last_read_ / 2 ? 4 : 2;
    const std::uint64_t wanted = factor * read_ + std::uint64_t{16} * path.mss;
    const auto allowed = static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, path.ceiling));
    limit_ = std::max(limit_, allowed);
  }

  Duration rtt_{};
  Instant began_{};
  Instant window_began_{};
  std::uint64_t read_ = 0;       // octets, in the round trip that runs
  std::uint64_t last_read_ = 0;  // in the one before
  std::uint32_t limit_ = 0;
  Seq window_end_;
  bool counting_ = false;
  bool timing_window_ = false;
  bool measured_by_timestamps_ = false;
};

}  // namespace ft::tcp
