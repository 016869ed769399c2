// The verdicts of fourtuple conform as a table for people and as JSON for programs (docs/reference/conform.md).
#include "analysis/text_width.hpp"
#include "cli/conform.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace ft::cli {

namespace {

using Json = nlohmann::ordered_json;

std::string_view colour_of(Standing standing) {
  switch (standing) {
    case Standing::passed:
      return "\x1b[32m";
    case Standing::failed:
    case Standing::untested:
      return "\x1b[31m";
    case Standing::elsewhere:
    case Standing::exception:
      return "\x1b[33m";
  }
  return "";
}

/// What a person should know beside the verdict.
std::string remark(const Requirement& r, Standing standing) {
  if (standing == Standing::exception) return "exception: " + r.exception;
  if (standing == Standing::elsewhere) return "not run here, proven by: " + r.elsewhere;
  if (standing == Standing::untested && r.level == "MAY") return "optional: not tested";
  return "";
}

bool is_hole(const Verdict& v) {
  return v.standing == Standing::failed || (v.standing == Standing::untested && v.requirement.level != "MAY");
}

std::string row_text(const Verdict& v, const ReportStyle& style) {
  const Requirement& r = v.requirement;
  constexpr std::size_t indent = 44;
  const std::string word(to_string(v.standing));
  std::string text = fmt::format("{:<10}{:<12}{:<10}", r.id, r.level, r.section);
  text += style.colour ? std::string(colour_of(v.standing)) + word + "\x1b[0m" : word;
  text += std::string(12 - word.size(), ' ');
  const std::size_t columns = std::max<std::size_t>(style.columns, indent + 30) - indent;
  bool first = true;
  const auto add = [&](const std::string& words) {
    for (const std::string& line : analysis::wrap(words, columns)) {
      text += (first ? "" : std::string(indent, ' ')) + line + "\n";
      first = false;
    }
  };
  add(r.text);
  if (const std::string more = remark(r, v.standing); !more.empty()) add(more);
  for (const ScriptResult* script : v.scripts)
    if (style.scripts || !script->passed) add((script->passed ? "by: " : "FAILED: ") + script->name);
  return text;
}

/// "69 of 69 MUST" of one RFC.
std::string share(const std::vector<const Verdict*>& of, std::string_view word, auto belongs) {
  std::map<Standing, int> count;
  int all = 0;
  for (const Verdict* v : of) {
    if (!belongs(v->requirement.level)) continue;
    ++all;
    ++count[v->standing];
  }
  if (all == 0) return "";
  std::string text = fmt::format("{} of {} {} passed", count[Standing::passed], all, word);
  for (const Standing standing : {Standing::failed, Standing::elsewhere, Standing::exception, Standing::untested})
    if (count[standing] != 0) text += fmt::format(", {} {}", count[standing], to_string(standing));
  return text;
}

std::string summary_text(const std::string& rfc, const std::vector<const Verdict*>& of) {
  const std::string shares[] = {
      share(of, "MUST", [](std::string_view level) { return level.starts_with("MUST"); }),
      share(of, "SHOULD", [](std::string_view level) { return level.starts_with("SHOULD") || level == "RECOMMENDED"; }),
      share(of, "MAY", [](std::string_view level) { return level == "MAY"; })};
  std::string line;
  for (const std::string& one : shares)
    if (!one.empty()) line += (line.empty() ? "" : "; ") + one;
  return fmt::format("RFC {}: {}\n", rfc.substr(3), line);
}

std::string failures_text(const std::vector<ScriptResult>& results) {
  std::string text;
  for (const ScriptResult& result : results)
    if (!result.passed) text += fmt::format("\nFAILED: {} ({})\n{}\n", result.name, result.file, result.story);
  return text;
}

}  // namespace

std::string_view to_string(Standing standing) {
  switch (standing) {
    case Standing::passed:
      return "passed";
    case Standing::failed:
      return "FAILED";
    case Standing::elsewhere:
      return "elsewhere";
    case Standing::exception:
      return "exception";
    case Standing::untested:
      return "untested";
  }
  return "";
}

std::string report_text(const std::vector<Verdict>& verdicts, const std::vector<ScriptResult>& results,
                        const ReportStyle& style) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<const Verdict*>> by_rfc;
  for (const Verdict& v : verdicts) {
    if (!by_rfc.contains(v.requirement.rfc)) order.push_back(v.requirement.rfc);
    by_rfc[v.requirement.rfc].push_back(&v);
  }
  std::string text, sums;
  for (const std::string& rfc : order) {
    std::string rows;
    for (const Verdict* v : by_rfc[rfc])
      if (style.whole || is_hole(*v)) rows += row_text(*v, style);
    if (!rows.empty()) text += fmt::format("RFC {}\n{}\n", rfc.substr(3), rows);
    sums += summary_text(rfc, by_rfc[rfc]);
  }
  const auto failed = std::ranges::count_if(results, [](const ScriptResult& result) { return !result.passed; });
  return text + sums + fmt::format("{} tests ran in virtual time, {} failed\n", results.size(), failed) + failures_text(results);
}

std::string report_json(const std::vector<Verdict>& verdicts, const std::vector<ScriptResult>& results) {
  Json requirements = Json::array();
  for (const Verdict& v : verdicts) {
    const Requirement& r = v.requirement;
    Json entry{{"rfc", r.rfc}, {"id", r.id}, {"level", r.level}, {"section", r.section}, {"requirement", r.text}};
    entry["standing"] = v.standing == Standing::failed ? "failed" : std::string(to_string(v.standing));
    if (v.standing == Standing::exception) entry["reason"] = r.exception;
    if (v.standing == Standing::elsewhere) entry["proven_by"] = r.elsewhere;
    entry["scripts"] = Json::array();
    for (const ScriptResult* script : v.scripts) entry["scripts"].push_back(script->name);
    requirements.push_back(std::move(entry));
  }
  Json scripts = Json::array();
  for (const ScriptResult& result : results) {
    Json entry{{"name", result.name}, {"file", result.file}, {"passed", result.passed}, {"covers", result.covers}};
    if (!result.passed) entry["story"] = result.story;
    scripts.push_back(std::move(entry));
  }
  return Json{{"format", "fourtuple-conform-1"}, {"requirements", requirements}, {"scripts", scripts}}.dump(
             2, ' ', false, Json::error_handler_t::replace) +
         "\n";
}

}  // namespace ft::cli
