// The words of the diagnoses: for each id what happened, how we know and what to look at next, in English and in Chinese; how
// grave it usually is, and which class of failure it is for programs (docs/reference/diagnoses.md). Facts fill the placeholders,
// so the same finding reads alike in the terminal, in HTML and in a comment inside a capture.
#pragma once

#include "analysis/catalogue.hpp"
#include "analysis/find/finding.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ft::analysis {

/// Who has to act. The number is the exit code of `fourtuple why`; 1 and 2 are what they are for every command.
enum class FailureClass : std::uint8_t {
  none = 0,          // nothing wrong, or nothing that anybody need repair
  unanswered = 10,   // the other end, or the way to it, says nothing when asked to connect
  refused = 11,      // somebody said no
  handshake = 12,    // the connection came late, or was agreed badly
  path = 13,         // the path does not carry what it should: size, outage
  loss = 14,         // the path loses, delays, reorders or doubles
  receiver = 15,     // who receives does not take it
  application = 16,  // the programs at the ends: how they write, wait and close
  reset = 17,        // one end tore the connection
  silence = 18,      // an open connection whose other end, or the path's memory of it, has gone
  attack = 19,       // somebody who is no party
  capture = 20,      // not the network: the recording
};
std::string_view to_string(FailureClass failure);

struct Text {
  std::string_view en, zh;
  constexpr std::string_view in(Lang lang) const { return lang == Lang::zh ? zh : en; }
};

/// A line of the catalogue. Texts hold placeholders: {name} a fact; {name|time|times} a count with its noun; {who} {Who} the side
/// whose doing it is, {other} {Other} the other one, {frames} {Frames} the evidence. [...] is left out when a fact in it is not
/// known; [?name ...] stands when the fact `name` is known and [!name ...] when it is not.
struct Words {
  std::string_view id;
  std::uint8_t row;  // of the table of diagnoses
  Severity severity;
  FailureClass failure;
  Text word;  // the verdict in two or three words
  Text what, how, next;
};

/// All diagnoses, in the order of the table.
std::span<const Words> all_words();
/// Null when nobody knows the id.
const Words* find_words(std::string_view id);

/// The verdict on a connection in words; also "complete", "open" and the other states, which are no finding.
std::string verdict_words(std::string_view verdict, Lang lang);

/// Names, addresses and other text from packets come out as they stand in the facts: escape them for where they are printed.
std::string say(const Finding& finding, Lang lang);        // what happened
std::string how_known(const Finding& finding, Lang lang);  // the evidence, with frames
std::string next_step(const Finding& finding, Lang lang);
/// What another capture proves about it, with that capture's frames; empty when there is none.
std::string how_proven(const Finding& finding, Lang lang);
/// What else it could be, one sentence each, in the order of the finding's alternatives.
std::vector<std::string> alternatives(const Finding& finding, Lang lang);
/// "1.02 s, 3 segments, 4344 octets"; empty when it cost nothing that we know of.
std::string cost_words(const Finding& finding, Lang lang);
/// "certain", "very likely", "likely", "possible".
std::string confidence_words(float confidence, Lang lang);
std::string severity_words(Severity severity, Lang lang);
std::string class_words(FailureClass failure, Lang lang);

/// The class of a finding; none for an unknown id.
FailureClass failure_of(std::string_view id);

/// Explanations that are no diagnosis of their own ("host-down"), for alternatives.
struct Explanation {
  std::string_view id;
  Text text;
};
/// What a second capture proves (Proof::id).
std::span<const Explanation> all_proofs();

/// A fact's text: our own words ("window-scale, sack") in the language, everything else as it stands.
std::string term_in_words(std::string_view text, Lang lang);

/// A number as its sentence shows it: "1.02 s", "1448 octets", "12.3 Mbit/s", "2.1 %".
std::string in_words(const Fact& fact, Lang lang);

}  // namespace ft::analysis
