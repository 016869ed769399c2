#include "analysis/filter/program.hpp"

#include "analysis/fields/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

namespace ft::analysis::filter {
namespace {

using Takes = FunctionRule::Takes;
using Gives = FunctionRule::Gives;

constexpr std::array rules{
    FunctionRule{"upper", Function::upper, 1, 1, Takes::text, Gives::text},
    FunctionRule{"lower", Function::lower, 1, 1, Takes::text, Gives::text},
    FunctionRule{"len", Function::len, 1, 1, Takes::any, Gives::count},
    FunctionRule{"count", Function::count, 1, 1, Takes::any, Gives::count},
    FunctionRule{"string", Function::string, 1, 1, Takes::any, Gives::text},
    FunctionRule{"max", Function::max, 1, 16, Takes::alike, Gives::same},
    FunctionRule{"min", Function::min, 1, 16, Takes::alike, Gives::same},
    FunctionRule{"abs", Function::abs, 1, 1, Takes::numeric, Gives::same},
    FunctionRule{"vals", Function::vals, 1, 1, Takes::integer, Gives::text},
    FunctionRule{"dec", Function::dec, 1, 1, Takes::integer, Gives::text},
    FunctionRule{"hex", Function::hex, 1, 1, Takes::integer, Gives::text},
    FunctionRule{"float", Function::real, 1, 1, Takes::numeric, Gives::real},
    FunctionRule{"double", Function::real, 1, 1, Takes::numeric, Gives::real},
    FunctionRule{"ip_linklocal", Function::ip_linklocal, 1, 1, Takes::address, Gives::truth},
    FunctionRule{"ip_multicast", Function::ip_multicast, 1, 1, Takes::address, Gives::truth},
    FunctionRule{"ip_rfc1918", Function::ip_rfc1918, 1, 1, Takes::address, Gives::truth},
    FunctionRule{"ip_ula", Function::ip_ula, 1, 1, Takes::address, Gives::truth},
    FunctionRule{"ip_special_name", Function::ip_special_name, 1, 1, Takes::address, Gives::text},
    FunctionRule{"ip_special_mask", Function::ip_special_mask, 1, 1, Takes::address, Gives::count},
};

/// The special-purpose address registries of IANA (RFC 6890): source, destination, forwardable, globally reachable, reserved by
/// the protocol, from the highest bit of five.
struct Special {
  std::string_view name;
  std::array<std::uint8_t, 16> prefix;
  std::uint8_t octets;  // 4 or 16
  std::uint8_t bits;
  std::uint8_t mask;
};
constexpr std::array specials{
    Special{"This network", {0}, 4, 8, 0b10001},
    Special{"Private-Use", {10}, 4, 8, 0b11100},
    Special{"Shared Address Space", {100, 64}, 4, 10, 0b11100},
    Special{"Loopback", {127}, 4, 8, 0b00001},
    Special{"Link Local", {169, 254}, 4, 16, 0b11001},
    Special{"Private-Use", {172, 16}, 4, 12, 0b11100},
    Special{"DS-Lite", {192, 0, 0}, 4, 29, 0b11100},
    Special{"IETF Protocol Assignments", {192, 0, 0}, 4, 24, 0},
    Special{"Documentation (TEST-NET-1)", {192, 0, 2}, 4, 24, 0},
    Special{"AS112-v4", {192, 31, 196}, 4, 24, 0b11110},
    Special{"AMT", {192, 52, 193}, 4, 24, 0b11110},
    Special{"6to4 Relay Anycast", {192, 88, 99}, 4, 24, 0b11110},
    Special{"Private-Use", {192, 168}, 4, 16, 0b11100},
    Special{"Direct Delegation AS112 Service", {192, 175, 48}, 4, 24, 0b11110},
    Special{"Benchmarking", {198, 18}, 4, 15, 0b11100},
    Special{"Documentation (TEST-NET-2)", {198, 51, 100}, 4, 24, 0},
    Special{"Documentation (TEST-NET-3)", {203, 0, 113}, 4, 24, 0},
    Special{"Limited Broadcast", {255, 255, 255, 255}, 4, 32, 0b01001},
    Special{"Reserved", {240}, 4, 4, 0b00001},
    Special{"Loopback Address", {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 16, 128, 0b00001},
    Special{"Unspecified Address", {}, 16, 128, 0b10001},
    Special{"IPv4-mapped Address", {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 16, 96, 0b00001},
    Special{"IPv4-IPv6 Translation", {0, 0x64, 0xff, 0x9b}, 16, 96, 0b11110},
    Special{"Discard-Only Address Block", {1}, 16, 64, 0b11100},
    Special{"TEREDO", {0x20, 0x01}, 16, 32, 0b11100},
    Special{"Documentation", {0x20, 0x01, 0x0d, 0xb8}, 16, 32, 0},
    Special{"6to4", {0x20, 0x02}, 16, 16, 0b11100},
    Special{"Unique-Local", {0xfc}, 16, 7, 0b11100},
    Special{"Link-Local Unicast", {0xfe, 0x80}, 16, 10, 0b11001},
};
const Special* special_of(std::span<const std::byte> octets) {
  for (const Special& one : specials) {
    if (one.octets != octets.size()) continue;
    bool same = true;
    for (unsigned bit = 0; same && bit < one.bits; ++bit) {
      const unsigned mask = 0x80u >> (bit % 8);
      same = (std::to_integer<unsigned>(octets[bit / 8]) & mask) == (one.prefix[bit / 8] & mask);
    }
    if (same) return &one;
  }
  return nullptr;
}

bool is_of(Function function, std::span<const std::byte> octets) {
  const auto at = [&](std::size_t i) { return std::to_integer<unsigned>(octets[i]); };
  const bool four = octets.size() == 4;
  switch (function) {
    case Function::ip_linklocal:
      return four ? at(0) == 169 && at(1) == 254 : at(0) == 0xfe && (at(1) & 0xc0) == 0x80;
    case Function::ip_multicast:
      return four ? at(0) >> 4 == 14 : at(0) == 0xff;
    case Function::ip_rfc1918:
      return four && (at(0) == 10 || (at(0) == 172 && at(1) >> 4 == 1) || (at(0) == 192 && at(1) == 168));
    default:
      return !four && (at(0) & 0xfe) == 0xfc;
  }
}

std::uint64_t width(FieldType type) {
  switch (type) {
    case FieldType::boolean:
    case FieldType::uint8:
      return 1;
    case FieldType::uint16:
      return 2;
    case FieldType::uint24:
      return 3;
    case FieldType::uint32:
    case FieldType::int32:
      return 4;
    default:
      return 8;
  }
}

void keep_words(Occurrences& into, std::string_view words, const Occurrence& from) {
  Occurrence& result = into.add_text(words);
  result.nth = from.nth;
}

void change_case(Occurrences& into, const Occurrence& one, bool up) {
  std::string& words = into.words();
  words.assign(one.text());
  for (char& c : words) {
    if (up && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (!up && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  keep_words(into, words, one);
}

void in_words(Occurrences& into, const Instruction& i, const Occurrence& one) {
  std::string& words = into.words();
  words.clear();
  if (i.function == Function::vals)
    words = name_of(*i.field, one.number);
  else if (i.function == Function::hex)
    fmt::format_to(std::back_inserter(words), "0x{:0{}x}", one.number, 2 * width(i.field->type));
  else if (is_unsigned(i.field->type))
    fmt::format_to(std::back_inserter(words), "{}", one.number);
  else if (i.field->type == FieldType::string)
    words.assign(one.text());
  else
    append_value(words, *i.field, one);
  if (!words.empty()) keep_words(into, words, one);
}

void apply_to(Occurrences& into, const Instruction& i, const Occurrence& one) {
  switch (i.function) {
    case Function::upper:
    case Function::lower:
      return change_case(into, one, i.function == Function::upper);
    case Function::len:
      into.add().number =
          one.data != nullptr || i.field == nullptr || i.field->type == FieldType::string || is_octets(i.field->type)
              ? one.size
              : width(i.field->type);
      return;
    case Function::abs: {
      Occurrence& result = into.add();
      result = one;
      if ((i.is_signed || i.comparison == Comparison::integer) && one.integer() < 0) result.number = 0 - one.number;
      if (one.real < 0) result.real = -one.real;
      return;
    }
    case Function::real: {
      const bool time = i.field != nullptr && is_time(i.field->type);
      const double value = i.is_signed ? static_cast<double>(one.integer()) : static_cast<double>(one.number);
      into.add().real = i.comparison == Comparison::real ? one.real : time ? value / 1e9 : value;
      return;
    }
    case Function::ip_special_name:
      if (const Special* special = special_of(one.octets())) into.add_text(special->name, false);
      return;
    case Function::ip_special_mask:
      if (const Special* special = special_of(one.octets())) into.add().number = special->mask;
      return;
    case Function::ip_linklocal:
    case Function::ip_multicast:
    case Function::ip_rfc1918:
    case Function::ip_ula:
      into.add().number = is_of(i.function, one.octets()) ? 1 : 0;
      return;
    default:
      return in_words(into, i, one);
  }
}

}  // namespace

std::span<const FunctionRule> function_rules() { return rules; }

void apply(const Instruction& i, std::vector<Occurrences>& registers) {
  Occurrences& into = registers[i.into];
  into.clear();
  if (i.function == Function::count) {
    if (const std::size_t count = registers[i.arguments[0]].size(); count > 0) into.add().number = count;
    return;
  }
  if (i.function == Function::max || i.function == Function::min) {
    const Occurrence* best = nullptr;
    for (const std::uint16_t argument : i.arguments)
      for (const Occurrence& one : registers[argument].items()) {
        const int order = best == nullptr ? 0 : three_way(one, *best, i.comparison);
        if (best == nullptr || (i.function == Function::max ? order > 0 : order < 0)) best = &one;
      }
    if (best != nullptr) into.add() = *best;
    return;
  }
  for (const Occurrence& one : registers[i.arguments[0]].items()) apply_to(into, i, one);
}

}  // namespace ft::analysis::filter
