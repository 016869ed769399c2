// --trace and --info: what they write, and that the reference describes all of it.
#include "cli/connection_info.hpp"
#include "told.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <iterator>
#include <sstream>

#include <unistd.h>

using namespace ft;
using ft::cli::Ran;

namespace {

std::string read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void check_described(const nlohmann::json& value, const std::string& reference) {
  for (const auto& [key, inner] : value.items()) {
    if (value.is_object()) {
      CAPTURE(key);
      CHECK(reference.find("`" + key + "`") != std::string::npos);
    }
    if (inner.is_structured()) check_described(inner, reference);
  }
}

struct Lines {
  std::vector<nlohmann::json> lines;
  explicit Lines(const std::string& story) {
    const std::string path = "/tmp/fourtuple-trace-" + std::to_string(getpid()) + ".json";
    REQUIRE(Ran::program("lab " + story + " --trace " + path).status == 0);
    std::istringstream text(read(path));
    for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line, nullptr, false));
    std::remove(path.c_str());
  }
};

ConnectionInfo example() {
  ConnectionInfo info;
  info.tuple = {.local = *Endpoint::parse("10.0.0.1:49152"), .remote = *Endpoint::parse("10.0.0.2:80")};
  info.state = "ESTABLISHED";
  info.cwnd = 14600;
  info.ssthresh = UINT64_MAX;
  info.srtt = std::chrono::microseconds(20'500);
  info.mss = 1448;
  info.retransmissions = 3;
  info.retransmitted.by_cause[static_cast<std::size_t>(Repeat::rack)] = {.segments = 2, .octets = 2896};
  info.retransmitted.by_cause[static_cast<std::size_t>(Repeat::timeout)] = {.segments = 1, .octets = 1448};
  info.retransmitted.timeouts = 1;
  info.limits.busy = std::chrono::seconds(10);
  info.limits.congestion = std::chrono::seconds(9);
  info.limits.application = std::chrono::seconds(1);
  info.limits.hold = "hold-congestion-window";
  info.limits.hold_clause = "RFC 5681 3.1";
  info.deadline = {.at = Instant{std::chrono::milliseconds(1200)}, .timer = "retransmit", .clause = "RFC 6298 5.1"};
  info.last.heard = Instant{std::chrono::milliseconds(900)};
  return info;
}

}  // namespace

TEST_CASE("--trace writes a header and one JSON object a line, in the order of time") {
  const Lines trace("lost-data");
  REQUIRE(trace.lines.size() > 10);
  CHECK(trace.lines[0]["format"] == "fourtuple-trace");
  CHECK(trace.lines[0]["title"] == "fourtuple lab lost-data");
  double before = 0;
  bool repeated = false;
  for (std::size_t i = 1; i < trace.lines.size(); ++i) {
    const auto& line = trace.lines[i];
    REQUIRE_FALSE(line.is_discarded());
    CHECK(line["time"].get<double>() >= before);
    before = line["time"].get<double>();
    if (line["name"] == "transport:packet_sent")
      repeated |= line["data"]["why"]["id"].get<std::string>().starts_with("retransmit-");
  }
  CHECK(repeated);
}

TEST_CASE("every field of the trace is described in docs/reference/trace-json.md") {
  const std::string reference = read(std::string(FT_SOURCE_DIR) + "/docs/reference/trace-json.md");
  for (const std::string story : {"handshake", "lost-data", "zero-window", "keepalive", "reordering", "backlog-full"}) {
    for (const auto& line : Lines(story).lines) {
      check_described(line, reference);
      if (line.contains("name")) CHECK(reference.find("`" + line["name"].get<std::string>() + "`") != std::string::npos);
    }
  }
}

TEST_CASE("every particular is described in docs/reference/trace-json.md") {
  const std::string reference = read(std::string(FT_SOURCE_DIR) + "/docs/reference/trace-json.md");
  for (int i = 0; i < static_cast<int>(Fact::count_); ++i) {
    const std::string name(to_string(static_cast<Fact>(i)));
    CAPTURE(name);
    CHECK(reference.find("`" + name + "`") != std::string::npos);
  }
}

TEST_CASE("a trace that cannot be written is an error") {
  const Ran ran = Ran::command(FT_PROGRAM " lab handshake --trace /dev/full 2>&1 >/dev/null");
  CHECK(ran.status == 1);
  CHECK(ran.output.find("cannot write /dev/full: No space left on device") != std::string::npos);
}

TEST_CASE("--info tells people where the time went and what was repeated") {
  const std::string text = cli::info_text(example(), Instant{std::chrono::seconds(1)});
  CHECK(text.starts_with("10.0.0.1:49152 -> 10.0.0.2:80 ESTABLISHED\n"));
  CHECK(text.find("smoothed 20.5 ms") != std::string::npos);
  CHECK(text.find(
            "busy for 10 s: congestion window 9 s (90 %), application 1 s (10 %); now hold-congestion-window (RFC 5681 3.1)") !=
        std::string::npos);
  CHECK(text.find("3 segments with 4344 octets: 1 timeout, 2 rack; 0 recoveries, 1 timeouts") != std::string::npos);
  CHECK(text.find("retransmit in 200 ms (RFC 6298 5.1)") != std::string::npos);
  CHECK(text.find("ssthresh") == std::string::npos);  // none was found yet
}

TEST_CASE("--info=json is one document, and every field is described in docs/reference/info-json.md") {
  const std::string line = cli::info_json(example(), Instant{std::chrono::seconds(1)});
  CHECK(line.find('\n') == line.size() - 1);
  const auto j = nlohmann::json::parse(line, nullptr, false);
  REQUIRE_FALSE(j.is_discarded());
  CHECK(j["rtt"]["smoothed"] == 20.5);
  CHECK(j["rtt"]["least"].is_null());
  CHECK(j["congestion"]["ssthresh"].is_null());
  CHECK(j["retransmitted"]["by_cause"]["rack"]["octets"] == 2896);
  CHECK(j["limits"]["busy"] == 10000);
  CHECK(j["deadline"]["in"] == 200);
  CHECK(j["last"]["heard_ago"] == 100);
  check_described(j, read(std::string(FT_SOURCE_DIR) + "/docs/reference/info-json.md"));
}

TEST_CASE("--info takes no other word") {
  const Ran ran = Ran::program("connect --link udp:127.0.0.1:7002,127.0.0.1:7001,10.9.0.1/24 --info=xml 10.9.0.2 80");
  CHECK(ran.status == 2);
  CHECK(ran.output.find("--info") != std::string::npos);
}
