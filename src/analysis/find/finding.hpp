// A finding: something that happened, how we know, what it cost, how sure we are, what else it could be and what to look at next.
// The words are in find/words; here are the facts, which JSON, text and HTML share.
#pragma once

#include "fourtuple/time.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ft::analysis {

enum class Severity : std::uint8_t { info, note, warning, error };
std::string_view to_string(Severity severity);

/// A number behind a finding, named as its sentence names it: "{tries}" is the fact "tries".
struct Fact {
  enum class Unit : std::uint8_t { count, octets, time, rate, percent, port, text };
  std::string_view name;  // static storage
  Unit unit = Unit::count;
  double value = 0;    // time in seconds, rate in octets a second; exact for all counts below 2^53
  std::string text{};  // Unit::text: an address, a state, a flag list; escaped by whoever prints it
};

struct Cost {
  Duration time{};           // that the connection would not have spent otherwise
  std::uint64_t octets = 0;  // carried in vain, or not at all
  std::uint64_t segments = 0;
};

/// What a second capture of the connection, taken elsewhere, decides about a finding.
struct Proof {
  std::string_view id;                // of the table in words_proof: "lost-between"; static storage
  std::string capture;                // the other capture's name
  std::vector<std::uint64_t> frames;  // in the other capture, in order; at most Finding::most_frames of them
  std::uint64_t frame_count = 0;      // how many there were
};

struct Finding {
  static constexpr std::size_t most_frames = 16;

  std::string_view id;  // of the table of diagnoses: "syn-unanswered"; static storage
  Severity severity = Severity::info;
  float confidence = 1;               // 0 to 1: what the capture proves is 1
  std::uint8_t side = 2;              // whose doing or loss it is: 0 the opener's, 1 the other's, 2 neither's
  std::uint64_t times = 1;            // how often it happened in this connection
  std::vector<std::uint64_t> frames;  // the evidence, in order; at most most_frames of them
  std::uint64_t frame_count = 0;      // how many there were
  Instant from{}, until{};            // when
  Cost cost;
  std::vector<Fact> facts;
  std::vector<std::string_view> alternatives;  // ids of other explanations that the capture does not exclude
  std::optional<Proof> proof{};                // where two captures were compared
};

}  // namespace ft::analysis
