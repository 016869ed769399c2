// Socket names: sockaddr_in and sockaddr_in6 as endpoints and back. A socket of AF_INET6 speaks IPv4 through addresses of
// ::ffff:0:0/96 (RFC 4291 2.5.5.2, RFC 3493 3.7).
#pragma once

#include "fourtuple/address.hpp"
#include "sockets/posix/errors.hpp"

#include <sys/socket.h>

namespace ft::posix {

/// What the caller named, for a socket of `domain`; errno when it is too short or of another family. A mapped address comes out
/// as IPv4. AF_UNSPEC is for the caller to see before.
std::expected<Endpoint, int> read_name(int domain, const sockaddr* name, socklen_t length);

/// Writes as much of the name as fits and its whole length, as every call that gives a name does. `name` may be null.
std::expected<void, int> write_name(int domain, const Endpoint& endpoint, sockaddr* name, socklen_t* length);

}  // namespace ft::posix
