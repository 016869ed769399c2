// What the analyser says about the lab's stories, from a capture at either end: it knows nothing of the stack that made them.
#include "analysis/dissect/dissector.hpp"
#include "analysis/find/find.hpp"
#include "sim/embedded.hpp"
#include "sim/packet.hpp"
#include "sim/player.hpp"
#include "sim/story.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

using namespace ft;
using namespace ft::analysis;
using namespace std::chrono_literals;

namespace {

/// A capture at one end, analysed as it grows.
struct Ear {
  Dissector dissector;
  Analysis analysis;
  std::uint64_t frames = 0;

  void hear(Instant at, std::span<const std::byte> octets) {
    pcap::Packet packet;
    packet.at = at + std::chrono::hours(24 * 365 * 56);
    packet.link_type = pcap::LinkType::raw_ip;
    packet.octets = octets;
    packet.original_length = static_cast<std::uint32_t>(octets.size());
    const Frame& frame = dissector.dissect(packet);
    if (frame.has_segment) analysis.on(frame.segment);
    if (frame.has_icmp_error) analysis.on(frame.icmp_error);
  }
};

class Ears final : public trace::Sink {
 public:
  std::array<Ear, 2> ears;
  std::vector<std::byte> arriving;  // as it arrives, altered as it may be

  void on_event(const trace::Event& event) override {
    if (const auto* sent = std::get_if<trace::SegmentSent>(&event.what)) forged_ = sent->why.id == "injected";
    if (const auto* made = std::get_if<trace::PacketMade>(&event.what)) forged_ = made->why.id == "icmp-packet-too-big";
    if (const auto* sent = std::get_if<trace::LinkSent>(&event.what); sent != nullptr && sent->from != sent->to) {
      if (!forged_) ears[sent->from].hear(event.at, sent->octets);  // what others put on the way does not leave this host
      forged_ = false;
    }
    if (const auto* got = std::get_if<trace::LinkDelivered>(&event.what); got != nullptr && got->from != got->to)
      ears[got->to].hear(event.at, arriving);
  }

 private:
  bool forged_ = false;
};

void play(const sim::Scenario& scenario, bool ipv6, Ears& ears) {
  sim::Player player{scenario, ipv6, ears};
  for (const sim::World::Host host : {sim::World::Host{0}, sim::World::Host{1}}) {
    const auto& ports = scenario.hosts[host].filtered_ports;
    player.world().filter(host, [&ears, &ports](std::span<const std::byte> packet) {
      ears.arriving.assign(packet.begin(), packet.end());
      const auto seen = sim::look_at_tcp(packet);
      return seen && std::ranges::find(ports, seen->destination.port) != ports.end();
    });
  }
  const Instant limit{scenario.until.value_or(24h)};
  for (int n = 0; n < 200'000; ++n) {
    const auto next = player.world().next();
    if (!scenario.until && n > 0 && player.is_quiet() && (!next || *next - player.world().now() > 5s)) break;
    if (!player.step(limit)) break;
  }
  for (Ear& ear : ears.ears) ear.analysis.finish();
}

struct Heard {
  std::set<std::string> all, trouble;
};

Heard heard(const Analysis& analysis) {
  Heard out;
  const Finder finder(analysis);
  const auto add = [&](const std::vector<Finding>& findings) {
    for (const Finding& finding : findings) {
      out.all.emplace(finding.id);
      if (finding.severity >= Severity::warning) out.trouble.emplace(finding.id);
      for (const Lang lang : {Lang::en, Lang::zh}) CHECK(say(finding, lang).find_first_of("{}[]") == std::string::npos);
    }
  };
  for (std::uint32_t i = 0; i < analysis.streams(); ++i) add(finder.connection(i).findings);
  add(finder.findings());
  return out;
}

/// Warnings and errors at the client's end and at the server's, exactly these, with commas; and what is told without alarm.
struct Story {
  std::string_view name, at_client, at_server;
  std::string_view note = {};
};

constexpr Story stories[] = {
    {"backlog-full", "listen-queue-overflow", "listen-queue-overflow"},
    {"blind-reset", "", "blind-reset-attempt"},
    {"data", "", ""},
    {"ecn", "", "", "ecn-congestion"},
    {"ecn-fallback", "syn-retransmitted-then-ok", ""},
    {"fast-open", "", "", "tfo"},
    {"filtered", "syn-unanswered", ""},
    {"four-way-close", "", "", "time-wait-holder"},
    {"half-close", "", "", "half-close"},
    {"half-open", "half-open-peer-forgot", "half-open-peer-forgot"},
    {"handshake", "", ""},
    {"keepalive", "keepalive-unanswered", ""},
    {"lost-ack", "handshake-ack-lost", "handshake-ack-lost"},
    {"lost-data", "loss-fast-recovery", "loss-fast-recovery"},
    {"lost-fin", "", "", "fin-retransmitted"},
    {"lost-syn", "syn-retransmitted-then-ok", ""},
    {"lost-syn-ack", "syn-retransmitted-then-ok", "synack-lost"},
    {"many-clients-one-port", "", ""},
    {"packet-too-big", "", "", "pmtud"},
    {"pmtu-black-hole", "mtu-probing-recovered", ""},
    {"port-reuse", "", "", "port-reuse"},
    {"ports-exhausted", "", "", "port-reuse"},
    {"refused", "port-closed", "port-closed"},
    {"reordering", "", "", "reordering"},
    {"reset", "rst-abortive-close", "rst-abortive-close"},
    {"simultaneous-close", "", "", "simultaneous-close"},
    {"simultaneous-open", "", "", "simultaneous-open"},
    {"syn-cookies", "", ""},
    {"syn-flood", "listen-queue-overflow",
     "synack-lost"},  // two forged SYNs are no flood: they are half-open, and one is shut out
    {"tail-loss", "tail-loss", ""},
    {"three-segment-close", "", "", "time-wait-holder"},
    {"time-wait", "", "", "time-wait-holder"},
    {"unread-data-reset", "rst-unread-data", "rst-unread-data"},
    {"zero-window", "zero-window-recovered", "zero-window-recovered"},
};

std::string joined(const std::set<std::string>& ids) {
  std::string out;
  for (const std::string& id : ids) out += (out.empty() ? "" : ",") + id;
  return out;
}

}  // namespace

TEST_CASE("the lab's stories are told right by who only sees their packets, at either end, over IPv4 and IPv6") {
  for (const auto& embedded : sim::embedded_scenarios()) {
    CAPTURE(embedded.name);
    const auto* story = std::ranges::find(stories, embedded.name, &Story::name);
    CHECK_MESSAGE(story != std::end(stories), "a story that this test does not know");
    if (story == std::end(stories)) continue;
    const auto scenario = sim::parse_scenario(std::string(embedded.name) + ".toml", embedded.text);
    REQUIRE(scenario.has_value());
    for (const bool ipv6 : {false, true}) {
      CAPTURE(ipv6);
      Ears ears;
      play(*scenario, ipv6, ears);
      const Heard client = heard(ears.ears[0].analysis);
      const Heard server = heard(ears.ears[1].analysis);
      CHECK(joined(client.trouble) == story->at_client);
      CHECK(joined(server.trouble) == story->at_server);
      if (!story->note.empty())
        CHECK((client.all.contains(std::string(story->note)) || server.all.contains(std::string(story->note))));
    }
  }
}
