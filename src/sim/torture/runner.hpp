// Plays a plan: hosts, links, applications, faults and attacks on a world in virtual time, and whether what happens may happen.
#pragma once

#include "sim/torture/end.hpp"
#include "sim/torture/moves.hpp"
#include "sim/torture/observer.hpp"
#include "sim/torture/run.hpp"
#include "sim/world.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ft::sim::torture {

/// The ports on which servers listen begin here.
inline constexpr std::uint16_t first_port = 80;

IpAddress address_of(World::Host host, bool ipv6);

class Runner final : private trace::Sink {
 public:
  Runner(const Plan& plan, const Chosen& chosen, trace::Sink* story);
  Outcome play();

 private:
  struct Pair {  // the ends of a connection, by number
    std::optional<std::uint32_t> opener, answerer;
    bool attacked = false;
  };
  struct Host {
    std::vector<ListenerId> listeners;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> by_index;  // a connection id's index -> generation, end
  };
  struct Line {  // a direction of a link
    World::Host from = 0, to = 0;
    ImpairmentSettings usual, now;
    bool faulty = false;
  };
  struct Running {  // an attack
    std::uint32_t item = 0;
    Rng rng;
    std::uint32_t left = 0;
  };

  bool fine() const { return outcome_.wrong.empty(); }
  void wrong(std::string what);
  const ConnectionPlan& connection(std::uint32_t item) const { return std::get<ConnectionPlan>(plan_.items[item]); }

  // Building the world (runner.cpp).
  void add_hosts();
  void add_links();
  void schedule();

  // Connections, and what their stacks say (runner.cpp).
  std::uint32_t add_end(std::uint32_t item, bool opener);
  void open(std::uint32_t item);
  bool connect(std::uint32_t number, const ConnectionPlan& c, const Endpoint& local, const Endpoint& remote);
  void begin(std::uint32_t number, ConnectionId id, const FourTuple& tuple);
  void on_stack_event(World::Host host, const Event& event);
  void accepted(World::Host host, ConnectionId id);
  void on_event(const trace::Event& event) override;
  void moved(const FourTuple& tuple, std::string_view from, std::string_view to, Mover by);

  // Faults and attacks (runner_faults.cpp).
  Line& line(World::Host from, World::Host to);
  void change_line(std::uint32_t item);
  void tell_too_big(const trace::LinkLost& lost);
  void inject(World::Host from, World::Host to, std::span<const std::byte> packet);
  void strike(std::size_t number);
  bool is_faulty(World::Host from, World::Host to) { return line(from, to).faulty; }

  // Whether it may be so (runner_checks.cpp).
  bool has_forged_opening(const FourTuple& tuple) const;
  void judge_end(const End& end, CloseReason why);
  void advance(Instant until);
  void check_step();
  void check_idle();
  void check_connection(const FourTuple& tuple);
  End* end_of(const FourTuple& tuple);
  void check_memory();
  void check_all_finished();
  void check_nothing_left();

  const Plan& plan_;
  const Chosen& chosen_;
  trace::Sink* story_;
  Observer observer_;
  World world_;
  End::Common common_{.world = world_, .wrong = {}};
  std::vector<Host> hosts_;
  std::vector<Line> lines_;
  std::deque<End> ends_;
  std::vector<Pair> pairs_;  // by item
  std::deque<Running> attacks_;
  boost::unordered_flat_map<FourTuple, std::uint32_t, TupleHash> by_tuple_;  // as the opener names it -> item
  std::vector<FourTuple> touched_;
  std::vector<std::byte> last_sent_;
  std::deque<std::vector<std::byte>> messages_;
  bool injecting_ = false;
  Outcome outcome_;
  std::uint64_t heard_ = 0, heard_before_ = 0, idle_ = 0, at_once_ = 0;
  Instant last_step_{}, idle_since_{};
};

}  // namespace ft::sim::torture
