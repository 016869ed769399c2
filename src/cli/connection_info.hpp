// What a connection told about itself (ConnectionInfo), for people and for programs: `--info`, `--info=json`.
#pragma once

#include "fourtuple/info.hpp"

#include <string>

namespace ft::cli {

/// Some lines, each with its newline. `now`: to say deadlines and past instants as distances.
std::string info_text(const ConnectionInfo& info, Instant now);
/// One JSON document on one line (docs/reference/info-json.md). Times in milliseconds.
std::string info_json(const ConnectionInfo& info, Instant now);

}  // namespace ft::cli
