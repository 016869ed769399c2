// truth_recorder FOLDER OUT [NAME...]: plays the built-in stories and those of FOLDER/*.toml in the simulator, over IPv4 and a
// few over IPv6, and leaves for each a capture of either end and a journal of what became of every packet:
// OUT/sim-NAME.client.pcap, OUT/sim-NAME.server.pcap, OUT/sim-NAME.journal.json. labels.py makes the truth of each frame of them.
#include "pcap/writer.hpp"
#include "sim/embedded.hpp"
#include "sim/packet.hpp"
#include "sim/player.hpp"
#include "sim/story.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

using namespace ft;
using namespace std::chrono_literals;

namespace {

constexpr const char* ends[] = {"client", "server"};
constexpr Duration epoch = std::chrono::hours(24 * 365 * 56);  // of the captures: some day of 2026
constexpr std::uint64_t most_happenings = 2'000'000;
constexpr Duration patience = 5s;
constexpr Duration longest_story = 24h;

/// Hears all that happens in the world and writes down both ends.
class Journal final : public trace::Sink {
 public:
  Journal() {
    for (auto& file : files_) pcap::append_classic_header(file, pcap::LinkType::raw_ip);
  }

  void on_event(const trace::Event& event) override {
    std::visit([&](const auto& what) { on(event, what); }, event.what);
  }
  /// What the receiving host's filter sees is what arrives, altered as it may be.
  void arrives(std::span<const std::byte> packet) { arriving_.assign(packet.begin(), packet.end()); }

  bool write(const std::string& base, const std::string& name) const {
    for (std::size_t end = 0; end < 2; ++end) {
      std::ofstream out(base + "." + ends[end] + ".pcap", std::ios::binary);
      out.write(reinterpret_cast<const char*>(files_[end].data()), static_cast<std::streamsize>(files_[end].size()));
      if (!out) return false;
    }
    std::ofstream out(base + ".journal.json");
    out << "{\"name\":\"" << name << "\",\"source\":\"simulator\",\"packets\":[";
    for (std::size_t i = 0; i < packets_.size(); ++i) out << (i == 0 ? "" : ",") << "\n" << text_of(i);
    out << "],\n\"frames\":{\"client\":[" << frames_[0] << "],\"server\":[" << frames_[1] << "]}}\n";
    return static_cast<bool>(out);
  }

 private:
  struct Sent {
    std::uint8_t from = 0;
    std::string why;  // the stack's own reason
    std::string lost;
    bool injected = false;
    bool corrupted = false;
    std::vector<std::byte> octets;
  };

  template <typename T>
  void on(const trace::Event&, const T&) {}
  void on(const trace::Event&, const trace::SegmentSent& sent) {
    why_ = sent.why.id;
    forged_ = sent.why.id == "injected";
  }
  void on(const trace::Event&, const trace::PacketMade& made) {
    why_ = made.why.id;
    forged_ = made.why.id == "icmp-packet-too-big";  // a router's, on the way
  }
  void on(const trace::Event& event, const trace::LinkSent& sent) {
    if (sent.from == sent.to) return;
    numbers_[{sent.from, sent.packet}] = packets_.size();
    packets_.push_back({sent.from, std::move(why_), {}, forged_, false, {sent.octets.begin(), sent.octets.end()}});
    if (!forged_) add(sent.from, event.at, sent.octets, packets_.size(), "sent");
    why_.clear();
    forged_ = false;
  }
  void on(const trace::Event&, const trace::LinkLost& lost) {
    const auto found = numbers_.find({lost.from, lost.packet});
    if (found != numbers_.end()) packets_[found->second].lost = lost.why;
  }
  void on(const trace::Event& event, const trace::LinkDelivered& delivered) {
    const auto found = numbers_.find({delivered.from, delivered.packet});
    if (found == numbers_.end()) return;
    Sent& packet = packets_[found->second];
    packet.corrupted = packet.corrupted || delivered.corrupted;
    add(delivered.to, event.at, arriving_, found->second + 1, delivered.duplicate ? "copy" : "received");
  }

  void add(std::size_t end, Instant at, std::span<const std::byte> octets, std::size_t number, std::string_view role) {
    pcap::append_classic_packet(files_[end], {.at = at + epoch, .octets = octets});
    frames_[end] += fmt::format("{}[{},\"{}\"]", frames_[end].empty() ? "" : ",", number, role);
  }
  std::string text_of(std::size_t i) const {
    const Sent& packet = packets_[i];
    std::string text = fmt::format("{{\"id\":{},\"from\":\"{}\"", i + 1, ends[packet.from]);
    if (!packet.why.empty()) text += fmt::format(",\"why\":\"{}\"", packet.why);
    if (!packet.lost.empty()) text += fmt::format(",\"lost\":\"{}\"", packet.lost);
    if (packet.injected) text += ",\"injected\":true";
    if (packet.corrupted) text += ",\"corrupted\":true";
    return text + "}";
  }

  std::vector<std::byte> files_[2];
  std::string frames_[2];
  std::vector<Sent> packets_;
  std::map<std::pair<std::uint8_t, std::uint64_t>, std::size_t> numbers_;
  std::vector<std::byte> arriving_;
  std::string why_;
  bool forged_ = false;
};

bool play(const sim::Scenario& scenario, bool ipv6, Journal& journal) {
  sim::Player player{scenario, ipv6, journal};
  for (const sim::World::Host host : {sim::World::Host{0}, sim::World::Host{1}}) {
    const auto& ports = scenario.hosts[host].filtered_ports;
    player.world().filter(host, [&journal, &ports](std::span<const std::byte> packet) {
      journal.arrives(packet);
      const auto seen = sim::look_at_tcp(packet);
      return seen && std::find(ports.begin(), ports.end(), seen->destination.port) != ports.end();
    });
  }
  const Instant limit{scenario.until.value_or(longest_story)};
  for (std::uint64_t n = 0; n < most_happenings; ++n) {
    const auto next = player.world().next();
    const bool silent = player.is_quiet() && (!next || *next - player.world().now() > patience);
    if (!scenario.until && n > 0 && silent) break;
    if (!player.step(limit)) break;
  }
  player.facts().finish();
  auto promises = sim::check(scenario, player.facts(), player.world().now());
  promises.insert(promises.end(), player.mishaps().begin(), player.mishaps().end());
  bool kept = true;
  for (const auto& promise : promises) {
    if (promise.met) continue;
    kept = false;
    fmt::print(stderr, "{}: {}: {}\n", scenario.name, promise.text, promise.sentence);
  }
  return kept;
}

bool record(const sim::Scenario& scenario, bool ipv6, const std::string& folder) {
  const std::string name = "sim-" + scenario.name + (ipv6 ? "-v6" : "");
  Journal journal;
  if (!play(scenario, ipv6, journal)) return false;
  return journal.write(folder + "/" + name, name);
}

std::vector<sim::Scenario> scenarios(const std::string& folder, bool& good) {
  std::vector<sim::Scenario> all;
  const auto add = [&](const std::string& name, std::string_view text) {
    auto scenario = sim::parse_scenario(name, text);
    if (!scenario) {
      fmt::print(stderr, "{}\n", scenario.error());
      good = false;
      return;
    }
    all.push_back(std::move(*scenario));
  };
  for (const auto& story : sim::embedded_scenarios()) add(std::string{story.name} + ".toml", story.text);
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& path : files) {
    std::ifstream in(path);
    std::stringstream text;
    text << in.rdbuf();
    add(path.filename().string(), text.str());
  }
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: truth_recorder FOLDER OUT [NAME...]\n");
    return 2;
  }
  std::filesystem::create_directories(argv[2]);
  bool good = true;
  for (const auto& scenario : scenarios(argv[1], good)) {
    if (argc > 3 && std::find(argv + 3, argv + argc, scenario.name) == argv + argc) continue;
    for (const bool ipv6 : {false, true}) good = record(scenario, ipv6, argv[2]) && good;
  }
  return good ? 0 : 1;
}
