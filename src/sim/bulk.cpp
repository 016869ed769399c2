#include "sim/bulk.hpp"

#include "base/assert.hpp"
#include "sim/world.hpp"

#include <array>
#include <numeric>

namespace ft::sim {

namespace {

/// Counts what the link of the data loses.
class Losses final : public trace::Sink {
 public:
  explicit Losses(std::uint8_t sender) : sender_(sender) {}
  void on_event(const trace::Event& event) override {
    const auto* lost = std::get_if<trace::LinkLost>(&event.what);
    if (lost != nullptr && lost->from == sender_) ++count_;
  }
  std::uint64_t count() const { return count_; }

 private:
  std::uint64_t count_ = 0;
  std::uint8_t sender_;
};

class Bulk {
 public:
  explicit Bulk(const BulkPlan& plan) : plan_(plan), losses_(0), world_(plan.seed, losses_) {
    sender_ = world_.add_host(host(1));
    receiver_ = world_.add_host(host(2));
    world_.add_link(sender_, receiver_, plan.data, plan.acks);
    world_.on_event(sender_, [this](const Event& event) { on_sender(event); });
    world_.on_event(receiver_, [this](const Event& event) { on_receiver(event); });
    const std::size_t n = plan.flows.size();
    FT_ASSERT(n != 0 && n <= 1000);
    senders_.resize(n);
    readers_.resize(n);
    outcome_.octets.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
      ListenOptions options;
      options.tcp = plan.flows[i].tcp;
      listeners_.push_back(*world_.use(receiver_).listen(at(i), options));
      world_.at(Instant{plan.flows[i].starts}, [this, i] { start(i); });
    }
    world_.at(Instant{plan.warm_up}, [this] { counting_ = true; });
  }

  BulkOutcome run() {
    world_.run_until(Instant{plan_.warm_up + plan_.time}, UINT64_MAX);
    outcome_.time = plan_.time;
    outcome_.lost = losses_.count();
    for (const ConnectionId id : senders_) {
      const auto info = world_.look(sender_)->info(id);
      if (!info) continue;
      outcome_.segments_sent += info->segments_sent;
      outcome_.retransmitted += info->retransmissions;
      outcome_.timeouts += info->retransmitted.timeouts;
    }
    return outcome_;
  }

 private:
  static IpAddress address(std::uint8_t last) { return IpAddress::v4(10, 0, 0, last); }
  static Endpoint at(std::size_t flow) { return {address(2), static_cast<std::uint16_t>(5000 + flow)}; }

  StackConfig host(std::uint8_t last) const {
    StackConfig config;
    config.mtu = plan_.mtu;
    config.addresses = {{address(last), 24}};
    config.max_buffer_memory = std::uint64_t{4} << 30;
    return config;
  }

  void start(std::size_t flow) {
    ConnectOptions options;
    options.tcp = plan_.flows[flow].tcp;
    const auto id = world_.use(sender_).connect(world_.now(), at(flow), options);
    FT_ASSERT(id.has_value());
    senders_[flow] = *id;
  }

  void on_sender(const Event& event) {
    if (event.kind != Event::Kind::connected && event.kind != Event::Kind::writable) return;
    static constexpr std::array<std::byte, 65536> text{};
    while (world_.use(sender_).write(event.connection, text)) {
    }
  }

  void on_receiver(const Event& event) {
    Stack& stack = world_.use(receiver_);
    if (event.kind == Event::Kind::acceptable) {
      for (std::size_t i = 0; i < listeners_.size(); ++i)
        if (event.listener == listeners_[i])
          if (const auto id = stack.accept(listeners_[i])) readers_[i] = *id;
    }
    for (std::size_t i = 0; i < readers_.size(); ++i) {
      if (!readers_[i] || (event.kind == Event::Kind::readable && event.connection != readers_[i])) continue;
      for (auto text = stack.peek(readers_[i]); !text.empty(); text = stack.peek(readers_[i])) {
        if (counting_) outcome_.octets[i] += text.size();
        stack.consume(readers_[i], text.size());
      }
    }
  }

  const BulkPlan& plan_;
  Losses losses_;
  World world_;
  World::Host sender_ = 0;
  World::Host receiver_ = 1;
  std::vector<ListenerId> listeners_;
  std::vector<ConnectionId> senders_;
  std::vector<ConnectionId> readers_;
  BulkOutcome outcome_;
  bool counting_ = false;
};

}  // namespace

std::uint64_t BulkOutcome::sum() const { return std::accumulate(octets.begin(), octets.end(), std::uint64_t{0}); }

double BulkOutcome::bits_per_second() const {
  return static_cast<double>(sum()) * 8 / std::chrono::duration<double>(time).count();
}

double BulkOutcome::fairness() const {
  double sum = 0, squares = 0;
  for (const std::uint64_t one : octets) {
    sum += static_cast<double>(one);
    squares += static_cast<double>(one) * static_cast<double>(one);
  }
  return squares == 0 ? 1 : sum * sum / (static_cast<double>(octets.size()) * squares);
}

BulkOutcome run_bulk(const BulkPlan& plan) { return Bulk{plan}.run(); }

}  // namespace ft::sim
