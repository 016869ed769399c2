// A world in a box: hosts with real stacks, links with faults, virtual time. One priority queue holds everything that is going to
// happen; one seed decides every draw and every secret, so the same seed gives the same octets at the same nanosecond.
//
// Applications are callbacks. Calls on a stack are made through use(); when the callback returns, the world lets that host send,
// tells its application what happened, and arms its next deadline, until nothing is left to say.
//
// Reported to the sink: the stacks' own events, and LinkSent, LinkDelivered and LinkLost in the order that fourtuple/trace.hpp
// promises. Besides the fates of an impairment, a packet is lost as "filter" (see filter()), "down" (the host has crashed) or
// "no-link" (no link of the sender leads to the destination).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/rng.hpp"
#include "fourtuple/stack.hpp"
#include "fourtuple/trace.hpp"
#include "sim/impairment.hpp"

namespace ft::sim {

class World final : private trace::Sink {
 public:
  using Host = std::uint8_t;
  using OnEvent = std::function<void(const Event&)>;
  using Task = std::function<void()>;
  using Filter = std::function<bool(std::span<const std::byte> packet)>;  // true: drop

  /// The sink is not owned and must outlive the world.
  World(std::uint64_t seed, trace::Sink& sink);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() = default;

  // --- building -------------------------------------------------------------------------------------------------------------
  /// The secret in `config` is replaced by one that the seed decides; super-segments are switched off.
  Host add_host(StackConfig config);
  /// The impairments' own seeds are mixed with the world's.
  void add_link(Host a, Host b, ImpairmentSettings a_to_b, ImpairmentSettings b_to_a);
  void on_event(Host host, OnEvent callback);
  /// The application of a prompt host reacts before its stack may send: answer and acknowledgement then share a segment.
  void set_prompt(Host host, bool prompt);
  /// A firewall in front of `host`: what it drops is lost without a word, on arrival.
  void filter(Host host, Filter drops);

  // --- acting ---------------------------------------------------------------------------------------------------------------
  Instant now() const { return now_; }
  /// The host's stack, for calls; the host must be up.
  Stack& use(Host host);
  const Stack* look(Host host) const { return hosts_[host].stack.get(); }
  bool is_up(Host host) const { return hosts_[host].stack != nullptr; }
  /// Runs `task` at that time (now at the earliest), after what is already due then.
  void at(Instant when, Task task);
  /// Other faults for packets that enter that direction of a link from now on.
  void change_link(Host from, Host to, ImpairmentSettings settings);
  /// Puts a packet on the link from one host to another in the name of `from`, whose stack knows nothing of it.
  void inject(Host from, Host to, std::span<const std::byte> packet);
  /// The stack and all that it knew are gone; packets to it are lost as "down" until restart().
  void crash(Host host);
  /// A new stack with the same configuration and another secret.
  void restart(Host host);

  // --- running --------------------------------------------------------------------------------------------------------------
  /// When the next thing happens, after all that is to be said now has been said.
  std::optional<Instant> next();
  /// Lets the next thing happen unless it lies after `limit`; false when there was nothing.
  bool step(Instant limit = never);
  /// Everything up to and including `end`; then now() == end. False when `most` things happened before that.
  bool run_until(Instant end, std::uint64_t most = 10'000'000);
  /// Packets under way.
  std::size_t in_flight() const;
  /// Tasks of at() that are still to come.
  std::size_t pending_tasks() const { return pending_tasks_; }

 private:
  struct HostState {
    StackConfig config;
    std::unique_ptr<Stack> stack;  // none: the host has crashed
    OnEvent on_event;
    Filter drops;
    bool prompt = false;
    bool touched = false;            // something may have to be sent, told or armed
    std::optional<Instant> armed;    // the deadline that is in the queue
    std::uint64_t armed_order = 0;   // and its entry there
    std::vector<std::size_t> links;  // indices of the directions that leave this host
  };
  struct Direction {
    Host from = 0, to = 0;
    Impairment impairment;
    std::uint64_t packets = 0;
  };
  enum class Kind : std::uint8_t { delivery, deadline, task };
  struct Entry {
    Instant at{};
    std::uint64_t order = 0;
    Kind kind = Kind::task;
    std::size_t index = 0;  // direction or host
    Task task;
  };

  void on_event(const trace::Event& event) override;
  static bool later(const Entry& a, const Entry& b);
  void enqueue(Instant at, Kind kind, std::size_t index, Task task = {});
  void start_stack(Host host);
  void settle();
  bool send_all(Host host);
  bool tell_all(Host host);
  void arm(Host host);
  bool is_armed(const Entry& entry) const;
  void forget_overtaken();
  Entry take_first();
  Direction& direction(Host from, Host to);
  Direction* route(Host from, std::span<const std::byte> packet);
  bool owns(Host host, const IpAddress& address) const;
  void transmit(Direction& direction, std::span<const std::byte> packet);
  void deliver(Direction& direction);
  void report(Host host, decltype(trace::Event::what) what);

  trace::Sink& sink_;
  Rng rng_;
  Instant now_{};
  std::vector<HostState> hosts_;
  std::vector<Direction> directions_;
  std::vector<Entry> queue_;  // a heap, earliest first
  std::uint64_t orders_ = 0;
  std::size_t pending_tasks_ = 0;
  std::vector<std::byte> buffer_;
};

}  // namespace ft::sim
