// The words that all documents share, in English and Chinese. What a finding says is find/'s to say; here is what stands around
// it.
#pragma once

#include "analysis/catalogue.hpp"
#include "analysis/flow/connection.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace ft::analysis::report {

/// A character that tells it without colour: ✗ ! · ○.
std::string_view severity_mark(Severity severity);

/// "closed", "half-closed: ..." in a word or two.
std::string_view state_text(FlowState state, Lang lang);
/// In a sentence: what that means for both ends.
std::string state_sentence(const Connection& connection, Lang lang);

/// "client", "server": side 0 opened the connection, or spoke first.
std::string_view side_text(std::size_t side, Lang lang);
/// With an article, at the beginning of a sentence or within one.
std::string side_name(std::size_t side, Lang lang, bool begins = false);

std::string vantage_sentence(const Connection& connection, Lang lang);
/// Zeek's letters, explained: "S the client's SYN, h the server's SYN-ACK".
std::string history_sentence(std::string_view history, Lang lang);

std::string_view label_text(Label label, Lang lang);
std::string_view cause_text(RepeatCause cause, Lang lang);

/// "… 37 more".
std::string more_text(std::uint64_t count, Lang lang);

/// "10.0.0.1:49152 → 10.0.0.2:80".
std::string tuple_text(const Connection& connection);

}  // namespace ft::analysis::report
