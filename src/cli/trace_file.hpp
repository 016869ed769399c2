// A file of JSON lines, one decision each (docs/reference/trace-json.md): `--trace FILE`.
#pragma once

#include "cli/capture_file.hpp"
#include "fourtuple/trace_json.hpp"

namespace ft::cli {

class TraceFile final : public trace::Sink {
 public:
  /// The first line is `header`; times count from `origin`.
  static std::expected<TraceFile, std::string> create(const std::string& path, const trace::TraceHeader& header,
                                                      Instant origin = {});

  void on_event(const trace::Event& event) override;
  std::expected<void, std::string> close() { return file_.close(); }

 private:
  TraceFile(RecordFile file, Instant origin) : file_(std::move(file)), origin_(origin) {}
  void append(std::string line);

  RecordFile file_;
  Instant origin_;
};

}  // namespace ft::cli
