#include "sim/torture/runner.hpp"

#include <array>

namespace ft::sim::torture {

namespace {

using namespace std::chrono_literals;

constexpr Duration after_the_end = 400s;  // TIME-WAIT, FIN-WAIT-2 and the like of what was ended by force

}  // namespace

IpAddress address_of(World::Host host, bool ipv6) {
  if (!ipv6) return IpAddress::v4(10, 0, 0, static_cast<std::uint8_t>(host + 1));
  std::array<std::uint8_t, 16> octets{0xfd};
  octets[15] = static_cast<std::uint8_t>(host + 1);
  return IpAddress::from_octets(Family::ipv6, octets);
}

Runner::Runner(const Plan& plan, const Chosen& chosen, trace::Sink* story)
    : plan_(plan), chosen_(chosen), story_(story), world_(plan.seed, *this) {
  common_.wrong = [this](std::string what) { wrong(std::move(what)); };
  pairs_.resize(plan.items.size());
  add_hosts();
  add_links();
  schedule();
}

Outcome Runner::play() {
  advance(Instant{} + plan_.healed);
  common_.healed = true;
  for (std::size_t i = 0; i < ends_.size(); ++i) ends_[i].heal();
  advance(Instant{} + plan_.end);
  if (fine()) check_all_finished();
  advance(Instant{} + plan_.end + after_the_end);
  if (fine()) check_nothing_left();
  outcome_.packets = observer_.packets();
  return outcome_;
}

void Runner::wrong(std::string what) {
  if (!fine()) return;
  outcome_.wrong = std::move(what);
  outcome_.at = world_.now();
}

void Runner::add_hosts() {
  for (std::size_t i = 0; i < plan_.hosts.size(); ++i) {
    const auto host = static_cast<World::Host>(i);
    StackConfig config;
    config.mtu = plan_.hosts[i].mtu;
    config.syn_cookies = plan_.hosts[i].syn_cookies;
    config.port_algorithm = plan_.hosts[i].port_algorithm;
    config.max_buffer_memory = plan_.hosts[i].memory;
    config.addresses = {{address_of(host, false), 24}, {address_of(host, true), 64}};
    world_.add_host(std::move(config));
    world_.set_prompt(host, plan_.hosts[i].prompt);
    if (is_forgetful(plan_.hosts[i])) observer_.forgets(host);
    world_.on_event(host, [this, host](const Event& event) { on_stack_event(host, event); });
    Host state;
    for (std::size_t s = 0; s < plan_.hosts[i].servers.size(); ++s) {
      for (const bool ipv6 : {false, true}) {
        ListenOptions options;
        options.tcp = plan_.hosts[i].servers[s];
        options.backlog = plan_.hosts[i].backlog;
        options.syn_queue = plan_.hosts[i].syn_queue;
        const auto listener =
            world_.use(host).listen({address_of(host, ipv6), static_cast<std::uint16_t>(first_port + s)}, options);
        if (!listener) return wrong("a listener was refused: " + std::string(to_string(listener.error())));
        state.listeners.push_back(*listener);
      }
    }
    hosts_.push_back(std::move(state));
  }
}

void Runner::add_links() {
  for (const LinkPlan& link : plan_.links) {
    ImpairmentSettings usual;
    usual.delay = link.delay;
    usual.rate = link.rate;
    usual.seed = plan_.seed;
    world_.add_link(link.a, link.b, usual, usual);
    lines_.push_back({link.a, link.b, usual, usual});
    lines_.push_back({link.b, link.a, usual, usual});
  }
}

void Runner::schedule() {
  for (std::uint32_t i = 0; i < plan_.items.size(); ++i) {
    if (!chosen_[i]) continue;
    if (const auto* connection = std::get_if<ConnectionPlan>(&plan_.items[i])) {
      world_.at(Instant{} + connection->at, [this, i] { open(i); });
    } else if (const auto* fault = std::get_if<FaultPlan>(&plan_.items[i])) {
      world_.at(Instant{} + fault->from, [this, i] { change_line(i); });
      world_.at(Instant{} + fault->until, [this, i] { change_line(i); });
    } else if (const auto* attack = std::get_if<AttackPlan>(&plan_.items[i])) {
      attacks_.push_back({.item = i, .rng = Rng(attack->seed), .left = attack->count});
      world_.at(Instant{} + attack->at, [this, a = attacks_.size() - 1] { strike(a); });
    }
  }
}

std::uint32_t Runner::add_end(std::uint32_t item, bool opener) {
  const ConnectionPlan& c = connection(item);
  const auto number = static_cast<std::uint32_t>(ends_.size());
  ends_.emplace_back(common_, opener ? c.opener : c.answerer, c.seed + (opener ? 0 : 1), opener ? c.from : c.to, item, opener);
  (opener ? pairs_[item].opener : pairs_[item].answerer) = number;
  return number;
}

void Runner::open(std::uint32_t item) {
  const ConnectionPlan& c = connection(item);
  if (c.simultaneous) {
    const Endpoint left{address_of(c.from, c.ipv6), c.local_port};
    const Endpoint right{address_of(c.to, c.ipv6), static_cast<std::uint16_t>(c.local_port + 1)};
    const std::uint32_t opener = add_end(item, true);
    const std::uint32_t answerer = add_end(item, false);
    if (!connect(opener, c, left, right)) return;
    const Duration wait{static_cast<std::int64_t>(c.seed % 20'000'000)};
    world_.at(world_.now() + wait, [this, answerer, &c, left, right] { connect(answerer, c, right, left); });
    return;
  }
  const std::uint32_t opener = add_end(item, true);
  add_end(item, false);
  connect(opener, c, {address_of(c.from, c.ipv6), c.local_port},
          {address_of(c.to, c.ipv6), static_cast<std::uint16_t>(first_port + c.server)});
}

bool Runner::connect(std::uint32_t number, const ConnectionPlan& c, const Endpoint& local, const Endpoint& remote) {
  End& end = ends_[number];
  ConnectOptions options;
  options.tcp = c.options;
  options.local_address = local.address;
  if (local.port != 0) options.local_port = local.port;
  Stack& stack = world_.use(end.host());
  const auto id = stack.connect(world_.now(), remote, options);
  if (!id) {
    const bool may_be_taken = local.port != 0 && id.error().code == Error::four_tuple_in_use;
    if (!may_be_taken) wrong("connect was refused: " + std::string(to_string(id.error().code)));
    return false;
  }
  ++outcome_.connections;
  begin(number, *id, stack.info(*id)->tuple);
  return true;
}

void Runner::begin(std::uint32_t number, ConnectionId id, const FourTuple& tuple) {
  End& end = ends_[number];
  const Pair& pair = pairs_[end.connection()];
  const std::uint32_t peer = end.is_opener() ? *pair.answerer : *pair.opener;
  auto& by_index = hosts_[end.host()].by_index;
  if (by_index.size() <= id.index) by_index.resize(id.index + 1);
  by_index[id.index] = {id.generation, number};
  if (end.is_opener() || connection(end.connection()).simultaneous) by_tuple_[tuple] = end.connection();
  observer_.expect(tuple, end.pattern());
  end.begins(id, tuple, ends_[peer]);
}

void Runner::on_stack_event(World::Host host, const Event& event) {
  if (event.kind == Event::Kind::acceptable) {
    while (const auto id = world_.use(host).accept(event.listener)) accepted(host, *id);
    return;
  }
  const auto& by_index = hosts_[host].by_index;
  if (event.connection.index >= by_index.size() || by_index[event.connection.index].first != event.connection.generation)
    return;  // of one that its application has left
  End& end = ends_[by_index[event.connection.index].second];
  if (event.kind == Event::Kind::closed && end.is_open()) judge_end(end, event.why);
  end.on_event(event);
}

void Runner::accepted(World::Host host, ConnectionId id) {
  const FourTuple tuple = world_.use(host).info(id)->tuple;
  const auto found = by_tuple_.find({tuple.remote, tuple.local});
  const bool unopened = found == by_tuple_.end() || ends_[*pairs_[found->second].answerer].has_begun();
  // Who remembers nothing of a SYN takes its ACK again when it is replayed soon: what cookies cost (RFC 4987 3.6).
  if (unopened && !is_forgetful(plan_.hosts[host])) wrong("a connection was accepted that nobody opened: " + tuple.to_string());
  // An opener that has heard nothing yet did not send this ACK: it is from whoever had the port before, and has left.
  if (unopened || !ends_[*pairs_[found->second].opener].was_connected()) {
    (void)world_.use(host).abort(id);
    return;
  }
  const Pair& pair = pairs_[found->second];
  begin(*pair.answerer, id, tuple);
}

void Runner::on_event(const trace::Event& event) {
  if (story_ != nullptr) story_->on_event(event);
  if (!fine()) return;
  ++heard_;
  if (const auto* sent = std::get_if<trace::LinkSent>(&event.what)) {
    if (injecting_) return observer_.on_injected(*sent);
    if (std::string what = observer_.on_sent(*sent); !what.empty()) wrong(std::move(what));
    if (plan_.told_mtu) last_sent_.assign(sent->octets.begin(), sent->octets.end());
  } else if (const auto* delivered = std::get_if<trace::LinkDelivered>(&event.what)) {
    observer_.on_delivered(*delivered);
  } else if (const auto* lost = std::get_if<trace::LinkLost>(&event.what)) {
    ++outcome_.lost;
    if (lost->why == "mtu" && !injecting_) tell_too_big(*lost);
  } else if (const auto* left = std::get_if<trace::SegmentSent>(&event.what)) {
    moved(left->tuple, left->state_before, left->state_after, Mover::sending);
  } else if (const auto* came = std::get_if<trace::SegmentReceived>(&event.what)) {
    moved(came->tuple, came->state_before, came->state_after, Mover::arrival);
  } else if (const auto* changed = std::get_if<trace::StateChanged>(&event.what)) {
    moved(changed->tuple, changed->from, changed->to, Mover::other);
  }
}

void Runner::moved(const FourTuple& tuple, std::string_view from, std::string_view to, Mover by) {
  touched_.push_back(tuple);
  if (from.data() == to.data()) return;
  const auto before = phase_of(from);
  const auto after = phase_of(to);
  if (!before || !after || !may_move(*before, *after, by))
    wrong(tuple.to_string() + " moved from " + std::string(from) + " to " + std::string(to));
}

}  // namespace ft::sim::torture
