// Kinds of TCP options (RFC 9293 3.1 and 3.2, and the registry of IANA), and the walk over a list of them. What an option says is
// read by whoever cares: tcp.hpp for the stack, the analyser for itself.
#pragma once

#include "base/cursor.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace ft::wire {

namespace tcp_option {
inline constexpr std::uint8_t end_of_list = 0, no_operation = 1, max_segment_size = 2;  // RFC 9293 3.2
inline constexpr std::uint8_t window_scale = 3, timestamps = 8;                         // RFC 7323
inline constexpr std::uint8_t sack_permitted = 4, sack = 5;                             // RFC 2018
inline constexpr std::uint8_t md5 = 19;                                                 // RFC 2385
inline constexpr std::uint8_t user_timeout = 28;                                        // RFC 5482
inline constexpr std::uint8_t authentication = 29;                                      // RFC 5925
inline constexpr std::uint8_t mptcp = 30;                                               // RFC 8684
inline constexpr std::uint8_t fast_open = 34;                                           // RFC 7413
inline constexpr std::uint8_t accecn_0 = 172, accecn_1 = 174;                           // RFC 9768
inline constexpr std::uint8_t experiment_1 = 253, experiment_2 = 254;                   // RFC 6994
/// What fast open was called, behind an experiment's kind and length, before it had a kind (RFC 7413 4.1.1).
inline constexpr std::uint16_t fast_open_experiment = 0xf989;
/// no-operation, no-operation, timestamps, length 10: what nearly every segment of an established connection begins its options
/// with (RFC 7323 appendix A).
inline constexpr std::uint32_t padded_timestamps = 0x0101080a;
}  // namespace tcp_option

/// How a list of options ended. Behind an option of a wrong length nothing can be found.
enum class TcpOptionsEnd : std::uint8_t {
  proper,
  bad_length,  // of less than the kind and the length itself
  overrun,     // an option says that it goes on behind the list's end
};

/// Calls `visit(octets)` for every option of the list, those of a single octet included, up to the end-of-list option.
template <typename Visit>
TcpOptionsEnd each_tcp_option(std::span<const std::byte> list, Visit visit) {
  while (!list.empty()) {
    const std::uint8_t kind = load_u8(list.data());
    std::size_t length = 1;
    if (kind > tcp_option::no_operation) {
      if (list.size() < 2) return TcpOptionsEnd::overrun;
      length = load_u8(list.data() + 1);
      if (length < 2) return TcpOptionsEnd::bad_length;
      if (length > list.size()) return TcpOptionsEnd::overrun;
    }
    visit(list.first(length));
    if (kind == tcp_option::end_of_list) break;
    list = list.subspan(length);
  }
  return TcpOptionsEnd::proper;
}

}  // namespace ft::wire
