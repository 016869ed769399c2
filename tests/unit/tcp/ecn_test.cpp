#include "tcp/ecn.hpp"

#include "covers.hpp"
#include "tcp/half_open.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::tcp;

namespace {

TcpOptions with(Ecn ecn) {
  TcpOptions options;
  options.ecn = ecn;
  return options;
}

}  // namespace

TEST_CASE("a SYN asks for what we know best, and less often the more of them are lost") {
  CHECK(syn_flags(with(Ecn::accurate), 0) == 0b111);
  CHECK(syn_flags(with(Ecn::accurate), 1) == 0b111);
  CHECK(syn_flags(with(Ecn::accurate), 2) == 0);
  CHECK(syn_flags(with(Ecn::classic), 0) == 0b011);
  CHECK(syn_flags(with(Ecn::classic), 1) == 0);
  CHECK(syn_flags(with(Ecn::off), 0) == 0);
  TcpOptions shy = with(Ecn::accurate);
  shy.ecn_request = false;
  CHECK(syn_flags(shy, 0) == 0);
}

TEST_CASE("every combination of flags on a SYN makes a mode") {
  for (std::uint8_t flags = 0; flags < 8; ++flags) {
    CAPTURE(flags);
    CHECK(mode_of_syn(with(Ecn::off), flags) == EcnMode::off);
    // RFC 3168 looks at ECE and CWR alone, and wants both.
    CHECK(mode_of_syn(with(Ecn::classic), flags) == ((flags & 3) == 3 ? EcnMode::classic : EcnMode::off));
    const EcnMode best = flags == 0 ? EcnMode::off : flags == 0b011 ? EcnMode::classic : EcnMode::accurate;
    CHECK(mode_of_syn(with(Ecn::accurate), flags) == best);
  }
}

TEST_CASE("the answer to a SYN says how it arrived, and is read as it was meant") {
  for (std::uint8_t codepoint = 0; codepoint < 4; ++codepoint) {
    const std::uint8_t flags = syn_ack_flags(EcnMode::accurate, codepoint);
    const SynAckMeaning meaning = judge_syn_ack(ecn_setup::accurate_syn, flags);
    CHECK(meaning.mode == EcnMode::accurate);
    CHECK(meaning.syn_codepoint == codepoint);
    CHECK(judge_handshake_ack(handshake_ace(codepoint)).syn_ack_codepoint == codepoint);
  }
  CHECK(syn_ack_flags(EcnMode::classic, 3) == 0b001);
  CHECK(syn_ack_flags(EcnMode::off, 3) == 0);
}

TEST_CASE("a SYN-ACK is read by what was asked for") {
  const auto mode = [](std::uint8_t asked, std::uint8_t flags) { return judge_syn_ack(asked, flags).mode; };
  for (std::uint8_t flags = 0; flags < 8; ++flags) CHECK(mode(ecn_setup::none, flags) == EcnMode::off);
  CHECK(mode(0b011, 0b001) == EcnMode::classic);
  CHECK(mode(0b011, 0b101) == EcnMode::classic);  // the nonce's bit
  CHECK(mode(0b011, 0b011) == EcnMode::off);      // mirrored
  CHECK(mode(0b011, 0b010) == EcnMode::off);
  CHECK(mode(0b111, 0b000) == EcnMode::off);
  CHECK(mode(0b111, 0b001) == EcnMode::classic);
  CHECK(mode(0b111, 0b111) == EcnMode::off);  // mirrored
  const SynAckMeaning unused = judge_syn_ack(0b111, 0b101);
  CHECK(unused.mode == EcnMode::accurate);
  CHECK_FALSE(unused.syn_codepoint);
}

TEST_CASE("only who knows both kinds can be told of both in one handshake") {
  CHECK(is_mixed_setup(with(Ecn::accurate), EcnMode::accurate, 0b011));
  CHECK(is_mixed_setup(with(Ecn::accurate), EcnMode::classic, 0b111));
  CHECK_FALSE(is_mixed_setup(with(Ecn::accurate), EcnMode::accurate, 0b000));
  CHECK_FALSE(is_mixed_setup(with(Ecn::accurate), EcnMode::accurate, 0b111));
  CHECK_FALSE(is_mixed_setup(with(Ecn::accurate), EcnMode::off, 0b111));
  CHECK_FALSE(is_mixed_setup(with(Ecn::classic), EcnMode::classic, 0b111));
}

TEST_CASE("a cookie's ACK shows accurate ECN by itself, classic ECN by what the cookie kept") {
  CHECK(mode_of_cookie(with(Ecn::accurate), false, 0b010) == EcnMode::accurate);
  CHECK(mode_of_cookie(with(Ecn::accurate), false, 0b101) == EcnMode::accurate);
  CHECK(mode_of_cookie(with(Ecn::accurate), true, 0b000) == EcnMode::classic);
  CHECK(mode_of_cookie(with(Ecn::accurate), false, 0b001) == EcnMode::off);
  CHECK(mode_of_cookie(with(Ecn::classic), false, 0b010) == EcnMode::off);
  CHECK(mode_of_cookie(with(Ecn::off), true, 0b110) == EcnMode::off);
}
