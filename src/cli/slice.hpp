// `-w`: packets that a command chose, in a pcapng file of their own, with comments that Wireshark shows beside them; and
// `--anonymise`, so that the file may be given away.
#pragma once

#include "analysis/anonymise/anonymiser.hpp"
#include "analysis/dissect/frame.hpp"
#include "cli/capture_file.hpp"
#include "pcap/packet.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ft::cli {

struct SliceOptions {
  std::string file;
  bool anonymise = false;
  std::string key;  // "" = a new one each time
};

/// -w, --anonymise, --key. `what` says which packets: "the packets of the chosen connections".
void declare_slice(CLI::App& command, SliceOptions& options, const std::string& what);
/// The anonymiser that the options ask for.
std::optional<analysis::Anonymiser> anonymiser_of(const SliceOptions& options);

class Slice {
 public:
  /// "-" is standard output.
  static std::expected<Slice, std::string> create(const SliceOptions& options);

  /// The packet with its own comments and those given; `interfaces` as the source has them now. An error without words: the
  /// reader of standard output went away.
  std::expected<void, std::string> add(const pcap::Packet& packet, const analysis::Frame& frame,
                                       const std::vector<pcap::Interface>& interfaces,
                                       std::span<const std::string> comments = {});
  std::uint64_t packets() const { return packets_; }
  std::expected<void, std::string> close() { return file_.close(); }

 private:
  Slice(RecordFile file, std::optional<analysis::Anonymiser> anonymiser);
  void declare(const std::vector<pcap::Interface>& interfaces);

  RecordFile file_;
  std::optional<analysis::Anonymiser> anonymiser_;
  std::size_t interfaces_ = 0;  // declared so far
  std::uint64_t packets_ = 0;
  std::vector<std::byte> record_;
  std::vector<std::byte> octets_;
  std::vector<std::string> texts_;
};

}  // namespace ft::cli
