// The recordings of tests/captures, each with what was done to it.
#include "analysis/dissect/dissector.hpp"
#include "analysis/report/explain_json.hpp"
#include "pcap/reader.hpp"
#include "talk.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

using namespace ft;
using namespace ft::analysis;
using namespace ft::analysis::test;

namespace {

Analysis analysis_of(const std::string& name, const AnalysisLimits& limits = {}) {
  std::ifstream file(std::string(FT_SOURCE_DIR) + "/tests/captures/" + name, std::ios::binary);
  const std::vector<char> octets((std::istreambuf_iterator<char>(file)), {});
  auto reader = pcap::Reader::open(std::as_bytes(std::span(octets)));
  REQUIRE_MESSAGE(reader.has_value(), name);
  Dissector dissector;
  Analysis analysis(limits);
  while (true) {
    const auto packet = reader->next();
    REQUIRE(packet.has_value());
    if (!*packet) break;
    const Frame& frame = dissector.dissect(**packet);
    if (frame.has_segment) analysis.on(frame.segment);
    if (frame.has_icmp_error) analysis.on(frame.icmp_error);
  }
  analysis.finish();
  return analysis;
}

Told told_of(const std::string& name, const AnalysisLimits& limits = {}) { return told(analysis_of(name, limits)); }

struct Expected {
  std::string_view file;
  std::string_view trouble;    // warnings and errors, exactly these
  std::string_view diagnosis;  // must be among the findings; empty: "complete"
};

constexpr Expected captures[] = {
    {"filtered_drop.client.pcap", "syn-unanswered", "syn-unanswered"},
    {"half_close.client.pcap", "", "half-close"},
    {"last_ack_lost.server.pcap", "handshake-ack-lost", "handshake-ack-lost"},
    {"loss_random_v6.client.pcap", "loss-random", "loss-random"},
    {"loss_three.client.pcap", "loss-fast-recovery", "loss-fast-recovery"},
    {"many_conns.client.pcap", "port-closed", "port-closed"},
    {"mtu_blackhole.server.pcap", "mtu-black-hole", "mtu-black-hole"},
    {"normal.client.pcap", "", ""},
    {"normal.client.be9.pcapng", "", ""},
    {"normal.client.ns-be.pcap", "", ""},
    {"normal.client.sll2.pcap", "", ""},
    {"port_closed.client.pcap", "port-closed", "port-closed"},
    {"port_reuse.client.pcap", "", "port-reuse"},
    {"reorder.server.pcap", "reordering", "reordering"},
    {"rst_unread.client.pcap", "rst-unread-data", "rst-unread-data"},
    {"sim_open.client.pcap", "", "simultaneous-open"},
    {"zero_window.client.pcap", "zero-window-recovered", "zero-window-recovered"},
};

}  // namespace

TEST_CASE("the captures of the kernel's TCP are told as what was done to them, and nothing else is complained of") {
  for (const Expected& expected : captures) {
    CAPTURE(expected.file);
    const Told told = told_of(std::string(expected.file));
    CHECK(told.trouble() == expected.trouble);
    if (expected.diagnosis.empty())
      CHECK(told.verdict.id() == "complete");
    else
      CHECK(told.verdict.id() == expected.diagnosis);
  }
}

TEST_CASE("what is told of a capture does not depend on the seed of the table of streams") {
  const auto json_of = [](const std::string& name, std::uint64_t seed) {
    const Told told = told_of(name, {.hash_seed = seed});
    report::ExplainJson json(Lang::en);
    json.begin({});
    for (const Connection& connection : told.connections) json.connection(connection);
    json.end(told.hosts);
    return json.take();
  };
  for (const std::string name : {"many_conns.client.pcap", "loss_random_v6.client.pcap", "port_reuse.client.pcap"})
    for (const std::uint64_t seed : {std::uint64_t{1}, std::uint64_t{0x9e3779b97f4a7c15}, ~std::uint64_t{0}})
      CHECK(json_of(name, seed) == json_of(name, 0));
}

TEST_CASE("every sentence about the captures is whole, in both languages") {
  for (const Expected& expected : captures) {
    const Told told = told_of(std::string(expected.file));
    for (const Connection& connection : told.connections)
      for (const Finding& finding : connection.findings)
        for (const Lang lang : {Lang::en, Lang::zh})
          for (const std::string& text : {say(finding, lang), how_known(finding, lang), next_step(finding, lang)}) {
            CAPTURE(text);
            CHECK_FALSE(text.empty());
            CHECK(text.find_first_of("{}[]|") == std::string::npos);
          }
  }
}

TEST_CASE("of thirty connections the verdict tells the three that were refused") {
  const Told told = told_of("many_conns.client.pcap");
  const auto lines = say(told.verdict, Lang::en);
  CHECK(lines[0] == "30 connections: 3 failed or broken, 27 closed properly.");
  CHECK(lines[1].starts_with("3 connections, as connection 0: The host is up, but nothing listens on its port 9999"));
  CHECK(told.verdict.failure() == FailureClass::refused);
  CHECK(say(told.verdict, Lang::zh)[0] == "30 个连接：3 个失败或中断，27 个正常关闭。");
}

TEST_CASE("the outline of a connection says what the connection says") {
  for (const Expected& expected : captures) {
    CAPTURE(expected.file);
    const Analysis analysis = analysis_of(std::string(expected.file));
    for (std::uint32_t stream = 0; stream < analysis.streams(); ++stream) {
      const Connection whole = analysis.connection(stream);
      const Outline outline = analysis.outline(stream);
      for (std::size_t side = 0; side < 2; ++side) {
        CHECK(outline.sides[side].endpoint == whole.sides[side].endpoint);
        CHECK(outline.sides[side].text == whole.sides[side].text);
        CHECK(outline.sides[side].syns == whole.sides[side].syns);
        CHECK(outline.sides[side].ttl == whole.sides[side].ttl);
      }
      CHECK(outline.first == whole.first);
      CHECK(outline.last == whole.last);
      CHECK(outline.first_frame == whole.first_frame);
      CHECK(outline.handshake_frames == whole.handshake_frames);
      CHECK(outline.syn_to_syn_ack == whole.syn_to_syn_ack);
      CHECK(outline.state == whole.state);
      CHECK(outline.answer.seen == whole.sides[1].offer.seen);
      CHECK(outline.answer.has == whole.sides[1].offer.has);
    }
  }
}
