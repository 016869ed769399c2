// `explain -w`: the packets of the chosen connections, or all, with what was found as comments on the frames that prove it.
#pragma once

#include "cli/examine.hpp"
#include "cli/slice.hpp"

#include <cstdint>
#include <expected>
#include <span>
#include <string>

namespace ft::cli {

/// Reads the capture once more. `streams` empty: all packets. The error names the file and the reason.
std::expected<std::uint64_t, std::string> write_slice(Examination& examined, std::span<const std::uint32_t> streams,
                                                      const SliceOptions& options, analysis::Lang lang);

}  // namespace ft::cli
