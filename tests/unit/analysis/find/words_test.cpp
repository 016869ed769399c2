#include "analysis/find/words.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

using namespace ft;
using namespace ft::analysis;

namespace {

constexpr std::string_view every_id[] = {"syn-unanswered",
                                         "port-closed",
                                         "reset-by-middlebox",
                                         "icmp-rejected",
                                         "syn-retransmitted-then-ok",
                                         "synack-lost",
                                         "handshake-ack-lost",
                                         "listen-queue-overflow",
                                         "client-gave-up",
                                         "old-state-collision",
                                         "port-reuse",
                                         "simultaneous-open",
                                         "split-handshake",
                                         "tfo",
                                         "options-stripped",
                                         "mss-clamped",
                                         "window-scale-mismatch",
                                         "mtu-black-hole",
                                         "pmtud",
                                         "mtu-probing-recovered",
                                         "loss-fast-recovery",
                                         "tail-loss",
                                         "lost-retransmission",
                                         "path-outage",
                                         "rto-backoff",
                                         "spurious-retransmission",
                                         "reordering",
                                         "network-duplicates",
                                         "capture-duplicates",
                                         "ack-loss-only",
                                         "policer-loss",
                                         "loss-random",
                                         "bufferbloat",
                                         "zero-window-recovered",
                                         "zero-window-stalled",
                                         "receive-window-limited",
                                         "application-limited",
                                         "server-think-time",
                                         "client-think-time",
                                         "high-rtt",
                                         "nagle-delayed-ack",
                                         "keepalive",
                                         "keepalive-unanswered",
                                         "idle-timeout",
                                         "half-open-peer-forgot",
                                         "rst-unread-data",
                                         "rst-abortive-close",
                                         "rst-data-after-close",
                                         "rst-injected",
                                         "blind-reset-attempt",
                                         "half-close",
                                         "half-closed-not-finished",
                                         "simultaneous-close",
                                         "fin-retransmitted",
                                         "time-wait-holder",
                                         "syn-flood",
                                         "port-scan",
                                         "checksum-corruption",
                                         "offload-artefact",
                                         "capture-incomplete",
                                         "ecn-congestion",
                                         "stale-duplicate",
                                         "seq-wrap",
                                         "urgent",
                                         "mptcp-fallback",
                                         "md5"};

/// Names in {name}, {name|..}, {#name|..}, [?name ..] and [!name ..]; who and other are each language's own affair.
std::set<std::string> names_in(std::string_view text) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool condition = text[i] == '[' && i + 1 < text.size() && (text[i + 1] == '?' || text[i + 1] == '!');
    if (text[i] != '{' && !condition) continue;
    std::size_t begin = i + (condition ? 2 : 1);
    if (text[begin] == '#') ++begin;
    const std::size_t end = text.find_first_of("|} ", begin);
    const std::string name(text.substr(begin, end - begin));
    if (name != "who" && name != "Who" && name != "other" && name != "Other" && name != "frames" && name != "Frames")
      names.insert(name);
  }
  return names;
}

bool balanced(std::string_view text) {
  int square = 0, curly = 0;
  for (const char c : text) {
    square += c == '[' ? 1 : c == ']' ? -1 : 0;
    curly += c == '{' ? 1 : c == '}' ? -1 : 0;
    if (square < 0 || square > 1 || curly < 0 || curly > 1) return false;
  }
  return square == 0 && curly == 0;
}

Finding unanswered() {
  Finding finding;
  finding.id = "syn-unanswered";
  finding.side = 0;
  finding.frames = {1, 2, 3};
  finding.frame_count = 3;
  finding.facts = {{"tries", Fact::Unit::count, 3},
                   {"port", Fact::Unit::port, 8080},
                   {"wait", Fact::Unit::time, 3.021},
                   {"isn", Fact::Unit::count, 3430260883.0}};
  finding.alternatives = {"firewall-drops", "host-down"};
  return finding;
}

/// docs/reference/diagnoses.md, as the code has it.
std::string page() {
  std::ostringstream out;
  out << "# Diagnoses\n\nWhat `fourtuple explain`, `why` and `report` can find in a capture. The ids are an interface: findings, "
         "the filter\n"
         "field `conn.diagnosis` and exit codes use them. Severities are the usual ones; a finding may be milder or graver when "
         "its\n"
         "facts say so. `UPDATE_GOLDEN=1 build/dev/tests/unit_analysis -tc='*page of diagnoses*'` makes this page from the code, "
         "and a test\n"
         "compares.\n\n## Exit codes of `fourtuple why`\n\nThe class of the gravest finding; 1 and 2 are errors of the program's "
         "use, as everywhere.\n\n"
         "| code | class | what it says |\n|---|---|---|\n";
  using enum FailureClass;
  for (const FailureClass failure :
       {none, unanswered, refused, handshake, path, loss, receiver, application, reset, silence, attack, capture})
    out << "| " << static_cast<int>(failure) << " | " << to_string(failure) << " | " << class_words(failure, Lang::en) << " |\n";
  out << "\n## The ids\n\n| row | id | in words | usual severity | class | 中文 |\n|---|---|---|---|---|---|\n";
  for (const Words& words : all_words())
    out << "| " << static_cast<int>(words.row) << " | `" << words.id << "` | " << words.word.en << " | "
        << to_string(words.severity) << " | " << to_string(words.failure) << " | " << words.word.zh << " |\n";
  out << "\nA connection's verdict is the id of its gravest finding (of several equally grave ones the surest), or, when there "
         "is none\n"
         "above `info`, how it stands: `complete`, `open`, `reset` and the other states.\n";
  return out.str();
}

}  // namespace

TEST_CASE("each diagnosis of the table has its words, once, in the table's order") {
  std::set<std::string_view> ids;
  std::uint8_t row = 1;
  for (const Words& words : all_words()) {
    CAPTURE(words.id);
    CHECK(ids.insert(words.id).second);
    CHECK((words.row == row || words.row == row + 1));
    row = words.row;
    for (const Text& text : {words.word, words.what, words.how, words.next}) {
      CHECK_FALSE(text.en.empty());
      CHECK_FALSE(text.zh.empty());
      CHECK(std::ranges::all_of(text.en, [](char c) { return c >= ' ' && c <= '~'; }));
      CHECK(balanced(text.en));
      CHECK(balanced(text.zh));
    }
  }
  CHECK(row == 52);
  CHECK(ids.size() == std::size(every_id));
  for (const Words& words : all_words()) CHECK(find_words(words.id) == &words);
  for (const std::string_view id : every_id) CHECK_MESSAGE(find_words(id) != nullptr, id);
  for (const std::string_view nobodys : {"", "aaa", "syn-unanswere", "zzz"}) CHECK(find_words(nobodys) == nullptr);
}

TEST_CASE("both languages of a diagnosis tell the same facts") {
  for (const Words& words : all_words()) {
    CAPTURE(words.id);
    CHECK(names_in(words.what.en) == names_in(words.what.zh));
    CHECK(names_in(words.how.en) == names_in(words.how.zh));
    CHECK(names_in(words.next.en) == names_in(words.next.zh));
  }
}

TEST_CASE("each proof by a second capture has its words, and both languages tell the same facts") {
  std::set<std::string_view> ids;
  for (const Explanation& proof : all_proofs()) {
    CAPTURE(proof.id);
    CHECK(ids.insert(proof.id).second);
    CHECK(balanced(proof.text.en));
    CHECK(balanced(proof.text.zh));
    CHECK(names_in(proof.text.en) == names_in(proof.text.zh));
  }
  CHECK(ids.contains("lost-between"));
}

TEST_CASE("a proof names both captures and the frames in the other one") {
  Finding finding = unanswered();
  CHECK(how_proven(finding, Lang::en).empty());
  finding.facts.push_back({"near", Fact::Unit::text, 0, "client.pcap"});
  finding.facts.push_back({"far", Fact::Unit::text, 0, "server.pcap"});
  finding.facts.push_back({"gone", Fact::Unit::count, 1});
  finding.proof = Proof{.id = "syn-lost", .capture = "server.pcap", .frames = {1, 4}, .frame_count = 2};
  CHECK(how_proven(finding, Lang::en) ==
        "1 SYN is in client.pcap and not in server.pcap: the request was lost, not its answer. (server.pcap: Frames 1 and 4.)");
  CHECK(how_proven(finding, Lang::zh).ends_with("（server.pcap：第 1、4 帧）"));
}

TEST_CASE("a finding is said in a sentence with its facts in place") {
  const Finding finding = unanswered();
  CHECK(say(finding, Lang::en) ==
        "Nobody answered: the client asked 3 times for port 8080 in 3.02 s and heard nothing. A firewall drops it, the host is "
        "down, "
        "or the reply is lost.");
  CHECK(how_known(finding, Lang::en) ==
        "Frames 1, 2 and 3: the same SYN, sequence number 3430260883; no SYN-ACK, no RST and no ICMP error came back.");
  CHECK(say(finding, Lang::zh) ==
        "无人应答：客户端在 3.02 s 内向端口 8080 发出 3 次 SYN，没有收到任何回应。可能是防火墙丢弃、主机宕机，或回应丢失。");
  CHECK(alternatives(finding, Lang::en).front() == "a firewall on the way drops the packets without a word");
}

TEST_CASE("what is not known is left out of a sentence, and one is not many") {
  Finding finding = unanswered();
  finding.facts = {{"tries", Fact::Unit::count, 1}, {"port", Fact::Unit::port, 80}};
  finding.frames = {7};
  finding.frame_count = 1;
  CHECK(say(finding, Lang::en).starts_with("Nobody answered: the client asked once for port 80 and heard nothing."));
  CHECK(how_known(finding, Lang::en).starts_with("Frame 7: "));
}

TEST_CASE("of many frames the first are named and the others counted") {
  Finding finding = unanswered();
  finding.frames = {1, 2, 3, 4, 5, 6, 7, 8};
  finding.frame_count = 40;
  CHECK(how_known(finding, Lang::en).starts_with("Frames 1, 2, 3, 4, 5, 6 and 34 more: "));
  CHECK(how_known(finding, Lang::zh).starts_with("第 1、2、3、4、5、6 等 40 帧："));
}

TEST_CASE("numbers have units and three digits that count") {
  using enum Fact::Unit;
  CHECK(in_words({"", time, 0.0201}, Lang::en) == "20.1 ms");
  CHECK(in_words({"", time, 0.2}, Lang::en) == "200 ms");
  CHECK(in_words({"", time, 0.00001}, Lang::en) == "10 µs");
  CHECK(in_words({"", time, 1.0214}, Lang::zh) == "1.02 s");
  CHECK(in_words({"", time, 300}, Lang::en) == "300 s");
  CHECK(in_words({"", time, 7200}, Lang::en) == "2 h");
  CHECK(in_words({"", octets, 1448}, Lang::en) == "1448 octets");
  CHECK(in_words({"", octets, 1}, Lang::en) == "1 octet");
  CHECK(in_words({"", octets, 65536}, Lang::en) == "65.5 kB");
  CHECK(in_words({"", rate, 1.25e6}, Lang::en) == "10 Mbit/s");
  CHECK(in_words({"", percent, 2.14}, Lang::en) == "2.14 %");
}

TEST_CASE("the cost of a finding is said in time, segments and octets") {
  Finding finding = unanswered();
  CHECK(cost_words(finding, Lang::en).empty());
  finding.cost = {std::chrono::milliseconds(1020), 4344, 3};
  CHECK(cost_words(finding, Lang::en) == "1.02 s, 3 segments, 4344 octets");
  CHECK(cost_words(finding, Lang::zh) == "1.02 s，3 个报文段，4344 字节");
}

TEST_CASE("an id that nobody knows speaks for itself") {
  Finding finding;
  finding.id = "of-tomorrow";
  CHECK(say(finding, Lang::en) == "of-tomorrow");
  CHECK(how_known(finding, Lang::zh).empty());
  CHECK(verdict_words("complete", Lang::zh) == "完整");
  CHECK(verdict_words("of-tomorrow", Lang::en) == "of-tomorrow");
}

TEST_CASE("the page of diagnoses and exit codes is the code's own") {
  const std::string path = std::string(FT_SOURCE_DIR) + "/docs/reference/diagnoses.md";
  if (const char* update = std::getenv("UPDATE_GOLDEN"); update != nullptr && *update == '1') std::ofstream(path) << page();
  std::ifstream file(path);
  std::ostringstream written;
  written << file.rdbuf();
  CHECK_MESSAGE(written.str() == page(), "UPDATE_GOLDEN=1 writes docs/reference/diagnoses.md anew");
}
