#include "talk.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::analysis;
using namespace ft::analysis::test;

namespace {

constexpr std::uint16_t all_options =
    SegmentOptions::mss | SegmentOptions::window_scale | SegmentOptions::sack_permitted | SegmentOptions::timestamps;

}  // namespace

TEST_CASE("text in a SYN that the SYN-ACK acknowledges is tfo, taken") {
  for (const Family family : both_families) {
    Talk t(family);
    Segment& syn = t.client(0, "S", 0, 0, 100);
    syn.options.has |= SegmentOptions::fast_open;
    syn.options.fast_open_length = 8;
    t.server(20, "S.", 0, 101);
    t.client(20.1, ".", 101, 1);
    const Told told = t.told();
    CHECK(told.fact("tfo", "octets") == 100);
    CHECK(told.fact("tfo", "taken") == 1);
    CHECK(told.trouble().empty());
  }
}

TEST_CASE("text in a SYN that was not taken is tfo, ignored") {
  for (const Family family : both_families) {
    Talk t(family);
    Segment& syn = t.client(0, "S", 0, 0, 100);
    syn.options.has |= SegmentOptions::fast_open;
    syn.options.fast_open_length = 8;
    t.server(20, "S.", 0, 1);
    t.client(20.1, ".", 1, 1);
    t.client(20.2, "P.", 1, 1, 100);
    t.server(40, ".", 1, 101);
    const Told told = t.told();
    CHECK(told.fact("tfo", "ignored") == 1);
    CHECK(told.find("tfo")->severity == Severity::note);
    CHECK(told.trouble().empty());  // nothing was lost
    CHECK(told.connections[0].handshake == Duration(20'100'000));
  }
}

TEST_CASE("a SYN without the option and without text is no tfo") {
  Talk t;
  t.handshake();
  CHECK_FALSE(t.told().has("tfo"));
}

TEST_CASE("options that others get from the same port and this one does not are options-stripped") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    t.ports[0] = 40001;
    t.client(100, "S", 0, 0);
    t.server(120, "S.", 0, 1).options.has = SegmentOptions::mss;
    t.client(120.1, ".", 1, 1);
    const Told told = t.told();
    CHECK(told.find("options-stripped")->severity == Severity::note);
    CHECK(told.fact("options-stripped", "elsewhere") == 1);
  }
}

TEST_CASE("a SYN with NOPs where options stand is options-stripped") {
  Talk t;
  Segment& syn = t.client(0, "S", 0, 0);
  syn.options.has = SegmentOptions::mss;
  syn.options.nops = 15;
  t.server(0.1, "S.", 0, 1).options.has = SegmentOptions::mss;
  t.client(20, ".", 1, 1);
  CHECK(t.told().find("options-stripped")->side == 0);
}

TEST_CASE("a peer that never offers an option is only a remark of little confidence") {
  Talk t;
  t.client(0, "S", 0, 0);
  t.server(20, "S.", 0, 1).options.has = SegmentOptions::mss;
  t.client(20.1, ".", 1, 1);
  const Told told = t.told();
  CHECK(told.find("options-stripped")->severity == Severity::info);
  CHECK(told.find("options-stripped")->confidence < 0.5f);
}

TEST_CASE("an MSS a little below Ethernet's is mss-clamped, and the usual one is not") {
  for (const Family family : both_families) {
    Talk t(family);
    t.client(0, "S", 0, 0).options.mss_value = family == Family::ipv4 ? 1452 : 1432;
    t.server(20, "S.", 0, 1);
    t.client(20.1, ".", 1, 1);
    const Told told = t.told();
    CHECK(told.has("mss-clamped"));
    CHECK(say(*told.find("mss-clamped"), Lang::en).find("PPPoE") != std::string::npos);
    CHECK(told.trouble().empty());
    Talk usual(family);
    usual.handshake();
    CHECK_FALSE(usual.told().has("mss-clamped"));
  }
}

TEST_CASE("tiny windows after a SYN-ACK without the scale are window-scale-mismatch") {
  for (const Family family : both_families) {
    Talk t(family);
    t.client(0, "S", 0, 0);
    t.server(20, "S.", 0, 1).options.has = all_options & ~SegmentOptions::window_scale;
    t.client(20.1, ".", 1, 1);
    std::uint32_t seq = 1;
    for (int i = 0; i < 8; ++i, seq += 500) {
      t.client(30 + 25 * i, "P.", seq, 1, 500);
      t.server(50 + 25 * i, ".", 1, seq + 500).window = 502;
    }
    CHECK(t.told().trouble() == "window-scale-mismatch");
  }
}

TEST_CASE("a SYN-ACK without the scale and windows as large as before is no mismatch") {
  Talk t;
  t.client(0, "S", 0, 0);
  t.server(20, "S.", 0, 1).options.has = all_options & ~SegmentOptions::window_scale;
  t.client(20.1, ".", 1, 1);
  std::uint32_t seq = 1;
  for (int i = 0; i < 8; ++i, seq += 500) {
    t.client(30 + 25 * i, "P.", seq, 1, 500);
    t.server(50 + 25 * i, ".", 1, seq + 500).window = 64000;
  }
  CHECK_FALSE(t.told().has("window-scale-mismatch"));
}

TEST_CASE("Multipath TCP offered and not taken is mptcp-fallback, and taken it is not") {
  for (const bool taken : {false, true}) {
    Talk t;
    t.client(0, "S", 0, 0).options.has |= SegmentOptions::mptcp;
    Segment& answer = t.server(20, "S.", 0, 1);
    if (taken) answer.options.has |= SegmentOptions::mptcp;
    t.client(20.1, ".", 1, 1);
    CHECK(t.told().has("mptcp-fallback") == !taken);
  }
}

TEST_CASE("signed SYNs are md5, and who signs alone is told so") {
  Talk t;
  t.client(0, "S", 0, 0).options.has |= SegmentOptions::md5;
  t.server(20, "S.", 0, 1);
  t.client(20.1, ".", 1, 1);
  CHECK(t.told().fact("md5", "one_side") == 1);
  Talk plain;
  plain.handshake();
  CHECK_FALSE(plain.told().has("md5"));
}
