#include "cli/flow_choice.hpp"

#include "cli/commands.hpp"

#include <algorithm>
#include <charconv>

namespace ft::cli {

namespace {

/// Blanks and whatever people write between the two ends, as one blank each.
std::vector<std::string> pieces_of(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = std::string_view(text).substr(i);
    if (rest.starts_with("→")) {
      plain += ' ';
      i += std::string_view("→").size() - 1;
    } else {
      plain += text[i] == '-' || text[i] == '>' || text[i] == '<' || text[i] == ',' || text[i] == ';' || text[i] == '\t'
                   ? ' '
                   : text[i];
    }
  }
  std::vector<std::string> pieces;
  std::size_t at = 0;
  while ((at = plain.find_first_not_of(' ', at)) != std::string::npos) {
    const std::size_t end = std::min(plain.find(' ', at), plain.size());
    pieces.push_back(plain.substr(at, end - at));
    at = end;
  }
  return pieces;
}

std::optional<std::uint32_t> number_of(std::string_view text) {
  if (text.starts_with("#")) text.remove_prefix(1);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// "10.0.0.1 49152" as well as "10.0.0.1:49152".
std::vector<std::string> join_ports(const std::vector<std::string>& pieces) {
  if (pieces.size() != 4 && pieces.size() != 2) return pieces;
  std::vector<std::string> out;
  for (std::size_t i = 0; i + 1 < pieces.size(); i += 2) {
    const auto address = IpAddress::parse(pieces[i]);
    if (!address || !number_of(pieces[i + 1])) return pieces;
    out.push_back((address->is_v6() ? "[" + pieces[i] + "]" : pieces[i]) + ":" + pieces[i + 1]);
  }
  return out;
}

constexpr std::string_view expected_form =
    "expected a connection's number (3) or its four-tuple (10.0.0.1:49152-10.0.0.2:80, [2001:db8::1]:49152-[2001:db8::2]:80)";

}  // namespace

std::expected<FlowChoice, std::string> FlowChoice::parse(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  const std::vector<std::string> pieces = join_ports(pieces_of(text));
  FlowChoice choice;
  if (pieces.size() == 1) choice.stream_ = number_of(pieces.front());
  if (choice.stream_) return choice;
  for (const std::string& piece : pieces) {
    const auto end = Endpoint::parse(piece);
    if (!end || piece.find(':') == std::string::npos || end->port == 0)
      return std::unexpected("\"" + text + "\": " + std::string(expected_form));
    choice.ends_.push_back(*end);
  }
  if (choice.ends_.empty() || choice.ends_.size() > 2) return std::unexpected("\"" + text + "\": " + std::string(expected_form));
  return choice;
}

bool FlowChoice::matches(const analysis::Connection& connection) const {
  if (stream_) return connection.stream == *stream_;
  const Endpoint& a = connection.sides[0].endpoint;
  const Endpoint& b = connection.sides[1].endpoint;
  if (ends_.size() == 1) return ends_[0] == a || ends_[0] == b;
  return (ends_[0] == a && ends_[1] == b) || (ends_[0] == b && ends_[1] == a);
}

std::string FlowChoice::to_string() const {
  if (stream_) return "#" + std::to_string(*stream_);
  std::string out;
  for (const Endpoint& end : ends_) out += (out.empty() ? "" : " - ") + end.to_string();
  return out;
}

std::expected<std::optional<FlowChoice>, Failure> flow_choice(const std::vector<std::string>& words) {
  if (words.empty()) return std::nullopt;
  auto choice = FlowChoice::parse(words);
  if (!choice) return std::unexpected(Failure{"--flow " + choice.error(), exit_usage});
  return *choice;
}

}  // namespace ft::cli
