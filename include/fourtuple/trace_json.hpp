// Events as JSON, one object a line, shaped like qlog (draft-ietf-quic-qlog-main-schema): "time" in milliseconds, "name" as
// category:event, "data". Programs that read qlog's streams find their way; our events are TCP's.
#pragma once

#include "fourtuple/trace.hpp"

#include <span>
#include <string>
#include <string_view>

namespace ft::trace {

/// Appends a JSON string with its quotes. What is not valid UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

/// The version of the lines (docs/reference/trace-json.md): it grows when a field changes its meaning, not when one is added.
inline constexpr unsigned trace_version = 1;

struct TraceHeader {
  std::string_view title;                   // "fourtuple lab lost-data"
  std::string_view vantage;                 // qlog's: "client", "server", "network" (both ends are seen)
  Duration epoch{};                         // the Instant{} of the trace, as time since 1970
  std::span<const std::string_view> hosts;  // names; an event's "host" counts in them
};

/// The first line of a file, without its newline.
std::string json_header(const TraceHeader& header);

/// One line without its newline:
/// {"time":40.5,"name":"transport:packet_sent","data":{"host":0,"local":"10.0.0.1:49152",...}}
/// Times count from `origin`.
std::string to_json(const Event& event, Instant origin = {});

}  // namespace ft::trace
