#include "net/message.hpp"

#include "base/cursor.hpp"
#include "net/extensions.hpp"
#include "wire/icmp.hpp"
#include "wire/icmpv6.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"

#include <algorithm>

namespace ft::net {

namespace {

constexpr std::size_t max_error_v4 = 576;
constexpr std::size_t max_error_v6 = 1280;
constexpr std::uint8_t code_reassembly_timeout = 1;

Message make_icmp(const IpAddress& source, const IpAddress& destination, const wire::IcmpMessage& icmp) {
  Message message;
  message.envelope.source = source;
  message.envelope.destination = destination;
  message.envelope.dont_fragment = false;
  message.payload.resize(wire::icmp_header_length + icmp.body.size());
  if (destination.is_v4()) {
    message.envelope.protocol = wire::protocol::icmp;
    wire::write_icmp(icmp, message.payload);
  } else {
    message.envelope.protocol = wire::protocol::icmpv6;
    wire::write_icmpv6(source, destination, {icmp.type, icmp.code, icmp.rest, icmp.body}, message.payload);
  }
  return message;
}

struct Wording {
  std::uint8_t type;
  std::uint8_t code;
  std::uint32_t rest;
  std::string_view why_id;
  std::string_view why_clause;
};

Wording wording_v4(Complaint complaint) {
  using namespace wire;
  switch (complaint) {
    case Complaint::port_unreachable:
      return {icmp_type::destination_unreachable, icmp_unreachable::port, 0, "icmp-port-unreachable", "RFC 1122 4.1.3.1"};
    case Complaint::reassembly_timeout:
      return {icmp_type::time_exceeded, code_reassembly_timeout, 0, "icmp-time-exceeded", "RFC 1122 3.3.2"};
    case Complaint::protocol_unreachable:
    case Complaint::parameter_problem:
      break;
  }
  return {icmp_type::destination_unreachable, icmp_unreachable::protocol, 0, "icmp-protocol-unreachable", "RFC 1122 3.2.2.1"};
}

Wording wording_v6(Complaint complaint, Rejection::Problem problem) {
  using namespace wire;
  switch (complaint) {
    case Complaint::port_unreachable:
      return {icmpv6_type::destination_unreachable, icmpv6_unreachable::port, 0, "icmp-port-unreachable", "RFC 4443 3.1"};
    case Complaint::reassembly_timeout:
      return {icmpv6_type::time_exceeded, code_reassembly_timeout, 0, "icmp-time-exceeded", "RFC 8200 4.5"};
    case Complaint::protocol_unreachable:
      problem.code = icmpv6_parameter::unknown_next_header;
      break;
    case Complaint::parameter_problem:
      break;
  }
  return {icmpv6_type::parameter_problem, problem.code, problem.pointer, "icmp-parameter-problem", "RFC 4443 3.4"};
}

bool reports_an_error(const Datagram& datagram) {
  const bool is_v4 = datagram.source.is_v4();
  const ChainEnd end =
      is_v4 ? ChainEnd{datagram.protocol, datagram.payload} : skip_extensions(datagram.protocol, datagram.payload);
  if (end.protocol != (is_v4 ? wire::protocol::icmp : wire::protocol::icmpv6)) return false;
  if (end.octets.empty()) return true;
  const std::uint8_t type = load_u8(end.octets.data());
  return is_v4 ? wire::is_icmp_error(type) : wire::is_icmpv6_error(type) || type == wire::icmpv6_type::redirect;
}

}  // namespace

Message make_echo_reply(const IpAddress& source, const Datagram& datagram) {
  ByteReader request(datagram.payload);
  request.skip(4);
  wire::IcmpMessage reply;
  reply.type = source.is_v4() ? wire::icmp_type::echo_reply : wire::icmpv6_type::echo_reply;
  reply.rest = request.u32();  // identifier and sequence number
  reply.body = request.rest();
  Message message = make_icmp(source, datagram.source, reply);
  message.why_id = "icmp-echo-reply";
  message.why_clause = source.is_v4() ? "RFC 1122 3.2.2.6" : "RFC 4443 4.2";
  return message;
}

Message make_complaint(const IpAddress& source, const Datagram& datagram, Complaint complaint, Rejection::Problem problem) {
  const bool is_v4 = datagram.source.is_v4();
  const Wording wording = is_v4 ? wording_v4(complaint) : wording_v6(complaint, problem);
  const std::size_t quotable =
      (is_v4 ? max_error_v4 - wire::ipv4_min_header : max_error_v6 - wire::ipv6_header_length) - wire::icmp_header_length;
  const auto quote = datagram.packet.first(std::min(quotable, datagram.packet.size()));
  Message message = make_icmp(source, datagram.source, {wording.type, wording.code, wording.rest, quote});
  message.why_id = wording.why_id;
  message.why_clause = wording.why_clause;
  return message;
}

bool may_complain(const Datagram& datagram, bool destination_is_unicast, bool source_is_unicast, bool also_to_groups) {
  if (!source_is_unicast) return false;
  if ((!destination_is_unicast || datagram.link_group) && !also_to_groups) return false;
  if (datagram.fragment && datagram.fragment->offset != 0) return false;
  return !reports_an_error(datagram);
}

}  // namespace ft::net
