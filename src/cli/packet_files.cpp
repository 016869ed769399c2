#include "cli/packet_files.hpp"

#include "pcap/writer.hpp"
#include "sim/units.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <unistd.h>

namespace ft::cli {

std::expected<RingSpec, std::string> parse_ring(std::string_view text) {
  const std::string expected = "\"" + std::string(text) + "\": expected FILESxSIZE or FILESxTIME, as in 10x100MB or 24x1h";
  const std::size_t x = text.find('x');
  if (x == std::string_view::npos) return std::unexpected(expected);
  constexpr std::uint64_t most_files = 100'000;
  const auto files = sim::parse_count(text.substr(0, x), most_files);
  if (!files || *files < 2) return std::unexpected(expected + "; at least 2 files");
  RingSpec ring{.files = *files, .octets = 0, .time = {}};
  const std::string_view each = text.substr(x + 1);
  if (const auto size = sim::parse_size(each)) {
    constexpr std::uint64_t least = 64 * 1024;
    if (*size < least) return std::unexpected(expected + "; each at least 64KiB");
    ring.octets = *size;
    return ring;
  }
  const auto time = sim::parse_duration(each);
  if (!time || *time < std::chrono::seconds(1)) return std::unexpected(expected + (time ? "; each at least 1s" : ""));
  ring.time = *time;
  return ring;
}

std::string ring_name(const std::string& path, std::uint64_t number) {
  const std::size_t slash = path.rfind('/');
  std::size_t dot = path.rfind('.');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) dot = path.size();
  return fmt::format("{}_{:05}{}", path.substr(0, dot), number, path.substr(dot));
}

std::expected<PacketFiles, std::string> PacketFiles::create(const std::string& path, std::vector<pcap::Interface> interfaces,
                                                            std::optional<RingSpec> ring) {
  if (path == "-") return PacketFiles(RecordFile::on_output(), path, std::move(interfaces), std::nullopt);
  auto file = RecordFile::create(ring ? ring_name(path, 1) : path);
  if (!file) return std::unexpected(file.error());
  return PacketFiles(std::move(*file), path, std::move(interfaces), ring);
}

PacketFiles::PacketFiles(RecordFile file, std::string path, std::vector<pcap::Interface> interfaces, std::optional<RingSpec> ring)
    : file_(std::move(file)), path_(std::move(path)), interfaces_(std::move(interfaces)), ring_(ring) {
  begin();
}

void PacketFiles::begin() {
  names_.push_back(ring_ ? ring_name(path_, number_) : path_);
  first_.reset();
  record_.clear();
  pcap::append_section_header(record_);
  for (const pcap::Interface& interface : interfaces_) pcap::append_interface(record_, interface);
  file_.append(record_);
}

/// The next file of the ring; the oldest goes when there are too many.
std::expected<void, std::string> PacketFiles::turn() {
  if (auto closed = file_.close(); !closed) return closed;
  ++number_;
  auto next = RecordFile::create(ring_name(path_, number_));
  if (!next) return std::unexpected(next.error());
  file_ = std::move(*next);
  begin();
  while (names_.size() > ring_->files) {
    ::unlink(names_.front().c_str());
    names_.pop_front();
  }
  return {};
}

std::expected<void, std::string> PacketFiles::append(const pcap::Packet& packet) {
  record_.clear();
  pcap::append_packet(record_, packet);
  if (ring_ && first_) {
    const bool full = ring_->octets != 0 && file_.size() + record_.size() > ring_->octets;
    const bool old = ring_->time > Duration::zero() && packet.at - *first_ >= ring_->time;
    if (full || old) {
      if (auto turned = turn(); !turned) return turned;
      pcap::append_packet(record_ = {}, packet);
    }
  }
  if (!first_) first_ = packet.at;
  last_ = packet.at;
  file_.append(record_);
  if (file_.is_done()) return std::unexpected(file_.error());
  return {};
}

std::expected<void, std::string> PacketFiles::close(std::uint64_t received, std::uint64_t dropped) {
  record_.clear();
  pcap::append_statistics(record_, 0, last_, received, dropped);
  file_.append(record_);
  return file_.close();
}

}  // namespace ft::cli
