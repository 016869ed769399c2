// fourtuple packets and fourtuple completion, as a person runs them.
#include "told.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>

#include <unistd.h>

using namespace ft::cli;

namespace {

const std::string normal = FT_SOURCE_DIR "/tests/captures/normal.client.pcap";

std::size_t lines(const std::string& text) { return static_cast<std::size_t>(std::ranges::count(text, '\n')); }

/// What bash would offer for these words, the last of them half written.
std::string offered(const std::string& words) {
  return Ran::command("bash -c 'source <(" FT_PROGRAM " completion bash); COMP_WORDS=(" + words +
                      "); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _fourtuple; echo \"${COMPREPLY[*]}\"'")
      .output;
}

}  // namespace

TEST_CASE("packets prints a line for each packet, with relative numbers") {
  const Ran ran = Ran::program("packets " + normal);
  CHECK(ran.status == 0);
  CHECK(lines(ran.output) == 14);
  CHECK(ran.output.find("10.9.0.1 → 10.9.0.2        TCP      74 57804 > 8080 [SYN] Seq=0 Win=64240 Len=0 MSS=1460") !=
        std::string::npos);
  CHECK(ran.output.find("\x1b") == std::string::npos);
}

TEST_CASE("a display filter chooses packets, with predicates on their connection as well") {
  CHECK(lines(Ran::program("packets " + normal + " -Y 'tcp.flags.syn == 1'").output) == 2);
  CHECK(lines(Ran::program("packets " + normal + " -Y 'conn.state == \"closed\" and conn.rtt > 1ms'").output) == 14);
  CHECK(lines(Ran::program("packets " + normal + " -Y 'conn.rtt > 10s'").output) == 0);
  CHECK(Ran::program("packets " + normal + " -Y 'frame.len matches \"x\"'").status == 2);
  CHECK(lines(Ran::program("packets " + normal + " -Y 'frame.protocols matches \"TCP$\"' -c 3").output) == 3);
}

TEST_CASE("chosen fields are printed with separators") {
  const std::string fields = " -T fields -e frame.number -e ip.addr -c 1 ";
  CHECK(Ran::program("packets " + normal + fields).output == "1\t10.9.0.1,10.9.0.2\n");
  CHECK(Ran::program("packets " + normal + fields + "-E header=y -E separator=';' -E quote=d -E occurrence=l").output ==
        "frame.number;ip.addr\n\"1\";\"10.9.0.2\"\n");
  CHECK(Ran::program("packets " + normal + " -e ip.sorce").output ==
        "fourtuple packets: -e: there is no field ip.sorce; did you mean ip.src?\n");
}

TEST_CASE("JSON holds the tree of each packet, or the fields that were asked for") {
  const auto trees = nlohmann::json::parse(Ran::program("packets " + normal + " -T json -x -Y 'frame.number < 3'").output);
  REQUIRE(trees.size() == 2);
  CHECK(trees[1]["number"] == 2);
  CHECK(trees[1]["tree"][2]["field"] == "ip");
  CHECK(trees[1]["octets"].get<std::string>().size() == 148);
  const auto fields = nlohmann::json::parse(Ran::program("packets " + normal + " -T json -e tcp.port -c 1").output);
  CHECK(fields[0]["fields"]["tcp.port"] == nlohmann::json({"57804", "8080"}));
  CHECK(nlohmann::json::parse(Ran::program("packets " + normal + " -T json -Y udp").output).empty());
}

TEST_CASE("a tree names its fields, and octets are shown with what of them is ASCII") {
  const std::string text = Ran::program("packets " + normal + " -V -x -c 1").output;
  CHECK(text.find("    Time to live: 64  (ip.ttl)\n") != std::string::npos);
  CHECK(text.find("        SYN: yes  (tcp.flags.syn)\n") != std::string::npos);
  CHECK(text.find("0000  02 00 00 00 00 02 02 00") != std::string::npos);
}

TEST_CASE("the packets that were let through can be written to a file") {
  const std::string file = std::filesystem::temp_directory_path() / ("packets-" + std::to_string(getpid()) + ".pcapng");
  CHECK(Ran::program("packets " + normal + " -Y 'tcp.flags.syn == 1' -w " + file).status == 0);
  CHECK(Ran::program("packets " + file + " -e tcp.flags.str").output == "··········S·\n·······A··S·\n");
  std::remove(file.c_str());
}

TEST_CASE("a reader of packets that goes away is no failure") {
  const std::string gone = " >&3 ) 2>&3 | true ) 3>&1";
  for (const std::string& command : {"packets " + normal + " -w -", "explain " + normal + " -w -"}) {
    const Ran ran = Ran::command("( ( sleep 0.2; " FT_PROGRAM " " + command + "; echo status $?" + gone);
    CAPTURE(ran.output);
    CHECK(ran.output.ends_with("status 0\n"));
    CHECK(ran.output.find("Broken pipe") == std::string::npos);
  }
}

TEST_CASE("no command writes over the capture that it reads") {
  const std::string copy = "over_" + std::to_string(getpid()) + ".pcap";
  std::filesystem::copy_file(FT_SOURCE_DIR "/tests/captures/normal.client.pcap", copy);
  const auto size = std::filesystem::file_size(copy);
  for (const std::string& command : {"packets " + copy + " -w ./" + copy, "explain " + copy + " -w " + copy,
                                     "explain " + copy + " --html " + copy, "report " + copy + " --html " + copy}) {
    CAPTURE(command);
    const Ran ran = Ran::program(command);
    CHECK(ran.status == 2);
    CHECK(ran.output.find("is read and would be overwritten") != std::string::npos);
    CHECK(std::filesystem::file_size(copy) == size);
  }
  std::filesystem::remove(copy);
}

TEST_CASE("a reference in a filter is of the selected packet") {
  CHECK(Ran::program("packets " + normal + " -Y 'frame.len == ${frame.len}' --selected 1 -e frame.number").output == "1\n2\n");
  CHECK(Ran::program("packets " + normal + " -Y 'frame.len == ${frame.len}'").status == 2);
  CHECK(Ran::program("packets " + normal + " -Y 'frame.len == ${frame.len}' --selected 99").status == 1);
}

TEST_CASE("packets come through a pipe, filters that need the end of the capture included") {
  CHECK(lines(Ran::command("cat " + normal + " | " FT_PROGRAM " packets - -Y 'conn.packets == 14'").output) == 14);
  CHECK(Ran::command(FT_PROGRAM " packets " + normal + " | head -1 | wc -l").output == "1\n");
}

TEST_CASE("a wrong filter is shown with a caret, and a trap is told although the filter is right") {
  const Ran wrong = Ran::program("packets " + normal + " -Y 'ip and tcp.prot == 1'");
  CHECK(wrong.status == 2);
  CHECK(wrong.output ==
        "fourtuple packets: display filter: \"tcp.prot\" is neither a field nor a protocol\n"
        "    ip and tcp.prot == 1\n"
        "           ^~~~~~~~\n"
        "did you mean tcp.port?\n");
  const Ran trap = Ran::program("packets " + normal + " -Y 'tcp.flags.syn && !tcp.flags.ack'");
  CHECK(trap.status == 0);
  CHECK(trap.output.find("to ask whether it is set: tcp.flags.syn == 1") != std::string::npos);
}

TEST_CASE("a filter is explained in words without a capture") {
  const Ran ran = Ran::program("packets --explain-filter -Y 'tcp.port == 443 and ip.src == 10.0.0.0/8'");
  CHECK(ran.status == 0);
  CHECK(ran.output.find("a tcp.port (either port) is 443\n  and\n") != std::string::npos);
  CHECK(ran.output.find("as a capture filter: tcp port 443 and src net 10.0.0.0/8\n") != std::string::npos);
}

TEST_CASE("all fields are listed, with what they mean") {
  CHECK(Ran::program("packets --fields").output.find("conn.rtt ") != std::string::npos);
  const std::string some = Ran::program("packets --fields tcp.options.mss").output;
  CHECK(some.find("tcp.options.mss_val ") != std::string::npos);
  CHECK(some.find("ip.src") == std::string::npos);
}

TEST_CASE("a beginning that no field has is told") {
  const Ran ran = Ran::program("packets --fields zzz");
  CHECK(ran.status == 1);
  CHECK(ran.output.find("no field's name begins with zzz") != std::string::npos);
}

TEST_CASE("bash completes commands, options, and the last word of a filter") {
  CHECK(offered("fourtuple pack") == "packets\n");
  CHECK(offered("fourtuple packets x --explain").find("--explain-filter") == 0);
  CHECK(offered("fourtuple packets x -e tcp.options.mss_") == "tcp.options.mss_val\n");
  CHECK(offered("fourtuple packets x -Y \"tcp.port==80&&ip.pro\"") == "tcp.port==80&&ip.proto\n");
  CHECK(offered("fourtuple packets x -Y tcp.window_size_s") == "tcp.window_size_scalefactor\n");
  CHECK(offered("fourtuple packets x -T j") == "json\n");
  CHECK(offered("fourtuple explain x --lang") == "--lang\n");
  CHECK(offered("fourtuple explain x --lang \"\"") == "en zh\n");
  CHECK(offered("fourtuple lab lost-syn-a") == "lost-syn-ack\n");
}

TEST_CASE("the other shells get the same words") {
  for (const char* shell : {"zsh", "fish"}) {
    const Ran ran = Ran::program(std::string("completion ") + shell);
    CHECK(ran.status == 0);
    CHECK(ran.output.find("explain-filter") != std::string::npos);
    CHECK(ran.output.find("tcp.options.mss_val") != std::string::npos);
  }
  CHECK(Ran::program("completion ksh").status == 2);
}
