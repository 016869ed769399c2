// Lengths of time and dates as people write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ft::analysis::filter {

/// "20ms", "1.5h" in nanoseconds; "0.25" is seconds. nullopt when it is no time.
std::optional<std::int64_t> read_time(std::string_view text);
/// "2026-11-22 05:38:46.83", "Nov 22, 2026 05:38:46", also with T, Z, UTC or an offset; in nanoseconds since 1970. UTC without an
/// offset.
std::optional<std::int64_t> read_date(std::string_view text);

}  // namespace ft::analysis::filter
