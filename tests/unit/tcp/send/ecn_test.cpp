#include "tcp/send/ecn.hpp"

#include "covers.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::tcp;

namespace {

constexpr Seq first{1001};

EcnSender sender(EcnMode mode) {
  EcnSender ecn;
  ecn.open(mode, first);
  return ecn;
}

/// An ACK of `acked` octets more than the last.
struct Acks {
  Seq una = first;
  EcnFeedback operator()(std::uint32_t acked, std::uint8_t ace, std::optional<wire::AccEcnOption> option = {}) {
    una += acked;
    EcnFeedback feedback;
    feedback.ace = ace;
    feedback.option = option;
    feedback.ack = una;
    feedback.max = una + 100'000;
    feedback.newly_acked = acked;
    feedback.mss = 1000;
    return feedback;
  }
};

wire::AccEcnOption option(std::uint32_t e0b, std::uint32_t ceb) { return {.order = 0, .fields = 2, .octets = {e0b, ceb}}; }

}  // namespace

TEST_CASE("only new text may be marked, and only where ECN is agreed and the path is sound") {
  CHECK(sender(EcnMode::off).codepoint_for(true) == codepoint::not_ect);
  for (const EcnMode mode : {EcnMode::classic, EcnMode::accurate}) {
    EcnSender ecn = sender(mode);
    CHECK(ecn.codepoint_for(true) == codepoint::ect_0);
    CHECK(ecn.codepoint_for(false) == codepoint::not_ect);
    ecn.distrust(EcnSender::Path::mangled);
    CHECK(ecn.codepoint_for(true) == codepoint::not_ect);
  }
}

TEST_CASE("ECE calls for one reduction a round trip, and CWR is said once") {
  EcnSender ecn = sender(EcnMode::classic);
  Acks ack;
  const auto echo = ecn.on_ack(ack(1000, 1));
  CHECK(echo.octets == 1000);
  REQUIRE(ecn.calls_for_reduction(echo, ack.una));
  ecn.on_reduced(first + 10'000);
  CHECK(ecn.cwr_due());
  ecn.on_cwr_sent();
  CHECK_FALSE(ecn.cwr_due());
  CHECK_FALSE(ecn.calls_for_reduction(ecn.on_ack(ack(9000, 1)), ack.una));
  CHECK(ecn.calls_for_reduction(ecn.on_ack(ack(1000, 1)), ack.una));
}

TEST_CASE("accurate feedback says no CWR") {
  EcnSender ecn = sender(EcnMode::accurate);
  ecn.on_reduced(first);
  CHECK_FALSE(ecn.cwr_due());
}

TEST_CASE("the counter's step is how many packets were marked, as long as few were in question") {
  EcnSender ecn = sender(EcnMode::accurate);
  Acks ack;
  CHECK(ecn.on_ack(ack(2000, 5)).packets == 0);
  CHECK(ecn.on_ack(ack(2000, 7)).packets == 2);
  const auto marks = ecn.on_ack(ack(7000, 6));
  CHECK(marks.packets == 7);
  CHECK(marks.octets == 7000);
  CHECK(ecn.cep() == 14);
}

TEST_CASE("when the counter may have gone round, the safest case is taken") {
  CHECK(safest_increment(3, 7) == 3);
  CHECK(safest_increment(0, 8) == 8);
  CHECK(safest_increment(3, 8) == 3);
  CHECK(safest_increment(3, 12) == 11);
  CHECK(safest_increment(0, 20) == 16);
  EcnSender ecn = sender(EcnMode::accurate);
  Acks ack;
  CHECK(ecn.on_ack(ack(20'000, 5)).packets == 16);
}

TEST_CASE("with octets told, packets are as many as those need") {
  EcnSender ecn = sender(EcnMode::accurate);
  Acks ack;
  CHECK(ecn.on_ack(ack(20'000, 5, option(20'001, 0))).packets == 0);
  const auto marks = ecn.on_ack(ack(20'000, 6, option(31'001, 9000)));
  CHECK(marks.packets == 9);
  CHECK(marks.octets == 9000);
  CHECK(ecn.path() == EcnSender::Path::usable);
}

TEST_CASE("marked octets without a marked packet: somebody rewrites headers, and no more ECT") {
  EcnSender ecn = sender(EcnMode::accurate);
  Acks ack;
  for (std::uint32_t i = 1; i <= 3; ++i) {
    CHECK(ecn.path() == EcnSender::Path::usable);
    ecn.on_ack(ack(2000, 5, option(1 + 1000 * i, 1000 * i)));
  }
  CHECK(ecn.path() == EcnSender::Path::mangled);
}

TEST_CASE("an ACK that was overtaken says nothing") {
  EcnSender ecn = sender(EcnMode::accurate);
  Acks ack;
  EcnFeedback early = ack(1000, 6);
  early.ts_val = 10;
  EcnFeedback late = ack(1000, 7);
  late.ts_val = 11;
  CHECK(ecn.on_ack(late).packets == 2);
  CHECK(ecn.on_ack(early).packets == 0);
  CHECK(ecn.cep() == 7);
  EcnFeedback again = ack(0, 0);  // a mark on an acknowledgement
  again.ts_val = 12;
  CHECK(ecn.on_ack(again).packets == 1);
  again.ts_val.reset();
  again.ace = 1;
  CHECK(ecn.on_ack(again).packets == 0);  // it may be an old one
}

TEST_CASE("an option whose counters begin at zero is not believed") {
  EcnSender ecn = sender(EcnMode::accurate);
  ecn.on_syn_ack(codepoint::not_ect, wire::AccEcnOption{.order = 0, .fields = 3, .octets = {0, 0, 1}});
  Acks ack;
  const auto marks = ecn.on_ack(ack(3000, 6, option(1, 3000)));
  CHECK(marks.packets == 1);
  CHECK(marks.octets == 1000);
}

TEST_CASE("a path that clears ECT is noticed by counters that stand still") {
  EcnSender ecn = sender(EcnMode::accurate);
  ecn.on_syn_ack(codepoint::not_ect, wire::AccEcnOption{.order = 0, .fields = 3, .octets = {1, 0, 1}});
  Acks ack;
  for (int i = 0; i < 10; ++i) {
    ecn.on_text_sent(1000);
    ecn.on_ack(ack(1000, 5));
  }
  CHECK(ecn.path() == EcnSender::Path::bleached);
}

TEST_CASE("a path that marks everything for four rounds is not believed") {
  EcnSender ecn = sender(EcnMode::accurate);
  Acks ack;
  std::uint32_t cep = 5;
  std::uint32_t ceb = 0;
  for (int i = 0; i < 4; ++i) {
    CHECK(ecn.path() == EcnSender::Path::usable);
    auto feedback = ack(10'000, static_cast<std::uint8_t>((cep += 10) & 7), option(1, ceb += 10'000));
    feedback.max = feedback.ack + 10'000;
    ecn.on_ack(feedback);
  }
  CHECK(ecn.path() == EcnSender::Path::all_marked);
  const auto marks = ecn.on_ack(ack(10'000, static_cast<std::uint8_t>((cep + 10) & 7), option(1, ceb + 10'000)));
  CHECK(marks.packets == 0);
}

TEST_CASE("the ACK of a SYN-ACK tells how that arrived") {
  {
    EcnSender ecn = sender(EcnMode::accurate);
    CHECK(ecn.on_handshake_ack(0b010, {}).packets == 0);
    CHECK(ecn.path() == EcnSender::Path::usable);
  }
  {
    EcnSender ecn = sender(EcnMode::accurate);
    CHECK(ecn.on_handshake_ack(0b110, {}).packets == 1);
    CHECK(ecn.cep() == 6);
    CHECK(ecn.path() == EcnSender::Path::mangled);
  }
  {
    EcnSender ecn = sender(EcnMode::accurate);
    ecn.on_handshake_ack(0, {});
    CHECK(ecn.codepoint_for(true) == codepoint::not_ect);
    Acks ack;
    CHECK(ecn.on_ack(ack(1000, 6)).packets == 0);  // and its counter is not answered
  }
}

TEST_CASE("marks are answered after gigabytes without any, and after a month of silence") {
  for (const EcnMode mode : {EcnMode::classic, EcnMode::accurate}) {
    EcnSender ecn = sender(mode);
    Acks acks;
    std::uint32_t clock = 7;
    const auto heard = [&](std::uint32_t acked, std::uint8_t ace) {
      EcnFeedback feedback = acks(acked, ace);
      feedback.ts_val = clock;
      feedback.newly_acked = std::min(acked, 5000u);
      return ecn.on_ack(feedback);
    };
    const std::uint8_t none = mode == EcnMode::classic ? 0 : 5;
    const std::uint8_t one = mode == EcnMode::classic ? 1 : 6;
    for (int i = 0; i < 9; ++i) CHECK(heard(1u << 29, none).packets == 0);
    clock += (1u << 31) + 1;
    const EcnMarks marks = heard(1000, one);
    CHECK(marks.packets == 1);
    CHECK(ecn.calls_for_reduction(marks, acks.una));
    ecn.on_reduced(acks.una + 100'000);
    CHECK_FALSE(ecn.calls_for_reduction(marks, acks.una + 100'000));
    CHECK(ecn.calls_for_reduction(marks, acks.una + 100'001));
  }
}
