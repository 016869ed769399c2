// Entropy from the operating system (getrandom(2)): the secret that keys ISNs, ports and hashing.
#pragma once

#include <cstddef>
#include <span>

namespace ft::io {

/// Fills `into`; stops the program when the system has no entropy source, since a stack with a guessable secret is worse than
/// none (RFC 6528 3, RFC 6056 3.4).
void fill_with_entropy(std::span<std::byte> into);

}  // namespace ft::io
