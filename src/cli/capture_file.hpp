// A pcapng file of what a trace's links were given: each packet once, at its sender's interface and at the time of sending, with
// a comment that says why it was sent and, when the link lost it, that it was lost.
#pragma once

#include "analysis/catalogue.hpp"
#include "analysis/numbering.hpp"
#include "analysis/row.hpp"
#include "fourtuple/trace.hpp"
#include "pcap/packet.hpp"

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace ft::cli {

/// Appends to a file in whole records: when the disk is full, the file ends with the last record that fitted.
class RecordFile {
 public:
  /// "-" is not special: a capture is a file.
  static std::expected<RecordFile, std::string> create(const std::string& path);
  /// Standard output, for a pipe. A reader that went away (head) is no failure.
  static RecordFile on_output();
  RecordFile(RecordFile&& other) noexcept;
  RecordFile& operator=(RecordFile&& other) noexcept;
  ~RecordFile();

  /// One record; buffered.
  void append(const std::vector<std::byte>& record);
  /// Writes what is buffered now, for whoever reads along.
  void flush();
  /// Octets appended so far.
  std::uint64_t size() const { return size_; }
  /// Nothing more need be appended: an error, or the reader of standard output went away, which is none.
  bool is_done() const { return gone_ || !error_.empty(); }
  /// What kept the file from being written; empty: nothing.
  const std::string& error() const { return error_; }
  /// Writes what is buffered and closes. The error names the file and the reason.
  std::expected<void, std::string> close();

 private:
  explicit RecordFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  void fail(std::size_t written);

  int descriptor_;
  std::string path_;
  std::vector<std::byte> buffer_;
  std::vector<std::size_t> ends_;  // of the records in the buffer
  long long whole_ = 0;            // octets of whole records in the file
  std::uint64_t size_ = 0;
  std::string error_;
  bool gone_ = false;
};

class CaptureFile final : public trace::Sink {
 public:
  /// `epoch`: the Instant{} of the trace, as time since 1970.
  static std::expected<CaptureFile, std::string> create(const std::string& path, std::vector<analysis::Actor> actors,
                                                        analysis::Lang lang, Duration epoch = {},
                                                        pcap::LinkType link_type = pcap::LinkType::raw_ip);

  void on_event(const trace::Event& event) override;
  std::expected<void, std::string> close();

 private:
  CaptureFile(RecordFile file, std::vector<analysis::Actor> actors, analysis::Lang lang, Duration epoch,
              pcap::LinkType link_type);
  void write_held();
  std::string comment_of(const trace::Event& event, const trace::SegmentSent& sent);

  struct Held {  // the last packet: the link may still say that it lost it
    Instant at{};
    std::uint8_t from = 0, to = 0;
    std::uint64_t packet = 0;
    std::vector<std::byte> octets;
    std::string comment;
  };
  RecordFile file_;
  std::vector<analysis::Actor> actors_;
  analysis::Lang lang_;
  Duration epoch_;
  pcap::LinkType link_type_;
  analysis::Numbering numbering_;
  std::string why_;  // of the segment that the stack has just made
  std::optional<Held> held_;
};

}  // namespace ft::cli
