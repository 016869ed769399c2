#include "cli/trace_file.hpp"

namespace ft::cli {

std::expected<TraceFile, std::string> TraceFile::create(const std::string& path, const trace::TraceHeader& header,
                                                        Instant origin) {
  auto file = RecordFile::create(path);
  if (!file) return std::unexpected(file.error());
  TraceFile trace(std::move(*file), origin);
  trace.append(trace::json_header(header));
  return trace;
}

void TraceFile::on_event(const trace::Event& event) { append(trace::to_json(event, origin_)); }

void TraceFile::append(std::string line) {
  line += '\n';
  const auto* octets = reinterpret_cast<const std::byte*>(line.data());
  file_.append({octets, octets + line.size()});
}

}  // namespace ft::cli
