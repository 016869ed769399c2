// Values as people write them, read as the type of the field that they are compared with.
#pragma once

#include "analysis/fields/field.hpp"
#include "analysis/filter/syntax.hpp"

#include <expected>
#include <string>

namespace ft::analysis::filter {

/// `storage` keeps the octets of the value and must outlive it. `field` gives names to numbers; it may be nullptr.
std::expected<Occurrence, FilterError> read_literal(const Lexeme& lexeme, FieldType type, const Field* field,
                                                    std::string& storage);

/// The greatest value of an unsigned type.
std::uint64_t greatest(FieldType type);

/// "20ms", "1.5h" in nanoseconds; "0.25" is seconds. nullopt when it is no time.
std::optional<std::int64_t> read_time(std::string_view text);
/// "2026-11-22 05:38:46.83", "Nov 22, 2026 05:38:46", also with T, Z, UTC or an offset; in nanoseconds since 1970. UTC without an
/// offset.
std::optional<std::int64_t> read_date(std::string_view text);

}  // namespace ft::analysis::filter
