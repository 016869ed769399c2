#include "analysis/fields/text.hpp"

#include "fourtuple/address.hpp"

#include <fmt/format.h>

#include <chrono>
#include <iterator>

namespace ft::analysis {
namespace {

void append_hex(std::string& to, std::span<const std::byte> octets) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const std::byte octet : octets) {
    to += digits[std::to_integer<unsigned>(octet) >> 4];
    to += digits[std::to_integer<unsigned>(octet) & 15];
  }
}

std::size_t hex_digits(FieldType type) {
  switch (type) {
    case FieldType::uint8:
      return 2;
    case FieldType::uint16:
      return 4;
    case FieldType::uint24:
      return 6;
    default:
      return 8;
  }
}

void append_number(std::string& to, const Field& field, const Occurrence& value) {
  if (is_signed(field.type)) {
    fmt::format_to(std::back_inserter(to), "{}", value.integer());
  } else if (field.base == Base::decimal || field.type == FieldType::boolean) {
    fmt::format_to(std::back_inserter(to), "{}", value.number);
  } else {
    fmt::format_to(std::back_inserter(to), "0x{:0{}x}", value.number, hex_digits(field.type));
  }
}

/// How many octets the UTF-8 character at the start of `text` has; 0 when it is none, or one that a terminal should not get.
std::size_t character(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = at(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (size == 0 || first > 0xf4 || size > text.size()) return 0;
  unsigned code = first & (0xffu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (at(i) & 0x3fu);
  }
  const bool too_long = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  const bool control = code < 0xa0 || (code >= 0x200b && code <= 0x200f) || (code >= 0x202a && code <= 0x202e) ||
                       (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;  // C1, and what turns the direction of writing
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return too_long || control || surrogate ? 0 : size;
}

}  // namespace

void append_address(std::string& to, std::span<const std::byte> octets) {
  if (octets.size() == 4 || octets.size() == 16) {
    const auto* p = reinterpret_cast<const std::uint8_t*>(octets.data());
    to += IpAddress::from_octets(octets.size() == 4 ? Family::ipv4 : Family::ipv6, {p, octets.size()}).to_string();
  } else if (octets.size() == 6) {
    for (std::size_t i = 0; i < 6; ++i) {
      if (i > 0) to += ':';
      append_hex(to, octets.subspan(i, 1));
    }
  } else {
    append_hex(to, octets);
  }
}

void append_seconds(std::string& to, std::int64_t nanoseconds) {
  const bool negative = nanoseconds < 0;
  const std::uint64_t size = negative ? 0 - static_cast<std::uint64_t>(nanoseconds) : static_cast<std::uint64_t>(nanoseconds);
  fmt::format_to(std::back_inserter(to), "{}{}.{:09}", negative ? "-" : "", size / 1'000'000'000, size % 1'000'000'000);
}

void append_date(std::string& to, std::int64_t nanoseconds) {
  using namespace std::chrono;
  const sys_time<std::chrono::nanoseconds> at{std::chrono::nanoseconds{nanoseconds}};
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss clock{at - day};
  fmt::format_to(std::back_inserter(to), "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:09}", static_cast<int>(date.year()),
                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                 clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

void append_escaped(std::string& to, std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = character(text);
    if (size == 0) {
      to += text[0] == '\n' ? "\\n" : text[0] == '\t' ? "\\t" : "\\x";
      if (text[0] != '\n' && text[0] != '\t') append_hex(to, std::as_bytes(std::span(text.data(), 1)));
      text.remove_prefix(1);
    } else {
      to += text.substr(0, size);
      text.remove_prefix(size);
    }
  }
}

std::string_view name_of(const Field& field, std::uint64_t number) {
  for (const NamedNumber& one : field.names)
    if (one.number == number) return one.name;
  return {};
}

void append_value(std::string& to, const Field& field, const Occurrence& value) {
  switch (field.type) {
    case FieldType::none:
      to += '1';
      return;
    case FieldType::protocol:
      to += field.name;
      return;
    case FieldType::real:
      fmt::format_to(std::back_inserter(to), "{}", value.real);
      return;
    case FieldType::absolute_time:
      return append_date(to, value.integer());
    case FieldType::relative_time:
      return append_seconds(to, value.integer());
    case FieldType::ipv4:
    case FieldType::ipv6:
    case FieldType::ether:
      return append_address(to, value.octets());
    case FieldType::bytes:
      return append_hex(to, value.octets());
    case FieldType::string:
      return append_escaped(to, value.text());
    default:
      return append_number(to, field, value);
  }
}

void append_explained(std::string& to, const Field& field, const Occurrence& value) {
  const std::string_view name = is_unsigned(field.type) ? name_of(field, value.number) : std::string_view{};
  if (field.type == FieldType::boolean) {
    to += value.number != 0 ? "yes" : "no";
  } else if (!name.empty()) {
    append_value(to, field, value);
    fmt::format_to(std::back_inserter(to), " ({})", name);
  } else if (field.base == Base::hex_decimal) {
    append_value(to, field, value);
    fmt::format_to(std::back_inserter(to), " ({})", value.number);
  } else if (field.type == FieldType::bytes && value.size > 32) {
    append_hex(to, value.octets().first(32));
    fmt::format_to(std::back_inserter(to), "... ({} octets)", value.size);
  } else {
    append_value(to, field, value);
    if (field.type == FieldType::relative_time) to += " s";
    if (field.type == FieldType::absolute_time) to += " UTC";
  }
}

}  // namespace ft::analysis
