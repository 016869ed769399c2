#include "analysis/find/fill.hpp"

#include "analysis/find/words.hpp"
#include "analysis/quantity.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

namespace ft::analysis {

std::string frames_in_words(const std::vector<std::uint64_t>& frames, std::uint64_t count, Lang lang, bool begins) {
  constexpr std::size_t shown = 6;
  const bool zh = lang == Lang::zh;
  const std::size_t most = std::min(shown, frames.size());
  const std::uint64_t all = std::max<std::uint64_t>(count, frames.size());
  if (most == 0) return zh ? "抓包" : begins ? "The capture" : "the capture";
  std::string out = zh ? "第 " : begins ? "Frame" : "frame";
  if (!zh) out += most == 1 && all == 1 ? " " : "s ";
  for (std::size_t i = 0; i < most; ++i) {
    const bool last = i + 1 == most && all == most && most > 1;
    if (i > 0) out += zh ? "、" : last ? " and " : ", ";
    out += std::to_string(frames[i]);
  }
  if (zh) return out + (all > most ? " 等 " + std::to_string(all) + " 帧" : " 帧");
  return all > most ? out + " and " + std::to_string(all - most) + " more" : out;
}

namespace {

constexpr int digits = 3;  // that a judgement is worth

std::string time_in_words(double seconds) {
  if (!std::isfinite(seconds)) return "-";
  constexpr double century = 3.2e9;  // far from what a Duration cannot hold
  const std::chrono::duration<double> time{std::clamp(seconds, -century, century)};
  return time_text(std::chrono::round<Duration>(time), digits);
}

std::string octets_in_words(double octets, Lang lang) {
  if (!std::isfinite(octets)) return "-";
  const auto count = static_cast<std::uint64_t>(std::llround(std::clamp(octets, 0.0, 1e18)));
  if (count >= 10'000) return octets_text(count, digits);
  if (lang == Lang::zh) return std::to_string(count) + " 字节";
  return std::to_string(count) + (count == 1 ? " octet" : " octets");
}

std::string side_in_words(std::uint8_t side, Lang lang, bool begins) {
  if (side == 0) return name_in_text("client", lang, begins);
  if (side == 1) return name_in_text("server", lang, begins);
  if (lang == Lang::zh) return "某一方";
  return begins ? "One side" : "one side";
}

const Fact* find_fact(const Finding& finding, std::string_view name) {
  const auto found = std::ranges::find(finding.facts, name, &Fact::name);
  return found == finding.facts.end() ? nullptr : &*found;
}

/// "name|time|times" or "#name|was|were" to what stands there; nullopt when nobody knows the name.
std::optional<std::string> placeholder(std::string_view inside, const Finding& finding, Lang lang) {
  if (inside == "who" || inside == "Who") return side_in_words(finding.side, lang, inside == "Who");
  if (inside == "other" || inside == "Other")
    return side_in_words(finding.side < 2 ? finding.side ^ 1 : 2, lang, inside == "Other");
  if (inside == "frames" || inside == "Frames")
    return frames_in_words(finding.frames, finding.frame_count, lang, inside == "Frames");
  const bool noun_only = inside.starts_with('#');
  if (noun_only) inside.remove_prefix(1);
  const std::size_t bar = inside.find('|');
  const std::string_view name = inside.substr(0, bar);
  Fact count{"times", Fact::Unit::count, static_cast<double>(finding.times)};
  const Fact* fact = find_fact(finding, name);
  if (fact == nullptr && name == "times") fact = &count;
  if (fact == nullptr) return std::nullopt;
  if (bar == std::string_view::npos) return in_words(*fact, lang);
  std::string_view nouns = inside.substr(bar + 1);
  const std::size_t second = nouns.find('|');
  if (inside.ends_with("|time|times") && fact->value == 1 && !noun_only) return "once";
  const std::string_view noun = fact->value == 1 ? nouns.substr(0, second) : nouns.substr(second + 1);
  return noun_only ? std::string(noun) : in_words(*fact, lang) + " " + std::string(noun);
}

/// Fills a text without brackets; nullopt when a placeholder is not known.
std::optional<std::string> fill_plain(std::string_view text, const Finding& finding, Lang lang, bool strict) {
  std::string out;
  while (true) {
    const std::size_t open = text.find('{');
    const std::size_t shut = text.find('}', open);
    if (open == std::string_view::npos || shut == std::string_view::npos) return out += text;
    out += text.substr(0, open);
    const auto value = placeholder(text.substr(open + 1, shut - open - 1), finding, lang);
    if (!value && strict) return std::nullopt;
    out += value.value_or("?");
    text.remove_prefix(shut + 1);
  }
}

std::string fill_optional(std::string_view part, const Finding& finding, Lang lang) {
  if (part.starts_with('?') || part.starts_with('!')) {
    const bool wanted = part.front() == '?';
    const std::size_t space = part.find(' ');
    const bool known = find_fact(finding, part.substr(1, space - 1)) != nullptr;
    if (known != wanted || space == std::string_view::npos) return {};
    part.remove_prefix(space + 1);
  }
  return fill_plain(part, finding, lang, true).value_or("");
}

}  // namespace

std::string in_words(const Fact& fact, Lang lang) {
  switch (fact.unit) {
    case Fact::Unit::count:
    case Fact::Unit::port:
      return std::to_string(static_cast<long long>(std::llround(fact.value)));
    case Fact::Unit::octets:
      return octets_in_words(fact.value, lang);
    case Fact::Unit::time:
      return time_in_words(fact.value);
    case Fact::Unit::rate:
      return rate_text(fact.value, digits);
    case Fact::Unit::percent:
      return significant(fact.value, digits) + " %";
    case Fact::Unit::text:
      return term_in_words(fact.text, lang);
  }
  return {};
}

std::string fill(std::string_view sentence, const Finding& finding, Lang lang) {
  std::string out;
  while (true) {
    const std::size_t open = sentence.find('[');
    const std::size_t shut = sentence.find(']', open);
    if (open == std::string_view::npos || shut == std::string_view::npos) break;
    out += fill_plain(sentence.substr(0, open), finding, lang, false).value_or("");
    out += fill_optional(sentence.substr(open + 1, shut - open - 1), finding, lang);
    sentence.remove_prefix(shut + 1);
  }
  out += fill_plain(sentence, finding, lang, false).value_or("");
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

}  // namespace ft::analysis
