// One application at one end of a connection: it does what its plan says, and holds every octet that it reads against what the
// other end wrote there.
#pragma once

#include "base/rng.hpp"
#include "sim/torture/pattern.hpp"
#include "sim/torture/plan.hpp"
#include "sim/world.hpp"

#include <functional>
#include <string>
#include <vector>

namespace ft::sim::torture {

class End {
 public:
  /// What all ends share.
  struct Common {
    World& world;
    std::function<void(std::string)> wrong;  // an invariant is broken
    std::vector<std::byte> scratch = std::vector<std::byte>(65536);
    bool healed = false;
  };

  End(Common& common, const EndPlan& plan, std::uint64_t seed, World::Host host, std::uint32_t connection, bool opener);

  /// It has a connection. `peer` outlives this.
  void begins(ConnectionId id, const FourTuple& tuple, const End& peer);
  void on_event(const Event& event);
  /// Nobody is slow any more.
  void heal();
  /// Ends what nothing else will end.
  void give_up();

  World::Host host() const { return host_; }
  std::uint32_t connection() const { return connection_; }
  bool is_opener() const { return opener_; }
  const FourTuple& tuple() const { return tuple_; }
  ConnectionId id() const { return id_; }
  std::uint64_t pattern() const { return seed_; }
  /// It holds an id.
  bool is_open() const { return static_cast<bool>(id_); }
  bool has_begun() const { return begun_; }
  bool was_connected() const { return connected_; }
  /// Its application was told that the connection is over, or closed or aborted it.
  CloseReason why() const { return why_; }
  bool left() const { return left_; }
  std::string describe() const;

  // What the connection had reached when it was looked at last.
  struct Mark {
    std::uint32_t una = 0, rcv_nxt = 0, edge = 0;
    bool known = false;
  };
  Mark mark;

 private:
  void go_on();
  void write();
  std::size_t write_some(std::size_t wanted);
  void read();
  bool read_some();
  void take(std::span<const std::byte> octets);
  void at_end_of_stream();
  void toggle();
  void close();
  void abort();
  void later(Duration wait, bool& pending);
  Stack& stack() { return common_.world.use(host_); }

  Common& common_;
  const EndPlan& plan_;
  std::uint64_t seed_;
  Rng rng_;
  World::Host host_;
  std::uint32_t connection_;
  bool opener_;
  const End* peer_ = nullptr;
  FourTuple tuple_;
  ConnectionId id_{};
  std::uint64_t written_ = 0, read_ = 0;
  CloseReason why_ = CloseReason::none;
  bool begun_ = false, connected_ = false, shut_ = false, end_seen_ = false, left_ = false;
  bool dead_ = false;  // the stack takes no more octets
  bool write_pending_ = false, read_pending_ = false, memory_pending_ = false;
};

}  // namespace ft::sim::torture
