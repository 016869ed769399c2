// Why listen or connect failed, in sentences: who holds the port, in what state, and when it is free.
#pragma once

#include "fourtuple/stack.hpp"

#include <string>

namespace ft::cli {

/// "port 8080 is held by 10.0.0.1:8080 -> 10.0.0.2:40000 in TIME-WAIT, free in 31.2s"
std::string explain(const PortEntry& holder, Instant now);
std::string explain(const OpenError& error, Instant now);

}  // namespace ft::cli
