// What Wireshark's TCP analysis says of a capture beside what we say: facts that must be the same, and labels that differ on
// purpose, each difference with its reason. Wireshark judges a frame by what came before it; we judge it when the whole capture
// was seen, by identifications, timestamps and D-SACKs as well.
#pragma once

#include "analysis/flow/connection.hpp"
#include "analysis/report/document.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ft::analysis::report {

/// Its words for a segment, as its tcp.analysis fields name them.
enum class WiresharkWord : std::uint8_t {
  nothing,
  retransmission,
  fast_retransmission,
  spurious_retransmission,
  out_of_order,
  keep_alive,
  zero_window_probe,
};

struct WiresharkSide {
  Endpoint endpoint;
  std::uint64_t packets = 0, text = 0;
  std::uint32_t syns = 0, fins = 0, resets = 0;
};
struct WiresharkStream {
  std::array<WiresharkSide, 2> sides;
  std::optional<Duration> handshake;
};

class WiresharkComparison {
 public:
  void frame(std::uint64_t number, WiresharkWord word, Label label);
  /// The same stream; nullptr: Wireshark has no such one.
  void stream(const Connection& ours, const WiresharkStream* theirs);
  void streams(std::uint64_t ours, std::uint64_t theirs);

  bool same_facts() const { return differing_facts_ == 0; }
  Document document(const std::string& file, Lang lang) const;

 private:
  static constexpr std::size_t most_examples = 8;
  struct Group {
    std::uint64_t count = 0;
    std::vector<std::uint64_t> frames;  // the first of them
  };
  struct FactRow {
    std::uint32_t stream = 0;
    std::string what, ours, theirs;
  };
  void fact(std::uint32_t stream, std::string what, std::string ours, std::string theirs);

  std::map<std::pair<WiresharkWord, Label>, Group> groups_;
  std::vector<FactRow> facts_;  // the first of them
  std::uint64_t frames_ = 0, same_frames_ = 0;
  std::uint64_t streams_ours_ = 0, streams_theirs_ = 0;
  std::uint64_t differing_facts_ = 0;
};

/// Why this word and this label stand for the same frame; empty when there is no reason that we know of.
std::string_view reason_of_difference(WiresharkWord word, Label label, Lang lang);

}  // namespace ft::analysis::report
