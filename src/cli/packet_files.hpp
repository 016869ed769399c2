// Where captured packets are kept: one pcapng file, standard output, or a ring of files of which the oldest goes. Whole blocks
// only, so what is there can be read at any moment.
#pragma once

#include "cli/capture_file.hpp"
#include "pcap/packet.hpp"

#include <cstdint>
#include <deque>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ft::cli {

/// "10x100MB" or "24x1h": so many files, each so large or so long.
struct RingSpec {
  std::uint64_t files = 0;
  std::uint64_t octets = 0;  // 0: by time
  Duration time{};           // 0: by size
};
std::expected<RingSpec, std::string> parse_ring(std::string_view text);

/// "trace.pcapng" and 7: "trace_00007.pcapng".
std::string ring_name(const std::string& path, std::uint64_t number);

class PacketFiles {
 public:
  /// "-" is standard output.
  static std::expected<PacketFiles, std::string> create(const std::string& path, std::vector<pcap::Interface> interfaces,
                                                        std::optional<RingSpec> ring = {});

  /// The error names the file and the reason, or has no words when the reader of standard output went away; nothing is written
  /// any more.
  std::expected<void, std::string> append(const pcap::Packet& packet);
  void flush() { file_.flush(); }
  /// Ends the file with what the system counted (dropped since the capture began).
  std::expected<void, std::string> close(std::uint64_t received, std::uint64_t dropped);

  /// Those that are there, oldest first.
  const std::deque<std::string>& names() const { return names_; }

 private:
  PacketFiles(RecordFile file, std::string path, std::vector<pcap::Interface> interfaces, std::optional<RingSpec> ring);
  std::expected<void, std::string> turn();
  void begin();

  RecordFile file_;
  std::string path_;
  std::vector<pcap::Interface> interfaces_;
  std::optional<RingSpec> ring_;
  std::uint64_t number_ = 1;
  std::deque<std::string> names_;
  std::optional<Instant> first_;  // of this file
  Instant last_{};
  std::vector<std::byte> record_;
};

}  // namespace ft::cli
