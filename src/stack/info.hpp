// What a connection is asked for: its parts' numbers put together as the public ConnectionInfo.
#pragma once

#include "fourtuple/info.hpp"
#include "tcp/connection.hpp"

namespace ft::stack {

ConnectionInfo describe(const FourTuple& tuple, const tcp::Connection& connection, Instant now);

}  // namespace ft::stack
