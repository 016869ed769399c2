// Values as text: the same words in lists, trees and `-T fields`.
#pragma once

#include "analysis/fields/field.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ft::analysis {

/// 4 octets as IPv4, 16 as IPv6 (RFC 5952), 6 as a MAC address, others as hex digits.
void append_address(std::string& to, std::span<const std::byte> octets);

/// The bare value, as `-T fields` prints it: "8080", "0x0800", "10.9.0.1", "0.020422000", "1f90".
void append_value(std::string& to, const Field& field, const Occurrence& value);

/// The value with its name where it has one, as a tree shows it: "6 (TCP)".
void append_explained(std::string& to, const Field& field, const Occurrence& value);

/// The name of a number; "" when it has none.
std::string_view name_of(const Field& field, std::uint64_t number);

/// "12.345678000", from nanoseconds.
void append_seconds(std::string& to, std::int64_t nanoseconds);
/// "2026-11-22 05:38:46.817455000", UTC.
void append_date(std::string& to, std::int64_t nanoseconds);

/// Text from a packet, fit for a terminal: control characters, and octets that are no UTF-8, as \xNN.
void append_escaped(std::string& to, std::string_view text);

}  // namespace ft::analysis
