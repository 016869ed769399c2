#include "cli/slice.hpp"

#include "base/siphash.hpp"
#include "io/entropy.hpp"
#include "pcap/writer.hpp"

#include <utility>

namespace ft::cli {

namespace {

/// The same words, the same key, on any machine.
analysis::AnonymiseKey key_of(const std::string& words) {
  analysis::AnonymiseKey key{};
  if (words.empty()) {
    io::fill_with_entropy(std::as_writable_bytes(std::span(key)));
    return key;
  }
  analysis::AnonymiseKey salt{};
  for (std::size_t half = 0; half < 2; ++half) {
    salt[0] = static_cast<std::uint8_t>(half + 1);
    const std::uint64_t hash = siphash(salt, std::as_bytes(std::span(words)));
    for (std::size_t i = 0; i < 8; ++i) key[8 * half + i] = static_cast<std::uint8_t>(hash >> (8 * i));
  }
  return key;
}

}  // namespace

void declare_slice(CLI::App& command, SliceOptions& o, const std::string& what) {
  const std::string group = "What is written";
  auto* file = command.add_option("-w,--write", o.file, "Write " + what + " to a pcapng file; - is standard output")
                   ->type_name("FILE")
                   ->group(group);
  auto* anonymise = command
                        .add_flag("--anonymise,--anonymize", o.anonymise,
                                  "... with other addresses (those of one prefix keep a common one), and zeros for text")
                        ->needs(file)
                        ->group(group);
  command.add_option("--key", o.key, "... the same for the same words, so that two captures still fit together")
      ->type_name("WORDS")
      ->needs(anonymise)
      ->group(group);
}

std::optional<analysis::Anonymiser> anonymiser_of(const SliceOptions& options) {
  if (!options.anonymise) return std::nullopt;
  return analysis::Anonymiser(key_of(options.key));
}

std::expected<Slice, std::string> Slice::create(const SliceOptions& options) {
  if (options.file == "-") return Slice(RecordFile::on_output(), anonymiser_of(options));
  auto file = RecordFile::create(options.file);
  if (!file) return std::unexpected(file.error());
  return Slice(std::move(*file), anonymiser_of(options));
}

Slice::Slice(RecordFile file, std::optional<analysis::Anonymiser> anonymiser)
    : file_(std::move(file)), anonymiser_(std::move(anonymiser)) {
  pcap::append_section_header(record_);
  file_.append(record_);
}

void Slice::declare(const std::vector<pcap::Interface>& interfaces) {
  for (; interfaces_ < interfaces.size(); ++interfaces_) {
    pcap::Interface interface = interfaces[interfaces_];
    if (anonymiser_) {
      interface.name = anonymiser_->anonymise(interface.name);
      interface.description = anonymiser_->anonymise(interface.description);
      interface.filter = anonymiser_->anonymise(interface.filter);
    }
    record_.clear();
    pcap::append_interface(record_, interface);
    file_.append(record_);
  }
}

std::expected<void, std::string> Slice::add(const pcap::Packet& packet, const analysis::Frame& frame,
                                            const std::vector<pcap::Interface>& interfaces,
                                            std::span<const std::string> comments) {
  declare(interfaces);
  pcap::Packet out;
  out.at = frame.at;
  out.interface = packet.interface;
  out.direction = packet.direction;
  out.original_length = packet.original_length;
  out.octets = packet.octets;
  texts_.clear();
  // What others wrote may say anything: it does not leave the house.
  if (!anonymiser_) texts_.assign(packet.comments.begin(), packet.comments.end());
  for (const std::string& comment : comments) texts_.push_back(anonymiser_ ? anonymiser_->anonymise(comment) : comment);
  if (anonymiser_) {
    anonymiser_->anonymise(frame, octets_);
    out.octets = octets_;
  }
  out.comments.assign(texts_.begin(), texts_.end());
  record_.clear();
  pcap::append_packet(record_, out);
  file_.append(record_);
  ++packets_;
  if (file_.is_done()) return std::unexpected(file_.error());
  return {};
}

}  // namespace ft::cli
