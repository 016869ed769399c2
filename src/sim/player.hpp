// Plays the steps of a scenario on a world: the applications of both hosts, the attacker, and what they see. The runner in
// story.cpp decides when it is over.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fourtuple/trace.hpp"
#include "sim/facts.hpp"
#include "sim/scenario.hpp"
#include "sim/script.hpp"
#include "sim/world.hpp"

namespace ft::sim {

class Player final : private trace::Sink {
 public:
  /// The scenario and the sink must outlive the player.
  Player(const Scenario& scenario, bool ipv6, trace::Sink& sink);
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;
  ~Player() = default;

  /// Does what is due and lets the next thing happen unless it lies after `limit`; false when there was nothing.
  bool step(Instant limit);
  /// Nothing is under way, no step is due, and every connection has said what it had to say.
  bool is_quiet() const;

  World& world() { return world_; }
  Facts& facts() { return facts_; }
  /// Steps that could not be done, and octets that arrived other than they were sent.
  const std::vector<CheckedExpectation>& mishaps() const { return mishaps_; }

 private:
  /// An application's end of a connection.
  struct App {
    std::string name;
    Role host{};
    ConnectionId id{};
    FourTuple tuple{};
    std::string_view state{};
    bool open = true;            // the application still holds the id
    bool reads = true;           // whatever comes
    std::uint64_t may_read = 0;  // octets, when it does not
    std::uint64_t to_write = 0;  // octets that the stack has not taken yet
    std::uint64_t written = 0, read = 0;
    bool then_shutdown = false, then_close = false;  // when all is written
  };
  struct Listening {
    Step step;
    ListenerId id;
    unsigned owed = 0;   // accept steps that found nothing
    unsigned named = 0;  // connections accepted so far
  };

  void on_event(const trace::Event& event) override;
  void note_state(std::uint8_t host, const FourTuple& tuple, std::string_view state);
  void on_stack_event(Role host, const Event& event);
  void happened(const std::string& event, std::uint64_t value = 0);
  bool do_what_is_due();
  void perform(const Step& step);
  void on_connection(App& app, const Step& step);
  void listen(const Step& step);
  void connect(const Step& step);
  void accept(Role host, bool by_step);
  void pump_write(App& app);
  void pump_read(App& app);
  bool take(App& app, std::span<const std::byte> octets);
  void crash(Role host);
  void restart(Role host);
  void inject(const Step& step);
  void closed(App& app, CloseReason why);
  void done(const App& app, std::string_view call, std::expected<void, Error> result);
  void release(App& app);
  App* find(std::string_view name);
  App* find(Role host, ConnectionId id);
  ConnectionEnd& record(const App& app) { return facts_.connection(app.name, app.host); }
  Stack& stack(Role host) { return world_.use(static_cast<World::Host>(host)); }
  void mishap(const Step& step, std::string sentence);
  void filter_ports(Role host);

  const Scenario& scenario_;
  bool ipv6_;
  trace::Sink& sink_;
  Facts facts_;
  World world_;
  Script script_;
  std::vector<App> apps_;
  std::array<std::vector<Listening>, 2> listening_;
  std::vector<CheckedExpectation> mishaps_;
  std::vector<std::byte> piece_ = std::vector<std::byte>(65536);  // the most that one write or read moves
  std::optional<Instant> alarm_;                                  // a task of the world is set for then
  bool busy_ = false;
};

}  // namespace ft::sim
