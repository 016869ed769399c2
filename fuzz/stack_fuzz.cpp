// Octets as a program for a whole stack: its configuration, then calls, packets and time in any order. Segments are mostly
// near what the connection expects, with right checksums, so that the program gets far; some are anything at all.
#include "bytes.hpp"
#include "fourtuple/stack.hpp"
#include "stack_world.hpp"
#include "trace/sinks.hpp"

#include <cstddef>
#include <cstdint>

using namespace ft;
using namespace ft::fuzz;

namespace {

using namespace std::chrono_literals;

IpAddress ours(bool v6) { return v6 ? *IpAddress::parse("fd00::1") : IpAddress::v4(10, 0, 0, 1); }
IpAddress theirs(bool v6, std::uint8_t n = 2) {
  return v6 ? *IpAddress::parse("fd00::2") : IpAddress::v4(10, 0, static_cast<std::uint8_t>(n & 1), 2);
}

TcpOptions make_options(Bytes& in) {
  TcpOptions o;
  const std::uint8_t bits = in.u8();
  o.window_scale = (bits & 1) == 0;
  o.sack = (bits & 2) == 0;
  o.timestamps = (bits & 4) == 0;
  o.nagle = (bits & 8) == 0;
  o.keepalive = (bits & 16) != 0;
  o.send_buffer = in.pick(std::array<std::uint32_t, 4>{65536, 1000, 1, 4096});
  o.receive_buffer = in.pick(std::array<std::uint32_t, 5>{65536, 1000, 1, 4096, 1u << 20});
  o.mss = in.pick(std::array<std::uint16_t, 4>{0, 1000, 88, 9000});
  o.keepalive_idle = 10s;
  return o;
}

StackConfig make_config(Bytes& in) {
  StackConfig c;
  const std::uint8_t bits = in.u8();
  c.medium = (bits & 1) != 0 ? Medium::ethernet : Medium::ip;
  c.mac = our_mac;
  c.mtu = in.pick(std::array<std::uint32_t, 4>{1500, 1280, 9000, 576});
  c.addresses = {{ours(false), 24}, {ours(true), 64}};
  if ((bits & 2) == 0) c.routes = {{IpAddress{}, 0, theirs(false)}};
  c.secret.fill(in.u8());
  c.ephemeral = {50000, 50003};
  c.tcp = make_options(in);
  c.accept_any_address = (bits & 4) != 0;
  c.max_super_segment = (bits & 8) != 0 ? 60000 : 0;
  c.max_connections = 8;
  c.max_listeners = 3;
  c.max_half_open = 4;
  c.max_time_wait = 2;
  c.max_buffer_memory = in.pick(std::array<std::uint64_t, 3>{1u << 20, 10000, 1u << 17});
  c.max_reassembly_memory = 20000;
  return c;
}

Endpoint local_endpoint(Bytes& in) {
  const std::uint8_t bits = in.u8();
  const auto port = static_cast<std::uint16_t>(80 + (bits >> 2 & 1));
  if ((bits & 2) != 0) return {IpAddress::unspecified((bits & 1) != 0 ? Family::ipv6 : Family::ipv4), port};
  return {ours((bits & 1) != 0), port};
}

ConnectionId connection(StackWorld& world, Bytes& in) {
  const auto& all = world.connections();
  return all.empty() ? ConnectionId{} : all[in.below(all.size())];
}

ListenerId listener(StackWorld& world, Bytes& in) {
  const auto& all = world.listeners();
  return all.empty() ? ListenerId{} : all[in.below(all.size())];
}

// --- calls -----------------------------------------------------------------------------------------------------------

void call_listen(StackWorld& world, Bytes& in) {
  ListenOptions options;
  options.backlog = static_cast<std::uint32_t>(in.below(4));
  options.syn_queue = static_cast<std::uint32_t>(in.below(5));
  if (in.flag()) options.tcp = make_options(in);
  if (const auto id = world.stack().listen(local_endpoint(in), options)) world.listeners().push_back(*id);
}

void call_connect(StackWorld& world, Bytes& in) {
  const std::uint8_t bits = in.u8();
  const bool v6 = (bits & 1) != 0;
  ConnectOptions options;
  if ((bits & 2) != 0) options.local_port = static_cast<std::uint16_t>(80 + (bits >> 6 & 1));
  if ((bits & 4) != 0) options.local_address = ours((bits & 8) != 0);
  if ((bits & 16) != 0) options.tcp = make_options(in);
  Endpoint remote{theirs(v6, in.u8()), static_cast<std::uint16_t>(in.below(3) + 79)};
  if ((bits & 32) != 0) remote = local_endpoint(in);
  if (const auto id = world.stack().connect(world.now(), remote, options)) world.connections().push_back(*id);
}

void call_accept(StackWorld& world, Bytes& in) {
  if (const auto id = world.stack().accept(listener(world, in))) world.connections().push_back(*id);
}

void call_write(StackWorld& world, Bytes& in) {
  const ConnectionId id = connection(world, in);
  const std::uint8_t kind = in.u8();
  const std::vector<std::byte> text(in.u16() % 20000u, std::byte{'x'});
  if (kind % 4 == 0) {
    (void)world.stack().write_urgent(id, text);
  } else if (kind % 4 == 1) {
    const std::span<std::byte> room = world.stack().reserve(id);
    const std::size_t n = std::min(room.size(), text.size());
    std::fill_n(room.begin(), n, std::byte{'y'});
    world.stack().commit(id, n);
  } else {
    const auto n = world.stack().write(id, text);
    FT_ASSERT(!n || *n <= text.size());
  }
}

void call_read(StackWorld& world, Bytes& in) {
  const ConnectionId id = connection(world, in);
  const std::uint8_t kind = in.u8();
  if (kind % 2 == 0) {
    std::vector<std::byte> into(in.u16() % 5000u);
    const auto n = world.stack().read(id, into);
    FT_ASSERT(!n || *n <= into.size());
  } else {
    const std::span<const std::byte> text = world.stack().peek(id);
    if (!text.empty()) world.stack().consume(id, 1 + in.u16() % text.size());
  }
}

void call_close(StackWorld& world, Bytes& in) {
  const std::uint8_t kind = in.u8();
  if (kind % 8 == 7) {
    world.stack().close(listener(world, in));
    return;
  }
  const ConnectionId id = connection(world, in);
  if (kind % 8 < 3) {
    (void)world.stack().shutdown(id);
  } else if (kind % 8 < 6) {
    (void)world.stack().close(id);
  } else {
    (void)world.stack().abort(id);
  }
}

void call_option(StackWorld& world, Bytes& in) {
  const ConnectionId id = connection(world, in);
  const std::uint8_t bits = in.u8();
  switch (bits % 4) {
    case 0:
      (void)world.stack().set_nagle(id, (bits & 4) != 0);
      break;
    case 1:
      (void)world.stack().set_keepalive(world.now(), id, (bits & 4) != 0);
      break;
    case 2:
      (void)world.stack().set_user_timeout(id, std::chrono::milliseconds(in.u16()));
      break;
    default:
      (void)world.stack().set_dscp(id, in.u8());
      break;
  }
}

// --- packets ---------------------------------------------------------------------------------------------------------

/// A connection that the stack has sent something on, or a new one that the peer thinks of.
Seen choose_peer(StackWorld& world, Bytes& in) {
  const std::uint8_t choice = in.u8();
  auto& seen = world.seen();
  if (choice < 200 && !seen.empty()) return seen[choice % seen.size()];
  Seen fresh;
  const bool v6 = in.flag();
  fresh.tuple = {{ours(v6), static_cast<std::uint16_t>(80 + in.below(3))},
                 {theirs(v6, in.u8()), static_cast<std::uint16_t>(1000 + in.below(4))}};
  return fresh;
}

Packet make_peer_segment(StackWorld& world, Bytes& in) {
  namespace flag = wire::tcp_flag;
  const Seen peer = choose_peer(world, in);
  wire::TcpHeader h;
  constexpr std::array<std::uint8_t, 16> usual{flag::ack,
                                               flag::syn,
                                               flag::ack,
                                               flag::syn | flag::ack,
                                               flag::ack | flag::psh,
                                               flag::ack | flag::fin,
                                               flag::rst,
                                               flag::rst | flag::ack,
                                               flag::ack,
                                               flag::ack | flag::psh,
                                               flag::ack | flag::urg,
                                               flag::syn | flag::ece | flag::cwr,
                                               flag::ack | flag::fin | flag::psh,
                                               flag::fin,
                                               0,
                                               0xff};
  h.flags = in.pick(usual);
  h.seq = peer.header.ack + in.offset();
  h.ack = Seq{peer.next + in.offset()};
  h.window = in.pick(std::array<std::uint16_t, 4>{65535, 0, 1000, 1});
  const std::uint8_t options = in.u8();
  if ((h.flags & flag::syn) != 0) {
    if ((options & 1) == 0) h.options.mss = in.pick(std::array<std::uint16_t, 6>{1460, 536, 0, 1, 65535, 64});
    if ((options & 2) == 0) h.options.window_scale = in.pick(std::array<std::uint8_t, 4>{7, 0, 14, 255});
    h.options.sack_permitted = (options & 4) == 0;
  }
  if ((options & 8) == 0) {
    const auto last = peer.header.options.timestamps.value_or(wire::Timestamps{});
    h.options.timestamps = wire::Timestamps{.val = last.ecr + in.offset(), .ecr = last.val + in.offset()};
  }
  h.options.sack_count = static_cast<std::uint8_t>(options >> 6);
  for (std::size_t i = 0; i < h.options.sack_count; ++i) {
    const Seq left = h.ack + in.offset();
    h.options.sack[i] = {.left = left, .right = left + in.offset()};
  }
  if ((h.flags & flag::urg) != 0) h.urgent = in.u16();
  const std::vector<std::byte> text((options & 16) != 0 ? in.u16() % 3000u : in.below(3) * 500, std::byte{'p'});
  return make_segment(peer.tuple, h, text);
}

void send_segment(StackWorld& world, Bytes& in) { world.deliver(make_peer_segment(world, in)); }

/// A few octets of it changed; the checksums of IP and TCP may be repaired.
void send_damaged_segment(StackWorld& world, Bytes& in) {
  Packet packet = make_peer_segment(world, in);
  const bool v4 = (load_u8(packet.data()) >> 4) == 4;
  const std::size_t start = v4 ? 20 : 40;
  const std::uint8_t kind = in.u8();
  for (int i = 0; i < 1 + kind % 3; ++i) packet[in.u8() % packet.size()] ^= static_cast<std::byte>(in.u8());
  if ((kind & 8) != 0 && v4) {
    store_be16(&packet[10], 0);
    store_be16(&packet[10], wire::finish(wire::add_octets(0, std::span{packet}.first(20))));
  }
  if ((kind & 16) != 0) {
    const std::size_t length = v4 ? 4 : 16;
    const std::size_t at = v4 ? 12 : 8;
    const auto address = [&](std::size_t offset) {
      std::array<std::uint8_t, 16> octets{};
      for (std::size_t i = 0; i < length; ++i) octets[i] = load_u8(&packet[offset + i]);
      return IpAddress::from_octets(v4 ? Family::ipv4 : Family::ipv6, octets);
    };
    fix_tcp_checksum(address(at), address(at + length), std::span{packet}.subspan(start));
  }
  world.deliver(packet, {.checksum_verified = (kind & 32) != 0});
}

void send_fragments(StackWorld& world, Bytes& in) {
  const Packet packet = make_peer_segment(world, in);
  const std::uint8_t kind = in.u8();
  const auto parts = make_fragments(packet, in.u8() * 8u, static_cast<std::uint32_t>(kind >> 4));
  const std::size_t first = kind & 1;
  world.deliver(parts[first]);
  if ((kind & 2) == 0) world.deliver(parts[1 - first]);
  if ((kind & 4) != 0) world.deliver(parts[first]);
}

void send_icmp_error(StackWorld& world, Bytes& in) {
  if (world.seen().empty()) return;
  const Seen& about = world.seen()[in.below(world.seen().size())];
  constexpr std::array<std::uint8_t, 5> types4{3, 11, 12, 4, 5};
  constexpr std::array<std::uint8_t, 4> types6{1, 2, 3, 4};
  const bool v4 = about.tuple.local.address.is_v4();
  const std::uint8_t type = v4 ? in.pick(types4) : in.pick(types6);
  const std::uint8_t code = in.u8() % 16;
  const std::uint32_t rest = in.pick(std::array<std::uint32_t, 6>{0, 1280, 576, 68, 9000, 0xffffffff});
  const std::size_t quoted = std::min<std::size_t>(about.packet.size(), in.u8());
  world.deliver(make_icmp_error(about.tuple.remote.address, about.tuple.local.address, type, code, rest,
                                std::span{about.packet}.first(quoted)));
}

void send_anything(StackWorld& world, Bytes& in) {
  const bool framed = in.flag();
  const auto octets = in.take(in.u8());
  framed ? world.deliver(Packet(octets.begin(), octets.end())) : world.deliver_raw(octets);
}

void pass_time(StackWorld& world, Bytes& in) {
  constexpr std::array<Duration, 9> steps{0ns, 1us, 1ms, 20ms, 250ms, 1s, 30s, 10min, 5h};
  const std::size_t choice = in.below(steps.size() + 4);
  choice < steps.size() ? world.advance(steps[choice]) : world.advance_to_deadline();
}

void step(StackWorld& world, Bytes& in) {
  using Operation = void (*)(StackWorld&, Bytes&);
  constexpr std::array<Operation, 18> operations{
      send_segment,   call_listen,     call_connect,  pass_time,   call_accept,  call_write,
      send_segment,   call_read,       send_segment,  call_close,  pass_time,    send_damaged_segment,
      send_fragments, send_icmp_error, send_anything, call_option, send_segment, call_write};
  const std::uint8_t code = in.u8();
  operations[(code & 0x7f) % operations.size()](world, in);
  if ((code & 0x80) == 0) world.drain();  // else the next input comes before the driver looks
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes in{data, size};
  const StackConfig config = make_config(in);
  StackWorld world{config, in.flag()};
  for (int steps = 0; steps < 300 && !in.empty(); ++steps) step(world, in);
  world.drain();
  world.finish();
  return 0;
}
