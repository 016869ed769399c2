#include "sim/world.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "sim/icmp_packet.hpp"
#include "sim/packet.hpp"

namespace ft::sim {

World::World(std::uint64_t seed, trace::Sink& sink) : sink_(sink), rng_(seed) {}

World::Host World::add_host(StackConfig config) {
  FT_ASSERT(hosts_.size() < 255);
  config.max_super_segment = 0;  // a link of this world carries packets as they are
  const Host host = static_cast<Host>(hosts_.size());
  hosts_.push_back({.config = std::move(config), .stack = {}, .on_event = {}, .drops = {}, .armed = {}, .links = {}});
  start_stack(host);
  return host;
}

void World::start_stack(Host host) {
  HostState& h = hosts_[host];
  for (auto& octet : h.config.secret) octet = static_cast<std::uint8_t>(rng_.next() & 0xff);
  h.stack = std::make_unique<Stack>(h.config);
  h.stack->set_trace(this, host);
  h.armed.reset();
  h.touched = true;
}

void World::add_link(Host a, Host b, ImpairmentSettings a_to_b, ImpairmentSettings b_to_a) {
  FT_ASSERT(a < hosts_.size() && b < hosts_.size() && a != b);
  const auto add = [&](Host from, Host to, ImpairmentSettings settings) {
    std::uint64_t own = settings.seed;
    settings.seed = splitmix64(own) ^ rng_.next();
    hosts_[from].links.push_back(directions_.size());
    directions_.push_back({.from = from, .to = to, .impairment = Impairment{std::move(settings)}});
  };
  add(a, b, std::move(a_to_b));
  add(b, a, std::move(b_to_a));
}

void World::on_event(Host host, OnEvent callback) { hosts_[host].on_event = std::move(callback); }
void World::set_prompt(Host host, bool prompt) { hosts_[host].prompt = prompt; }
void World::filter(Host host, Filter drops) { hosts_[host].drops = std::move(drops); }

Stack& World::use(Host host) {
  FT_ASSERT(host < hosts_.size() && hosts_[host].stack != nullptr);
  hosts_[host].touched = true;
  return *hosts_[host].stack;
}

bool World::later(const Entry& a, const Entry& b) { return a.at != b.at ? a.at > b.at : a.order > b.order; }

void World::enqueue(Instant at, Kind kind, std::size_t index, Task task) {
  queue_.push_back({.at = std::max(at, now_), .order = orders_++, .kind = kind, .index = index, .task = std::move(task)});
  std::push_heap(queue_.begin(), queue_.end(), later);
}

void World::at(Instant when, Task task) {
  ++pending_tasks_;
  enqueue(when, Kind::task, 0, std::move(task));
}

/// Stacks know the time of their last packet or deadline only; here every report bears the time at which it is made.
void World::on_event(const trace::Event& event) {
  trace::Event stamped = event;
  stamped.at = now_;
  sink_.on_event(stamped);
}

void World::report(Host host, decltype(trace::Event::what) what) {
  sink_.on_event({.at = now_, .host = host, .what = std::move(what)});
}

bool World::owns(Host host, const IpAddress& address) const {
  const auto& ours = hosts_[host].config.addresses;
  return std::any_of(ours.begin(), ours.end(), [&](const InterfaceAddress& a) { return a.address == address; });
}

/// The link to the neighbour that owns the destination; with one link there is no choice.
World::Direction* World::route(Host from, std::span<const std::byte> packet) {
  const auto& links = hosts_[from].links;
  if (links.size() == 1) return &directions_[links.front()];
  const auto destination = destination_of(packet);
  for (const std::size_t link : links)
    if (destination && owns(directions_[link].to, *destination)) return &directions_[link];
  return nullptr;
}

void World::transmit(Direction& direction, std::span<const std::byte> packet) {
  ++direction.packets;
  report(direction.from, trace::LinkSent{direction.packets, direction.from, direction.to, packet});
  const Fate fate = direction.impairment.submit(now_, packet);
  FT_ASSERT(fate.number == direction.packets);
  if (!fate.lost.empty()) report(direction.from, trace::LinkLost{fate.number, direction.from, direction.to, fate.lost});
  if (fate.lost == "mtu" && direction.impairment.settings().mtu_told) {
    const auto message = make_too_big(packet, direction.impairment.settings().mtu);
    if (!message.empty()) {
      report(direction.to, trace::PacketMade{{"icmp-packet-too-big", "RFC 1191 4"}, static_cast<std::uint32_t>(message.size())});
      transmit(this->direction(direction.to, direction.from), message);
    }
  }
  for (std::uint8_t i = 0; i < fate.copies; ++i)
    enqueue(fate.deliveries[i].at, Kind::delivery, static_cast<std::size_t>(&direction - directions_.data()));
}

World::Direction& World::direction(Host from, Host to) {
  const auto& links = hosts_[from].links;
  const auto link = std::find_if(links.begin(), links.end(), [&](std::size_t l) { return directions_[l].to == to; });
  FT_ASSERT(link != links.end());
  return directions_[*link];
}

void World::change_link(Host from, Host to, ImpairmentSettings settings) {
  direction(from, to).impairment.change(std::move(settings));
}

void World::inject(Host from, Host to, std::span<const std::byte> packet) { transmit(direction(from, to), packet); }

void World::deliver(Direction& direction) {
  const auto arrival = direction.impairment.pop(now_);
  if (!arrival) return;
  HostState& h = hosts_[direction.to];
  const auto lose = [&](std::string_view why) {
    report(direction.from, trace::LinkLost{arrival->number, direction.from, direction.to, why});
  };
  if (h.drops && h.drops(arrival->octets)) return lose("filter");
  if (!h.stack) return lose("down");
  report(direction.from,
         trace::LinkDelivered{arrival->number, direction.from, direction.to, arrival->duplicate, arrival->corrupted});
  use(direction.to).on_packet(now_, arrival->octets);
}

void World::crash(Host host) {
  HostState& h = hosts_[host];
  h.stack.reset();
  h.armed.reset();
  h.touched = false;
}

void World::restart(Host host) {
  if (!is_up(host)) start_stack(host);
}

bool World::send_all(Host host) {
  HostState& h = hosts_[host];
  buffer_.resize(std::size_t{h.config.mtu} + 64);
  bool sent = false;
  while (h.stack) {
    const auto out = h.stack->poll_transmit(now_, buffer_);
    if (!out) break;
    sent = true;
    const auto packet = std::span<const std::byte>{buffer_}.first(out->length);
    if (Direction* direction = route(host, packet)) {
      transmit(*direction, packet);
    } else {
      report(host, trace::LinkSent{0, host, host, packet});
      report(host, trace::LinkLost{0, host, host, "no-link"});
    }
  }
  return sent;
}

bool World::tell_all(Host host) {
  bool told = false;
  while (hosts_[host].stack) {
    const auto event = hosts_[host].stack->poll_event();
    if (!event) break;
    told = true;
    if (hosts_[host].on_event) hosts_[host].on_event(*event);
  }
  return told;
}

bool World::is_armed(const Entry& entry) const {
  const HostState& h = hosts_[entry.index];
  return h.stack && h.armed && h.armed_order == entry.order;
}

void World::arm(Host host) {
  HostState& h = hosts_[host];
  const auto deadline = h.stack->next_deadline();
  if (deadline == h.armed) return;
  h.armed = deadline;
  if (!deadline || *deadline == never) return;
  h.armed_order = orders_;
  enqueue(*deadline, Kind::deadline, host);
}

/// The contract of the core: send until nothing is left, tell until nothing is left, then arm. An application's answer may touch
/// any host, so this goes round until nobody has anything to say.
void World::settle() {
  for (bool again = true; again;) {
    again = false;
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      if (!hosts_[i].touched) continue;
      again = true;
      hosts_[i].touched = false;
      const Host host = static_cast<Host>(i);
      if (hosts_[i].prompt) tell_all(host);
      bool busy = true;
      while (busy) {
        const bool sent = send_all(host);
        const bool told = tell_all(host);
        busy = told || (sent && hosts_[i].touched);
      }
      if (hosts_[i].stack) arm(host);
    }
  }
}

/// Deadlines that another one overtook are no happenings.
void World::forget_overtaken() {
  while (!queue_.empty() && queue_.front().kind == Kind::deadline && !is_armed(queue_.front())) take_first();
}

World::Entry World::take_first() {
  std::pop_heap(queue_.begin(), queue_.end(), later);
  Entry entry = std::move(queue_.back());
  queue_.pop_back();
  return entry;
}

std::optional<Instant> World::next() {
  settle();
  forget_overtaken();
  if (queue_.empty()) return std::nullopt;
  return queue_.front().at;
}

bool World::step(Instant limit) {
  const auto due = next();
  if (!due || *due > limit) return false;
  const Entry entry = take_first();
  now_ = entry.at;
  switch (entry.kind) {
    case Kind::delivery:
      deliver(directions_[entry.index]);
      break;
    case Kind::deadline:
      hosts_[entry.index].armed.reset();
      use(static_cast<Host>(entry.index)).on_deadline(now_);
      break;
    case Kind::task:
      --pending_tasks_;
      entry.task();
      break;
  }
  settle();
  return true;
}

bool World::run_until(Instant end, std::uint64_t most) {
  for (std::uint64_t n = 0; step(end); ++n)
    if (n >= most) return false;
  now_ = std::max(now_, end);
  return true;
}

std::size_t World::in_flight() const {
  std::size_t n = 0;
  for (const Direction& d : directions_) n += d.impairment.held_packets();
  return n;
}

}  // namespace ft::sim
