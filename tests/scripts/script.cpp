// What a script says and what it expects, in virtual time. The octets of its packets are in script_packets.cpp, what it tells
// when it fails in script_story.cpp.
#include "script.hpp"

#include "wire/checksum.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ft::test {

namespace {

constexpr Duration patience = std::chrono::hours(3);

StackConfig config_for(Variant variant, const Setup& setup) {
  StackConfig config;
  const auto address = variant.v6 ? *IpAddress::parse("fd00::1") : IpAddress::v4(10, 0, 0, 1);
  config.addresses = {{address, static_cast<std::uint8_t>(variant.v6 ? 64 : 24)}};
  config.secret.fill(7);
  config.tcp = setup.options;
  config.tcp.ecn = setup.ecn;
  config.tcp.autotune = setup.autotune;
  if (setup.stack_wide) setup.stack_wide(config);
  return config;
}

}  // namespace

Script::Script(const char* name, Variant variant, Setup setup)
    : name_(name), variant_(variant), setup_(std::move(setup)), peer_isn_(variant.wrap ? 0xffff'ff38u : 5'000'000u) {
  // The first instant is chosen so that our ISN (clock plus a constant of the tuple) lies where the variant wants it.
  now_ = Instant(1000s);
  Stack probe(config_for(variant, setup_));
  const auto id = probe.connect(now_, {peers(), peer_port_}, {.local_port = our_port_});
  const std::uint32_t wanted = variant.wrap ? 0xffff'ff00u : 1'000'000u;
  const std::uint32_t ticks = wanted - probe.info(*id)->snd_una;
  now_ += Duration(std::int64_t{ticks} * 4000);
  stack_ = std::make_unique<Stack>(config_for(variant, setup_));
  last_step_ = now_;
}

Script::~Script() = default;

IpAddress Script::ours() const {
  return stack_ ? stack_->config().addresses[0].address
                : (variant_.v6 ? *IpAddress::parse("fd00::1") : IpAddress::v4(10, 0, 0, 1));
}
IpAddress Script::peers() const { return variant_.v6 ? *IpAddress::parse("fd00::2") : IpAddress::v4(10, 0, 0, 2); }

Script Script::established(const char* name, Variant variant, Setup setup) {
  Script s(name, variant, std::move(setup));
  s.connects();
  const auto syn = s.next_sent(s.now_);
  if (!syn) s.fail("no SYN left");
  s.waits(s.setup_.rtt);
  Seg answer = "S. 0:0(0) ack 1"_seg;
  answer.window = s.setup_.peer_window;
  answer.mss = s.setup_.mss;
  answer.wscale = s.setup_.wscale;
  answer.sack_ok = s.setup_.sack;
  if (s.setup_.timestamps) answer.timestamps = std::array<std::uint32_t, 2>{s.peer_ts_, s.our_ts_};
  answer.text = "S. 0:0(0) ack 1 (handshake)";
  if (s.setup_.ecn == Ecn::classic) answer.flags |= wire::tcp_flag::ece;
  if (s.setup_.ecn == Ecn::accurate) {
    answer.flags |= wire::tcp_flag::cwr;  // our SYN arrived Not-ECT
    answer.accecn = wire::AccEcnOption{.order = 0, .fields = 3, .octets = {1, 0, 1}};
  }
  s.receives(answer);
  s.expects(s.setup_.ecn == Ecn::accurate ? ".W 1:1(0) ack 1 not-ect"_seg : ". 1:1(0) ack 1"_seg);
  return s;
}

Script Script::accepted(const char* name, Variant variant, Setup setup) {
  Script s(name, variant, std::move(setup));
  s.our_port_ = 80;
  s.peer_port_ = 40000;
  s.listens();
  Seg syn = "S 0:0(0)"_seg;
  syn.window = s.setup_.peer_window;
  syn.mss = s.setup_.mss;
  syn.wscale = s.setup_.wscale;
  syn.sack_ok = s.setup_.sack;
  if (s.setup_.timestamps) syn.timestamps = std::array<std::uint32_t, 2>{s.peer_ts_, 0};
  if (s.setup_.ecn != Ecn::off) syn.flags |= wire::tcp_flag::ece | wire::tcp_flag::cwr;
  syn.ae = s.setup_.ecn == Ecn::accurate;
  s.receives(syn);
  s.expects(s.setup_.ecn == Ecn::accurate  ? "S.W 0:0(0) ack 1 not-ect"_seg
            : s.setup_.ecn == Ecn::classic ? "S.E 0:0(0) ack 1 not-ect"_seg
                                           : "S. 0:0(0) ack 1"_seg);
  s.waits(s.setup_.rtt);
  Seg ack = ". 1:1(0) ack 1"_seg;
  ack.window = s.setup_.peer_window;
  if (s.setup_.ecn == Ecn::accurate) {
    ack.flags |= wire::tcp_flag::cwr;  // our SYN-ACK arrived Not-ECT
    ack.accecn = wire::AccEcnOption{.order = 0, .fields = 3, .octets = {1, 0, 1}};
  }
  s.receives(ack);
  s.accepts();
  return s;
}

void Script::connects() {
  tell("connect");
  connection_ = stack_->connect(now_, {peers(), peer_port_}, {.local_port = our_port_}).value();
}

void Script::listens(std::uint32_t backlog) {
  tell("listen");
  our_port_ = 80;
  peer_port_ = 40000;
  ListenOptions options = setup_.listen;
  options.backlog = backlog;
  listener_ = stack_->listen({IpAddress::unspecified(ours().family()), our_port_}, options).value();
}

void Script::accepts() {
  tell("accept");
  const auto id = stack_->accept(listener_);
  if (!id) fail("accept has nothing");
  connection_ = *id;
}

// --- packets ---------------------------------------------------------------------------------------------------------

std::optional<Script::Sent> Script::poll() {
  std::array<std::byte, 70000> buffer;
  const auto transmit = stack_->poll_transmit(now_, buffer);
  drain_events();
  if (!transmit) return std::nullopt;
  const std::span<const std::byte> packet(buffer.data(), transmit->length);
  packets_.push_back({now_, true, {packet.begin(), packet.end()}});
  last_packet_.assign(packet.begin(), packet.end());
  const auto v6 = variant_.v6 ? wire::parse_ipv6(packet) : std::unexpected(DropReason::bad_version);
  const auto v4 = variant_.v6 ? std::unexpected(DropReason::bad_version) : wire::parse_ipv4(packet);
  const auto payload = variant_.v6 ? v6->payload : v4->payload;
  const std::uint8_t traffic_class = variant_.v6 ? v6->header.traffic_class : v4->header.traffic_class;
  const auto parsed = wire::parse_tcp(payload);
  if (!parsed) fail("what left is no TCP segment");
  if (!wire::is_valid(
          wire::add_octets(wire::pseudo_header(ours(), peers(), 6, static_cast<std::uint32_t>(payload.size())), payload)))
    fail("the checksum of what left is wrong");
  Sent sent{parsed->header,
            static_cast<std::uint32_t>(parsed->text.size()),
            {parsed->text.begin(), parsed->text.end()},
            static_cast<std::uint8_t>(traffic_class & 3)};
  if (sent.header.has(wire::tcp_flag::syn)) our_isn_ = sent.header.seq;
  if (sent.header.options.timestamps) our_ts_ = sent.header.options.timestamps->val;
  return sent;
}

std::optional<Script::Sent> Script::next_sent(Instant until) {
  for (;;) {
    if (auto sent = poll()) return sent;
    const auto deadline = stack_->next_deadline();
    if (!deadline || *deadline > until) {
      now_ = until;
      return std::nullopt;
    }
    now_ = std::max(now_, *deadline);
    stack_->on_deadline(now_);
  }
}

void Script::drain_events() {
  while (const auto event = stack_->poll_event()) events_.push_back(*event);
}

void Script::expects(const Seg& seg) {
  const auto sent = next_sent(now_ + patience);
  if (!sent) fail(fmt::format("expected \"{}\", but nothing left for three hours", seg.text));
  compare(*sent, seg);
  tell(fmt::format("> {}", render(sent->header, sent->length, true)));
}

std::uint32_t Script::expects_something() {
  const auto sent = next_sent(now_ + patience);
  if (!sent) fail("expected that something leaves, but nothing did for three hours");
  tell(fmt::format("> {}", render(sent->header, sent->length, true)));
  return sent->length;
}

void Script::expects_full_segments(std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) expects(". 0:0(0) ack 1"_seg.with_text(1 + 1000 * i, 1000));
}

void Script::expects_after(Duration after, const Seg& seg) {
  const Instant due = last_step_ + after;
  const auto sent = next_sent(now_ + patience);
  if (!sent) fail(fmt::format("expected \"{}\", but nothing left for three hours", seg.text));
  compare(*sent, seg);
  if (now_ != due)
    fail(fmt::format("\"{}\" left {} us after the last step, expected {} us", seg.text, (now_ - last_step_) / 1us, after / 1us));
  tell(fmt::format("> {}", render(sent->header, sent->length, true)));
}

void Script::stays_silent_for(Duration duration) {
  const Instant until = now_ + duration;
  if (const auto sent = next_sent(until))
    fail(fmt::format("expected silence, but this left: {}", render(sent->header, sent->length, true)));
}

void Script::lets_pass_until(Instant until) {
  while (next_sent(until)) {
  }
}

std::optional<wire::TcpHeader> Script::whatever_leaves(Duration within) {
  const auto sent = next_sent(now_ + within);
  if (!sent) return std::nullopt;
  tell(fmt::format("> {}", render(sent->header, sent->length, true)));
  return sent->header;
}

void Script::waits(Duration duration) { stays_silent_for(duration); }

void Script::receives(const Seg& seg, const Wrapping& wrapping) {
  while (const auto sent = poll())
    fail(fmt::format("before \"{}\" arrived this left: {}", seg.text, render(sent->header, sent->length, true)));
  arrive(seg, wrapping);
}

void Script::receives_at_once(std::initializer_list<Seg> segs) {
  while (const auto sent = poll()) fail(fmt::format("this left before: {}", render(sent->header, sent->length, true)));
  for (const Seg& seg : segs) arrive(seg, {});
}

void Script::arrive(const Seg& seg, const Wrapping& wrapping) {
  wire::TcpHeader header;
  header.source_port = peer_port_;
  header.destination_port = our_port_;
  header.seq = peer_isn_ + seg.seq;
  header.flags = seg.flags;
  header.ae = seg.ae;
  header.options.accecn = seg.accecn;
  header.window = seg.window.value_or(setup_.peer_window);
  header.urgent = seg.urgent.value_or(0);
  if (seg.ack) header.ack = our_isn_.value_or(Seq{}) + *seg.ack;
  header.options.mss = seg.mss;
  header.options.window_scale = seg.wscale;
  header.options.sack_permitted = seg.sack_ok;
  header.options.user_timeout = seg.user_timeout;
  if (seg.timestamps) {
    header.options.timestamps = wire::Timestamps{(*seg.timestamps)[0], (*seg.timestamps)[1]};
  } else if (setup_.timestamps && !header.has(wire::tcp_flag::rst)) {
    header.options.timestamps = wire::Timestamps{++peer_ts_, our_ts_};
  }
  for (std::uint8_t i = 0; i < seg.sack_count; ++i)
    header.options.sack[header.options.sack_count++] = {our_isn_.value_or(Seq{}) + seg.sack[i][0],
                                                        our_isn_.value_or(Seq{}) + seg.sack[i][1]};
  if (!wrapping.tcp_options.empty()) header.options = {};
  const auto packet = packet_of(header, seg, wrapping);
  packets_.push_back({now_, false, packet});
  last_verdict_ = stack_->on_packet(now_, packet);
  tell(fmt::format("< {}{}{}", render(header, seg.length, false), seg.ip_ecn == 3 ? " CE" : "",
                   last_verdict_ ? "" : fmt::format("  [{}]", to_string(last_verdict_.dropped))));
}

// --- the application -------------------------------------------------------------------------------------------------

std::size_t Script::app_writes(std::size_t octets, Writes how) {
  const std::uint32_t acknowledged = std::max(info().snd_una - our_isn_->value(), 1u);  // the SYN has no text
  const std::uint32_t from = acknowledged + info().send_queued;
  std::vector<std::byte> text(octets);
  for (std::size_t i = 0; i < octets; ++i) text[i] = text_octet(from + static_cast<std::uint32_t>(i));
  const auto n = how == Writes::urgent ? stack_->write_urgent(connection_, text)
                 : how == Writes::more ? stack_->write_more(connection_, text)
                                       : stack_->write(connection_, text);
  tell(fmt::format("write {} -> {}", octets, n ? fmt::format("{}", *n) : std::string(to_string(n.error()))));
  drain_events();
  return n.value_or(0);
}

void Script::app_reads(std::size_t octets) {
  std::vector<std::byte> into(octets);
  const auto from = static_cast<std::uint32_t>(info().octets_received) + 1 - info().receive_queued;
  const auto n = stack_->read(connection_, into);
  tell(fmt::format("read {} -> {}", octets, n ? fmt::format("{}", *n) : std::string(to_string(n.error()))));
  if (!n) fail("read failed");
  for (std::size_t i = 0; i < *n; ++i)
    if (into[i] != text_octet(from + static_cast<std::uint32_t>(i))) fail(fmt::format("octet {} of what was read is wrong", i));
  if (*n != octets) fail(fmt::format("read {} octets, expected {}", *n, octets));
}

void Script::app_shuts_down() {
  tell("shutdown");
  if (const auto r = stack_->shutdown(connection_); !r) fail(std::string(to_string(r.error())));
}
void Script::app_closes() {
  tell("close");
  if (const auto r = stack_->close(connection_); !r) fail(std::string(to_string(r.error())));
}
void Script::app_aborts() {
  tell("abort");
  if (const auto r = stack_->abort(connection_); !r) fail(std::string(to_string(r.error())));
}

// --- what is so ------------------------------------------------------------------------------------------------------

ConnectionInfo Script::info() {
  const auto info = stack_->info(connection_);
  if (!info) fail("the connection is gone");
  return *info;
}

void Script::has_state(std::string_view state) {
  std::string actual = "CLOSED";
  if (const auto info = stack_->info(connection_)) {
    actual = info->state;
  } else {
    for (const auto& entry : stack_->ports())
      if (entry.tuple.remote.address == peers() && entry.tuple.remote.port == peer_port_) actual = entry.state;
  }
  if (actual != state) fail(fmt::format("expected state {}, it is {}", state, actual));
}

void Script::has_closed(CloseReason why) {
  drain_events();
  for (const Event& e : events_)
    if (e.kind == Event::Kind::closed) {
      if (e.why != why) fail(fmt::format("closed as {}, expected {}", to_string(e.why), to_string(why)));
      return;
    }
  fail("no closed event");
}

void Script::dropped(DropReason reason) {
  if (last_verdict_.dropped != reason)
    fail(fmt::format("the segment was {}, expected {}", to_string(last_verdict_.dropped), to_string(reason)));
}

std::size_t Script::times_told(Event::Kind kind) {
  drain_events();
  return static_cast<std::size_t>(std::ranges::count(events_, kind, &Event::kind));
}

std::uint8_t Script::last_traffic_class() const {
  const auto octet = [this](std::size_t at) { return std::to_integer<unsigned>(last_packet_[at]); };
  return static_cast<std::uint8_t>(variant_.v6 ? (octet(0) << 4 | octet(1) >> 4) & 0xff : octet(1));
}

}  // namespace ft::test
