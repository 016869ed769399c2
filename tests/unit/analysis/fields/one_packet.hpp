// A few packets, octet by octet, to read fields from and to filter.
#pragma once

#include "analysis/dissect/dissector.hpp"
#include "analysis/fields/context.hpp"
#include "analysis/fields/numbers.hpp"

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace ft::analysis::test {

inline constexpr std::string_view syn =
    "020000000002020000000001080045000040000740004006269d0a0900010a0900029c40270f000003e800000000b0c203e8"
    "35040000020405b40402080a00000001000000000103030722020101";
inline constexpr std::string_view syn_ack =
    "02000000000102000000000208004500003c00074000400626a10a0900020a090001270f9c40ffffff00000003e9a0521388"
    "59d00000020405b40402080a000000090000000101030307";
inline constexpr std::string_view text =
    "020000000002020000000001080045000041000740004006269c0a0900010a0900029c40270f000003e9ffffff01801803e8"
    "4e1a00000101080a000000020000000968656c6c6f2c20776f726c640a";
inline constexpr std::string_view sack =
    "020000000001020000000002080045000040000740004006269d0a0900020a090001270f9c40ffffff01000003f6b01001f4"
    "5c2000000101080a0000000a000000020101050a000004100000041a";
inline constexpr std::string_view unreachable =
    "02000000000102000000000208004500003800074000ff0166ad0a0900fe0a09000103014514000000004500002800074000"
    "400626b50a0900010a0900029c41005100001b58";
inline constexpr std::string_view datagram =
    "02000000000202000000000108004500002500074000401126ad0a0900010a090002138817710011e5fc736f6d6520746578"
    "74";
inline constexpr std::string_view tagged =
    "02000000000202000000000188a8000a8100001408004500002800074000400626b50a0900010a090002a029270e00000005"
    "00000000500203e8d0a90000";
inline constexpr std::string_view tunnelled =
    "02000000000202000000000108004500003c00074000400425a70a0900010a0900fe450000280007400009065ac40a010101"
    "0a020202a7f9270c0000000500000000500203e8c5ea0000";
inline constexpr std::string_view syn_of_six =
    "02000000000202000000000186dd6b91234500180640fd000000000000000000000000000001fd0000000000000000000000"
    "00000002a410270d0000003200000000600203e8ceea0000020405b4";
inline constexpr std::string_view arp_request =
    "ffffffffffff020000000001080600010800060400010200000000010a0900010000000000000a0900020000000000000000"
    "00000000000000000000";

inline std::vector<std::byte> octets_of(std::string_view hex) {
  const auto value = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  std::vector<std::byte> octets;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    octets.push_back(static_cast<std::byte>(value(hex[i]) << 4 | value(hex[i + 1])));
  return octets;
}

/// One packet, dissected, with all that its context may hold.
class OnePacket {
 public:
  explicit OnePacket(std::string_view hex, std::uint64_t frames_before = 0) : octets_(octets_of(hex)) {
    packet_.at = Instant{} + std::chrono::seconds(1'700'000'000) + std::chrono::milliseconds(250);
    packet_.link_type = pcap::LinkType::ethernet;
    packet_.original_length = static_cast<std::uint32_t>(octets_.size());
    packet_.octets = octets_;
    packet_.comments = {"a greeting."};
    for (std::uint64_t i = 0; i < frames_before; ++i) dissector_.dissect(packet_);
    const Frame& frame = dissector_.dissect(packet_);
    context_ = std::make_unique<FrameContext>(FrameContext{.frame = frame});
    context_->first = packet_.at - std::chrono::milliseconds(250);
    context_->interface_name = "eth7";
    if (frame.has_segment) context_->tcp = &numbers_.on(frame.segment, 3);
    context_->udp_stream = numbers_.on_udp(frame);
  }
  FrameContext& context() { return *context_; }

 private:
  std::vector<std::byte> octets_;
  pcap::Packet packet_;
  Dissector dissector_;
  StreamNumbers numbers_;
  std::unique_ptr<FrameContext> context_;
};

}  // namespace ft::analysis::test
