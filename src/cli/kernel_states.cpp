#include "cli/kernel_states.hpp"

#include "analysis/ladder.hpp"
#include "wire/tcp.hpp"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace ft::cli {
namespace {

namespace flag = wire::tcp_flag;

/// The kernel's numbers (include/net/tcp_states.h) from 1 on; 12 is a half-open connection whose socket is not made yet.
constexpr std::array<std::string_view, 13> names{"CLOSED",     "ESTABLISHED", "SYN-SENT",    "SYN-RECEIVED", "FIN-WAIT-1",
                                                 "FIN-WAIT-2", "TIME-WAIT",   "CLOSED",      "CLOSE-WAIT",   "LAST-ACK",
                                                 "LISTEN",     "CLOSING",     "SYN-RECEIVED"};

std::optional<unsigned> hexadecimal(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// "0201090A:0050": 32-bit words of the address as this machine stores them, and the port.
std::optional<Endpoint> read_endpoint(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon != 8 && colon != 32) return std::nullopt;
  std::array<std::uint8_t, 16> octets{};
  for (std::size_t word = 0; word * 8 < colon; ++word) {
    const auto value = hexadecimal(std::string_view(text).substr(word * 8, 8));
    if (!value) return std::nullopt;
    std::memcpy(octets.data() + word * 4, &*value, 4);
  }
  const auto port = hexadecimal(std::string_view(text).substr(colon + 1));
  if (!port) return std::nullopt;
  const Family family = colon == 8 ? Family::ipv4 : Family::ipv6;
  return Endpoint{IpAddress::from_octets(family, octets), static_cast<std::uint16_t>(*port)};
}

FourTuple turned(const FourTuple& tuple) { return {tuple.remote, tuple.local}; }

}  // namespace

std::string_view kernel_state(const FourTuple& tuple) {
  std::ifstream table(tuple.local.address.is_v4() ? "/proc/net/tcp" : "/proc/net/tcp6");
  std::string line;
  std::getline(table, line);  // the heading
  std::string_view found = "CLOSED";
  while (std::getline(table, line)) {
    std::istringstream words(line);
    std::string number, local_text, remote_text, state_text;
    words >> number >> local_text >> remote_text >> state_text;
    const auto local = read_endpoint(local_text);
    const auto remote = read_endpoint(remote_text);
    const auto state = hexadecimal(state_text);
    if (!local || !remote || !state || *state >= names.size() || local->port != tuple.local.port) continue;
    if (*local == tuple.local && *remote == tuple.remote) return names[*state];
    if (names[*state] == "LISTEN") found = "LISTEN";
  }
  return found;
}

void KernelWitness::peer_sent(Instant now, std::span<const std::byte> packet) {
  const auto seen = analysis::read_segment(packet);
  if (!seen) return;
  End& end = ends_[seen->tuple];
  const std::string_view state_before = end.state;
  end.state = kernel_state(seen->tuple);
  const trace::Why why = reasons_.sent(seen->tuple, seen->segment);
  sink_.on_event({now, host_, trace::SegmentSent{seen->tuple, seen->segment, why, state_before, end.state}});
}

void KernelWitness::peer_receives(Instant, std::span<const std::byte> packet) {
  const auto seen = analysis::read_segment(packet);
  if (!seen) return;
  const FourTuple tuple = turned(seen->tuple);
  ends_[tuple].state = kernel_state(tuple);
}

void KernelWitness::peer_received(Instant now, std::span<const std::byte> packet) {
  const auto seen = analysis::read_segment(packet);
  if (!seen) return;
  const FourTuple tuple = turned(seen->tuple);
  End& end = ends_[tuple];
  const std::string_view before = end.state;
  end.state = kernel_state(tuple);
  reasons_.heard(tuple, seen->segment);
  sink_.on_event({now, host_, trace::SegmentReceived{tuple, seen->segment, {}, DropReason::none, before, end.state}});
}

}  // namespace ft::cli
