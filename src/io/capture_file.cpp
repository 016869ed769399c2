// Files and pipes as capture sources: a plain file is mapped and read in place, everything else comes as a stream.
#include "io/capture_source.hpp"
#include "io/failure.hpp"
#include "io/mapped_file.hpp"
#include "io/octet_stream.hpp"
#include "pcap/reader.hpp"
#include "pcap/stream_reader.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <fcntl.h>
#include <sys/stat.h>

namespace ft::io {
namespace {

using Octets = std::span<const std::byte>;
using Opened = std::expected<std::unique_ptr<CaptureSource>, std::string>;

std::string name_of(pcap::Format format) { return format == pcap::Format::pcapng ? "pcapng" : "pcap"; }

class MappedCapture final : public CaptureSource {
 public:
  MappedCapture(MappedFile mapped, pcap::Reader reader) : mapped_(std::move(mapped)), reader_(std::move(reader)) {}

  Step next(pcap::Packet& packet) override {
    if (reader_.position() >= next_look_) look_at_size();
    mapped_.read_on(reader_.position());
    const auto found = reader_.next(packet);
    const bool given = found && *found;
    // What has been cut off reads as zeros, and zeros as damage or as packets without octets.
    if (!given || packet.octets.empty()) look_at_size();
    if (const std::size_t whole = mapped_.octets().size(); size_ < whole && (!given || reader_.position() > size_)) {
      problem_ = shortened(size_, whole);
      return Step::failed;
    }
    if (found) return given ? Step::packet : Step::end;
    problem_ = to_string(found.error());
    return Step::failed;
  }
  std::string problem() const override { return problem_; }
  bool rewind() override {
    auto again = pcap::Reader::open(mapped_.octets());
    if (!again) return false;
    reader_ = std::move(*again);
    next_look_ = 0;
    problem_.clear();
    mapped_.rewind();
    return true;
  }
  void rest() override { mapped_.rest(); }
  std::optional<std::uint64_t> size() const override { return mapped_.octets().size(); }
  std::string format() const override { return name_of(reader_.format()); }
  std::uint64_t position() const override { return reader_.position(); }
  const std::vector<pcap::Interface>& interfaces() const override { return reader_.interfaces(); }
  pcap::Section section() const override { return reader_.decoder().section(); }
  std::uint64_t dropped() const override { return reader_.decoder().dropped(); }

 private:
  void look_at_size() {
    constexpr std::size_t between_looks = 256 * 1024;  // octets
    next_look_ = reader_.position() + between_looks;
    size_ = std::min(size_, mapped_.current_size());
  }

  MappedFile mapped_;
  pcap::Reader reader_;
  std::uint64_t size_ = mapped_.octets().size();  // of the file, when last looked at
  std::size_t next_look_ = 0;
  std::string problem_;
};

class StreamedCapture final : public CaptureSource {
 public:
  StreamedCapture(std::unique_ptr<OctetStream> stream, std::optional<std::uint64_t> size, std::string_view packed)
      : stream_(std::move(stream)), size_(size), packed_(packed) {}

  Step next(pcap::Packet& packet) override {
    while (true) {
      switch (reader_.next(packet)) {
        case pcap::StreamReader::Step::packet:
          return Step::packet;
        case pcap::StreamReader::Step::end:
          // A stream that broke just between two packets is broken all the same.
          return broken_.empty() ? Step::end : Step::failed;
        case pcap::StreamReader::Step::failed:
          return Step::failed;
        case pcap::StreamReader::Step::need_more:
          refill();
      }
    }
  }
  std::string problem() const override { return broken_.empty() ? to_string(reader_.error()) : broken_; }
  bool rewind() override {
    if (!stream_->rewind()) return false;
    reader_ = {};
    broken_.clear();
    return begin().has_value();
  }
  std::optional<std::uint64_t> size() const override { return size_; }
  std::string format() const override { return name_of(reader_.decoder().format()) + std::string(packed_); }
  std::uint64_t position() const override { return stream_->position(); }
  const std::vector<pcap::Interface>& interfaces() const override { return reader_.decoder().interfaces(); }
  pcap::Section section() const override { return reader_.decoder().section(); }
  std::uint64_t dropped() const override { return reader_.decoder().dropped(); }

  /// Reads the file's first octets: an error when they are those of no capture.
  std::expected<void, std::string> begin() {
    while (!reader_.decoder().is_open()) {
      refill();
      if (!broken_.empty()) return std::unexpected(broken_);
      if (auto begun = reader_.begin(); !begun) return std::unexpected(to_string(begun.error()));
    }
    return {};
  }

 private:
  void refill() {
    const auto got = stream_->read(reader_.room());
    if (!got) broken_ = got.error();
    reader_.put(got.value_or(0));
    if (got.value_or(0) == 0) reader_.finish();
  }

  std::unique_ptr<OctetStream> stream_;
  std::optional<std::uint64_t> size_;
  std::string_view packed_;  // ", gzip"
  pcap::StreamReader reader_;
  std::string broken_;
};

bool begins_with(Octets octets, std::initializer_list<int> magic) {
  return octets.size() >= magic.size() &&
         std::equal(magic.begin(), magic.end(), octets.begin(), [](int a, std::byte b) { return a == std::to_integer<int>(b); });
}

/// What a file is that we do not read, and how it becomes one that we do.
std::string_view stranger(Octets begin) {
  if (begins_with(begin, {0xfd, '7', 'z', 'X', 'Z'})) return "it is compressed with xz: xz -dc FILE | fourtuple ... -";
  if (begins_with(begin, {'B', 'Z', 'h'})) return "it is compressed with bzip2: bzip2 -dc FILE | fourtuple ... -";
  if (begins_with(begin, {0x04, 0x22, 0x4d, 0x18})) return "it is compressed with lz4: lz4 -dc FILE | fourtuple ... -";
  if (begins_with(begin, {'P', 'K', 3, 4})) return "it is a zip archive: unzip -p FILE | fourtuple ... -";
  if (begins_with(begin, {'s', 'n', 'o', 'o', 'p', 0}))
    return "it is a snoop file: editcap FILE OUT.pcapng makes a capture of it";
  if (begins_with(begin, {'{'})) return "it looks like JSON; a trace stands beside a capture, not in its place";
  return "";
}

Opened refuse(const std::string& name, std::string problem, Octets begin = {}) {
  const std::string_view hint = stranger(begin);
  if (!hint.empty()) problem = std::string("not a capture file: ") + std::string(hint);
  return std::unexpected(name + ": " + problem);
}

Opened open_streamed(const std::string& name, std::unique_ptr<OctetStream> stream, std::optional<std::uint64_t> size,
                     Octets begin, std::string_view packed = {}) {
  auto capture = std::make_unique<StreamedCapture>(std::move(stream), size, packed);
  if (const auto begun = capture->begin(); !begun) return refuse(name, begun.error(), begin);
  return capture;
}

/// A file without a name, gone when it is closed.
Descriptor make_temporary() {
  const char* folder = std::getenv("TMPDIR");
  if (folder == nullptr || *folder == '\0') folder = "/tmp";
  Descriptor file(::open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file) return file;
  std::string path = std::string(folder) + "/fourtuple-XXXXXX";
  file = Descriptor(::mkostemp(path.data(), O_CLOEXEC));
  if (file) ::unlink(path.c_str());
  return file;
}

}  // namespace

Opened open_capture(const std::string& path, OpenCaptureOptions options) {
  const bool is_input = path == "-";
  const std::string name = is_input ? "standard input" : path;
  Descriptor file(is_input ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::unexpected(failed_call("open " + name, errno));
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return std::unexpected(failed_call("look at " + name, errno));
  if (S_ISDIR(status.st_mode)) return std::unexpected(name + " is a directory; expected a capture file");
  const bool regular = S_ISREG(status.st_mode);
  if (is_input && ::isatty(file.get()) != 0)
    return std::unexpected("standard input is a terminal; expected a capture file or \"-\" with a pipe");
  const auto size = regular ? std::optional(static_cast<std::uint64_t>(status.st_size)) : std::nullopt;

  const int number = file.get();  // it lives on in what reads it

  Descriptor copy;
  if (!regular && options.read_twice) {
    copy = make_temporary();
    if (!copy) return std::unexpected(failed_call("make a temporary file in $TMPDIR to read " + name + " twice", errno));
  }
  auto plain = std::make_unique<DescriptorStream>(std::move(file), size, std::move(copy));
  const auto begin = plain->peek(8);
  if (!begin) return refuse(name, begin.error());
  if (begins_with(*begin, {0x1f, 0x8b})) return open_streamed(name, make_gzip_stream(std::move(plain)), size, {}, ", gzip");
  if (begins_with(*begin, {0x28, 0xb5, 0x2f, 0xfd}))
    return open_streamed(name, make_zstd_stream(std::move(plain)), size, {}, ", zstd");
  if (size) {
    if (auto mapped = MappedFile::of(number, static_cast<std::size_t>(*size))) {
      auto reader = pcap::Reader::open(mapped->octets());
      if (!reader) return refuse(name, to_string(reader.error()), *begin);
      return std::make_unique<MappedCapture>(std::move(*mapped), std::move(*reader));
    }
  }
  return open_streamed(name, std::move(plain), size, *begin);
}

}  // namespace ft::io
