// Text and classes of addresses: RFC 4291 2.2 (reading IPv6), RFC 5952 (writing it), RFC 6890 (special ranges).
#include "fourtuple/address.hpp"

#include <algorithm>
#include <charconv>

namespace ft {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};  // ::ffff:0:0/96

/// All of `text` as a number of at most `max_digits` digits and at most `limit`; signs and blanks are refused.
template <typename Number>
std::optional<Number> parse_number(std::string_view text, std::size_t max_digits, unsigned limit, int base = 10) {
  unsigned value = 0;
  if (text.empty() || text.size() > max_digits) return {};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || value > limit) return {};
  return static_cast<Number>(value);
}

/// Dotted quad into 4 octets. A leading zero is refused: some read "010" as eight.
bool parse_quad(std::string_view text, std::uint8_t* into) {
  for (int i = 0; i < 4; ++i) {
    const std::size_t dot = i < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos) return false;
    const std::string_view part = text.substr(0, dot);
    const auto octet = parse_number<std::uint8_t>(part, 3, 255);
    if (!octet || (part.size() > 1 && part[0] == '0')) return false;
    into[i] = *octet;
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  return true;
}

/// Colon-separated groups without "::"; returns the octets written, nullopt when it is no such list or longer than `room`.
/// A dotted quad may be the last group where `quad_allowed`.
std::optional<std::size_t> parse_groups(std::string_view text, std::uint8_t* into, std::size_t room, bool quad_allowed) {
  std::size_t written = 0;
  while (true) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    if (colon == std::string_view::npos && quad_allowed && group.find('.') != std::string_view::npos) {
      if (room - written < 4 || !parse_quad(group, into + written)) return {};
      return written + 4;
    }
    const auto value = parse_number<std::uint16_t>(group, 4, 0xffff, 16);
    if (!value || room - written < 2) return {};
    into[written++] = static_cast<std::uint8_t>(*value >> 8);
    into[written++] = static_cast<std::uint8_t>(*value);
    if (colon == std::string_view::npos) return written;
    text.remove_prefix(colon + 1);
  }
}

std::optional<IpAddress> parse_v6(std::string_view text) {
  std::array<std::uint8_t, 16> octets{};
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    if (parse_groups(text, octets.data(), 16, true) != 16) return {};
    return IpAddress::from_octets(Family::ipv6, octets);
  }
  // "::" stands for one group of zeros at least (RFC 4291 2.2), so the rest has at most 14 octets.
  const std::string_view head = text.substr(0, gap);
  const std::string_view tail = text.substr(gap + 2);
  std::array<std::uint8_t, 16> ending{};
  std::size_t head_length = 0;
  std::size_t tail_length = 0;
  if (!head.empty()) {
    const auto n = parse_groups(head, octets.data(), 14, false);
    if (!n) return {};
    head_length = *n;
  }
  if (!tail.empty()) {
    const auto n = parse_groups(tail, ending.data(), 14 - head_length, true);
    if (!n) return {};
    tail_length = *n;
  }
  std::copy_n(ending.begin(), tail_length, octets.end() - static_cast<std::ptrdiff_t>(tail_length));
  return IpAddress::from_octets(Family::ipv6, octets);
}

void append_number(std::string& out, unsigned value, int base) {
  std::array<char, 12> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr;
  out.append(digits.data(), end);
}

void append_quad(std::string& out, std::span<const std::uint8_t> octets) {
  for (std::size_t i = 0; i < 4; ++i) {
    if (i != 0) out += '.';
    append_number(out, octets[i], 10);
  }
}

struct ZeroRun {
  std::size_t first = 8;
  std::size_t length = 0;
};

/// The longest run of zero groups, the first of equals; a single zero group is none (RFC 5952 4.2).
ZeroRun longest_zero_run(std::span<const std::uint16_t, 8> groups) {
  ZeroRun best;
  ZeroRun current;
  for (std::size_t i = 0; i < 8; ++i) {
    if (groups[i] != 0) {
      current = {};
      continue;
    }
    if (current.length == 0) current.first = i;
    if (++current.length > best.length) best = current;
  }
  return best.length >= 2 ? best : ZeroRun{};
}

std::string v6_text(std::span<const std::uint8_t> octets) {
  std::string out;
  if (std::equal(mapped_prefix.begin(), mapped_prefix.end(), octets.begin())) {  // RFC 5952 5
    out = "::ffff:";
    append_quad(out, octets.subspan(12));
    return out;
  }
  std::array<std::uint16_t, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = static_cast<std::uint16_t>((octets[2 * i] << 8) | octets[2 * i + 1]);
  const ZeroRun gap = longest_zero_run(groups);
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == gap.first) {
      out += "::";
      i += gap.length - 1;
      continue;
    }
    if (i != 0 && i != gap.first + gap.length) out += ':';
    append_number(out, groups[i], 16);
  }
  return out;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.find(':') != std::string_view::npos) return parse_v6(text);
  std::array<std::uint8_t, 4> octets{};
  if (!parse_quad(text, octets.data())) return {};
  return from_octets(Family::ipv4, octets);
}

bool IpAddress::is_unspecified() const { return *this == unspecified(family_); }

bool IpAddress::is_loopback() const {
  if (is_v4()) return octets_[0] == 127;
  return octets_[15] == 1 && std::all_of(octets_.begin(), octets_.end() - 1, [](std::uint8_t o) { return o == 0; });
}

bool IpAddress::is_multicast() const { return is_v4() ? (octets_[0] & 0xf0) == 0xe0 : octets_[0] == 0xff; }

bool IpAddress::is_link_local() const {
  if (is_v4()) return octets_[0] == 169 && octets_[1] == 254;  // RFC 3927
  return octets_[0] == 0xfe && (octets_[1] & 0xc0) == 0x80;    // fe80::/10
}

bool IpAddress::is_limited_broadcast() const { return *this == v4(255, 255, 255, 255); }

bool IpAddress::in_prefix(const IpAddress& prefix, unsigned length) const {
  if (family_ != prefix.family_) return false;
  const std::size_t bits = std::min<std::size_t>(length, size() * 8);
  const std::size_t whole = bits / 8;
  if (!std::equal(octets_.begin(), octets_.begin() + static_cast<std::ptrdiff_t>(whole), prefix.octets_.begin())) return false;
  if (bits % 8 == 0) return true;
  const unsigned mask = 0xff00u >> (bits % 8);
  return ((octets_[whole] ^ prefix.octets_[whole]) & mask & 0xff) == 0;
}

std::string IpAddress::to_string() const {
  if (is_v6()) return v6_text(octets());
  std::string out;
  append_quad(out, octets());
  return out;
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const std::string_view digits = colon == std::string_view::npos ? text : text.substr(colon + 1);
  const auto port = parse_number<std::uint16_t>(digits, 5, 65535);
  if (!port) return {};
  if (colon == std::string_view::npos) return Endpoint{.address = {}, .port = *port};

  std::string_view host = text.substr(0, colon);
  if (host == "*") return Endpoint{.address = {}, .port = *port};
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  // Without brackets the port of an IPv6 endpoint could be a group of the address (RFC 5952 6).
  if (!address || address->is_v6() != bracketed) return {};
  return Endpoint{.address = *address, .port = *port};
}

std::string Endpoint::to_string() const {
  std::string out = address.is_v6() ? "[" + address.to_string() + "]:" : address.to_string() + ":";
  append_number(out, port, 10);
  return out;
}

std::string FourTuple::to_string() const { return local.to_string() + " -> " + remote.to_string(); }

}  // namespace ft
