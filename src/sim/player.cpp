#include "sim/player.hpp"

#include <algorithm>
#include <type_traits>

#include "sim/packet.hpp"

namespace ft::sim {
namespace {

constexpr std::array<std::string_view, 5> restless{"SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "CLOSING", "LAST-ACK"};

/// The octet at this place of every stream: letters, so that a capture can be read and an octet out of place is seen.
std::byte pattern(std::uint64_t position) { return static_cast<std::byte>('a' + position % 26); }

trace::SegmentFields fields_of(const wire::TcpHeader& header, std::size_t octets) {
  trace::SegmentFields fields;
  fields.seq = header.seq.value();
  fields.ack = header.ack.value();
  fields.flags = header.flags;
  fields.window = header.window;
  fields.length = static_cast<std::uint32_t>(octets);
  return fields;
}

}  // namespace

Player::Player(const Scenario& scenario, bool ipv6, trace::Sink& sink)
    : scenario_(scenario), ipv6_(ipv6), sink_(sink), world_(scenario.seed, *this), script_(scenario.steps) {
  for (const Role role : {Role::client, Role::server}) {
    const auto host = world_.add_host(host_config(scenario, role, ipv6, scenario.seed));
    world_.on_event(host, [this, role](const Event& event) { on_stack_event(role, event); });
    world_.set_prompt(host, scenario.hosts[index(role)].prompt);
    filter_ports(role);
  }
  world_.add_link(0, 1, scenario.to_server, scenario.to_client);
}

void Player::filter_ports(Role role) {
  const auto& ports = scenario_.hosts[index(role)].filtered_ports;
  if (ports.empty()) return;
  world_.filter(static_cast<World::Host>(role), [&ports](std::span<const std::byte> packet) {
    const auto seen = look_at_tcp(packet);
    return seen && std::find(ports.begin(), ports.end(), seen->destination.port) != ports.end();
  });
}

// --- running ----------------------------------------------------------------------------------------------------------------

bool Player::step(Instant limit) {
  const bool acted = do_what_is_due();
  const auto due = script_.next();
  if (due && *due <= limit && (!alarm_ || *due < *alarm_)) {
    alarm_ = due;
    world_.at(*due, [this] { alarm_.reset(); });
  }
  const bool went_on = world_.step(limit);
  return do_what_is_due() || went_on || acted;
}

bool Player::do_what_is_due() {
  if (busy_) return false;  // a step made something happen: the loop below takes it up
  busy_ = true;
  bool acted = false;
  while (const Step* step = script_.pop(world_.now())) {
    perform(*step);
    acted = true;
  }
  busy_ = false;
  return acted;
}

void Player::happened(const std::string& event, std::uint64_t value) { script_.happened(event, world_.now(), value); }

bool Player::is_quiet() const {
  if (world_.in_flight() > 0 || script_.next()) return false;
  for (const App& app : apps_) {
    const Stack* at = world_.look(static_cast<World::Host>(app.host));
    if (at == nullptr) continue;
    if (std::find(restless.begin(), restless.end(), app.state) != restless.end()) return false;
    const auto info = app.open ? at->info(app.id) : std::nullopt;
    if (info && info->closed == CloseReason::none && info->send_queued > 0) return false;
  }
  return true;
}

// --- what is seen -----------------------------------------------------------------------------------------------------------

void Player::on_event(const trace::Event& event) {
  facts_.on_event(event);
  sink_.on_event(event);
  std::visit(
      [&](const auto& what) {
        using What = std::decay_t<decltype(what)>;
        if constexpr (std::is_same_v<What, trace::SegmentSent> || std::is_same_v<What, trace::SegmentReceived>) {
          note_state(event.host, what.tuple, what.state_after);
        } else if constexpr (std::is_same_v<What, trace::StateChanged>) {
          note_state(event.host, what.tuple, what.to);
        }
      },
      event.what);
}

void Player::note_state(std::uint8_t host, const FourTuple& tuple, std::string_view state) {
  if (state.empty()) return;
  for (App& app : apps_) {
    if (index(app.host) != host || app.tuple != tuple || app.state == state) continue;
    if (app.state == "CLOSED") continue;  // a later connection of the same name
    app.state = state;
    happened(app.name + ".state " + std::string{state});
    if (!app.open && (state == "CLOSED" || state == "TIME-WAIT")) happened(app.name + ".closed");
  }
}

void Player::on_stack_event(Role host, const Event& event) {
  if (event.kind == Event::Kind::acceptable) {
    accept(host, false);
  } else if (App* app = find(host, event.connection)) {
    switch (event.kind) {
      case Event::Kind::connected:
        record(*app).connected = true;
        happened(app->name + ".connected");
        pump_write(*app);
        break;
      case Event::Kind::readable:
        pump_read(*app);
        break;
      case Event::Kind::writable:
        pump_write(*app);
        break;
      case Event::Kind::trouble:
        happened(app->name + ".trouble");
        break;
      case Event::Kind::closed:
        closed(*app, event.why);
        break;
      case Event::Kind::acceptable:
      case Event::Kind::urgent:
        break;
    }
  }
  do_what_is_due();
}

void Player::closed(App& app, CloseReason why) {
  pump_read(app);  // what came before the end
  record(app).closed = why;
  happened(app.name + ".closed");
}

// --- steps ------------------------------------------------------------------------------------------------------------------

void Player::mishap(const Step& step, std::string sentence) {
  mishaps_.push_back({step.actor + " " + std::string{to_string(step.verb)}, step.line, false, std::move(sentence)});
}

Player::App* Player::find(std::string_view name) {
  for (App& app : apps_)
    if (app.name == name) return &app;
  return nullptr;
}

Player::App* Player::find(Role host, ConnectionId id) {
  for (App& app : apps_)
    if (app.host == host && app.open && app.id == id) return &app;
  return nullptr;
}

void Player::perform(const Step& step) {
  if (step.verb == Verb::restart) return restart(step.host);
  if (step.verb == Verb::inject) return inject(step);
  if (!world_.is_up(static_cast<World::Host>(step.host))) return mishap(step, "the host has crashed");
  switch (step.verb) {
    case Verb::listen:
      return listen(step);
    case Verb::connect:
      return connect(step);
    case Verb::accept:
      return accept(step.host, true);
    case Verb::crash:
      return crash(step.host);
    default:
      break;
  }
  App* app = find(step.actor);
  if (app == nullptr || !app->open) return mishap(step, "there is no connection " + step.actor + " at that time");
  on_connection(*app, step);
}

void Player::on_connection(App& app, const Step& step) {
  switch (step.verb) {
    case Verb::write:
      app.to_write += step.octets;
      pump_write(app);
      break;
    case Verb::read:
      app.reads = step.octets == 0;
      app.may_read += step.octets;
      pump_read(app);
      break;
    case Verb::stop_reading:
      app.reads = false;
      app.may_read = 0;
      break;
    case Verb::shutdown:
      app.then_shutdown = true;
      pump_write(app);
      break;
    case Verb::close:
      app.then_close = true;
      pump_write(app);
      break;
    case Verb::abort:
      release(app);
      done(app, "abort", stack(app.host).abort(app.id));
      break;
    default:
      break;
  }
}

/// A call that a dead connection answers with its end is no mishap: the story is about such ends.
void Player::done(const App& app, std::string_view call, std::expected<void, Error> result) {
  if (result || result.error() >= Error::connection_refused) return;
  mishaps_.push_back({app.name + " " + std::string{call}, 0, false, std::string{describe(result.error())}});
}

/// From here on the id is the stack's again; how it ends is read off the trace.
void Player::release(App& app) {
  app.open = false;
  if (const auto info = stack(app.host).info(app.id)) app.state = info->state;
}

void Player::listen(const Step& step) {
  const Endpoint local{address_of(scenario_, step.host, ipv6_), step.port};
  ListenOptions options;
  options.backlog = step.backlog;
  options.syn_queue = step.syn_queue;
  options.syn_cookies = step.cookies;
  options.fast_open = step.fast_open;
  const auto id = stack(step.host).listen(local, options);
  if (!id) return mishap(step, std::string{describe(id.error())});
  listening_[index(step.host)].push_back({.step = step, .id = *id});
  happened(step.actor + ".listening");
}

void Player::connect(const Step& step) {
  const Role other = step.host == Role::client ? Role::server : Role::client;
  if (find(step.actor) != nullptr) return mishap(step, "there is a connection " + step.actor + " already");
  const Endpoint remote{address_of(scenario_, other, ipv6_), step.port};
  ConnectOptions options;
  options.local_address = address_of(scenario_, step.host, ipv6_, step.from_address);
  options.local_port = step.from_port;
  std::vector<std::byte> first(step.first);
  for (std::size_t i = 0; i < first.size(); ++i) first[i] = pattern(i);
  options.first_text = first;
  options.fast_open = step.asks_fast_open;
  const auto id = stack(step.host).connect(world_.now(), remote, options);
  if (!id) {
    ConnectionEnd& end = facts_.connection(step.actor, step.host);
    end.error = id.error().code;
    end.free_at = id.error().free_at;
    return happened(step.actor + ".failed");
  }
  const auto info = stack(step.host).info(*id);
  App app{.name = step.actor, .host = step.host, .id = *id, .reads = scenario_.hosts[index(step.host)].reads};
  app.written = step.first;
  if (info) app.tuple = info->tuple, app.state = info->state;
  apps_.push_back(app);
  record(app).tuple = app.tuple;
}

/// Accepts what there is to accept, or one connection for a step.
void Player::accept(Role host, bool by_step) {
  for (Listening& l : listening_[index(host)]) {
    if (by_step) ++l.owed;
    while (scenario_.hosts[index(host)].accepts || l.owed > 0) {
      const auto id = stack(host).accept(l.id);
      if (!id) break;
      if (l.owed > 0) --l.owed;
      unsigned number = 0;
      std::string name;
      do {
        name = std::string{to_string(host)} + (++number == 1 ? "" : std::to_string(number));
      } while (find(name) != nullptr);
      App app{.name = name, .host = host, .id = *id, .reads = scenario_.hosts[index(host)].reads};
      if (const auto info = stack(host).info(*id)) app.tuple = info->tuple, app.state = info->state;
      apps_.push_back(app);
      ConnectionEnd& end = record(app);
      end.tuple = app.tuple;
      end.accepted = true;
      happened(name + ".accepted");
      pump_read(apps_.back());
    }
    if (by_step) return;
  }
}

void Player::pump_write(App& app) {
  while (app.to_write > 0 && app.open) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(piece_.size(), app.to_write));
    for (std::size_t i = 0; i < n; ++i) piece_[i] = pattern(app.written + i);
    const auto taken = stack(app.host).write(app.id, std::span{piece_}.first(n));
    if (!taken && taken.error() != Error::would_block && taken.error() != Error::not_connected) app.to_write = 0;
    if (!taken) return;
    app.written += *taken;
    app.to_write -= *taken;
    record(app).octets_written = app.written;
    if (app.to_write == 0) happened(app.name + ".written");
  }
  if (app.to_write > 0 || !app.open) return;
  if (app.then_close) {
    app.then_close = false;
    release(app);
    done(app, "close", stack(app.host).close(app.id));
  } else if (app.then_shutdown) {
    app.then_shutdown = false;
    done(app, "shutdown", stack(app.host).shutdown(app.id));
  }
}

void Player::pump_read(App& app) {
  while (app.open && (app.reads || app.may_read > 0)) {
    const auto room = app.reads ? piece_.size() : static_cast<std::size_t>(std::min<std::uint64_t>(piece_.size(), app.may_read));
    const auto n = stack(app.host).read(app.id, std::span{piece_}.first(room));
    if (!n) return;
    if (*n == 0) {
      if (!record(app).end_seen) {
        record(app).end_seen = true;
        happened(app.name + ".end");
      }
      return;
    }
    if (!take(app, std::span{piece_}.first(*n))) return;
  }
}

/// Octets of the peer's pattern, each in its place.
bool Player::take(App& app, std::span<const std::byte> octets) {
  for (const std::byte octet : octets) {
    if (octet != pattern(app.read++)) {
      mishaps_.push_back(
          {app.name + " read", 0, false, "octet " + std::to_string(app.read) + " is not the one that was written"});
      app.reads = false;
      return false;
    }
  }
  app.may_read -= std::min<std::uint64_t>(app.may_read, octets.size());
  record(app).octets_read = app.read;
  happened(app.name + ".received", app.read);
  return true;
}

void Player::crash(Role host) {
  const auto at = static_cast<World::Host>(host);
  for (const PortEntry& entry : stack(host).ports()) {
    if (entry.tuple.remote.port == 0) continue;
    on_event({.at = world_.now(),
              .host = at,
              .what = trace::StateChanged{entry.tuple, entry.state, "CLOSED", {"crash", "RFC 9293 3.5.1"}}});
  }
  world_.crash(at);
  for (App& app : apps_)
    if (app.host == host) app.open = false;
  happened(std::string{to_string(host)} + ".crashed");
}

void Player::restart(Role host) {
  world_.restart(static_cast<World::Host>(host));
  const auto before = std::move(listening_[index(host)]);
  listening_[index(host)].clear();
  for (const Listening& l : before) listen(l.step);
  happened(std::string{to_string(host)} + ".restarted");
}

void Player::inject(const Step& step) {
  const Injection& forged = step.injection;
  App* victim = find(forged.victim);
  const auto info = victim != nullptr && victim->open ? stack(victim->host).info(victim->id) : std::nullopt;
  if (!info) return mishap(step, "there is no connection " + forged.victim + " at that time");
  wire::TcpHeader header;
  header.flags = forged.flags;
  header.seq = Seq{info->rcv_nxt} + static_cast<std::uint32_t>(forged.offset);
  if (header.has(wire::tcp_flag::ack)) header.ack = Seq{info->snd_nxt};
  std::vector<std::byte> text(forged.octets, std::byte{'?'});
  const auto packet = make_tcp_packet(info->tuple.remote, info->tuple.local, header, text);
  const World::Host to = static_cast<World::Host>(victim->host);
  const World::Host from = to == 0 ? 1 : 0;
  on_event({.at = world_.now(),
            .host = from,
            .what = trace::SegmentSent{
                {info->tuple.remote, info->tuple.local}, fields_of(header, text.size()), {"injected", "RFC 5961 1.1"}, "", ""}});
  world_.inject(from, to, packet);
}

}  // namespace ft::sim
