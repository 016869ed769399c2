#include "sim/torture/run.hpp"

#include <algorithm>
#include <array>
#include <deque>

#include "sim/icmp_packet.hpp"
#include "sim/torture/attacker.hpp"
#include "sim/torture/end.hpp"
#include "sim/torture/moves.hpp"
#include "sim/torture/observer.hpp"
#include "sim/world.hpp"

namespace ft::sim::torture {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t first_port = 80;
constexpr Duration after_the_end = 400s;  // TIME-WAIT, FIN-WAIT-2 and the like of what was ended by force
constexpr std::uint64_t most_at_once = 50'000;
constexpr std::uint64_t most_events = 3'000'000;

IpAddress address_of(World::Host host, bool ipv6) {
  if (!ipv6) return IpAddress::v4(10, 0, 0, static_cast<std::uint8_t>(host + 1));
  std::array<std::uint8_t, 16> octets{0xfd};
  octets[15] = static_cast<std::uint8_t>(host + 1);
  return IpAddress::from_octets(Family::ipv6, octets);
}

class Runner final : private trace::Sink {
 public:
  Runner(const Plan& plan, const Chosen& chosen, trace::Sink* story)
      : plan_(plan), chosen_(chosen), story_(story), world_(plan.seed, *this) {
    common_.wrong = [this](std::string what) { wrong(std::move(what)); };
    pairs_.resize(plan.items.size());
    add_hosts();
    add_links();
    schedule();
  }

  Outcome play() {
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

 private:
  struct Pair {  // the ends of a connection, by number
    std::optional<std::uint32_t> opener, answerer;
    bool attacked = false;
  };
  struct Host {
    std::vector<ListenerId> listeners;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> by_index;  // a connection id's index -> generation, end
    std::uint32_t wakeups = 0;
  };
  struct Line {  // a direction of a link
    World::Host from = 0, to = 0;
    ImpairmentSettings usual, now;
    bool faulty = false;
  };

  bool fine() const { return outcome_.wrong.empty(); }
  void wrong(std::string what) {
    if (!fine()) return;
    outcome_.wrong = std::move(what);
    outcome_.at = world_.now();
  }

  // --- building ------------------------------------------------------------------------------------------------------------

  void add_hosts() {
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

  void add_links() {
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

  void schedule() {
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

  // --- connections ---------------------------------------------------------------------------------------------------------

  const ConnectionPlan& connection(std::uint32_t item) const { return std::get<ConnectionPlan>(plan_.items[item]); }

  std::uint32_t add_end(std::uint32_t item, bool opener) {
    const ConnectionPlan& c = connection(item);
    const auto number = static_cast<std::uint32_t>(ends_.size());
    ends_.emplace_back(common_, opener ? c.opener : c.answerer, c.seed + (opener ? 0 : 1), opener ? c.from : c.to, item, opener);
    (opener ? pairs_[item].opener : pairs_[item].answerer) = number;
    return number;
  }

  void open(std::uint32_t item) {
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
    const std::uint32_t answerer = add_end(item, false);
    (void)answerer;
    connect(opener, c, {address_of(c.from, c.ipv6), c.local_port},
            {address_of(c.to, c.ipv6), static_cast<std::uint16_t>(first_port + c.server)});
  }

  bool connect(std::uint32_t number, const ConnectionPlan& c, const Endpoint& local, const Endpoint& remote) {
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

  void begin(std::uint32_t number, ConnectionId id, const FourTuple& tuple) {
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

  void on_stack_event(World::Host host, const Event& event) {
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

  void accepted(World::Host host, ConnectionId id) {
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

  /// Somebody sent a SYN in the name of `tuple`'s source, with another number than its own.
  bool has_forged_opening(const FourTuple& tuple) const {
    const Flow* flow = observer_.find(tuple);
    return flow != nullptr && !flow->foreign.empty();
  }

  /// The stack says that the connection is over: is that a good reason?
  void judge_end(const End& end, CloseReason why) {
    const ConnectionPlan& c = connection(end.connection());
    const Pair& pair = pairs_[end.connection()];
    const End& peer = ends_[end.is_opener() ? *pair.answerer : *pair.opener];
    const bool peer_is_well = peer.is_open() && peer.why() == CloseReason::none;
    const bool may_be_odd = pair.attacked || c.simultaneous || c.local_port != 0;
    const auto because = [&](std::string_view what) {
      wrong(std::string(what) + ": " + end.describe() + "; the other: " + peer.describe());
    };
    switch (why) {
      case CloseReason::normal:
        ++outcome_.finished;
        return;
      case CloseReason::reset:
        ++outcome_.reset;
        // (Whoever opened the connection with a forged number of its peer's is reset by the true peer, and rightly so.)
        if (peer_is_well && peer.was_connected() && !has_forged_opening({end.tuple().remote, end.tuple().local}))
          because("reset by a peer that did not");
        return;
      case CloseReason::refused:
        ++outcome_.reset;
        if (!may_be_odd) because("refused by a listener");
        return;
      case CloseReason::timed_out:
        ++outcome_.timed_out;
        if (!peer_is_well) return;
        if (!is_faulty(end.host(), peer.host()) && !is_faulty(peer.host(), end.host()) && !may_be_odd)
          because("timed out on a path without faults");
        if (world_.now() > Instant{} + plan_.healed + 320s) because("timed out long after the path was well");
        return;
      case CloseReason::unreachable:
        if (!pair.attacked) because("unreachable, which nobody said");
        return;
      default:
        because("closed for a reason that is none of the network's: " + std::string(to_string(why)));
    }
  }

  // --- faults --------------------------------------------------------------------------------------------------------------

  Line& line(World::Host from, World::Host to) {
    return *std::find_if(lines_.begin(), lines_.end(), [&](const Line& l) { return l.from == from && l.to == to; });
  }
  bool is_faulty(World::Host from, World::Host to) { return line(from, to).faulty; }

  void change_line(std::uint32_t item) {
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

  static void apply(const FaultPlan& f, ImpairmentSettings& s) {
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

  /// A router knows what its next link takes.
  void tell_too_big(const trace::LinkLost& lost) {
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

  // --- attacks -------------------------------------------------------------------------------------------------------------

  struct Running {
    std::uint32_t item = 0;
    Rng rng;
    std::uint32_t left = 0;
  };

  void inject(World::Host from, World::Host to, std::span<const std::byte> packet) {
    injecting_ = true;
    world_.inject(from, to, packet);
    injecting_ = false;
  }

  void strike(std::size_t number) {
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

  // --- hearing -------------------------------------------------------------------------------------------------------------

  void on_event(const trace::Event& event) override {
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

  void moved(const FourTuple& tuple, std::string_view from, std::string_view to, Mover by) {
    touched_.push_back(tuple);
    if (from.data() == to.data()) return;
    const auto before = phase_of(from);
    const auto after = phase_of(to);
    if (!before || !after || !may_move(*before, *after, by))
      wrong(tuple.to_string() + " moved from " + std::string(from) + " to " + std::string(to));
  }

  // --- judging -------------------------------------------------------------------------------------------------------------

  void advance(Instant until) {
    while (fine() && world_.step(until)) {
      ++outcome_.events;
      check_step();
    }
  }

  void check_step() {
    for (const FourTuple& tuple : touched_) check_connection(tuple);
    touched_.clear();
    if (world_.now() == last_step_) {
      if (++at_once_ > most_at_once) wrong("time stands still: more than 50000 events at one instant");
    } else {
      last_step_ = world_.now();
      at_once_ = 0;
    }
    check_idle();
    if (outcome_.events % 64 == 0) check_memory();
    if (outcome_.events > most_events) wrong("more events than this world can need");
  }

  /// Deadlines that nothing comes of are few.
  void check_idle() {
    idle_ = heard_ == heard_before_ ? idle_ + 1 : 0;
    heard_before_ = heard_;
    if (idle_ == 0) idle_since_ = world_.now();
    if (idle_ > 2000 + 10 * ends_.size() && world_.now() - idle_since_ < 1s) wrong("timers fire and nothing comes of it");
  }

  void check_connection(const FourTuple& tuple) {
    const Flow* flow = observer_.find(tuple);
    if (flow == nullptr || flow->forged) return;
    End* end = end_of(tuple);
    if (end == nullptr || !end->is_open()) return;
    const auto info = world_.look(end->host())->info(end->id());
    if (!info) return wrong("an id that was not given back is not known: " + end->describe());
    if (info->closed != CloseReason::none || info->state == "SYN-SENT" || info->state == "SYN-RECEIVED") return;
    const Flow* back = observer_.find({tuple.remote, tuple.local});
    const Seq una{info->snd_una}, nxt{info->snd_nxt}, rcv{info->rcv_nxt}, edge{info->rcv_nxt + info->rcv_wnd};
    const auto because = [&](std::string_view what) { wrong(std::string(what) + ": " + end->describe()); };
    const bool in_step = back->epoch != 0 && flow->back_epoch == back->epoch;  // nobody has opened it anew over there
    if (before(nxt, una)) return because("SND.NXT lies before SND.UNA");
    if (before(flow->sent, nxt)) return because("SND.NXT lies beyond what was sent");
    if (in_step && flow->has_heard && after(una, flow->heard_ack)) return because("SND.UNA lies beyond every acknowledgement");
    if (in_step && after(rcv, back->delivered)) return because("RCV.NXT lies beyond what was delivered");
    End::Mark& mark = end->mark;
    if (mark.known && before(una, Seq{mark.una})) return because("SND.UNA went back");
    if (mark.known && before(rcv, Seq{mark.rcv_nxt})) return because("RCV.NXT went back");
    if (mark.known && before(edge, Seq{mark.edge})) return because("the right edge of the receive window went back");
    mark = {una.value(), rcv.value(), edge.value(), true};
  }

  End* end_of(const FourTuple& tuple) {
    auto found = by_tuple_.find(tuple);
    if (found != by_tuple_.end()) {
      const Pair& pair = pairs_[found->second];
      for (const auto& number : {pair.opener, pair.answerer})
        if (number && ends_[*number].tuple() == tuple) return &ends_[*number];
    }
    found = by_tuple_.find({tuple.remote, tuple.local});
    if (found == by_tuple_.end()) return nullptr;
    const Pair& pair = pairs_[found->second];
    return pair.answerer && ends_[*pair.answerer].tuple() == tuple ? &ends_[*pair.answerer] : nullptr;
  }

  void check_memory() {
    std::array<std::uint64_t, 8> held{};
    for (const End& end : ends_) {
      if (!end.is_open()) continue;
      const auto info = world_.look(end.host())->info(end.id());
      if (info) held[end.host()] += std::uint64_t{info->send_queued} + info->receive_queued;
    }
    for (std::size_t h = 0; h < hosts_.size(); ++h) {
      const Stack& stack = *world_.look(static_cast<World::Host>(h));
      if (stack.buffer_memory() < held[h])
        wrong("host " + std::to_string(h) + " holds " + std::to_string(held[h]) + " octets and is charged for " +
              std::to_string(stack.buffer_memory()));
      if (stack.buffer_memory() > stack.config().max_buffer_memory) wrong("more memory than the ceiling allows");
      if (!stack.is_memory_balanced())
        wrong("host " + std::to_string(h) + " is charged for other memory than its connections hold");
    }
  }

  /// Nobody waits for ever: whoever still holds a connection has a peer that is gone, and nothing left to say.
  void check_all_finished() {
    for (End& end : ends_) {
      if (!end.is_open()) continue;
      const auto info = world_.look(end.host())->info(end.id());
      const FourTuple back{end.tuple().remote, end.tuple().local};
      bool peer_knows = false;
      for (std::size_t h = 0; h < hosts_.size(); ++h)
        for (const PortEntry& entry : world_.look(static_cast<World::Host>(h))->ports())
          peer_knows = peer_knows || (entry.tuple == back && entry.state != "TIME-WAIT");
      if (!info || peer_knows || info->send_queued != 0)
        return wrong("never finished, in " + std::string(info ? info->state : "no state") + ": " + end.describe());
      end.give_up();
    }
  }

  void check_nothing_left() {
    for (std::size_t h = 0; h < hosts_.size(); ++h) {
      const Stack& stack = *world_.look(static_cast<World::Host>(h));
      if (stack.buffer_memory() != 0)
        wrong("host " + std::to_string(h) + " is charged for " + std::to_string(stack.buffer_memory()) +
              " octets when all is closed");
      for (const PortEntry& entry : stack.ports())
        if (entry.state != "LISTEN")
          wrong("host " + std::to_string(h) + " still knows " + entry.tuple.to_string() + " in " + std::string(entry.state));
    }
    if (world_.in_flight() != 0) wrong("packets fly for ever");
  }

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

}  // namespace

Outcome run(const Plan& plan, const Chosen& chosen, trace::Sink* story) { return Runner(plan, chosen, story).play(); }

Outcome run(const Plan& plan, trace::Sink* story) {
  const Chosen all(plan.items.size(), true);
  return run(plan, all, story);
}

}  // namespace ft::sim::torture
