// Plays the steps of a scenario in real time, our stack at one end, this machine's kernel at the other: both applications, what
// they see, and whether all has fallen silent.
#pragma once

#include "cli/kernel_story_hosts.hpp"
#include "fourtuple/trace.hpp"
#include "sim/facts.hpp"
#include "sim/scenario.hpp"
#include "sim/script.hpp"

#include <array>
#include <map>
#include <string>
#include <vector>

namespace ft::cli {

class KernelPlayer final : public trace::Sink {
 public:
  /// `hosts` by Role. The story's time begins at `start`; `sink` is told in the story's time. All must outlive the player.
  KernelPlayer(const sim::Scenario& scenario, bool ipv6, std::array<StoryHost*, 2> hosts, Instant start, trace::Sink& sink);

  /// What the stack, the link and the kernel's witness report, in real time.
  void on_event(const trace::Event& event) override;

  /// Does what is due and lets both applications read, write and notice.
  void act(Instant now);
  /// When act() has something to do although nothing arrives; never = unknown.
  Instant next() const;
  /// What the kernel's sockets wait for.
  std::vector<pollfd> watched() const;
  /// Nobody owes an answer, no step is due, and the last packet is at least so old.
  bool is_quiet(Instant now, Duration silence);

  sim::Facts& facts() { return facts_; }
  const std::vector<sim::CheckedExpectation>& mishaps() const { return mishaps_; }

 private:
  struct App {
    std::string name;
    sim::Role host{};
    StoryHost::Handle handle = 0;
    FourTuple tuple{};
    std::string_view state{};
    bool open = true;            // the application still holds it
    bool reads = true;           // whatever comes
    std::uint64_t may_read = 0;  // octets, when it does not
    std::uint64_t to_write = 0;
    std::uint64_t written = 0, read = 0;
    bool then_shutdown = false, then_close = false;  // when all is written
    bool connected = false, ended = false, closed = false, restless = false;
  };

  StoryHost& at(sim::Role role) { return *hosts_[sim::index(role)]; }
  Instant told(Instant real) const { return Instant{real - start_}; }
  void happened(const std::string& event, std::uint64_t value = 0) { script_.happened(event, now_, value); }
  void note_state(std::uint8_t host, const FourTuple& tuple, std::string_view state);
  void call(const App& app, std::string_view name, std::uint64_t octets = 0);
  bool perform_due();
  void perform(const sim::Step& step);
  void on_connection(App& app, const sim::Step& step);
  void listen(const sim::Step& step);
  void connect(const sim::Step& step);
  void accept(sim::Role role);
  void add(App app);
  void look(App& app);
  void pump_read(App& app);
  void pump_write(App& app);
  void release(App& app);
  App* find(std::string_view name);
  sim::ConnectionEnd& record(const App& app) { return facts_.connection(app.name, app.host); }
  void mishap(const sim::Step& step, std::string sentence);
  std::string free_name(sim::Role role);

  const sim::Scenario& scenario_;
  bool ipv6_;
  std::array<StoryHost*, 2> hosts_;
  Instant start_;
  trace::Sink& sink_;
  sim::Facts facts_;
  sim::Script script_;
  std::vector<App> apps_;
  std::map<std::pair<std::uint8_t, FourTuple>, std::string_view> states_;  // of every connection, half-open ones included
  std::array<unsigned, 2> owed_{};                                         // accept steps that found nothing yet
  std::vector<sim::CheckedExpectation> mishaps_;
  Instant now_{};          // in the story's time
  Instant last_packet_{};  // in the story's time
  bool acting_ = false;
};

}  // namespace ft::cli
