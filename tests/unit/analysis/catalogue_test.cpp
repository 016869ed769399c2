#include "analysis/catalogue.hpp"

#include "fourtuple/error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

using namespace ft;
using namespace ft::analysis;

namespace {

constexpr std::string_view ids_of_the_stack[] = {"syn",
                                                 "syn-ack",
                                                 "syn-ack-simultaneous",
                                                 "handshake-ack",
                                                 "data",
                                                 "data-push",
                                                 "data-fin",
                                                 "fin",
                                                 "ack-every-second",
                                                 "ack-delayed",
                                                 "ack-quick",
                                                 "ack-out-of-order",
                                                 "ack-filled-hole",
                                                 "ack-unacceptable",
                                                 "ack-fin",
                                                 "ack-window-update",
                                                 "ack-window-probe",
                                                 "ack-keepalive",
                                                 "ack-challenge-rst",
                                                 "ack-challenge-syn",
                                                 "ack-challenge-ack",
                                                 "ack-time-wait",
                                                 "retransmit-syn",
                                                 "retransmit-syn-ack",
                                                 "retransmit-rto",
                                                 "retransmit-fast",
                                                 "retransmit-sack",
                                                 "retransmit-rack",
                                                 "retransmit-partial-ack",
                                                 "retransmit-fin",
                                                 "retransmit-pmtu",
                                                 "retransmit-black-hole",
                                                 "retransmit-path-probe",
                                                 "path-probe",
                                                 "tail-loss-probe",
                                                 "tail-loss-probe-new",
                                                 "window-probe",
                                                 "keepalive-probe",
                                                 "rst-call-abort",
                                                 "rst-linger",
                                                 "rst-unread-data",
                                                 "rst-data-after-close",
                                                 "rst-closed-port",
                                                 "rst-bad-ack",
                                                 "rst-half-open",
                                                 "rst-timeout",
                                                 "rst-listener-closed",
                                                 "syn-received",
                                                 "syn-ack-received",
                                                 "established",
                                                 "ack-new",
                                                 "ack-duplicate",
                                                 "ack-old",
                                                 "window-update",
                                                 "text-in-order",
                                                 "text-out-of-order",
                                                 "text-duplicate",
                                                 "fin-received",
                                                 "our-fin-acked",
                                                 "reset",
                                                 "refused",
                                                 "keepalive-answered",
                                                 "simultaneous-open",
                                                 "simultaneous-close",
                                                 "call-connect",
                                                 "call-listen",
                                                 "call-close",
                                                 "call-shutdown",
                                                 "call-abort",
                                                 "timer-time-wait",
                                                 "user-timeout",
                                                 "connect-timeout",
                                                 "keepalive-timeout",
                                                 "fin-wait-2-timeout",
                                                 "icmp-hard",
                                                 "icmp-soft",
                                                 "icmp-packet-too-big",
                                                 "injected",
                                                 "crash",
                                                 "lost-random",
                                                 "lost-burst",
                                                 "lost-chosen",
                                                 "lost-queue",
                                                 "lost-mtu",
                                                 "lost-filter",
                                                 "lost-down",
                                                 "data-psh",
                                                 "retransmit",
                                                 "ack",
                                                 "rst"};

bool is_known_placeholder(std::string_view name) {
  constexpr std::string_view known[] = {"from", "From", "to", "To", "len", "seq", "ack", "last", "isn", "win", "port"};
  return std::ranges::find(known, name) != std::end(known);
}

std::set<std::string> placeholders(std::string_view text) {
  std::set<std::string> found;
  for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
    const std::size_t shut = text.find('}', open);
    REQUIRE(shut != std::string_view::npos);
    found.emplace(text.substr(open + 1, shut - open - 1));
  }
  return found;
}

}  // namespace

TEST_CASE("every reason that the stack gives has a sentence") {
  for (const std::string_view id : ids_of_the_stack) {
    CAPTURE(id);
    CHECK(find_sentence(id) != nullptr);
  }
}

TEST_CASE("every reason to drop a packet has a sentence") {
  for (int i = 0; i < static_cast<int>(DropReason::count_); ++i) {
    const std::string_view id = to_string(static_cast<DropReason>(i));
    CAPTURE(id);
    CHECK(find_sentence(id) != nullptr);
  }
}

TEST_CASE("every error that a call may meet has a sentence, but the one that only means later") {
  for (int i = static_cast<int>(Error::would_block) + 1; i <= static_cast<int>(Error::host_unreachable); ++i) {
    const std::string id = "error-" + std::string(to_string(static_cast<Error>(i)));
    CAPTURE(id);
    CHECK(find_sentence(id) != nullptr);
  }
}

TEST_CASE("each sentence speaks both languages, ends with a full stop and uses known placeholders") {
  std::set<std::string_view> seen;
  for (const Sentence& s : catalogue()) {
    CAPTURE(s.id);
    CHECK(seen.insert(s.id).second);
    CHECK(s.en.ends_with("."));
    CHECK(s.zh.ends_with("。"));
    CHECK(std::ranges::all_of(s.en, [](char c) { return c >= 0x20 && c < 0x7f; }));
    for (const std::string_view text : {s.en, s.zh})
      for (const std::string& name : placeholders(text)) CHECK_MESSAGE(is_known_placeholder(name), name);
  }
}

TEST_CASE("placeholders are filled in both languages") {
  const Facts facts{.from = "client", .to = "server", .seq = 1, .ack = 1, .length = 512, .isn = 7};
  CHECK(say("data", Lang::en, facts) == "The client sends 512 octets, 1 to 512.");
  CHECK(say("data", Lang::zh, facts) == "客户端发送 512 字节，序号 1 到 512。");
  CHECK(say("syn", Lang::en, facts).find("begin at 7,") != std::string::npos);
}

TEST_CASE("a name with a digit takes no article") {
  CHECK(name_in_text("server", Lang::en, true) == "The server");
  CHECK(name_in_text("server2", Lang::en, true) == "server2");
  CHECK(name_in_text("server2", Lang::zh, true) == "服务器2");
}

TEST_CASE("an unknown reason shows its own name instead of hiding") { CHECK(say("no-such-id", Lang::en, {}) == "no-such-id"); }
