// ICMP errors that arrive: which connection they speak of, and what they mean to TCP (RFC 9293 3.9.2.2, RFC 5927, RFC 5461).
// The quoted packet must be a TCP segment that we could have sent; whether it is in flight, only TCP can say.
#pragma once

#include "net/engine.hpp"
#include "net/routes.hpp"
#include "wire/icmp.hpp"
#include "wire/icmpv6.hpp"

#include <expected>

namespace ft::net {

/// `destination` is where the error was sent to. icmp_ignored for what is no error or deliberately unread (source quench,
/// MUST-55; redirects), icmp_unrelated when the quote is none of ours, bad_icmp when it is too short to tell.
std::expected<IcmpError, DropReason> interpret(const Routes& routes, const IpAddress& destination, const wire::IcmpMessage& icmp);
std::expected<IcmpError, DropReason> interpret(const Routes& routes, const IpAddress& destination,
                                               const wire::Icmpv6Message& icmp);

}  // namespace ft::net
