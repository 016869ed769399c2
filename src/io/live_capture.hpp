// Packets of an interface as they pass, by libpcap: at once (immediate mode), with nanoseconds where the kernel has them, and
// with the kernel's own count of what it lost.
#pragma once

#include "fourtuple/address.hpp"
#include "io/capture_source.hpp"

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ft::io {

struct LiveOptions {
  std::string interface;  // "any": all of them, as cooked packets
  bool promiscuous = false;
  std::uint32_t snap_length = 262144;      // octets kept of each packet
  std::uint32_t buffer_octets = 16 << 20;  // the kernel's, for what this program has not yet looked at
  std::string filter{};                    // libpcap's language; empty = everything
};

struct CaptureInterface {
  std::string name;
  std::string description;
  std::vector<IpAddress> addresses;
  bool up = false;
  bool running = false;
  bool loopback = false;
};
/// Those that carry network packets (not buses, logs and queues of the kernel), "any" last. The error says what failed.
std::expected<std::vector<CaptureInterface>, std::string> list_capture_interfaces();
/// Where a capture begins when nobody says: the interface of the default route, else one that is up, else the loopback.
std::string choose_interface(const std::vector<CaptureInterface>& interfaces);

class LiveCapture final : public CaptureSource {
 public:
  /// Errors are for a person: which right is missing and the command that gives it, which interfaces there are, what libpcap
  /// thinks of the filter.
  static std::expected<std::unique_ptr<LiveCapture>, std::string> open(const LiveOptions& options);
  ~LiveCapture() override;
  LiveCapture(LiveCapture&&) = delete;

  Step next(pcap::Packet& packet) override;
  std::string problem() const override { return problem_; }
  bool rewind() override { return false; }
  const std::vector<pcap::Interface>& interfaces() const override { return interfaces_; }
  std::uint64_t dropped() const override;
  int descriptor() const override;

  /// Packets that passed the filter, as the kernel counts them.
  std::uint64_t received() const;

 private:
  struct Handle;
  explicit LiveCapture(std::unique_ptr<Handle> handle);
  pcap::Direction direction_of(std::span<const std::byte> octets) const;

  std::unique_ptr<Handle> handle_;
  std::vector<pcap::Interface> interfaces_;
  std::optional<MacAddress> mac_;  // ours: tells packets that leave from those that come
  std::string problem_;
};

/// What to say beside libpcap's words about a text that is no capture filter but looks like a display filter: what it would be in
/// libpcap's language, where that can be said, and that -Y takes it as it is. Empty: it looks like neither.
std::string hint_for_capture_filter(std::string_view text);

}  // namespace ft::io
