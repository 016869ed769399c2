// explain, why, stats and report as a person runs them: on captures of the Linux kernel (tests/captures), on bad files, from a
// pipe.
#include "told.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>

#include <unistd.h>

using namespace ft::cli;

namespace {

std::string capture(const std::string& name) { return std::string(FT_SOURCE_DIR) + "/tests/captures/" + name; }

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The first `octets` of a capture.
std::string cut_copy(const std::string& name, std::size_t octets) {
  const std::string path = "cut-for-test-" + std::to_string(getpid()) + ".pcap";  // cases run side by side
  std::ofstream(path, std::ios::binary) << text_of(capture(name)).substr(0, octets);
  return path;
}

}  // namespace

TEST_CASE("explain says the verdict first, then connections, the story, findings and the ladder") {
  const Ran ran = Ran::program("explain " + capture("port_closed.client.pcap"));
  CHECK(ran.status == 0);
  const std::size_t verdict = ran.output.find("nothing listens"), list = ran.output.find("Connections"),
                    story = ran.output.find("The story"), findings = ran.output.find("Findings"),
                    ladder = ran.output.find("The ladder");
  CHECK(verdict < list);
  CHECK(list < story);
  CHECK(story < findings);
  CHECK(findings < ladder);
  CHECK(ladder != std::string::npos);
}

TEST_CASE("explain takes a connection by number and by four-tuple, and says when there is none") {
  const std::string file = "explain " + capture("many_conns.client.pcap");
  CHECK(Ran::program(file).output.find("The story") == std::string::npos);
  CHECK(Ran::program(file + " --flow 1").output.find("Connection #1: 10.9.0.1:45510 → 10.9.0.2:8080") != std::string::npos);
  CHECK(Ran::program(file + " --flow 10.9.0.2:8080-10.9.0.1:45510").output.find("Connection #1: ") != std::string::npos);
  CHECK(Ran::program(file + " --flow 10.9.0.1:45510").output.find("Connection #1: ") != std::string::npos);
  const Ran none = Ran::program(file + " --flow 99");
  CHECK(none.status == 1);
  CHECK(none.output.find("no connection #99") != std::string::npos);
  CHECK(Ran::program(file + " --flow x").status == 2);
}

TEST_CASE("a long list is cut with a count and a hint, and --all shows it all") {
  const std::string file = "explain " + capture("many_conns.client.pcap");
  CHECK(Ran::program(file).output.find("… 10 more --all") != std::string::npos);
  const std::string all = Ran::program(file + " --all --in-order").output;
  CHECK(all.find(" more --all") == std::string::npos);
  CHECK(all.find("#0  ") < all.find("#1  "));
  CHECK(all.find("#29  ") != std::string::npos);
}

TEST_CASE("why exits with the class of what went wrong") {
  CHECK(Ran::program("why " + capture("normal.client.pcap")).status == 0);
  CHECK(Ran::program("why " + capture("filtered_drop.client.pcap")).status == 10);
  CHECK(Ran::program("why " + capture("port_closed.client.pcap")).status == 11);
  CHECK(Ran::program("why " + capture("many_conns.client.pcap") + " 1").status == 0);
  CHECK(Ran::program("why " + capture("many_conns.client.pcap") + " 10.9.0.1:39862 10.9.0.2:9999").status == 11);
}

TEST_CASE("a file that is missing, empty or no capture is answered with one line and status 1") {
  for (const std::string command : {"explain", "why", "stats", "report"}) {
    for (const std::string file : {"no-such-file.pcap", "/dev/null", FT_SOURCE_DIR "/README.md", "/tmp"}) {
      const Ran ran = Ran::program(command + " " + file);
      CAPTURE(command);
      CAPTURE(file);
      CAPTURE(ran.output);
      CHECK(ran.status == 1);
      CHECK(std::ranges::count(ran.output, '\n') == 1);
    }
    CHECK(Ran::program(command).status == 2);
  }
}

TEST_CASE("a capture that is cut off is told as far as it goes, with a sentence and status 3") {
  const std::string path = cut_copy("normal.client.pcap", 3000);
  for (const std::string command : {"explain", "why", "stats", "packets", "packets -Y udp"}) {  // none of them is UDP
    const Ran ran = Ran::program(command + " " + path);
    CAPTURE(ran.output);
    CHECK(ran.status == 3);
    CHECK(ran.output.find("truncated at octet") != std::string::npos);
  }
  unlink(path.c_str());
}

TEST_CASE("a capture without packets is no failure") {
  const std::string path = cut_copy("normal.client.pcap", 24);
  const Ran ran = Ran::program("explain " + path);
  unlink(path.c_str());
  CHECK(ran.status == 0);
  CHECK(ran.output.find("There is no packet") != std::string::npos);
}

TEST_CASE("a pipe is as good as a file, also for what needs two passes") {
  const std::string file = capture("loss_three.client.pcap");
  const Ran piped = Ran::command("cat " + file + " | LC_ALL=C.UTF-8 " FT_PROGRAM " explain - 2>&1");
  CHECK(piped.status == 0);
  CHECK(piped.output.find("The ladder") != std::string::npos);
}

TEST_CASE("stats counts what the capture holds, as text, CSV and JSON") {
  const std::string file = capture("many_conns.client.pcap");
  CHECK(Ran::program("stats " + file).output.find("30 TCP") != std::string::npos);
  const std::string csv = Ran::program("stats --csv connections " + file).output;
  CHECK(std::ranges::count(csv, '\n') == 31);
  const auto json = nlohmann::json::parse(Ran::program("stats --json " + file).output);
  std::uint64_t packets = 0;
  for (const auto& connection : json["connections"])
    for (const auto& side : connection["sides"]) packets += side["packets"].get<std::uint64_t>();
  CHECK(packets == json["capture"]["segments"]);
  std::uint64_t over_time = 0;
  for (const auto& bin : json["timeline"]["packets"]) over_time += bin.get<std::uint64_t>();
  CHECK(over_time == json["capture"]["packets"]);
  CHECK(Ran::program("stats --csv frames " + file).status == 2);
}

TEST_CASE("report answers a lab's questions, and a quiz keeps the answers to itself") {
  const std::string file = capture("loss_three.client.pcap");
  const Ran sheet = Ran::program("report " + file);
  CHECK(sheet.status == 0);
  CHECK(sheet.output.find("2123688506") != std::string::npos);
  CHECK(sheet.output.find("SRTT") != std::string::npos);
  const Ran quiz = Ran::program("report --quiz " + file);
  CHECK(quiz.status == 0);
  CHECK(quiz.output.find("2123688506") == std::string::npos);
  CHECK(Ran::program("report --quiz --answers " + file).output.find("2123688506") != std::string::npos);
}

TEST_CASE("a display filter chooses connections, and a wrong one is complained about") {
  const std::string file = capture("many_conns.client.pcap");
  const Ran ran = Ran::program("explain -Y 'tcp.port == 9999' " + file);
  CHECK(ran.status == 0);
  CHECK(ran.output.find("3 connections: 3 failed") != std::string::npos);
  CHECK(Ran::program("explain -Y 'tcp.prot == 1' " + file).status == 2);
  CHECK(Ran::program("explain -Y 'tcp.port == 1' " + file).status == 1);
}

TEST_CASE("stats says how many addresses it left out of its table") {
  const std::string path = "/tmp/fourtuple-addresses-" + std::to_string(::getpid());
  {
    std::ofstream out(path, std::ios::binary);
    const auto put = [&out](std::initializer_list<std::uint32_t> words) {  // as the octets stand in the file
      for (const std::uint32_t word : words)
        for (const int shift : {24, 16, 8, 0}) out.put(static_cast<char>(word >> shift));
    };
    put({0xa1b2c3d4, 0x00020004, 0, 0, 65535, 101});
    for (std::uint32_t i = 0; i < 50'002; ++i)  // SYNs between strangers
      put({1, i, 40, 40, 0x45000028, 0, 0x40060000, 0x0a000000 + i, 0x0b000000 + i, 0x04000050, 1000, 0, 0x50020400, 0});
  }
  const Ran text = Ran::program("stats --top 1 " + path), csv = Ran::program("stats --csv ports " + path);
  CHECK(text.status == 0);
  for (const Ran& ran : {text, csv}) CHECK(ran.output.find("those of 4 more ends of") != std::string::npos);
  ::unlink(path.c_str());
}

TEST_CASE("why and stats take a display filter as explain does") {
  const std::string file = capture("many_conns.client.pcap");
  CHECK(Ran::program("why -Y 'tcp.port == 9999' " + file).status == 11);
  CHECK(Ran::program("why -Y 'tcp.port == 8080' " + file).status == 0);
  CHECK(Ran::program("why -Y 'conn.diagnosis == \"port-closed\"' " + file).output.find("2 other connections") !=
        std::string::npos);
  CHECK(Ran::program("why -Y 'tcp.port == 9999' " + file + " 1").status == 1);
  const std::string csv = Ran::program("stats --csv connections -Y 'tcp.port == 9999' " + file).output;
  CHECK(std::ranges::count(csv, '\n') == 4);
  const auto json = nlohmann::json::parse(Ran::program("stats --json -Y 'conn.state == \"refused\"' " + file).output);
  CHECK(json["connections"].size() == 3);
  std::uint64_t packets = 0, over_time = 0;
  for (const auto& connection : json["connections"])
    for (const auto& side : connection["sides"]) packets += side["packets"].get<std::uint64_t>();
  for (const auto& bin : json["timeline"]["packets"]) over_time += bin.get<std::uint64_t>();
  CHECK(over_time == packets);
  for (const std::string command : {"why", "stats"}) {
    CHECK(Ran::program(command + " -Y 'tcp.prot == 1' " + file).status == 2);
    CHECK(Ran::program(command + " -Y 'tcp.port == 1' " + file).status == 1);
  }
}

TEST_CASE("with a second capture the ladder has the times at both ends, and what only one of the two has") {
  const Ran client =
      Ran::program("explain " + capture("synack_lost.client.pcap") + " --with " + capture("synack_lost.server.pcap"));
  CHECK(client.status == 0);
  const std::size_t ladder = client.output.find("The ladder");
  const std::string drawn = client.output.substr(ladder, client.output.find("Two captures side by side") - ladder);
  CHECK(drawn.find("(SYN-SENT) ├───────────────────────────────────────────────────→│ 20.000 ms") != std::string::npos);
  CHECK(drawn.find("✗─────────────────────────────┤") != std::string::npos);  // the SYN-ACK that this capture has not
  CHECK(drawn.find("Lost between the two places: only the capture near") != std::string::npos);
  CHECK(drawn.find("│ 1060.000 ms") != std::string::npos);

  const Ran server =
      Ran::program("explain " + capture("synack_lost.server.pcap") + " --with " + capture("synack_lost.client.pcap"));
  CHECK(server.output.find("  -20.000 ms │ [1]  SYN  seq 0  win 65535") != std::string::npos);
  CHECK(server.output.find("Lost between the two places") != std::string::npos);
  const Ran page =
      Ran::program("explain --html - " + capture("synack_lost.server.pcap") + " --with " + capture("synack_lost.client.pcap"));
  CHECK(page.output.find(">-20.000 ms</text>") != std::string::npos);
  CHECK(page.output.find(">0.000 ms</text>") != std::string::npos);
}

TEST_CASE("each frame that an HTML page names as evidence is on it, far behind the first ones too") {
  const std::string page = Ran::program("explain --html - " + capture("loss_three.client.pcap")).output;
  const std::regex named(R"re(<a href="#frame-(\d+)">)re");
  std::size_t links = 0, latest = 0;
  for (std::sregex_iterator at(page.begin(), page.end(), named), end; at != end; ++at) {
    const std::string frame = (*at)[1];
    ++links;
    latest = std::max<std::size_t>(latest, std::stoul(frame));
    CHECK_MESSAGE(page.find("id=\"frame-" + frame + "\"") != std::string::npos, frame);
  }
  CHECK(links > 10);
  CHECK(latest == 414);
  CHECK(page.find("id=\"frame-300\"") == std::string::npos);
  CHECK(page.find("<p class=\"dim\">… 188 more</p>\n<details class=\"packet\" id=\"frame-389\"") != std::string::npos);
}

TEST_CASE("every capture of the tests can be explained in every form, in both languages") {
  for (const char* name :
       {"half_close.client.pcap", "last_ack_lost.server.pcap", "loss_random_v6.client.pcap", "mtu_blackhole.server.pcap",
        "normal.client.be9.pcapng", "normal.client.sll2.pcap", "port_reuse.client.pcap", "reorder.server.pcap",
        "rst_unread.client.pcap", "sim_open.client.pcap", "zero_window.client.pcap"}) {
    for (const char* form : {"", "--json", "--md", "--html -", "--graph", "--lang zh", "--lang zh --html -", "--ascii"}) {
      const Ran ran = Ran::program(std::string("explain ") + form + " " + capture(name));
      CAPTURE(name);
      CAPTURE(form);
      CHECK(ran.status == 0);
      CHECK(ran.output.size() > 500);
    }
  }
}
