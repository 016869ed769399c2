#include "script.hpp"

#include "pcap/writer.hpp"
#include "wire/checksum.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

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

std::string flags_of(const wire::TcpHeader& header) {
  using namespace wire::tcp_flag;
  std::string text;
  for (const auto& [bit, letter] :
       {std::pair{syn, 'S'}, {fin, 'F'}, {rst, 'R'}, {psh, 'P'}, {ack, '.'}, {urg, 'U'}, {ece, 'E'}, {cwr, 'W'}})
    if (header.has(bit)) text += letter;
  return header.ae ? text + 'A' : text;
}

/// Text octet at a stream position: every write and every check agree on it.
std::byte pattern(std::uint32_t position) { return static_cast<std::byte>(position * 2654435761u >> 24); }

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
  for (std::uint32_t i = 0; i < count; ++i) {
    Seg seg = ". 0:0(0) ack 1"_seg;
    seg.seq = 1 + 1000 * i;
    seg.length = 1000;
    expects(seg);
  }
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

std::vector<std::byte> Script::packet_of(const wire::TcpHeader& header, const Seg& seg, const Wrapping& wrapping) const {
  const auto put16 = [](std::span<std::byte> at, std::uint16_t value) {
    at[0] = static_cast<std::byte>(value >> 8);
    at[1] = static_cast<std::byte>(value & 0xff);
  };
  const std::size_t fixed = variant_.v6 ? 40 : 20;
  // IPv6: next header, length, options, and what fills eight octets up; IPv4: options, filled up to four.
  std::vector<std::byte> extra;
  for (const std::uint8_t octet : wrapping.ip_options) extra.push_back(static_cast<std::byte>(octet));
  if (variant_.v6 && !extra.empty()) {
    extra.insert(extra.begin(), {std::byte{6}, std::byte{0}});
    while (extra.size() % 8 != 0) extra.push_back(std::byte{0});  // Pad1
    extra[1] = static_cast<std::byte>(extra.size() / 8 - 1);
  }
  while (extra.size() % 4 != 0) extra.push_back(std::byte{0});
  const std::size_t ip = fixed + extra.size();

  std::vector<std::byte> packet(ip + 60 + seg.length);
  const std::span<std::byte> tcp = std::span(packet).subspan(ip);
  std::size_t header_length = wire::write_tcp(header, tcp);
  if (!wrapping.tcp_options.empty()) {
    for (const std::uint8_t octet : wrapping.tcp_options) tcp[header_length++] = static_cast<std::byte>(octet);
    while (header_length % 4 != 0) tcp[header_length++] = std::byte{0};
    tcp[12] = static_cast<std::byte>(header_length / 4 * 16);
  }
  for (std::uint32_t i = 0; i < seg.length; ++i) tcp[header_length + i] = pattern(seg.seq + i);
  const std::size_t length = header_length + seg.length;
  packet.resize(ip + length);
  const IpAddress from = wrapping.source.value_or(peers()), to = wrapping.destination.value_or(ours());
  auto sum = wire::finish(
      wire::add_octets(wire::pseudo_header(from, to, 6, static_cast<std::uint32_t>(length)), std::span(packet).subspan(ip)));
  if (wrapping.bad_checksum) sum ^= 1;
  put16(std::span(packet).subspan(ip + 16), sum);

  std::ranges::copy(extra, packet.begin() + static_cast<std::ptrdiff_t>(fixed));
  if (variant_.v6) {
    wire::Ipv6Header h;
    h.payload_length = static_cast<std::uint16_t>(extra.size() + length);
    h.hop_limit = setup_.peer_ttl;
    h.next_header = extra.empty() ? 6 : 60;
    h.traffic_class = seg.ip_ecn.value_or(0);
    h.source = from;
    h.destination = to;
    wire::write_ipv6(h, packet);
  } else {
    wire::Ipv4Header h;
    h.total_length = static_cast<std::uint16_t>(packet.size());
    h.ttl = setup_.peer_ttl;
    h.protocol = 6;
    h.traffic_class = seg.ip_ecn.value_or(0);
    h.source = from;
    h.destination = to;
    wire::write_ipv4(h, packet);
    if (!extra.empty()) {
      packet[0] = static_cast<std::byte>(0x40 + ip / 4);
      put16(std::span(packet).subspan(10), 0);
      put16(std::span(packet).subspan(10), wire::finish(wire::add_octets({}, std::span(packet).first(ip))));
    }
  }
  return packet;
}

void Script::router_says(std::uint8_t type_v4, std::uint8_t code_v4, std::uint8_t type_v6, std::uint8_t code_v6,
                         std::uint32_t about_seq, std::uint32_t mtu) {
  // IP | ICMP (8 octets) | the quoted IP header | ports and sequence number
  const std::size_t ip = variant_.v6 ? 40 : 20;
  std::vector<std::byte> packet(ip + 8 + ip + 8);
  const std::span<std::byte> icmp = std::span(packet).subspan(ip);
  const auto put16 = [](std::span<std::byte> at, std::uint32_t v) {
    at[0] = static_cast<std::byte>(v >> 8);
    at[1] = static_cast<std::byte>(v & 0xff);
  };
  const auto put32 = [&](std::span<std::byte> at, std::uint32_t v) {
    put16(at, v >> 16);
    put16(at.subspan(2), v & 0xffff);
  };
  const auto headers = [&](std::span<std::byte> out, std::size_t payload, std::uint8_t protocol, IpAddress from, IpAddress to) {
    if (variant_.v6) {
      wire::Ipv6Header h;
      h.payload_length = static_cast<std::uint16_t>(payload);
      h.next_header = protocol;
      h.source = from;
      h.destination = to;
      wire::write_ipv6(h, out);
    } else {
      wire::Ipv4Header h;
      h.total_length = static_cast<std::uint16_t>(20 + payload);
      h.protocol = protocol;
      h.dont_fragment = true;
      h.source = from;
      h.destination = to;
      wire::write_ipv4(h, out);
    }
  };
  headers(packet, 8 + ip + 8, variant_.v6 ? 58 : 1, peers(), ours());
  icmp[0] = static_cast<std::byte>(variant_.v6 ? type_v6 : type_v4);
  icmp[1] = static_cast<std::byte>(variant_.v6 ? code_v6 : code_v4);
  put32(icmp.subspan(4), mtu);
  headers(icmp.subspan(8), 1000, 6, ours(), peers());
  const auto quoted = icmp.subspan(8 + ip);
  put16(quoted, our_port_);
  put16(quoted.subspan(2), peer_port_);
  put32(quoted.subspan(4), our_isn_->value() + about_seq);
  const auto pseudo =
      variant_.v6 ? wire::pseudo_header(peers(), ours(), 58, static_cast<std::uint32_t>(icmp.size())) : wire::PartialSum{0};
  put16(icmp.subspan(2), wire::finish(wire::add_octets(pseudo, icmp)));
  packets_.push_back({now_, false, packet});
  last_verdict_ = stack_->on_packet(now_, packet);
  tell(fmt::format("< ICMP about seq {}{}", about_seq,
                   last_verdict_ ? "" : fmt::format("  [{}]", to_string(last_verdict_.dropped))));
}

// --- the application -------------------------------------------------------------------------------------------------

std::size_t Script::app_writes(std::size_t octets, Writes how) {
  const std::uint32_t acknowledged = std::max(info().snd_una - our_isn_->value(), 1u);  // the SYN has no text
  const std::uint32_t from = acknowledged + info().send_queued;
  std::vector<std::byte> text(octets);
  for (std::size_t i = 0; i < octets; ++i) text[i] = pattern(from + static_cast<std::uint32_t>(i));
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
    if (into[i] != pattern(from + static_cast<std::uint32_t>(i))) fail(fmt::format("octet {} of what was read is wrong", i));
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

void Script::compare(const Sent& sent, const Seg& seg) {
  const auto& h = sent.header;
  last_sent_ = h;
  const auto differs = [&](const char* what) {
    fail(fmt::format("{} differs: expected \"{}\", got {}", what, seg.text, render(h, sent.length, true)));
  };
  if (h.flags != seg.flags || h.ae != seg.ae) differs("flags");
  if (seg.ip_ecn && sent.ip_ecn != *seg.ip_ecn) differs("the IP header's ECN field");
  const std::uint32_t base = our_isn_ ? our_isn_->value() : 0;
  if (h.seq.value() != base + seg.seq) differs("seq");
  if (sent.length != seg.length) differs("length");
  if (seg.ack && h.ack.value() != peer_isn_.value() + *seg.ack) differs("ack");
  if (seg.window && h.window != *seg.window) differs("window");
  if (seg.urgent && h.urgent != *seg.urgent) differs("urgent pointer");
  if (seg.says_options) {
    if (h.options.mss != seg.mss) differs("mss");
    if (h.options.window_scale != seg.wscale) differs("window scale");
    if (h.options.sack_permitted != seg.sack_ok) differs("sackOK");
    if (h.options.user_timeout != seg.user_timeout) differs("user timeout");
    if (h.options.timestamps.has_value() != seg.timestamps.has_value()) differs("timestamps");
    if (h.options.accecn != seg.accecn) differs("AccECN option");
    if (h.options.sack_count != seg.sack_count) differs("number of SACK blocks");
    for (std::uint8_t i = 0; i < seg.sack_count; ++i)
      if (h.options.sack[i] != wire::SackBlock{peer_isn_ + seg.sack[i][0], peer_isn_ + seg.sack[i][1]}) differs("SACK block");
  }
  check_text(sent);
}

void Script::check_text(const Sent& sent) {
  const std::uint32_t from = sent.header.seq.value() - (our_isn_ ? our_isn_->value() : 0);
  for (std::uint32_t i = 0; i < sent.length; ++i)
    if (sent.text[i] != pattern(from + i)) fail(fmt::format("octet {} of the text is not what the application wrote", i));
}

std::string Script::render(const wire::TcpHeader& h, std::uint32_t length, bool ours) const {
  const std::uint32_t mine = ours ? (our_isn_ ? our_isn_->value() : 0) : peer_isn_.value();
  const std::uint32_t theirs = ours ? peer_isn_.value() : (our_isn_ ? our_isn_->value() : 0);
  std::string text = fmt::format("{} {}:{}({})", flags_of(h), h.seq.value() - mine, h.seq.value() - mine + length, length);
  if (h.has(wire::tcp_flag::ack)) text += fmt::format(" ack {}", h.ack.value() - theirs);
  text += fmt::format(" win {}", h.window);
  if (h.has(wire::tcp_flag::urg)) text += fmt::format(" urg {}", h.urgent);
  if (h.options.mss) text += fmt::format(" mss {}", *h.options.mss);
  if (h.options.window_scale) text += fmt::format(" wscale {}", *h.options.window_scale);
  if (h.options.sack_permitted) text += " sackOK";
  if (h.options.user_timeout) text += fmt::format(" uto {}", *h.options.user_timeout);
  if (h.options.timestamps) text += fmt::format(" TS val {} ecr {}", h.options.timestamps->val, h.options.timestamps->ecr);
  for (std::uint8_t i = 0; i < h.options.sack_count; ++i)
    text += fmt::format(" sack {}:{}", h.options.sack[i].left.value() - theirs, h.options.sack[i].right.value() - theirs);
  if (const auto& accecn = h.options.accecn) {
    text += fmt::format(" accecn{}", accecn->order);
    for (std::uint8_t f = 0; f < accecn->fields; ++f) text += fmt::format(" {}", accecn->octets[f]);
  }
  return text;
}

void Script::tell(std::string line) {
  const double ms = static_cast<double>((now_ - last_step_) / 1us) / 1000.0;
  story_.push_back(fmt::format("  +{:9.3f} ms  {}", ms, line));
  last_step_ = now_;
}

std::string Script::story() const {
  std::string text =
      fmt::format("\n{} ({}{})\n", name_, variant_.v6 ? "IPv6" : "IPv4", variant_.wrap ? ", sequence numbers about to wrap" : "");
  for (const auto& line : story_) text += line + "\n";
  return text;
}

void Script::fail(const std::string& what) {
  std::vector<std::byte> capture;
  pcap::append_section_header(capture);
  pcap::append_interface(capture, {.link_type = pcap::LinkType::raw_ip, .name = "script"});
  for (const Packet& packet : packets_) pcap::append_packet(capture, {.at = packet.at, .octets = packet.octets});
  const std::string file = "script-failure.pcapng";
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(capture.data()), static_cast<std::streamsize>(capture.size()));
  const std::string report = story() + "  => " + what + "\n  packets: " + file;
  FAIL(report);
  std::abort();  // FAIL throws
}

}  // namespace ft::test
