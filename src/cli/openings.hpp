// How `listen` and `connect` open: text with the SYN (RFC 7413), and keys that prove who sent a segment (RFC 2385, RFC 5925).
#pragma once

#include "fourtuple/authentication.hpp"

#include <CLI/CLI.hpp>

#include <expected>
#include <memory>
#include <string>
#include <vector>

namespace ft::cli {

struct OpeningOptions {
  bool fast_open = false;
  std::vector<std::string> md5;  // PEER=SECRET
  std::vector<std::string> ao;   // PEER=SEND:RECEIVE:SECRET
};

void add_opening_options(CLI::App& command, OpeningOptions& options, const std::string& fast_open_help);

/// Null: no keys. The error is a line that begins with the option's name.
std::expected<std::shared_ptr<const Authentication>, std::string> read_keys(const OpeningOptions& options);

}  // namespace ft::cli
