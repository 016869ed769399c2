// A link carries packets between a stack and a network: a TUN or TAP device, a UDP tunnel, or whatever you
// derive from ft::Link. Links never block and never drop on their own account: a link without room says so, the
// driver keeps the packet, and the data stays in the connection (back-pressure).
#pragma once

#include "fourtuple/config.hpp"
#include "fourtuple/stack.hpp"
#include "fourtuple/time.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ft {

class Link {
 public:
  enum class Outcome : std::uint8_t {
    done,
    would_block,  // nothing to receive, or no room to send: poll descriptor(), or wait for next_deadline()
    failed,       // the link is broken for good; failure() says why
  };
  struct Received {
    Outcome outcome = Outcome::would_block;
    std::size_t length = 0;
    Offload offload{};
  };

  virtual ~Link() = default;

  /// One packet (an Ethernet frame when medium() is ethernet) into `into`, which has room for mtu() + 18 octets, for 65,535 + 18
  /// where the link carries super-segments.
  virtual Received receive(Instant now, std::span<std::byte> into) = 0;
  /// Takes the whole packet or nothing of it. The octets are borrowed for the call.
  virtual Outcome send(Instant now, std::span<const std::byte> packet, const Transmit& shape) = 0;
  /// To poll: POLLIN when a packet may wait, POLLOUT when there may be room. -1: only next_deadline() matters.
  virtual int descriptor() const = 0;
  /// When receive() or send() is worth another try although the descriptor stays silent.
  virtual std::optional<Instant> next_deadline() const { return std::nullopt; }
  /// True while the link holds packets of its own that wait for POLLOUT.
  virtual bool wants_room() const { return false; }

  virtual Medium medium() const { return Medium::ip; }
  /// Octets of IP packet that the link carries.
  virtual std::uint32_t mtu() const = 0;
  /// Octets of text that send() takes at once with Transmit::segment_size set; 0: it carries packets as they are.
  virtual std::uint32_t max_super_segment() const { return 0; }
  /// For people: "tun ft0", "udp 127.0.0.1:7000 - 127.0.0.1:7001".
  virtual std::string name() const = 0;
  /// One sentence, after Outcome::failed.
  virtual std::string failure() const = 0;
};

/// What a link is to be, as text: see parse_link.
struct LinkSpec {
  enum class Kind : std::uint8_t { tun, tap, udp };
  Kind kind = Kind::tun;
  std::string device;                    // tun and tap
  Endpoint local, remote;                // udp: the tunnel's own ends
  std::vector<InterfaceAddress> ours;    // the stack's addresses, at most one of each family
  std::vector<InterfaceAddress> kernel;  // given to the device, so that this machine's kernel is the neighbour
  std::optional<std::uint32_t> mtu;      // octets; none: 1500, or what fits into the tunnel's datagrams
  /// tun and tap: the kernel cuts and sums what we send in pieces of up to 64 KiB, and hands over its own the same way. Who
  /// wants to see packets as they would be on a wire (captures, faults) switches it off.
  bool offload = true;
};

/// "tun:NAME,OURS/LEN[,KERNEL]", "tap:NAME,OURS/LEN[,KERNEL]" or "udp:LOCAL,REMOTE,OURS/LEN". On error one line that says
/// what was expected.
std::expected<LinkSpec, std::string> parse_link(std::string_view text);
/// "OURS/LEN[,KERNEL]": a second address, usually of the other family.
std::expected<void, std::string> add_address(LinkSpec& spec, std::string_view text);

/// Opens it; makes the device if it is not there, gives it the kernel's addresses and brings it up. On error one line that
/// names what is missing.
std::expected<std::unique_ptr<Link>, std::string> open_link(const LinkSpec& spec);

/// Addresses, MTU and medium of the link, and a fresh secret from the operating system.
StackConfig stack_config(const LinkSpec& spec, const Link& link);

}  // namespace ft
