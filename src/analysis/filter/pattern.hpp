// Regular expressions for `matches`. This room is pure and builds without a system, where there is no PCRE2; so whoever has it
// (cli) puts it behind this door. See ADR 6.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace ft::analysis {

class Pattern {
 public:
  virtual ~Pattern() = default;
  /// Whether it is found anywhere in the octets.
  virtual bool found_in(std::span<const std::byte> octets) = 0;
};

class PatternMaker {
 public:
  virtual ~PatternMaker() = default;
  /// Perl's language, without regard to case. The error is the library's, and where in the pattern.
  struct Error {
    std::string message;
    std::size_t offset = 0;
  };
  virtual std::expected<std::unique_ptr<Pattern>, Error> make(std::string_view pattern) = 0;
};

}  // namespace ft::analysis
