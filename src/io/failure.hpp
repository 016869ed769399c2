// What a system call's refusal is turned into: one line for a person that says what failed, why, and what to do.
#pragma once

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <expected>
#include <string>
#include <string_view>

namespace ft::io {

/// "cannot open /dev/net/tun: Permission denied"
inline std::string failed_call(std::string_view what, int error) {
  return "cannot " + std::string(what) + ": " + std::strerror(error);
}

/// A file that has become shorter since its reader began.
inline std::string shortened(std::uint64_t octets, std::uint64_t had) {
  return "truncated at octet " + std::to_string(octets) + ": the file had " + std::to_string(had) +
         " octets, and was shortened while it was read";
}

template <typename T = void>
using Result = std::expected<T, std::string>;

}  // namespace ft::io
