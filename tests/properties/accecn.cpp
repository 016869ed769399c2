// Accurate ECN end to end: what the receiver's counters say, in three bits and in options, against plain numbers that never wrap.
#include "tcp/recv/ecn.hpp"
#include "tcp/send/ecn.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <vector>

using namespace ft;
using namespace ft::tcp;

namespace {

constexpr std::uint32_t mss = 1000;
std::array<std::byte, mss> octets;

/// A stream of packets, acknowledged now and then; some acknowledgements are lost.
struct World {
  EcnReceiver in;
  EcnSender out;
  Seq una{1};
  Seq nxt{1};
  std::uint32_t ts_val = 1;
  std::uint64_t marked_packets = 0, marked_octets = 0;  // the truth
  std::uint64_t told_packets = 0, told_octets = 0;      // what the sender believes

  World() {
    in.open(EcnMode::accurate, false, EcnReceiver::Side::server);
    out.open(EcnMode::accurate, una);
  }
  void packet(std::uint8_t ip_ecn, std::uint32_t length) {
    Segment segment;
    segment.text = std::span<const std::byte>(octets).first(length);
    segment.ip_ecn = ip_ecn;
    in.on_segment(segment, true);
    nxt += length;
    if (ip_ecn != codepoint::ce) return;
    ++marked_packets;
    marked_octets += length;
  }
  void acknowledge(bool lost, bool with_option) {
    EcnFeedback feedback;
    feedback.ace = in.flags(false);
    feedback.option = with_option ? in.option(false, false) : std::nullopt;
    feedback.ack = nxt;
    feedback.max = nxt;
    feedback.mss = mss;
    feedback.ts_val = ts_val++;
    in.on_ack_sent(true, feedback.option.has_value(), false);
    if (lost) return;
    feedback.newly_acked = nxt.value() - una.value();
    una = nxt;
    const EcnMarks marks = out.on_ack(feedback);
    told_packets += marks.packets;
    told_octets += marks.octets;
  }
};

std::uint8_t any_codepoint() {
  return *rc::gen::weightedElement<std::uint8_t>({{6, codepoint::ect_0}, {1, codepoint::ect_1}, {2, codepoint::ce}});
}

}  // namespace

TEST_CASE("while no acknowledgement covers more than seven packets, three bits are enough") {
  CHECK(rc::check([] {
    World world;
    const auto rounds = *rc::gen::inRange(1, 200);
    for (int i = 0; i < rounds; ++i) {
      const auto packets = *rc::gen::inRange(0, 8);
      for (int p = 0; p < packets; ++p) world.packet(any_codepoint(), mss);
      world.acknowledge(false, false);
      if (world.out.path() == EcnSender::Path::all_marked) return;
      RC_ASSERT(world.told_packets == world.marked_packets);
      RC_ASSERT(world.told_octets == world.marked_octets);
    }
  }));
}

TEST_CASE("whatever acknowledgements are lost, the counters agree modulo 8 and are never behind the truth") {
  CHECK(rc::check([] {
    World world;
    const auto rounds = *rc::gen::inRange(1, 200);
    for (int i = 0; i < rounds; ++i) {
      const auto packets = *rc::gen::inRange(0, 30);
      for (int p = 0; p < packets; ++p) world.packet(any_codepoint(), mss);
      const bool lost = *rc::gen::weightedElement<bool>({{1, true}, {2, false}});
      world.acknowledge(lost, false);
      if (world.out.path() == EcnSender::Path::all_marked) return;
      if (lost) continue;
      RC_ASSERT((world.out.cep() & 7) == world.in.flags(false));
      RC_ASSERT(world.told_packets >= world.marked_packets);
    }
  }));
}

TEST_CASE("with options that arrive, octets are exact whatever acknowledgements are lost") {
  CHECK(rc::check([] {
    World world;
    const auto rounds = *rc::gen::inRange(1, 200);
    for (int i = 0; i < rounds; ++i) {
      const auto packets = *rc::gen::inRange(1, 30);
      for (int p = 0; p < packets; ++p) world.packet(any_codepoint(), *rc::gen::inRange<std::uint32_t>(1, mss + 1));
      const bool lost = *rc::gen::weightedElement<bool>({{1, true}, {2, false}});
      world.acknowledge(lost, true);
      if (world.out.path() != EcnSender::Path::usable) return;
      if (!lost && world.in.cep() != 5) RC_ASSERT((world.out.cep() & 7) == world.in.flags(false));
      if (!lost) RC_ASSERT(world.told_octets == world.marked_octets);
    }
  }));
}
