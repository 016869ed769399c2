// Captures of stories, judged by tshark, and by our own reader where tshark is not installed.
#include "cli/capture_file.hpp"
#include "pcap/reader.hpp"
#include "told.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <unistd.h>

using namespace ft;
using namespace ft::cli;

namespace {

std::vector<std::byte> read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

struct Capture {
  std::string path;
  explicit Capture(std::string_view name)
      : path("capture-test-" + std::to_string(getpid()) + "-" + std::string(name) + ".pcapng") {}
  Capture(const Capture&) = delete;
  ~Capture() { unlink(path.c_str()); }

  std::string record(std::string_view story, bool ipv6) const {
    sim::Overrides overrides;
    overrides.ipv6 = ipv6;
    const auto scenario = sim::embedded_scenario(story);
    REQUIRE(scenario.has_value());
    auto file = CaptureFile::create(path, actors_of(*scenario, ipv6), analysis::Lang::en);
    REQUIRE(file.has_value());
    REQUIRE(sim::run(*scenario, overrides, *file).has_value());
    const auto closed = file->close();
    return closed ? "" : closed.error();
  }
};

bool has_tshark() { return std::system("command -v tshark >/dev/null 2>&1") == 0; }

}  // namespace

TEST_CASE("a capture has an interface for each host and a reason on each packet") {
  const Capture capture("reasons");
  CHECK(capture.record("lost-data", false).empty());
  const auto octets = read_all(capture.path);
  auto reader = pcap::Reader::open(octets);
  REQUIRE(reader.has_value());
  std::size_t packets = 0, lost = 0;
  while (true) {
    const auto next = reader->next();
    REQUIRE(next.has_value());
    if (!*next) break;
    ++packets;
    REQUIRE((*next)->comments.size() == 1);
    const std::string_view comment = (*next)->comments.front();
    CHECK(comment.find(": ") != std::string_view::npos);
    CHECK(comment.find("RFC ") != std::string_view::npos);
    if (comment.find("The link loses") != std::string_view::npos) ++lost;
  }
  REQUIRE(reader->interfaces().size() == 2);
  CHECK(reader->interfaces()[0].name == "client");
  CHECK(reader->interfaces()[1].name == "server");
  CHECK(packets > 10);
  CHECK(lost == 1);
}

TEST_CASE("tshark reads every story's capture without a complaint") {
  if (!has_tshark()) {
    MESSAGE("skipped: tshark is not installed");
    return;
  }
  // One file of many sections, so that tshark starts once. Payload is a pattern, whatever the port says.
  const Capture all("all");
  std::ofstream joined(all.path, std::ios::binary);
  std::size_t stories = 0;
  for (const sim::EmbeddedScenario& story : sim::embedded_scenarios()) {
    for (const bool ipv6 : {false, true}) {
      const Capture capture(story.name);
      CHECK(capture.record(story.name, ipv6).empty());
      joined << std::ifstream(capture.path, std::ios::binary).rdbuf();
      ++stories;
    }
  }
  joined.close();
  const std::string tshark =
      "tshark -n -2 --disable-protocol http -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -r " + all.path;
  const Ran bad = Ran::command(tshark +
                               " -R '_ws.malformed || ip.checksum.status == 0 || "
                               "(tcp.checksum.status == 0 && !icmp && !icmpv6)' 2>&1 | grep -v 'Running as user'");
  CHECK(bad.output == "");
  const Ran syns =
      Ran::command(tshark + " -R 'tcp.flags.syn == 1 && tcp.flags.ack == 0 && tcp.checksum.status == 1' 2>/dev/null | wc -l");
  CHECK(std::atoi(syns.output.c_str()) >= static_cast<int>(stories));
}

TEST_CASE("tshark sees the handshake, the reasons, the names of the interfaces and nanoseconds") {
  if (!has_tshark()) {
    MESSAGE("skipped: tshark is not installed");
    return;
  }
  const Capture capture("handshake");
  CHECK(capture.record("handshake", false).empty());
  const Ran ran =
      Ran::command("tshark -n -2 -r " + capture.path +
                   " -T fields -e frame.interface_name -e tcp.flags.str -e frame.time_epoch -e frame.comment 2>/dev/null");
  CAPTURE(ran.output);
  CHECK(ran.output.find("client\t··········S·\t0.000000000\tsyn: The client asks") != std::string::npos);
  CHECK(ran.output.find("server\t·······A··S·\t0.020000000\tsyn-ack: ") != std::string::npos);
  CHECK(ran.output.find("client\t·······A····\t0.040000000\thandshake-ack: ") != std::string::npos);
}

TEST_CASE("a capture on a full disk ends with its last whole packet") {
  // A file size limit stands for the disk: the file can be read as far as it goes.
  const Capture capture("short");
  const Ran ran = Ran::command("ulimit -f 2; trap '' XFSZ; " FT_PROGRAM " lab many-clients-one-port --loss 20% --pcap " +
                               capture.path + " >/dev/null 2>&1; echo done");
  CHECK(ran.output == "done\n");
  const auto octets = read_all(capture.path);
  auto reader = pcap::Reader::open(octets);
  REQUIRE(reader.has_value());
  std::size_t packets = 0;
  while (true) {
    const auto next = reader->next();
    REQUIRE_MESSAGE(next.has_value(), pcap::to_string(next.error()));
    if (!*next) break;
    ++packets;
  }
  CHECK(packets > 0);
}
