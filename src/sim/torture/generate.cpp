#include "base/rng.hpp"
#include "sim/torture/plan.hpp"

#include <algorithm>

namespace ft::sim::torture {
namespace {

using namespace std::chrono_literals;

Duration time_below(Rng& rng, Duration most) {
  return Duration{static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(most.count()) + 1))};
}

/// Small numbers often, large ones seldom, all magnitudes alike: 1 to `most`.
std::uint32_t any_magnitude(Rng& rng, std::uint32_t most) {
  std::uint32_t bits = 0;
  while ((most >> bits) > 1) ++bits;
  const std::uint32_t top = 1u << rng.below(bits + 1);
  return std::min(most, top + static_cast<std::uint32_t>(rng.below(top)));
}

std::uint32_t buffer_size(Rng& rng) {
  const double kind = rng.uniform();
  if (kind < 0.15) return static_cast<std::uint32_t>(500 + rng.below(3000));
  if (kind < 0.6) return static_cast<std::uint32_t>(4000 + rng.below(60'000));
  return static_cast<std::uint32_t>(65'536 + rng.below(500'000));
}

TcpOptions options_of(Rng& rng) {
  TcpOptions o;
  o.window_scale = rng.chance(0.8);
  o.sack = rng.chance(0.8);
  o.timestamps = rng.chance(0.75);
  o.nagle = rng.chance(0.7);
  o.send_buffer = buffer_size(rng);
  o.receive_buffer = buffer_size(rng);
  if (rng.chance(0.2)) o.mss = static_cast<std::uint16_t>(80 + rng.below(1400));
  o.initial_window = 1 + static_cast<std::uint32_t>(rng.below(12));
  constexpr Congestion controllers[] = {Congestion::cubic, Congestion::new_reno, Congestion::bbr, Congestion::dctcp};
  o.congestion = controllers[rng.below(std::size(controllers))];
  o.pacing = rng.chance(0.7);
  o.hystart = rng.chance(0.8);
  o.rack = rng.chance(0.8);
  o.tail_loss_probe = rng.chance(0.8);
  o.limited_transmit = rng.chance(0.8);
  o.duplicate_sack = rng.chance(0.8);
  o.frto = rng.chance(0.8);
  o.undo = rng.chance(0.8);
  if (rng.chance(0.3)) o.initial_rto = 300ms + time_below(rng, 2s);
  if (rng.chance(0.3)) o.min_rto = 20ms + time_below(rng, 1s);
  o.max_rto = 10s + time_below(rng, 50s);
  o.delayed_ack = 1ms + time_below(rng, 200ms);
  o.user_timeout = 30s + time_below(rng, 200s);
  o.connect_timeout = 20s + time_below(rng, 100s);
  // Who has said all it had to say and waits for a peer whose RST was lost has nothing else to find out by.
  o.keepalive = rng.chance(0.7);
  o.keepalive_idle = 5s + time_below(rng, 100s);
  o.keepalive_interval = 1s + time_below(rng, 20s);
  o.keepalive_count = 2 + static_cast<unsigned>(rng.below(6));
  o.fin_wait_2_timeout = 5s + time_below(rng, 60s);
  o.msl = 1s + time_below(rng, 30s);
  o.path_mtu_discovery = !rng.chance(0.05);
  constexpr PathSearch searches[] = {PathSearch::after_black_hole, PathSearch::off, PathSearch::always};
  o.path_search = searches[rng.chance(0.5) ? 0 : rng.below(std::size(searches))];
  o.user_timeout_option = rng.chance(0.1);
  o.user_timeout_least = 30s;
  o.challenge_acks = static_cast<std::uint8_t>(rng.chance(0.8) ? 10 : rng.below(20));
  if (rng.chance(0.03)) o.linger = Duration::zero();
  o.cork = rng.chance(0.03);
  o.quick_ack = rng.chance(0.1);
  if (rng.chance(0.05)) o.not_sent_low_water = any_magnitude(rng, 100'000);
  if (rng.chance(0.05)) o.receive_low_water = any_magnitude(rng, 2000);
  return o;
}

EndPlan end_of(Rng& rng, Duration world) {
  EndPlan e;
  const double size = rng.uniform();
  if (size < 0.1) {
    e.octets = 0;
  } else if (size < 0.6) {
    e.octets = any_magnitude(rng, 2000);
  } else if (size < 0.97) {
    e.octets = any_magnitude(rng, 20'000);
  } else {
    e.octets = any_magnitude(rng, 400'000);
  }
  const bool drips = rng.chance(0.1);  // many small writes
  e.chunk = drips ? 1 + static_cast<std::uint32_t>(rng.below(20)) : any_magnitude(rng, 60'000);
  if (drips) e.octets = std::min(e.octets, 2000u);
  e.chunk = std::max(e.chunk, e.octets / 200 + 1);
  if (rng.chance(0.3)) e.write_gap = time_below(rng, rng.chance(0.5) ? 5ms : 300ms);
  e.gulp = any_magnitude(rng, 60'000);
  if (rng.chance(0.25)) {
    e.read_gap = time_below(rng, rng.chance(0.7) ? 50ms : 5s);
    e.gulp = std::max(e.gulp, 200u);
  }
  const double ending = rng.uniform();
  e.ending = ending < 0.6    ? Ending::polite
             : ending < 0.7  ? Ending::reads_first
             : ending < 0.85 ? Ending::closes
             : ending < 0.93 ? Ending::leaves
                             : Ending::aborts;
  e.end_at = time_below(rng, rng.chance(0.5) ? 300ms : world);
  e.urgent = rng.chance(0.1);
  e.in_place = rng.chance(0.3);
  e.toggles = rng.chance(0.1);
  return e;
}

ConnectionPlan connection_of(Rng& rng, const Plan& plan) {
  ConnectionPlan c;
  c.at = time_below(rng, plan.healed * 8 / 10);
  c.from = static_cast<std::uint8_t>(rng.below(plan.hosts.size()));
  c.to = static_cast<std::uint8_t>((c.from + 1 + rng.below(plan.hosts.size() - 1)) % plan.hosts.size());
  c.server = static_cast<std::uint8_t>(rng.below(plan.hosts[c.to].servers.size()));
  c.ipv6 = rng.chance(0.4);
  c.simultaneous = rng.chance(0.03);
  if (c.simultaneous) {
    c.local_port = static_cast<std::uint16_t>(10'000 + 2 * plan.items.size());
  } else if (rng.chance(0.1)) {
    c.local_port = static_cast<std::uint16_t>(2000 + rng.below(3));
    // A cookie whose ACK comes when its port has another owner already is taken for that owner's: not to be told from a mistake.
    if (is_forgetful(plan.hosts[c.to])) c.local_port = 0;
  }
  c.options = options_of(rng);
  c.opener = end_of(rng, plan.healed);
  c.answerer = end_of(rng, plan.healed);
  if (c.opener.ending == Ending::reads_first && c.answerer.ending == Ending::reads_first) c.answerer.ending = Ending::polite;
  c.seed = rng.next();
  return c;
}

FaultPlan fault_of(Rng& rng, const Plan& plan) {
  FaultPlan f;
  f.link = static_cast<std::uint8_t>(rng.below(plan.links.size()));
  f.forward = rng.chance(0.5);
  f.fault = static_cast<Fault>(rng.below(static_cast<std::uint64_t>(Fault::count_)));
  f.from = rng.chance(0.3) ? Duration{} : time_below(rng, plan.healed);
  f.until = std::min(plan.healed, f.from + time_below(rng, rng.chance(0.5) ? 2s : plan.healed));
  const double share = rng.uniform();
  const double mostly_small = share * share * share;
  switch (f.fault) {
    case Fault::loss:
    case Fault::duplicate:
    case Fault::reorder:
      f.amount = mostly_small * 0.6;
      break;
    case Fault::burst:
      f.amount = mostly_small * 0.1;
      break;
    case Fault::corrupt:
      f.amount = mostly_small * 0.3;
      break;
    default:
      f.amount = share;
      break;
  }
  f.time = time_below(rng, rng.chance(0.7) ? 50ms : 1500ms);
  if (f.fault == Fault::outage && rng.chance(0.5)) f.until = std::min(plan.healed, f.from + time_below(rng, 500ms));
  if (f.fault == Fault::mtu) f.size = static_cast<std::uint32_t>(1280 + rng.below(220));
  if (f.fault == Fault::rate) f.size = 20'000 + static_cast<std::uint32_t>(rng.below(1'000'000));
  if (f.fault == Fault::queue) f.size = 1 + static_cast<std::uint32_t>(rng.below(20));
  return f;
}

AttackPlan attack_of(Rng& rng, const Plan& plan, std::size_t connections) {
  AttackPlan a;
  a.attack = static_cast<Attack>(rng.below(static_cast<std::uint64_t>(Attack::count_)));
  a.at = time_below(rng, plan.healed);
  a.gap = time_below(rng, rng.chance(0.5) ? 1ms : 200ms);
  a.count = any_magnitude(rng, 60);
  a.connection = static_cast<std::uint32_t>(rng.below(connections));
  a.to_opener = rng.chance(0.5);
  // Aimed at something that is going on.
  if (rng.chance(0.8)) a.at = std::get<ConnectionPlan>(plan.items[a.connection]).at + time_below(rng, 1s);
  a.at = std::min(a.at, plan.healed);
  a.seed = rng.next();
  return a;
}

}  // namespace

Plan make_plan(std::uint64_t seed) {
  Rng rng(seed);
  Plan plan;
  plan.seed = seed;
  const auto hosts = static_cast<std::size_t>(2 + (rng.chance(0.5) ? 0 : rng.below(5)));
  for (std::size_t i = 0; i < hosts; ++i) {
    HostPlan host;
    host.mtu = rng.chance(0.6) ? 1500 : static_cast<std::uint32_t>(1280 + rng.below(8000));
    host.prompt = rng.chance(0.3);
    host.backlog = rng.chance(0.1) ? 1 + static_cast<std::uint32_t>(rng.below(4)) : 128;
    host.syn_queue = rng.chance(0.2) ? 1 + static_cast<std::uint32_t>(rng.below(3)) : 1024;
    constexpr SynCookieUse uses[] = {SynCookieUse::when_full, SynCookieUse::off, SynCookieUse::always};
    host.syn_cookies = uses[rng.chance(0.7) ? 0 : rng.below(std::size(uses))];
    // Who remembers nothing takes an old segment for the end of a handshake and opens again what was closed (RFC 4987 3.6). Who
    // only sees the wire cannot tell that from a mistake: cookies have their scripts and attacks, and are left out of worlds.
    host.syn_cookies = SynCookieUse::off;
    host.port_algorithm = static_cast<PortAlgorithm>(rng.below(5));
    host.memory = rng.chance(0.1) ? (1u << 20) + rng.below(4u << 20) : 1u << 30;
    for (std::uint64_t s = 0; s < 1 + rng.below(3); ++s) host.servers.push_back(options_of(rng));
    plan.hosts.push_back(std::move(host));
  }
  for (std::uint8_t a = 0; a < hosts; ++a)
    for (std::uint8_t b = static_cast<std::uint8_t>(a + 1); b < hosts; ++b)
      plan.links.push_back({.a = a,
                            .b = b,
                            .delay = rng.chance(0.2) ? Duration{} : time_below(rng, rng.chance(0.6) ? 10ms : 200ms),
                            .rate = rng.chance(0.5) ? 0 : 1'000'000 + rng.below(1'000'000'000)});
  plan.healed = 1s + time_below(rng, rng.chance(0.5) ? 5s : 60s);
  plan.end = plan.healed + 1500s;
  plan.told_mtu = rng.chance(0.7);

  const auto connections = static_cast<std::size_t>(5 + rng.below(60));
  for (std::size_t i = 0; i < connections; ++i) plan.items.emplace_back(connection_of(rng, plan));
  const auto faults = static_cast<std::size_t>(rng.chance(0.1) ? 0 : rng.below(6 * plan.links.size() + 2));
  for (std::size_t i = 0; i < faults; ++i) plan.items.emplace_back(fault_of(rng, plan));
  const auto attacks = static_cast<std::size_t>(rng.chance(0.5) ? 0 : rng.below(12));
  for (std::size_t i = 0; i < attacks; ++i) plan.items.emplace_back(attack_of(rng, plan, connections));
  return plan;
}

}  // namespace ft::sim::torture
