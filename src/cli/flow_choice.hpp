// Which connection is meant: its number in the capture, or its four-tuple (or one end of it), in either direction.
#pragma once

#include "analysis/flow/connection.hpp"
#include "cli/failing.hpp"
#include "fourtuple/address.hpp"

#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace ft::cli {

class FlowChoice {
 public:
  /// "3", "#3", "10.0.0.1:49152-10.0.0.2:80", "10.0.0.1:49152 > 10.0.0.2:80", "[2001:db8::1]:80"; the words of a command line are
  /// joined by blanks. The error says what was expected.
  static std::expected<FlowChoice, std::string> parse(const std::vector<std::string>& words);

  bool matches(const analysis::Connection& connection) const;
  std::string to_string() const;

 private:
  std::optional<std::uint32_t> stream_;
  std::vector<Endpoint> ends_;  // one or two
};

/// The words of --flow; none, no choice.
std::expected<std::optional<FlowChoice>, Failure> flow_choice(const std::vector<std::string>& words);

}  // namespace ft::cli
