// The capture file itself in a few lines: what it is, how much of it there is, and what cannot be known from it.
#pragma once

#include "analysis/find/find.hpp"
#include "analysis/report/document.hpp"

#include <string>
#include <vector>

namespace ft::analysis::report {

/// As the reader of the file counted.
struct CaptureFile {
  std::string name;    // as the user gave it
  std::string format;  // "pcapng, gzip"
  std::uint64_t packets = 0;
  std::uint64_t octets = 0;      // on the wire, all packets
  std::uint64_t segments = 0;    // TCP
  std::uint64_t unreadable = 0;  // packets that could not be read to their end
  std::optional<Instant> first, last;
  bool partial = false;              // the file, or its reading, ended early
  std::vector<std::string> remarks;  // sentences: what is missing and why
};

/// One line: "normal.client.pcap: pcap, 27 packets (4.0 kB) in 1.204 s, 2 connections".
std::string capture_line(const CaptureFile& file, std::uint64_t connections, Lang lang);

/// What is missing, then the verdict on the whole capture (find/ says it) in a few sentences.
std::vector<Paragraph> capture_verdict(const CaptureFile& file, const CaptureVerdict& verdict, Lang lang);

}  // namespace ft::analysis::report
