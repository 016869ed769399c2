#include "sim/goodput.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace ft::sim {

using namespace std::chrono_literals;

namespace {

struct Named {
  Congestion which;
  std::string_view name;
};
constexpr Named controllers[] = {{Congestion::cubic, "cubic"}, {Congestion::new_reno, "new_reno"}, {Congestion::bbr, "bbr"}};

/// A line of so many Mbit/s and ms there and back.
GoodputCase over(const Named& controller, std::uint64_t mbit, int rtt, std::size_t flows) {
  GoodputCase one;
  const std::uint64_t bdp = mbit * 125 * static_cast<std::uint64_t>(rtt);  // octets
  one.plan.data.rate = one.plan.acks.rate = mbit * 1'000'000;
  one.plan.data.delay = one.plan.acks.delay = rtt * 500us;
  one.plan.data.queue_packets = one.plan.acks.queue_packets = 0;
  one.plan.data.queue_octets = std::max<std::uint64_t>(bdp, 30'000);
  one.plan.time = 20s;
  for (std::size_t i = 0; i < flows; ++i) {
    BulkFlow flow;
    flow.tcp.congestion = controller.which;
    flow.tcp.autotune = false;  // the rows are about losses: rings are large at once, and nobody marks
    flow.tcp.ecn = Ecn::off;
    flow.tcp.send_buffer = flow.tcp.receive_buffer = static_cast<std::uint32_t>(std::max<std::uint64_t>(5 * bdp, 1u << 20));
    flow.starts = 500ms * static_cast<int>(i);
    one.plan.flows.push_back(flow);
  }
  one.share = 1448.0 / 1500.0;
  return one;
}

void add_paths(std::vector<GoodputCase>& cases, const Named& controller) {
  for (const std::uint64_t mbit : {10u, 100u, 1000u})
    for (const int rtt : {1, 20, 100, 300})
      for (const double loss : {0.0, 0.1, 1.0, 3.0}) {
        GoodputCase one = over(controller, mbit, rtt, 1);
        one.plan.data.loss = loss / 100;
        one.key = fmt::format("{}/{}/{}/{}", controller.name, mbit, rtt, loss);
        one.cheap = mbit == 10 && (rtt == 20 || rtt == 100);
        cases.push_back(std::move(one));
      }
}

void add_disorder(std::vector<GoodputCase>& cases, const Named& controller) {
  const auto add = [&](std::string_view name, auto&& change) {
    GoodputCase one = over(controller, 100, 20, 1);
    change(one.plan.data);
    one.key = fmt::format("{}/{}", controller.name, name);
    cases.push_back(std::move(one));
  };
  add("reordering-1%-5ms", [](ImpairmentSettings& s) { s.reorder = 0.01, s.reorder_by = 5ms; });
  add("reordering-10%-5ms", [](ImpairmentSettings& s) { s.reorder = 0.1, s.reorder_by = 5ms; });
  add("reordering-1%-30ms", [](ImpairmentSettings& s) { s.reorder = 0.01, s.reorder_by = 30ms; });
  add("bursts-of-10", [](ImpairmentSettings& s) { s.burst = {.enter = 0.0005, .leave = 0.1, .loss = 1}; });
  add("jitter-5ms", [](ImpairmentSettings& s) { s.jitter = 5ms; });
  add("duplicates-5%", [](ImpairmentSettings& s) { s.duplicate = 0.05; });
  add("queue-of-5", [](ImpairmentSettings& s) { s.queue_octets = 5 * 1500; });
  add("queue-of-20", [](ImpairmentSettings& s) { s.queue_octets = 20 * 1500; });
  add("queue-of-4-bdp", [](ImpairmentSettings& s) { s.queue_octets = 1'000'000; });
}

/// A router that marks instead of dropping (RFC 3168): beyond `mark_packets` waiting, with a queue of four round trips behind.
void add_marks(std::vector<GoodputCase>& cases, const Named& controller) {
  for (const std::uint32_t mark : {5u, 20u, 65u}) {
    for (const std::size_t flows : {std::size_t{1}, std::size_t{2}}) {
      GoodputCase one = over(controller, 50, 20, flows);
      one.plan.data.queue_octets *= 4;
      one.plan.data.mark_packets = mark;
      one.plan.warm_up = 5s;
      for (BulkFlow& flow : one.plan.flows) flow.tcp.ecn = Ecn::accurate;
      one.key = fmt::format("{}/marks-at-{}/{}", controller.name, mark, flows);
      cases.push_back(std::move(one));
    }
  }
}

void add_fairness(std::vector<GoodputCase>& cases, const Named& controller) {
  for (const std::size_t flows : {std::size_t{2}, std::size_t{8}}) {
    GoodputCase one = over(controller, 50, 20, flows);
    one.plan.warm_up = 10s;
    one.plan.time = 30s;
    one.key = fmt::format("{}/{}-flows", controller.name, flows);
    cases.push_back(std::move(one));
  }
}

}  // namespace

std::vector<GoodputCase> goodput_cases() {
  std::vector<GoodputCase> cases;
  for (const Named& controller : controllers) add_paths(cases, controller);
  for (const Named& controller : controllers) add_disorder(cases, controller);
  for (const Named& controller : controllers) add_fairness(cases, controller);
  for (const Named& controller : controllers) add_marks(cases, controller);
  add_marks(cases, {Congestion::dctcp, "dctcp"});
  GoodputCase mixed = over(controllers[0], 50, 20, 2);
  mixed.plan.warm_up = 10s;
  mixed.plan.time = 30s;
  mixed.plan.flows[1].tcp.congestion = Congestion::bbr;
  mixed.key = "cubic-and-bbr";
  cases.push_back(std::move(mixed));
  return cases;
}

std::string goodput_heading() {
  return fmt::format("{:<28} {:>9} {:>7} {:>8} {:>8} {:>8}", "path", "Mbit/s", "%", "again", "lost", "fairness");
}

std::string goodput_row(const GoodputCase& one) {
  const BulkOutcome outcome = run_bulk(one.plan);
  const double rate = static_cast<double>(one.plan.data.rate) * one.share;
  return fmt::format("{:<28} {:>9.3f} {:>7.1f} {:>8} {:>8} {:>8.3f}", one.key, outcome.bits_per_second() / 1e6,
                     100 * outcome.bits_per_second() / rate, outcome.retransmitted, outcome.lost, outcome.fairness());
}

}  // namespace ft::sim
