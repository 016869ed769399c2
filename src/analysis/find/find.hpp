// From connections to findings: what went wrong, how we know, and the verdict. Diagnoses are functions of what flow/ gathered
// (counters of both sides and notes of what was out of the ordinary); nothing is called per segment.
//
//   analysis.finish();
//   const Finder finder(analysis);                            // one look at each connection, for what only all of them tell
//   CaptureVerdict verdict;
//   for (std::uint32_t i = 0; i < analysis.streams(); ++i) {
//     const Connection connection = finder.connection(i);     // with findings, gravest first, and its verdict
//     verdict.add(connection);
//   }
//   verdict.add(finder.findings());                           // of hosts: floods, scans
//   for (const std::string& line : say(verdict, Lang::en)) ...
#pragma once

#include "analysis/find/finding.hpp"
#include "analysis/find/hosts.hpp"
#include "analysis/find/witness.hpp"
#include "analysis/find/words.hpp"
#include "analysis/flow/analysis.hpp"
#include "analysis/flow/connection.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ft::analysis {

class Finder {
 public:
  /// `analysis` has seen its whole capture (finish()), and outlives this.
  explicit Finder(const Analysis& analysis, HostLimits limits = {});

  /// `witness`: what another capture tells of this one's frames.
  Connection connection(std::uint32_t stream, const Witness* witness = nullptr) const;
  const Analysis& analysis() const { return *analysis_; }
  /// Of hosts and of the capture as a whole, gravest first.
  const std::vector<Finding>& findings() const { return findings_; }

 private:
  const Analysis* analysis_;
  Hosts hosts_;
  std::vector<Finding> findings_;
};

/// All findings on one connection, gravest first. `analysis` names the senders of ICMP errors and may be null.
std::vector<Finding> diagnose(const Connection& connection, std::span<const Note> notes, const CaptureFacts& capture,
                              const Hosts& hosts, const Analysis* analysis, const Witness* witness = nullptr);

/// Gravest first; what one of them explains is told milder by the others.
void settle(std::vector<Finding>& findings);

/// "complete", "open" and the other states when nothing above `info` was found, else the id of the first finding.
std::string_view verdict_of(const Connection& connection);

/// Graver first; of equally grave ones what cost more, then what is surer, then the order of the table.
bool graver(const Finding& a, const Finding& b);

/// The whole capture in numbers.
struct CaptureVerdict {
  struct Kind {
    std::uint64_t connections = 0;
    Severity severity = Severity::info;
    std::uint32_t first_stream = 0;
    Finding gravest;
  };
  std::uint64_t connections = 0;
  std::uint64_t complete = 0, open = 0, failed = 0;  // failed: an error among the findings
  std::array<std::uint64_t, 4> by_severity{};        // connections by their gravest finding
  std::map<std::string_view, Kind> kinds;            // by id, of findings above `info`
  std::vector<Finding> hosts;

  void add(const Connection& connection);
  void add(const std::vector<Finding>& of_hosts);
  /// What to answer for all of it: the exit code's class; the id behind it, or "complete", "open", "nothing".
  FailureClass failure() const;
  std::string_view id() const;
};

/// A few lines, the most important first.
std::vector<std::string> say(const CaptureVerdict& verdict, Lang lang);

}  // namespace ft::analysis
