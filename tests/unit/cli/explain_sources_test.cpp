// explain beside another capture, beside what the ends said, and into a slice.
#include "io/capture_source.hpp"
#include "told.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <string>
#include <vector>

#include <unistd.h>

using namespace ft;
using namespace ft::cli;

namespace {

const std::string captures = FT_SOURCE_DIR "/tests/captures/";

/// A folder that is gone at the end.
struct Folder {
  std::string path = "/tmp/fourtuple-explain-XXXXXX";
  Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~Folder() { CHECK(std::system(("rm -r " + path).c_str()) == 0); }
  std::string operator/(const std::string& name) const { return path + "/" + name; }
};

struct Seen {
  int packets = 0;
  std::vector<std::string> comments;
};

Seen read_all(const std::string& path) {
  auto source = io::open_capture(path);
  REQUIRE_MESSAGE(source, (source ? "" : source.error()));
  Seen seen;
  pcap::Packet packet;
  while ((*source)->next(packet) == io::CaptureSource::Step::packet) {
    ++seen.packets;
    seen.comments.insert(seen.comments.end(), packet.comments.begin(), packet.comments.end());
  }
  return seen;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("explain -w writes every packet, and the findings as comments on the frames that prove them") {
  const Folder folder;
  const Ran ran = Ran::program("explain --lang en " + captures + "loss_three.client.pcap -w " + (folder / "s.pcapng"));
  CHECK(ran.status == 0);
  const Seen seen = read_all(folder / "s.pcapng");
  CHECK(seen.packets == read_all(captures + "loss_three.client.pcap").packets);
  REQUIRE_FALSE(seen.comments.empty());
  CHECK(seen.comments[0].starts_with("loss-fast-recovery (warning): "));
  CHECK(seen.comments[1].starts_with("loss-fast-recovery: see frame "));
}

TEST_CASE("explain --flow -w writes that connection's packets only") {
  const Folder folder;
  const Ran ran = Ran::program("explain " + captures + "many_conns.client.pcap --flow 3 -w " + (folder / "s.pcapng"));
  CHECK(ran.status == 0);
  const Ran again = Ran::program("explain --json " + (folder / "s.pcapng"));
  CHECK(nlohmann::json::parse(again.output)["connections"].size() == 1);
}

TEST_CASE("an anonymised slice says the same of other addresses, and the same words make them again") {
  const Folder folder;
  const std::string from = captures + "loss_three.client.pcap";
  for (const std::string& to : {folder / "a", folder / "b"}) {
    CHECK(Ran::program("explain " + from + " -w " + to + " --anonymise --key 'two words'").status == 0);
  }
  CHECK(Ran::command("cmp " + (folder / "a") + " " + (folder / "b")).status == 0);
  const auto json = [](const std::string& path) { return nlohmann::json::parse(Ran::program("explain --json " + path).output); };
  const auto before = json(from), after = json(folder / "a");
  CHECK_FALSE(has(after.dump(), "10.9.0."));
  CHECK(after["connections"][0]["verdict"] == before["connections"][0]["verdict"]);
  CHECK(after["connections"][0]["history"] == before["connections"][0]["history"]);
  CHECK(after["connections"][0]["findings"].size() == before["connections"][0]["findings"].size());
  CHECK(Ran::program("explain " + from + " --anonymise").status == 2);
}

TEST_CASE("explain --with finds an anonymised connection by its initial sequence numbers") {
  const Folder folder;
  const std::string from = captures + "loss_three.client.pcap";
  REQUIRE(Ran::program("explain " + from + " -w " + (folder / "a") + " --anonymise").status == 0);
  const Ran ran = Ran::program("explain --lang en " + from + " --with " + (folder / "a"));
  CHECK(has(ran.output, "1 connection is in both captures."));
  CHECK(has(ran.output, "The path changed addresses or ports"));
  CHECK(has(ran.output, "Nothing was lost between the two places."));
  const auto json = nlohmann::json::parse(Ran::program("explain --json " + from + " --with " + (folder / "a")).output);
  CHECK(json["comparison"]["clocks_known"] == true);
  CHECK(json["comparison"]["offset"] == 0);
  CHECK(json["comparison"]["connections"].size() == 1);
  const Ran none = Ran::program("explain --lang en " + from + " --with " + captures + "half_close.client.pcap");
  CHECK(has(none.output, "No connection is in both captures."));
  CHECK(Ran::program("explain " + from + " --with /no/such/file").status == 1);
}

TEST_CASE("explain --trace tells the true states beside a story's packets, and whether the inference was right") {
  const Folder folder;
  REQUIRE(Ran::program("lab half-close --pcap " + (folder / "p") + " --trace " + (folder / "t")).status == 0);
  const Ran ran = Ran::program("explain --lang en " + (folder / "p") + " --trace " + (folder / "t"));
  CAPTURE(ran.output);
  CHECK(ran.status == 0);
  CHECK(has(ran.output, "What the ends themselves say"));
  CHECK(has(ran.output, "ESTABLISHED → FIN-WAIT-1"));
  CHECK(has(ran.output, "as the packets let one infer"));
  std::ofstream(folder / "bad") << "{\"format\":\"other\"}\n";
  const Ran bad = Ran::program("explain " + (folder / "p") + " --trace " + (folder / "bad"));
  CHECK(bad.status == 1);
  CHECK(has(bad.output, "bad:1: expected the first line of a trace"));
}
