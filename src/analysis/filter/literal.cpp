#include "analysis/filter/literal.hpp"

#include "analysis/fields/registry.hpp"
#include "analysis/filter/literal_time.hpp"
#include "analysis/filter/typing.hpp"
#include "analysis/filter/with_unit.hpp"
#include "fourtuple/address.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <optional>

namespace ft::analysis::filter {
namespace {

std::unexpected<FilterError> fail(const Lexeme& lexeme, std::string message, std::string hint = "") {
  return std::unexpected(FilterError{std::move(message), lexeme.offset, lexeme.length, std::move(hint)});
}
bool is_string(const Lexeme& lexeme) { return lexeme.token == Token::text || lexeme.token == Token::raw_text; }

bool equal_but_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

constexpr std::array octet_units{Unit{"B", 1},          Unit{"kB", 1000},         Unit{"KB", 1000},
                                 Unit{"MB", 1000'000},  Unit{"GB", 1000'000'000}, Unit{"KiB", 1u << 10},
                                 Unit{"MiB", 1u << 20}, Unit{"GiB", 1u << 30}};

struct Number {
  std::uint64_t value = 0;
  enum class Fault : std::uint8_t { none, not_a_number, too_big } fault = Fault::none;
};
Number read_number(std::string_view text) {
  int base = 10;
  std::string_view digits = text;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    base = 16;
    digits = text.substr(2);
  } else if (text.size() > 2 && text[0] == '0' && (text[1] == 'b' || text[1] == 'B')) {
    base = 2;
    digits = text.substr(2);
  } else if (text.size() > 1 && text[0] == '0' && std::ranges::all_of(text, is_digit)) {
    base = 8;
    digits = text.substr(1);
  }
  Number number;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number.value, base);
  if (error == std::errc::result_out_of_range) {
    number.fault = Number::Fault::too_big;
  } else if (error != std::errc{} || end != digits.data() + digits.size()) {
    const auto octets = with_unit(text, octet_units, 0);
    if (!octets)
      number.fault = Number::Fault::not_a_number;
    else
      number.value = *octets;
  }
  return number;
}

std::expected<Occurrence, FilterError> named_number(const Lexeme& lexeme, const Field* field) {
  if (field == nullptr || field->names.empty())
    return fail(lexeme, "a number is compared with a number, not with the text " + quoted(lexeme), "write it without quotes");
  std::vector<std::string_view> words;
  for (const NamedNumber& one : field->names) {
    if (equal_but_case(one.name, lexeme.text)) {
      Occurrence value;
      value.number = one.number;
      return value;
    }
    words.push_back(one.name);
  }
  const std::string_view near = nearest_of(lexeme.text, words);
  return fail(lexeme, quoted(lexeme) + " is not among the names of the values of " + std::string(field->name),
              near.empty() ? "" : "did you mean \"" + std::string(near) + "\"?");
}

std::expected<Occurrence, FilterError> read_integer(const Lexeme& lexeme, FieldType type, const Field* field) {
  if (is_string(lexeme)) return named_number(lexeme, field);
  Occurrence value;
  if (lexeme.token == Token::character) {
    value.number = static_cast<unsigned char>(lexeme.text[0]);
    return value;
  }
  const Number number = read_number(lexeme.text);
  const std::uint64_t most = greatest(type);
  if (number.fault == Number::Fault::not_a_number) {
    if (field != nullptr && !field->names.empty()) return named_number(lexeme, field);
    const bool time = read_time(lexeme.text).has_value();
    return fail(lexeme, quoted(lexeme) + " is not a number", time ? "this field holds a number, not a time" : "");
  }
  if (number.fault == Number::Fault::too_big || number.value > most)
    return fail(lexeme, quoted(lexeme) + " is too big for this field, its maximum is " + std::to_string(most));
  value.number = number.value;
  return value;
}

std::expected<Occurrence, FilterError> read_truth(const Lexeme& lexeme, const Field* field) {
  Occurrence value;
  if (equal_but_case(lexeme.text, "true") || (field != nullptr && equal_but_case(lexeme.text, "set"))) {
    value.number = 1;
    return value;
  }
  if (equal_but_case(lexeme.text, "false") || equal_but_case(lexeme.text, "not set")) return value;
  const Number number = read_number(lexeme.text);
  if (is_string(lexeme) || number.fault != Number::Fault::none)
    return fail(lexeme, quoted(lexeme) + " is not a truth value", "write 1 or 0, true or false");
  value.number = number.value != 0 ? 1 : 0;
  return value;
}

std::expected<Occurrence, FilterError> as_octets(std::string& storage) {
  Occurrence value;
  value.data = reinterpret_cast<const std::byte*>(storage.data());
  value.size = static_cast<std::uint32_t>(storage.size());
  value.whole = value.size;
  return value;
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
/// "1f:90", "1f-90", "1f.90", "1f90", "0200.0000.0001", "0x1f90", "2".
std::optional<std::string> read_hex(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  std::string octets;
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = at;
    while (end < text.size() && hex_value(text[end]) >= 0) ++end;
    const std::size_t digits = end - at;
    const bool lone = digits == 1;
    if (digits == 0 || (!lone && digits % 2 != 0)) return std::nullopt;
    if (lone) octets += static_cast<char>(hex_value(text[at]));
    for (std::size_t i = at; !lone && i < end; i += 2)
      octets += static_cast<char>(hex_value(text[i]) << 4 | hex_value(text[i + 1]));
    if (end == text.size()) return octets;
    if (text[end] != ':' && text[end] != '-' && text[end] != '.') return std::nullopt;
    at = end + 1;
    if (at == text.size()) return std::nullopt;
  }
  return std::nullopt;
}

std::expected<Occurrence, FilterError> read_octets(const Lexeme& lexeme, FieldType type, std::string& storage) {
  const bool address = type == FieldType::ether;
  if ((is_string(lexeme) || lexeme.token == Token::character) && !address) {
    storage = lexeme.text;
    return as_octets(storage);
  }
  const std::optional<std::string> octets = read_hex(lexeme.text);
  if (!octets) {
    if (address) return fail(lexeme, quoted(lexeme) + " is not an Ethernet address", "write 02:00:00:00:00:01");
    return fail(lexeme, quoted(lexeme) + " is not a sequence of octets",
                "write 1f:90 for octets, \"" + lexeme.text + "\" for text");
  }
  if (address && octets->size() != 6)
    return fail(lexeme, quoted(lexeme) + " has too " + (octets->size() < 6 ? "few" : "many") + " octets for an Ethernet address",
                octets->size() < 6 ? "eth.src[0:" + std::to_string(octets->size()) + "] compares with a part of it" : "");
  storage = *octets;
  return as_octets(storage);
}

std::expected<Occurrence, FilterError> read_address(const Lexeme& lexeme, FieldType type, std::string& storage) {
  const bool four = type == FieldType::ipv4;
  const std::string family = four ? "IPv4" : "IPv6";
  const std::size_t slash = lexeme.text.find('/');
  const std::string_view text = std::string_view(lexeme.text).substr(0, slash);
  const std::optional<IpAddress> address = IpAddress::parse(text);
  if (!address || address->is_v4() != four) {
    std::string hint =
        address ? "use " + std::string(four ? "ipv6" : "ip") + ".addr for " + (four ? "IPv6" : "IPv4") + " addresses" : "";
    if (!address && text.find_first_not_of("0123456789abcdefABCDEF.:") != std::string_view::npos)
      hint = "names of hosts are not looked up";
    return fail(lexeme, quoted(lexeme) + " is not an " + family + " address", std::move(hint));
  }
  std::uint64_t bits = four ? 32 : 128;
  if (slash != std::string::npos) {
    const Number number = read_number(std::string_view(lexeme.text).substr(slash + 1));
    if (number.fault != Number::Fault::none || number.value > bits)
      return fail(lexeme, "the prefix of an " + family + " address has at most " + std::to_string(bits) + " bits");
    bits = number.value;
  }
  const std::span<const std::uint8_t> octets = address->octets();
  storage.assign(reinterpret_cast<const char*>(octets.data()), octets.size());
  auto value = as_octets(storage);
  value->number = bits + 1;
  return value;
}

}  // namespace

std::uint64_t greatest(FieldType type) {
  switch (type) {
    case FieldType::boolean:
      return 1;
    case FieldType::uint8:
      return 0xff;
    case FieldType::uint16:
      return 0xffff;
    case FieldType::uint24:
      return 0xffffff;
    case FieldType::uint32:
      return 0xffffffff;
    case FieldType::int32:
      return 0x7fffffff;
    case FieldType::int64:
      return 0x7fffffffffffffff;
    default:
      return std::numeric_limits<std::uint64_t>::max();
  }
}

std::expected<Occurrence, FilterError> read_literal(const Lexeme& lexeme, FieldType type, const Field* field,
                                                    std::string& storage) {
  Occurrence value;
  switch (type) {
    case FieldType::boolean:
      return read_truth(lexeme, field);
    case FieldType::real: {
      // By strtod: libc++ for wasm32 has no std::from_chars for double.
      const std::string digits(lexeme.text);
      char* end = nullptr;
      value.real = std::strtod(digits.c_str(), &end);
      if (digits.empty() || end != digits.c_str() + digits.size()) return fail(lexeme, quoted(lexeme) + " is not a number");
      return value;
    }
    case FieldType::relative_time: {
      const std::optional<std::int64_t> time = is_string(lexeme) ? std::nullopt : read_time(lexeme.text);
      if (!time)
        return fail(lexeme, quoted(lexeme) + " is not a length of time", "write seconds, as 0.25, or with a unit, as 250ms");
      value.number = static_cast<std::uint64_t>(*time);
      return value;
    }
    case FieldType::absolute_time: {
      const std::optional<std::int64_t> time = read_date(lexeme.text);
      if (!time) return fail(lexeme, quoted(lexeme) + " is not a date and time", "write \"2026-11-22 05:38:46.83\"");
      value.number = static_cast<std::uint64_t>(*time);
      return value;
    }
    case FieldType::ipv4:
    case FieldType::ipv6:
      return read_address(lexeme, type, storage);
    case FieldType::ether:
    case FieldType::bytes:
    case FieldType::protocol:
      return read_octets(lexeme, type, storage);
    case FieldType::string:
      storage = lexeme.text;
      return as_octets(storage);
    case FieldType::none:
      return fail(lexeme, "a label has no value to compare with",
                  field != nullptr ? "write only " + std::string(field->name) : "");
    default:
      return read_integer(lexeme, type, field);
  }
}

}  // namespace ft::analysis::filter
