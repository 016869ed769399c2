#include "cli/kernel_player.hpp"

#include <algorithm>
#include <type_traits>

namespace ft::cli {
namespace {

using sim::Role;
using sim::Verb;

constexpr std::array<std::string_view, 5> restless_states{"SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "CLOSING", "LAST-ACK"};

std::byte pattern(std::uint64_t position) { return static_cast<std::byte>('a' + position % 26); }

}  // namespace

KernelPlayer::KernelPlayer(const sim::Scenario& scenario, bool ipv6, std::array<StoryHost*, 2> hosts, Instant start,
                           trace::Sink& sink)
    : scenario_(scenario), ipv6_(ipv6), hosts_(hosts), start_(start), sink_(sink), script_(scenario.steps) {
  apps_.reserve(scenario.steps.size() + 1);
}

// --- what is seen -------------------------------------------------------------------------------------------------------------

void KernelPlayer::on_event(const trace::Event& real) {
  trace::Event event = real;
  now_ = event.at = std::max(now_, told(real.at));  // a call made before the first packet bears no time yet
  facts_.on_event(event);
  sink_.on_event(event);
  std::visit(
      [&](const auto& what) {
        using What = std::decay_t<decltype(what)>;
        if constexpr (std::is_same_v<What, trace::SegmentSent> || std::is_same_v<What, trace::SegmentReceived>) {
          note_state(event.host, what.tuple, what.state_after);
        } else if constexpr (std::is_same_v<What, trace::StateChanged>) {
          note_state(event.host, what.tuple, what.to);
        } else if constexpr (std::is_same_v<What, trace::LinkSent> || std::is_same_v<What, trace::LinkDelivered>) {
          last_packet_ = event.at;
        }
      },
      event.what);
}

void KernelPlayer::note_state(std::uint8_t host, const FourTuple& tuple, std::string_view state) {
  if (state.empty()) return;
  states_[{host, tuple}] = state;
  for (App& app : apps_) {
    if (sim::index(app.host) != host || app.tuple != tuple || app.state == state || app.state == "CLOSED") continue;
    app.state = state;
    happened(app.name + ".state " + std::string(state));
    if (!app.open && (state == "CLOSED" || state == "TIME-WAIT")) happened(app.name + ".closed");
  }
}

bool KernelPlayer::is_quiet(Instant real, Duration silence) {
  if (script_.next() || told(real) - last_packet_ < silence) return false;
  const auto is_restless = [](const auto& entry) {
    return std::ranges::find(restless_states, entry.second) != restless_states.end();
  };
  return std::ranges::none_of(apps_, &App::restless) && std::ranges::none_of(states_, is_restless);
}

Instant KernelPlayer::next() const {
  const auto due = script_.next();
  return due ? start_ + due->time_since_epoch() : never;
}

std::vector<pollfd> KernelPlayer::watched() const {
  std::vector<pollfd> result;
  for (const App& app : apps_) {
    if (!app.open || app.closed) continue;
    const bool reads = !app.ended && (app.reads || app.may_read > 0);
    result.push_back(hosts_[sim::index(app.host)]->watch(app.handle, reads, app.to_write > 0));
  }
  return result;
}

// --- both applications --------------------------------------------------------------------------------------------------------

void KernelPlayer::act(Instant real) {
  if (acting_) return;  // a step made something happen: the loop below takes it up
  acting_ = true;
  now_ = std::max(now_, told(real));
  do {
    for (const Role role : {Role::client, Role::server}) accept(role);
    for (App& app : apps_) {
      if (app.open) look(app);
      if (app.open) pump_read(app);
      if (app.open) pump_write(app);
    }
  } while (perform_due());
  acting_ = false;
}

bool KernelPlayer::perform_due() {
  bool any = false;
  while (const sim::Step* step = script_.pop(now_)) {
    perform(*step);
    any = true;
  }
  return any;
}

/// Our stack tells its calls itself; this tells the kernel's.
void KernelPlayer::call(const App& app, std::string_view name, std::uint64_t octets) {
  if (dynamic_cast<const KernelHost*>(hosts_[sim::index(app.host)]) == nullptr) return;
  sink_.on_event({now_, static_cast<std::uint8_t>(app.host), trace::Call{app.tuple, name, octets, ""}});
}

void KernelPlayer::look(App& app) {
  const StoryHost::Progress progress = at(app.host).progress(app.handle);
  app.restless = progress.restless;
  if (progress.connected && !app.connected) {
    app.connected = true;
    if (!record(app).accepted) {
      record(app).connected = true;
      happened(app.name + ".connected");
    }
  }
  if (progress.closed != CloseReason::none && !app.closed) {
    pump_read(app);  // what came before the end
    app.closed = true;
    record(app).closed = progress.closed;
    happened(app.name + ".closed");
  }
}

void KernelPlayer::pump_write(App& app) {
  std::array<std::byte, 4096> piece;
  while (app.to_write > 0 && app.connected) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), app.to_write));
    for (std::size_t i = 0; i < n; ++i) piece[i] = pattern(app.written + i);
    const auto took = at(app.host).write(app.handle, std::span(piece).first(n));
    if (!took) app.to_write = 0;
    if (!took || *took == 0) return;
    call(app, "write", *took);
    app.written += *took;
    app.to_write -= *took;
    record(app).octets_written = app.written;
    if (app.to_write == 0) happened(app.name + ".written");
  }
  if (app.to_write > 0) return;
  if (app.then_close) {
    release(app);
    at(app.host).close(app.handle);
  } else if (app.then_shutdown) {
    app.then_shutdown = false;
    at(app.host).shutdown(app.handle);
  }
}

void KernelPlayer::pump_read(App& app) {
  std::array<std::byte, 4096> piece;
  while (!app.ended && (app.reads || app.may_read > 0)) {
    const auto room = app.reads ? piece.size() : std::min<std::size_t>(piece.size(), app.may_read);
    const auto got = at(app.host).read(app.handle, std::span(piece).first(room));
    if (!got) return;
    if (*got == 0) {
      app.ended = record(app).end_seen = true;
      happened(app.name + ".end");
      return;
    }
    call(app, "read", *got);
    for (std::size_t i = 0; i < *got; ++i) {
      if (piece[i] == pattern(app.read + i)) continue;
      mishaps_.push_back({app.name + " read", 0, false, "octet " + std::to_string(app.read + i) + " is not what was written"});
      app.reads = false;
      app.may_read = 0;
      return;
    }
    app.read += *got;
    app.may_read -= std::min<std::uint64_t>(app.may_read, *got);
    record(app).octets_read = app.read;
    happened(app.name + ".received", app.read);
  }
}

// --- steps --------------------------------------------------------------------------------------------------------------------

void KernelPlayer::mishap(const sim::Step& step, std::string sentence) {
  mishaps_.push_back({step.actor + " " + std::string(sim::to_string(step.verb)), step.line, false, std::move(sentence)});
}

KernelPlayer::App* KernelPlayer::find(std::string_view name) {
  const auto found = std::ranges::find(apps_, name, &App::name);
  return found == apps_.end() ? nullptr : &*found;
}

std::string KernelPlayer::free_name(Role role) {
  std::string name(sim::to_string(role));
  for (unsigned number = 2; find(name) != nullptr; ++number) name = std::string(sim::to_string(role)) + std::to_string(number);
  return name;
}

void KernelPlayer::perform(const sim::Step& step) {
  switch (step.verb) {
    case Verb::listen:
      return listen(step);
    case Verb::connect:
      return connect(step);
    case Verb::accept:
      ++owed_[sim::index(step.host)];
      return accept(step.host);
    case Verb::crash:
    case Verb::restart:
    case Verb::inject:
      return mishap(step, "this cannot be done with the kernel as the peer");
    default:
      break;
  }
  App* app = find(step.actor);
  if (app == nullptr || !app->open) return mishap(step, "there is no connection " + step.actor + " at that time");
  on_connection(*app, step);
}

void KernelPlayer::on_connection(App& app, const sim::Step& step) {
  switch (step.verb) {
    case Verb::write:
      app.to_write += step.octets;
      break;
    case Verb::read:
      app.reads = step.octets == 0;
      app.may_read += step.octets;
      break;
    case Verb::stop_reading:
      app.reads = false;
      app.may_read = 0;
      break;
    case Verb::shutdown:
      call(app, "shutdown");
      app.then_shutdown = true;
      break;
    case Verb::close:
      call(app, "close");
      app.then_close = true;
      break;
    case Verb::abort:
      call(app, "abort");
      release(app);
      at(app.host).abort(app.handle);
      return;
    default:
      return;
  }
  pump_write(app);
  if (app.open) pump_read(app);
}

void KernelPlayer::release(App& app) {
  app.open = false;
  app.restless = false;
}

void KernelPlayer::listen(const sim::Step& step) {
  const auto done = at(step.host).listen({sim::address_of(scenario_, step.host, ipv6_), step.port}, step.backlog);
  if (!done) return mishap(step, done.error().why);
  happened(step.actor + ".listening");
}

void KernelPlayer::connect(const sim::Step& step) {
  if (find(step.actor) != nullptr) return mishap(step, "there is a connection " + step.actor + " already");
  const Role other = step.host == Role::client ? Role::server : Role::client;
  const Endpoint local{sim::address_of(scenario_, step.host, ipv6_, step.from_address), step.from_port.value_or(0)};
  const Endpoint remote{sim::address_of(scenario_, other, ipv6_), step.port};
  const auto handle = at(step.host).connect(start_ + now_.time_since_epoch(), local, remote);
  if (!handle) {
    sim::ConnectionEnd& end = facts_.connection(step.actor, step.host);
    end.error = handle.error().code;
    if (handle.error().free_at) end.free_at = told(*handle.error().free_at);
    return happened(step.actor + ".failed");
  }
  App app;
  app.name = step.actor;
  app.host = step.host;
  app.handle = *handle;
  app.state = "SYN-SENT";
  add(std::move(app));
  call(apps_.back(), "connect");
}

void KernelPlayer::accept(Role role) {
  unsigned& owed = owed_[sim::index(role)];
  while (scenario_.hosts[sim::index(role)].accepts || owed > 0) {
    const auto handle = at(role).accept();
    if (!handle) return;
    if (owed > 0) --owed;
    App app;
    app.name = free_name(role);
    app.host = role;
    app.handle = *handle;
    app.state = "ESTABLISHED";
    app.connected = true;
    add(std::move(app));
    record(apps_.back()).accepted = true;
    call(apps_.back(), "accept");
    happened(apps_.back().name + ".accepted");
  }
}

void KernelPlayer::add(App app) {
  app.tuple = at(app.host).tuple(app.handle);
  app.reads = scenario_.hosts[sim::index(app.host)].reads;
  record(app).tuple = app.tuple;
  apps_.push_back(std::move(app));
}

}  // namespace ft::cli
