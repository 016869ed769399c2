// Events as JSON, one object a line, shaped like qlog (draft-ietf-quic-qlog-main-schema): "time" in milliseconds, "name" as
// category:event, "data". Programs that read qlog's streams find their way; our events are TCP's.
#pragma once

#include "fourtuple/trace.hpp"

#include <string>
#include <string_view>

namespace ft::trace {

/// Appends a JSON string with its quotes. What is not valid UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

/// One line without its newline:
/// {"time":40.5,"name":"transport:segment_sent","data":{"host":0,"local":"10.0.0.1:49152",...}}
std::string to_json(const Event& event);

}  // namespace ft::trace
