// What is done to the links, and what an attacker sends.
#include <algorithm>

#include "sim/icmp_packet.hpp"
#include "sim/torture/attacker.hpp"
#include "sim/torture/runner.hpp"

namespace ft::sim::torture {

namespace {

void apply(const FaultPlan& f, ImpairmentSettings& s) {
  switch (f.fault) {
    case Fault::loss:
      s.loss = std::max(s.loss, f.amount);
      break;
    case Fault::burst:
      s.burst = {.enter = f.amount, .leave = 0.3, .loss = 0.9};
      break;
    case Fault::reorder:
      s.reorder = f.amount;
      s.reorder_by = f.time;
      break;
    case Fault::duplicate:
      s.duplicate = f.amount;
      break;
    case Fault::corrupt:
      s.corrupt = f.amount;
      break;
    case Fault::delay:
      s.delay += f.time;
      break;
    case Fault::jitter:
      s.jitter = f.time;
      break;
    case Fault::mtu:
      s.mtu = f.size;
      break;
    case Fault::rate:
      s.rate = f.size;
      break;
    case Fault::queue:
      s.queue_packets = f.size;
      if (s.rate == 0) s.rate = 10'000'000;
      break;
    default:
      s.loss = 1;
      break;
  }
}

}  // namespace

Runner::Line& Runner::line(World::Host from, World::Host to) {
  return *std::find_if(lines_.begin(), lines_.end(), [&](const Line& l) { return l.from == from && l.to == to; });
}

void Runner::change_line(std::uint32_t item) {
  const auto& changed = std::get<FaultPlan>(plan_.items[item]);
  Line& l = lines_[changed.link * 2u + (changed.forward ? 0u : 1u)];
  l.now = l.usual;
  l.faulty = true;
  const Duration now = world_.now() - Instant{};
  for (std::size_t i = 0; i < plan_.items.size(); ++i) {
    const auto* f = std::get_if<FaultPlan>(&plan_.items[i]);
    if (f == nullptr || !chosen_[i] || f->link != changed.link || f->forward != changed.forward) continue;
    if (f->from <= now && now < f->until) apply(*f, l.now);
  }
  world_.change_link(l.from, l.to, l.now);
}

/// A router knows what its next link takes.
void Runner::tell_too_big(const trace::LinkLost& lost) {
  if (!plan_.told_mtu || last_sent_.empty()) return;
  auto message = make_too_big(last_sent_, line(lost.from, lost.to).now.mtu);
  if (message.empty()) return;
  messages_.push_back(std::move(message));
  world_.at(world_.now() + line(lost.to, lost.from).usual.delay / 2, [this, from = lost.to, to = lost.from] {
    const auto packet = std::move(messages_.front());
    messages_.pop_front();
    inject(from, to, packet);
  });
}

void Runner::inject(World::Host from, World::Host to, std::span<const std::byte> packet) {
  injecting_ = true;
  world_.inject(from, to, packet);
  injecting_ = false;
}

void Runner::strike(std::size_t number) {
  Running& running = attacks_[number];
  const auto& plan = std::get<AttackPlan>(plan_.items[running.item]);
  const ConnectionPlan& c = connection(plan.connection);
  const World::Host to = plan.to_opener ? c.from : c.to;
  const World::Host from = plan.to_opener ? c.to : c.from;
  Pair& pair = pairs_[plan.connection];
  Victim victim;
  victim.tuple.local = {address_of(to, c.ipv6), static_cast<std::uint16_t>(first_port + c.server)};
  victim.tuple.remote = {address_of(from, c.ipv6), static_cast<std::uint16_t>(first_port + c.server)};
  if (pair.opener && ends_[*pair.opener].has_begun()) {
    const FourTuple& tuple = ends_[*pair.opener].tuple();
    victim.tuple = plan.to_opener ? tuple : FourTuple{tuple.remote, tuple.local};
    pair.attacked = true;
  }
  const auto packet = make_attack(plan.attack, running.rng, victim, observer_.old_packet(from, to, running.rng.next()));
  if (!packet.empty()) inject(from, to, packet);
  const Instant next = world_.now() + plan.gap;
  if (--running.left > 0 && next <= Instant{} + plan_.healed) world_.at(next, [this, number] { strike(number); });
}

}  // namespace ft::sim::torture
