// What a detector is given: one connection as flow/ left it, its notes, the capture and what is known of hosts and ports.
// Detectors only read; what they find they push. Each file of them is a phase of a connection's life.
#pragma once

#include "analysis/find/draft.hpp"
#include "analysis/find/hosts.hpp"
#include "analysis/find/witness.hpp"
#include "analysis/flow/analysis.hpp"
#include "analysis/flow/connection.hpp"

#include <optional>
#include <span>
#include <vector>

namespace ft::analysis {

struct Case {
  const Connection& connection;
  std::span<const Note> notes;
  const CaptureFacts& capture;
  const Hosts& hosts;
  const Analysis* analysis = nullptr;  // for the reporters of ICMP errors
  const Witness* witness = nullptr;    // where there is a second capture

  const Side& side(std::uint8_t i) const { return connection.sides[i]; }
  const Side& client() const { return connection.sides[0]; }
  const Side& server() const { return connection.sides[1]; }
  bool doubtful(Doubt doubt) const { return connection.doubtful(doubt); }
};

using Findings = std::vector<Finding>;

void find_opening(const Case& c, Findings& out);  // 1, 2, 3, 5 to 13
void find_offers(const Case& c, Findings& out);   // 14 to 17, and what of 52 is in the SYN
void find_icmp(const Case& c, Findings& out);     // 4, 19
void find_sizes(const Case& c, Findings& out);    // 18, 20
void find_loss(const Case& c, Findings& out);     // 21, 22, 23, 25 to 28
void find_outages(const Case& c, Findings& out);  // 24, 39 (silent)
void find_rates(const Case& c, Findings& out);    // 29 to 31
void find_windows(const Case& c, Findings& out);  // 32 to 34
void find_pace(const Case& c, Findings& out);     // 35 to 38
void find_resets(const Case& c, Findings& out);   // 39 (RST) to 45, and 9
void find_closing(const Case& c, Findings& out);  // 46, 47
void find_honesty(const Case& c, Findings& out);  // 49, 50
void find_remarks(const Case& c, Findings& out);  // 51, 52

/// What several detectors ask.
Duration round_trip(const Connection& connection);  // whole, the least that was seen; zero when nothing tells
bool finished_handshake(const Connection& connection);
bool at_or_unknown(const Connection& connection, Vantage vantage);
bool surely_at(const Connection& connection, Vantage vantage);
bool found(const Findings& findings, std::string_view id);
/// Claims about loss need both directions, and all of them.
bool loss_can_be_told(const Case& c);
constexpr std::uint8_t other(std::uint8_t side) { return side ^ 1u; }

/// A segment that repeats octets which had not arrived: the mark of a loss, at whichever place it was captured.
bool is_repair(const Note& note);
bool is_segment(const Note& note, Label label);

/// Who sent a segment that arrived here, as far as another capture tells.
enum class Sender : std::uint8_t { unknown, itself, somebody_else };
Sender sender_of(const Case& c, const Note& note);

}  // namespace ft::analysis
