// Checksums over packets whose addresses and text were changed.
#pragma once

#include "analysis/dissect/frame.hpp"

#include <cstddef>
#include <span>

namespace ft::analysis {

/// `out` are the frame's octets after the change: each checksum that was right in the frame is right in `out`, one that was wrong
/// is wrong, one that was left to a network card is left to it, one that was not used stays unused. What the capture did not keep
/// counts as zeros.
void restore_checksums(const Frame& frame, std::span<std::byte> out);

}  // namespace ft::analysis
