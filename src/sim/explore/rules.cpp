#include "sim/explore/rules.hpp"

#include "fourtuple/congestion.hpp"

namespace ft::sim::explore {
namespace {

/// A window that never changes: what is explored are the states of a connection, not of a controller.
class FixedWindow final : public CongestionController {
 public:
  std::string_view name() const override { return "fixed"; }
  void on_ack(const CongestionAck&) override {}
  void on_congestion(Instant, CongestionSignal, std::uint64_t) override {}
  void on_rto(Instant, std::uint64_t, bool) override {}
  void on_undo(Instant) override {}
  void set_mss(std::uint32_t) override {}
  std::uint64_t window() const override { return 10'000; }
  std::uint64_t ssthresh() const override { return UINT64_MAX; }
  std::string_view phase() const override { return "fixed"; }
  std::size_t memory() const override { return sizeof(*this); }
  std::unique_ptr<CongestionController> clone() const override { return std::make_unique<FixedWindow>(); }
};

struct FixedWindows final : CongestionFactory {
  std::unique_ptr<CongestionController> make(const CongestionStart&) const override { return std::make_unique<FixedWindow>(); }
};

TcpOptions plain() {
  TcpOptions o;
  o.ecn = Ecn::off;  // flags that change no order of events would multiply the states
  o.autotune = false;
  o.controller = std::make_shared<const FixedWindows>();
  o.pacing = false;
  o.window_scale = false;
  o.timestamps = false;
  o.send_buffer = o.receive_buffer = 4000;
  return o;
}

std::vector<Rules> make_worlds() {
  TcpOptions with_all = plain();
  with_all.timestamps = with_all.window_scale = true;
  TcpOptions bare = plain();
  bare.sack = bare.rack = bare.tail_loss_probe = bare.duplicate_sack = false;
  const auto options = std::make_shared<const TcpOptions>(plain());
  const auto all = std::make_shared<const TcpOptions>(with_all);
  const auto none = std::make_shared<const TcpOptions>(bare);
  const Part quiet{};
  const Part halves{.may_shut_down = true};
  const Part talks{.writes = 1, .octets = 2, .may_shut_down = true};
  const Part talks_twice{.writes = 2, .octets = 2, .may_shut_down = true};
  const Part leaves{.writes = 1, .octets = 2, .may_shut_down = true, .may_abort = true};
  std::vector<Rules> worlds;
  const auto add = [&](Rules rules, unsigned losses, unsigned duplicates, unsigned ticks) {
    rules.losses = static_cast<std::uint8_t>(losses);
    rules.duplicates = static_cast<std::uint8_t>(duplicates);
    rules.ticks = static_cast<std::uint8_t>(ticks);
    if (!rules.options) rules.options = options;
    worlds.push_back(std::move(rules));
  };
  add({.name = "handshake", .says = "an opening, and a close at any time", .parts = {quiet, quiet}}, 2, 1, 3);
  add({.name = "handshake-data", .says = "both write as soon as they can", .parts = {talks, talks}}, 1, 1, 2);
  add({.name = "simultaneous-open", .says = "both open at once", .simultaneous = true, .parts = {halves, halves}}, 1, 1, 2);
  add({.name = "old-duplicates", .says = "segments arrive up to three times more", .parts = {talks, quiet}}, 0, 3, 2);
  add({.name = "teardown", .says = "half-close and close from both sides", .established = true, .parts = {halves, halves}}, 2, 2,
      3);
  add({.name = "teardown-data", .says = "the same with text that crosses", .established = true, .parts = {talks, talks}}, 1, 1,
      2);
  add({.name = "abort", .says = "either aborts at any time", .established = true, .parts = {leaves, leaves}}, 1, 1, 1);
  add({.name = "crossing-data", .says = "two writes from each side", .established = true, .parts = {talks_twice, talks_twice}}, 1,
      0, 2);
  add({.name = "timestamps",
       .says = "with timestamps and window scale",
       .established = true,
       .parts = {talks, talks},
       .options = all},
      1, 1, 2);
  add({.name = "without-sack",
       .says = "no SACK, no RACK: RFC 5681 alone",
       .established = true,
       .parts = {talks, talks},
       .options = none},
      1, 1, 2);
  return worlds;
}

}  // namespace

std::vector<Rules> worlds() { return make_worlds(); }

}  // namespace ft::sim::explore
