// How a detector writes a finding: what the catalogue says of the id comes by itself, the rest is added piece by piece.
#pragma once

#include "analysis/find/finding.hpp"
#include "analysis/flow/note.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ft::analysis {

class Draft {
 public:
  /// `side`: whose doing or loss it is. Severity is the usual one of the id.
  Draft(std::string_view id, std::uint8_t side);

  Draft& frame(std::uint64_t frame);  // 0 is none; one that is there already is not added again
  Draft& frames(std::span<const std::uint64_t> frames);
  Draft& note(const Note& note);  // its frame and its time
  Draft& between(Instant from, Instant until);
  Draft& count(std::string_view name, std::uint64_t value);
  Draft& number(std::string_view name, double value, Fact::Unit unit);
  Draft& octets(std::string_view name, std::uint64_t value) {
    return number(name, static_cast<double>(value), Fact::Unit::octets);
  }
  Draft& time(std::string_view name, Duration value);
  Draft& percent(std::string_view name, std::uint64_t part, std::uint64_t whole);
  Draft& text(std::string_view name, std::string value);
  Draft& flag(std::string_view name, bool stands = true);  // a fact that is known or not: [?name ...]
  Draft& severity(Severity severity);
  Draft& sure(float confidence);
  Draft& times(std::uint64_t times);
  Draft& cost(Duration time, std::uint64_t segments = 0, std::uint64_t octets = 0);
  Draft& instead(std::string_view alternative);

  Finding done();

 private:
  Finding finding_;
};

}  // namespace ft::analysis
