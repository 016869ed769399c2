#include "talk.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::analysis;
namespace flag = ft::wire::tcp_flag;

namespace {

void close_by(Talk& t, int first) {
  t.say(first, {.seq = 1, .ack = 1, .flags = flag::fin});
  t.wait(10_ms);
  t.say(first ^ 1, {.seq = 1, .ack = 2, .flags = flag::fin});
  t.wait(10_ms);
  t.ack(first, 2, 2);
}

}  // namespace

TEST_CASE("a SYN without an answer leaves SYN-SENT, with SYN-ACK SYN-RECEIVED, with the third packet ESTABLISHED") {
  Talk t;
  t.say(client, {.flags = flag::syn});
  CHECK(t.end().state == FlowState::syn_sent);
  CHECK(t.end().sides[0].state == TcpState::syn_sent);
  t.wait(20_ms);
  t.say(server, {.ack = 1, .flags = flag::syn});
  CHECK(t.end().state == FlowState::syn_received);
  CHECK(t.end().sides[1].state == TcpState::syn_received);
  t.ack(client, 1, 1);
  const Connection c = t.end();
  CHECK(c.state == FlowState::established);
  CHECK(c.opening == Opening::normal);
  CHECK(c.history == "ShA");
  CHECK(c.handshake == Duration(20_ms));
  CHECK(c.handshake_frames == std::array<std::uint64_t, 3>{1, 2, 3});
}

TEST_CASE("a SYN answered by RST is refused, and so is one answered by ICMP unreachable") {
  Talk t;
  t.say(client, {.flags = flag::syn});
  t.say(server, {.seq = 0, .ack = 1, .flags = flag::rst});
  const Connection c = t.end();
  CHECK(c.state == FlowState::refused);
  CHECK(c.closer == 1);
  CHECK(c.history == "Sr");

  Talk u;
  u.say(client, {.flags = flag::syn});
  const Segment syn = u.make(client, {.flags = flag::syn});
  IcmpError e;
  e.frame = 2;
  e.at = u.now;
  e.reporter = IpAddress::v4(10, 9, 0, 254);
  e.quoted_source = syn.source;
  e.quoted_destination = syn.destination;
  e.quoted_source_port = syn.source_port;
  e.quoted_destination_port = syn.destination_port;
  e.quoted_seq = syn.seq;
  e.type = 3;
  e.code = 13;
  CHECK(u.analysis.on(e) == 0U);
  CHECK(u.end().state == FlowState::refused);
  REQUIRE(u.notes(Note::Kind::icmp).size() == 1);
  CHECK(u.notes(Note::Kind::icmp)[0].code == 13);
  CHECK(u.analysis.reporter(2) == e.reporter);
}

TEST_CASE("who sends the first FIN closes and holds the TIME-WAIT") {
  for (const int first : {client, server}) {
    Talk t;
    t.handshake();
    close_by(t, first);
    const Connection c = t.end();
    CHECK(c.state == FlowState::closed);
    CHECK(c.closer == first);
    CHECK(c.time_wait_holder == first);
    CHECK(c.sides[static_cast<std::size_t>(first)].state == TcpState::time_wait);
    CHECK(c.sides[static_cast<std::size_t>(first ^ 1)].state == TcpState::closed);
  }
}

TEST_CASE("FINs that cross leave both sides in TIME-WAIT") {
  Talk t;
  t.handshake();
  t.say(client, {.seq = 1, .ack = 1, .flags = flag::fin});
  t.say(server, {.seq = 1, .ack = 1, .flags = flag::fin});
  CHECK(t.end().state == FlowState::closing);
  t.wait(20_ms);
  t.ack(client, 2, 2);
  t.ack(server, 2, 2);
  const Connection c = t.end();
  CHECK(c.state == FlowState::closed);
  CHECK(c.time_wait_holder == 3);
  CHECK(c.sides[0].state == TcpState::time_wait);
  CHECK(c.sides[1].state == TcpState::time_wait);
}

TEST_CASE("one FIN acknowledged is half-closed, since its ACK") {
  Talk t;
  t.handshake();
  t.say(client, {.seq = 1, .ack = 1, .flags = flag::fin});
  CHECK(t.end().sides[0].state == TcpState::fin_wait_1);
  t.wait(20_ms);
  t.ack(server, 1, 2);
  const Instant acked = t.now;
  t.wait(500_ms);
  t.text(server, 1, 1000, 2);
  const Connection c = t.end();
  CHECK(c.state == FlowState::half_closed);
  CHECK(c.half_closed_since == acked);
  CHECK(c.sides[0].state == TcpState::fin_wait_2);
  CHECK(c.sides[1].state == TcpState::close_wait);
  CHECK(c.sides[0].text_after_close == 1);
}

TEST_CASE("a RST in an open connection resets it; after both FINs it changes nothing") {
  Talk t;
  t.handshake();
  t.text(client, 1, 100);
  t.say(server, {.seq = 1, .ack = 101, .flags = flag::rst});
  const Connection c = t.end();
  CHECK(c.state == FlowState::reset);
  CHECK(c.closer == server);
  CHECK(c.sides[0].state == TcpState::closed);
  CHECK(t.notes(Note::Kind::reset)[0].any(Note::exact));

  Talk u;
  u.handshake();
  close_by(u, client);
  u.say(server, {.seq = 2, .flags = flag::rst});
  CHECK(u.end().state == FlowState::closed);
  CHECK(u.end().sides[1].resets == 1);
}

TEST_CASE("SYNs that cross are a simultaneous open, and nothing in it is a retransmission") {
  Talk t;
  t.say(client, {.flags = flag::syn});
  t.wait(5_ms);
  t.say(server, {.flags = flag::syn});
  t.wait(5_ms);
  t.say(client, {.ack = 1, .flags = flag::syn});
  t.say(server, {.ack = 1, .flags = flag::syn});
  t.wait(5_ms);
  t.ack(client, 1, 1);
  const Connection c = t.end();
  CHECK(c.opening == Opening::simultaneous);
  CHECK(c.state == FlowState::established);
  CHECK(c.sides[0].retransmissions + c.sides[1].retransmissions == 0);
}

TEST_CASE("SYN, ACK, SYN, ACK is a handshake split in two") {
  Talk t;
  t.say(client, {.flags = flag::syn});
  t.wait(5_ms);
  t.ack(server, 0, 1);
  t.say(server, {.flags = flag::syn});
  t.wait(5_ms);
  t.ack(client, 1, 1);
  const Connection c = t.end();
  CHECK(t.analysis.streams() == 1);
  CHECK(c.opening == Opening::split);
  CHECK(c.state == FlowState::established);
}

TEST_CASE("text in a SYN that the SYN-ACK acknowledges is fast open; text that it does not acknowledge is sent again") {
  for (const bool taken : {true, false}) {
    Talk t;
    t.say(client, {.length = 100, .flags = flag::syn});
    t.wait(20_ms);
    t.say(server, {.ack = taken ? 101 : 1, .flags = flag::syn});
    const auto next = t.text(client, taken ? 101 : 1, 100);
    t.wait(20_ms);
    t.ack(server, 1, taken ? 201 : 101);
    const Connection c = t.end();
    CHECK(c.opening == (taken ? Opening::fast_open : Opening::normal));
    CHECK(t.label(next) == (taken ? Label::original : Label::retransmission));
    CHECK(c.sides[0].unique_text == (taken ? 200 : 100));
  }
}

TEST_CASE("a SYN with another number begins a stream of its own, which knows the one before") {
  Talk t;
  t.handshake();
  close_by(t, client);
  t.wait(3000_ms);
  t.isn[client] += 500'000;
  t.isn[server] += 1000;
  t.handshake();
  t.analysis.finish();
  REQUIRE(t.analysis.streams() == 2);
  const Connection c = t.analysis.connection(1);
  CHECK(c.reused_from == 0U);
  CHECK(c.reused_state == FlowState::closed);
  CHECK(c.reused_newer_isn);
  CHECK(c.reused_after == Duration(3000_ms));
  CHECK(c.state == FlowState::established);
  CHECK(t.analysis.connection(0).state == FlowState::closed);
  CHECK(t.last.stream == 1);
}

TEST_CASE("a SYN with the same number stays in its stream, even after the close") {
  Talk t;
  t.handshake();
  close_by(t, client);
  t.say(client, {.flags = flag::syn});
  CHECK(t.analysis.streams() == 1);
}

TEST_CASE("a capture that begins in the middle says so, counts what it sees and calls nothing a loss that came before") {
  Talk t;
  t.text(client, 5001, 1000);
  t.wait(10_ms);
  t.ack(server, 1, 6001);
  t.text(client, 6001, 1000);
  const Connection c = t.end();
  CHECK(c.state == FlowState::midstream);
  CHECK(c.doubtful(Doubt::midstream));
  CHECK(c.opening == Opening::unseen);
  CHECK_FALSE(c.sides[0].isn_known);
  CHECK(c.sides[0].unique_text == 2000);
  CHECK(t.analysis.capture().notes == 0);
}

TEST_CASE("octets acknowledged and never captured are doubts of the capture") {
  Talk t;
  t.handshake();
  t.text(client, 1, 1000);
  t.text(client, 3001, 1000);  // 1001 to 3000 was not captured
  t.wait(20_ms);
  t.ack(server, 1, 4001);
  t.wait(20_ms);
  t.ack(server, 1, 5001);  // nor were these
  const Connection c = t.end();
  CHECK(c.doubtful(Doubt::capture_drops));
  CHECK(c.sides[0].unseen_acked == 3000);
  CHECK(t.notes(Note::Kind::unseen_acked).size() == 1);
  CHECK(c.sides[0].retransmissions == 0);
}

TEST_CASE("one direction only is a doubt as soon as the other side must have spoken") {
  Talk t;
  t.say(client, {.flags = flag::syn});
  CHECK_FALSE(t.end().doubtful(Doubt::one_direction));
  t.ack(client, 1, 1);
  t.text(client, 1, 100);
  CHECK(t.end().doubtful(Doubt::one_direction));
  CHECK(t.notes(Note::Kind::unseen_acked).empty());
}

TEST_CASE("a clock that steps back is counted, once a step") {
  Talk t;
  t.handshake();
  t.now -= 5_ms;
  t.text(client, 1, 100);
  t.wait(1_ms);
  t.text(client, 101, 100);
  const Connection c = t.end();
  CHECK(c.doubtful(Doubt::clock_step));
  CHECK(t.analysis.capture().time_steps == 1);
  CHECK(t.analysis.capture().time_step_frame == 4);
}

TEST_CASE("an ACK that comes late after a short segment, and the next short segment right after, is Nagle's wait") {
  Talk t;
  t.handshake();
  t.text(client, 1, 100);
  t.wait(60_ms);
  const auto ack = t.ack(server, 1, 101);
  t.wait(100_us);
  t.text(client, 101, 100);
  const auto notes = t.notes(Note::Kind::waited_for_ack);
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].of_frame == ack);
  CHECK(notes[0].waited == 60_ms);
}

TEST_CASE("an ACK of what this connection never sent, in answer to a SYN, is foreign") {
  Talk t;
  t.say(client, {.flags = flag::syn});
  t.wait(20_ms);
  const auto foreign = t.say(server, {.seq = 5000, .ack = 77777});
  t.say(client, {.seq = 77777, .flags = flag::rst});
  REQUIRE(t.notes(Note::Kind::foreign_ack).size() == 1);
  CHECK(t.notes(Note::Kind::foreign_ack)[0].frame == foreign);
}

TEST_CASE("numbers of windows are scaled once both SYNs offered it, and time at the window's edge is counted") {
  Talk t;
  t.scale = true;
  t.handshake();
  t.say(server, {.seq = 1, .ack = 1, .window = 100});  // 12800 octets
  for (std::uint32_t i = 0; i < 12; ++i) t.text(client, 1 + 1000 * i, 1000);
  t.wait(100_ms);
  t.say(server, {.seq = 1, .ack = 12001, .window = 100});
  const Connection c = t.end();
  CHECK(c.sides[1].shift == 7);
  CHECK(c.sides[1].least_window == 12800);
  CHECK(c.sides[0].window_limited == Duration(100_ms));
  CHECK(c.sides[0].busy == Duration(100_ms));
}

TEST_CASE("the letter of repeats comes again at each power of ten, and only then") {
  Talk t;
  t.handshake();
  t.text(client, 1, 100);
  std::string history = "ShAD";
  for (int repeats = 1; repeats <= 110; ++repeats) {
    t.wait(300_ms);
    t.text(client, 1, 100);
    if (repeats == 1 || repeats == 10 || repeats == 100) history += 'T';
    CHECK(t.end().history == history);
  }
}

TEST_CASE("a RST that is challenged has not reset anything, until its sender insists with the exact number") {
  Talk t;
  t.handshake();
  t.text(client, 1, 100);
  t.ack(server, 1, 101);
  const auto blind = t.say(client, {.seq = 601, .flags = flag::rst});
  const auto challenge = t.ack(server, 1, 101);
  CHECK(t.label(blind) == Label::injected);
  CHECK(t.end().state == FlowState::established);
  CHECK(t.end().closer == 2);
  REQUIRE(t.notes(Note::Kind::challenge_ack).size() == 1);
  CHECK(t.notes(Note::Kind::challenge_ack)[0].frame == challenge);
  CHECK(t.notes(Note::Kind::challenge_ack)[0].of_frame == blind);
  t.say(client, {.seq = 101, .flags = flag::rst});
  CHECK(t.label(blind) == Label::original);
  CHECK(t.end().state == FlowState::reset);
  CHECK(t.end().sides[0].injected == 0);
}
