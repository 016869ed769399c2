// A network namespace of one's own (network_namespaces(7)): devices, addresses and ports that nobody else sees and that are gone
// when the process ends, however it ends. No root needed where the system allows user namespaces (user_namespaces(7)).
#pragma once

#include "io/failure.hpp"

namespace ft::io {

/// Moves this process (which must have one thread only) into a new network namespace, by itself when it may, else inside a new
/// user namespace where it is root. The loopback device there is up. On error one line that names what forbids it.
Result<> enter_own_network();

}  // namespace ft::io
