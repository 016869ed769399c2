#include "sim/torture/observer.hpp"

#include <algorithm>

#include "wire/checksum.hpp"
#include "wire/icmp.hpp"
#include "wire/icmpv6.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"

namespace ft::sim::torture {
namespace {

constexpr std::size_t most_in_flight = 4096;  // per direction of a link; what is older is not judged on arrival
constexpr std::size_t most_hosts = 8;

struct Looked {
  IpAddress source, destination;
  std::uint8_t protocol = 0;
  std::span<const std::byte> payload;
  bool fragment = false;
};

std::expected<Looked, DropReason> look_at_ip(std::span<const std::byte> packet) {
  if (!packet.empty() && (std::to_integer<unsigned>(packet[0]) >> 4) == 4) {
    const auto v4 = wire::parse_ipv4(packet);
    if (!v4) return std::unexpected(v4.error());
    return Looked{v4->header.source, v4->header.destination, v4->header.protocol, v4->payload, v4->header.is_fragment()};
  }
  const auto v6 = wire::parse_ipv6(packet);
  if (!v6) return std::unexpected(v6.error());
  return Looked{v6->header.source, v6->header.destination, v6->header.next_header, v6->payload, false};
}

using namespace wire::tcp_flag;

std::string number(Seq seq) { return std::to_string(seq.value()); }

std::uint32_t sequence_length(const wire::ParsedTcp& tcp) {
  return static_cast<std::uint32_t>(tcp.text.size()) + (tcp.header.has(syn) ? 1u : 0u) + (tcp.header.has(fin) ? 1u : 0u);
}

}  // namespace

Observer::Observer() : wires_(most_hosts * most_hosts) { flows_.reserve(256); }

Observer::Wire& Observer::wire(std::uint8_t from, std::uint8_t to) { return wires_[from * most_hosts + to]; }

std::uint32_t Observer::flow(const FourTuple& tuple) {
  const auto found = index_.find(tuple);
  if (found != index_.end()) return found->second;
  const auto here = static_cast<std::uint32_t>(flows_.size());
  flows_.resize(flows_.size() + 2);
  flows_[here].tuple = tuple;
  flows_[here].back = here + 1;
  flows_[here + 1].tuple = {tuple.remote, tuple.local};
  flows_[here + 1].back = here;
  index_.emplace(tuple, here);
  index_.emplace(flows_.back().tuple, here + 1);
  return here;
}

const Flow* Observer::find(const FourTuple& tuple) const {
  const auto found = index_.find(tuple);
  return found == index_.end() ? nullptr : &flows_[found->second];
}

void Observer::expect(const FourTuple& tuple, std::uint64_t pattern) { flows_[flow(tuple)].pattern = pattern; }

std::span<const std::byte> Observer::old_packet(std::uint8_t from, std::uint8_t to, std::uint64_t which) const {
  const Wire& w = wires_[from * most_hosts + to];
  const std::size_t kept = std::min<std::size_t>(static_cast<std::size_t>(w.sent), w.old.size());
  if (kept == 0) return {};
  return w.old[which % kept];
}

void Observer::on_injected(const trace::LinkSent& sent) {
  Wire& w = wire(sent.from, sent.to);
  if (w.flights.empty()) w.flights.resize(most_in_flight);
  w.flights[sent.packet % most_in_flight] = {};
  const auto ip = look_at_ip(sent.octets);
  if (!ip || ip->protocol != wire::protocol::tcp || ip->fragment) return;
  const auto tcp = wire::parse_tcp(ip->payload);
  if (!tcp) return;
  const std::uint32_t index = flow({{ip->source, tcp->header.source_port}, {ip->destination, tcp->header.destination_port}});
  Flow& named = flows_[index];
  const Seq seq = tcp->header.seq;
  if (named.epoch != 0 && !before(seq, named.iss) && !after(seq + sequence_length(*tcp), named.sent)) {
    // A copy of what was sent once counts as that, when it arrives.
    InFlight& in_flight = w.flights[sent.packet % most_in_flight];
    remember(named, flows_[named.back], *tcp, in_flight);
    in_flight.flow = index;
    in_flight.epoch = named.epoch;
  }
  if (forgetful_[sent.to]) named.forged = flows_[named.back].forged = true;
  if (!tcp->header.has(syn)) return;
  if (named.epoch == 0 || flows_[named.back].epoch == 0) named.forged = flows_[named.back].forged = true;
  if (tcp->header.seq != named.iss) named.foreign.push_back(tcp->header.seq);
}

std::string Observer::on_sent(const trace::LinkSent& sent) {
  ++packets_;
  if (sent.from == sent.to) return {};  // to nobody that there is: a SYN's forged source
  Wire& w = wire(sent.from, sent.to);
  if (w.flights.empty()) w.flights.resize(most_in_flight);
  InFlight& in_flight = w.flights[sent.packet % most_in_flight];
  in_flight = {};
  w.old[w.sent++ % w.old.size()].assign(sent.octets.begin(), sent.octets.end());

  const auto ip = look_at_ip(sent.octets);
  if (!ip) return "a packet with a wrong IP header was sent: " + std::string(to_string(ip.error()));
  if (ip->protocol == wire::protocol::icmp && !ip->fragment)
    return wire::parse_icmp(ip->payload) ? "" : "an ICMP message was sent that cannot be read";
  if (ip->protocol == wire::protocol::icmpv6)
    return wire::parse_icmpv6(ip->source, ip->destination, ip->payload) ? "" : "an ICMPv6 message was sent that cannot be read";
  if (ip->protocol != wire::protocol::tcp || ip->fragment) return "a packet was sent that is neither TCP nor ICMP";
  const auto sum =
      wire::pseudo_header(ip->source, ip->destination, wire::protocol::tcp, static_cast<std::uint32_t>(ip->payload.size()));
  if (!wire::is_valid(wire::add_octets(sum, ip->payload))) return "a segment with a wrong checksum was sent";
  const auto tcp = wire::parse_tcp(ip->payload);
  if (!tcp || tcp->options_malformed) return "a segment was sent that cannot be read";

  const std::uint32_t index = flow({{ip->source, tcp->header.source_port}, {ip->destination, tcp->header.destination_port}});
  in_flight.flow = index;
  std::string wrong = look(flows_[index], flows_[flows_[index].back], *tcp, in_flight);
  in_flight.epoch = flows_[index].epoch;
  if (wrong.empty()) return wrong;
  return flows_[index].tuple.to_string() + " sent seq " + number(tcp->header.seq) + " ack " + number(tcp->header.ack) +
         " flags " + std::to_string(unsigned{tcp->header.flags}) + " with " + std::to_string(tcp->text.size()) +
         " octets: " + wrong;
}

void Observer::begin(Flow& flow, const wire::TcpHeader& header) {
  ++flow.epoch;
  flow.back_epoch = 0;
  flow.iss = header.seq;
  flow.sent = flow.delivered = header.seq;
  flow.scales = header.options.window_scale.has_value();
  flow.shift = std::min<std::uint8_t>(header.options.window_scale.value_or(0), 14);
  flow.has_heard = flow.has_told = flow.reset = false;
}

std::string Observer::look(Flow& flow, Flow& back, const wire::ParsedTcp& tcp, InFlight& in_flight) {
  const wire::TcpHeader& h = tcp.header;
  if (flow.forged) return {};
  if (h.has(syn) && (h.has(rst) || h.has(fin))) return "SYN together with RST or FIN";
  if (!h.has(syn) && (h.options.mss || h.options.window_scale || h.options.sack_permitted))
    return "an option that belongs on a SYN";
  if (!h.has(syn) && !h.has(rst) && !h.has(ack)) return "neither SYN nor RST nor ACK";
  if (h.has(rst)) {
    if (!tcp.text.empty()) return "text in a RST";
    flow.reset = true;
    return {};
  }
  // A cookie that answers a replayed SYN has the number of the one before.
  const bool again = flow.has_told && h.has(ack) && before(h.ack, flow.told_ack);
  if (h.has(syn) && (flow.epoch == 0 || h.seq != flow.iss || again)) begin(flow, h);
  if (flow.epoch == 0) return "the first segment of a connection is no SYN";

  // A repeated SYN may be answered by another cookie, and the first of them be the one that is heard: what the peer goes by is
  // not known then.
  const bool other = before(h.ack, back.iss) || after(h.ack, back.sent);
  if (h.has(ack) && flow.back_epoch == 0 && back.epoch > 1 && other) {
    flow.forged = back.forged = true;
    return {};
  }

  const std::uint32_t length = sequence_length(tcp);
  if (before(h.seq + 1, flow.iss)) return "a number before the first";
  remember(flow, back, tcp, in_flight);
  if (h.has(ack)) {
    if (auto wrong = look_at_ack(flow, back, h, in_flight.edge); !wrong.empty()) return wrong;
  }
  if (length != 0 && !h.has(syn)) {
    if (auto wrong = look_at_text(flow, back, tcp, length); !wrong.empty()) return wrong;
  }
  flow.sent = later(flow.sent, in_flight.end);
  return {};
}

void Observer::remember(const Flow& flow, const Flow& back, const wire::ParsedTcp& tcp, InFlight& in_flight) {
  const wire::TcpHeader& h = tcp.header;
  const bool scaled = flow.scales && back.scales && !h.has(syn);
  in_flight.end = h.seq + sequence_length(tcp);
  in_flight.acks = h.has(ack);
  in_flight.ack = h.ack;
  in_flight.edge = h.ack + (scaled ? std::uint32_t{h.window} << flow.shift : h.window);
}

std::string Observer::look_at_ack(Flow& flow, const Flow& back, const wire::TcpHeader& h, Seq edge) {
  if (std::find(back.foreign.begin(), back.foreign.end(), h.ack - 1) != back.foreign.end())
    return {};  // it answers somebody else
  if (flow.back_epoch == 0) flow.back_epoch = back.epoch;
  if (flow.back_epoch != back.epoch || flow.reset) return {};  // the peer has begun anew: this side has not heard yet
  if (after(h.ack, back.delivered)) return number(h.ack - 1) + " was never delivered";
  for (std::uint8_t i = 0; i < h.options.sack_count; ++i) {
    const wire::SackBlock& block = h.options.sack[i];
    if (!before(block.left, block.right)) return "an empty SACK block";
    if (after(block.right, back.delivered)) return "a SACK block beyond what was delivered";
  }
  if (flow.has_told && before(h.ack, flow.told_ack)) return "acknowledges less than before, which was " + number(flow.told_ack);
  // (A SYN-ACK again cannot say more than 65535, RFC 7323 2.2; and what lies between two values of the field is promised, not
  // said.)
  const std::uint32_t step = flow.scales && back.scales ? 1u << flow.shift : 1u;
  if (flow.has_told && distance(edge, flow.told_edge) >= static_cast<std::int32_t>(step) && !h.has(syn))
    return "takes back " + std::to_string(distance(edge, flow.told_edge)) + " octets of window";
  flow.told_ack = h.ack;
  flow.told_edge = flow.has_told ? later(flow.told_edge, edge) : edge;
  flow.has_told = true;
  return {};
}

std::string Observer::look_at_text(const Flow& flow, const Flow& back, const wire::ParsedTcp& tcp, std::uint32_t length) {
  const Seq seq = tcp.header.seq;
  // (Whose cookie was acknowledged by a peer that has begun anew since speaks to the one before: what that one offered was not
  // kept.)
  if (!flow.has_heard && flow.back_epoch == back.epoch) return "text before the peer's window was known";
  if (before(seq, flow.iss + 1)) return "text before the first octet";
  // One octet, or the FIN, may ask at a shut window (RFC 9293 3.8.6.1).
  const bool probes = length == 1 && seq == flow.heard_edge;
  if (flow.back_epoch == back.epoch && after(seq + length, flow.heard_edge) && !probes)
    return std::to_string(distance(flow.heard_edge, seq + length)) + " octets beyond the window, whose edge is " +
           number(flow.heard_edge);
  if (flow.pattern && !Pattern(*flow.pattern).matches(seq.value() - flow.iss.value() - 1, tcp.text))
    return "other octets than the application wrote there";
  return {};
}

void Observer::on_delivered(const trace::LinkDelivered& delivered) {
  const Wire& w = wire(delivered.from, delivered.to);
  if (w.flights.empty()) return;
  const InFlight& in_flight = w.flights[delivered.packet % most_in_flight];
  if (in_flight.flow == UINT32_MAX) return;
  Flow& flow = flows_[in_flight.flow];
  Flow& back = flows_[flow.back];
  if (flow.epoch != in_flight.epoch || flow.epoch == 0) return;
  flow.delivered = later(flow.delivered, in_flight.end);
  if (!in_flight.acks || back.epoch == 0 || flow.back_epoch != back.epoch) return;
  if (before(in_flight.ack, back.iss) || after(in_flight.ack, back.sent)) return;
  back.heard_ack = back.has_heard ? later(back.heard_ack, in_flight.ack) : in_flight.ack;
  back.heard_edge = back.has_heard ? later(back.heard_edge, in_flight.edge) : in_flight.edge;
  back.has_heard = true;
}

}  // namespace ft::sim::torture
