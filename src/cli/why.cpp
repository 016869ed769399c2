// fourtuple why: one answer and one exit code, for a person in a hurry and for scripts.
#include "analysis/find/words.hpp"
#include "analysis/quantity.hpp"
#include "analysis/report/escape.hpp"
#include "analysis/report/explain_json.hpp"
#include "analysis/report/summary.hpp"
#include "analysis/report/words.hpp"
#include "analysis/text_width.hpp"
#include "cli/capture_options.hpp"
#include "cli/commands.hpp"
#include "cli/examine.hpp"
#include "cli/failing.hpp"
#include "cli/flow_choice.hpp"
#include "cli/flow_filter.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>

namespace ft::cli {

namespace {

namespace report = analysis::report;
using analysis::FailureClass;
using analysis::Lang;

struct WhyOptions {
  CaptureOptions capture;
  std::vector<std::string> flow;
  std::string filter;
  bool json = false;
};

constexpr Failing fail{"why"};

/// What is to be answered: a finding, of a connection or of the whole capture, or that there is none.
struct Answer {
  std::optional<analysis::Finding> finding;
  std::optional<analysis::Connection> connection;  // whose it is
  std::uint64_t like_it = 0;                       // other connections with the same finding
  FailureClass failure = FailureClass::none;
  std::string_view verdict = "nothing";
};

Answer answer_for(const analysis::Connection& connection) {
  Answer answer{.finding = {}, .connection = connection, .verdict = connection.verdict};
  if (connection.findings.empty() || connection.findings.front().severity == analysis::Severity::info) return answer;
  answer.finding = connection.findings.front();
  if (answer.finding->severity >= analysis::Severity::warning) answer.failure = analysis::failure_of(answer.finding->id);
  return answer;
}

/// The gravest of several connections; the last of them when all are alike, since a question is about what happened last.
std::optional<Answer> answer_of(const Examination& examined, const FlowChoice& choice, const Wanted& wanted) {
  std::optional<analysis::Connection> worst;
  for (std::uint32_t stream = 0; stream < examined.streams(); ++stream) {
    if (!wanted(stream)) continue;
    analysis::Connection connection = examined.connection(stream);
    if (!choice.matches(connection)) continue;
    if (!worst || report::badness_of(connection) >= report::badness_of(*worst)) worst = std::move(connection);
  }
  if (!worst) return std::nullopt;
  return answer_for(*worst);
}

Answer answer_of(const Examination& examined, const Wanted& wanted) {
  analysis::CaptureVerdict verdict;
  std::optional<std::uint32_t> only;
  for (std::uint32_t stream = 0; stream < examined.streams(); ++stream) {
    if (!wanted(stream)) continue;
    verdict.add(examined.connection(stream));
    only = stream;
  }
  if (wanted.all()) verdict.add(examined.finder().findings());
  if (verdict.connections == 1 && verdict.hosts.empty()) return answer_for(examined.connection(*only));
  Answer answer;
  answer.verdict = verdict.id();
  answer.failure = verdict.failure();
  const auto kind = verdict.kinds.find(answer.verdict);
  const auto host = std::ranges::find(verdict.hosts, answer.verdict, &analysis::Finding::id);
  if (host != verdict.hosts.end()) {
    answer.finding = *host;
  } else if (kind != verdict.kinds.end()) {
    answer.finding = kind->second.gravest;
    answer.connection = examined.connection(kind->second.first_stream);
    answer.like_it = kind->second.connections - 1;
  }
  return answer;
}

std::string text_of(const Answer& answer, Lang lang) {
  const bool zh = lang == Lang::zh;
  if (!answer.finding) {
    if (!answer.connection)
      return answer.verdict == "nothing" ? (zh ? "没有 TCP 连接。" : "There is no TCP connection.")
                                         : (zh ? "没有发现问题。" : "Nothing is wrong.");
    const std::string state = report::state_sentence(*answer.connection, lang);
    return (zh ? "没有发现问题。" : "Nothing is wrong. ") + state;
  }
  std::string out = say(*answer.finding, lang);
  if (answer.like_it > 0)
    out += zh ? "另有 " + analysis::count_text(answer.like_it) + " 个连接也是如此。"
              : " The same holds for " + analysis::count_text(answer.like_it) +
                    (answer.like_it == 1 ? " other connection." : " other connections.");
  return out;
}

void print_text(Output& out, const Examination& examined, const Answer& answer, const CaptureOptions& o) {
  const Lang lang = o.language();
  const bool zh = lang == Lang::zh;
  const analysis::TextStyle style = o.style();
  const auto print = [&](std::string_view name, std::string_view text, std::size_t indent, analysis::Ink ink) {
    if (text.empty()) return;
    std::string head(name);
    const std::string safe = style.ascii ? analysis::to_ascii(report::terminal_text(text), zh) : report::terminal_text(text);
    for (const std::string& part : analysis::wrap(safe, analysis::ladder_columns - indent)) {
      out.write(analysis::paint({{analysis::pad_right(head, indent), analysis::Ink::dim}, {part, ink}}, style));
      head.clear();
    }
  };
  for (const std::string& remark : examined.file().remarks) print("", remark, 0, analysis::Ink::data);
  const bool bad = answer.failure != FailureClass::none;
  print("", text_of(answer, lang), 0, bad ? analysis::Ink::bold : analysis::Ink::plain);
  constexpr std::size_t column = 12;
  if (answer.connection)
    print(zh ? "连接" : "connection",
          "#" + std::to_string(answer.connection->stream) + "  " + report::tuple_text(*answer.connection), column,
          analysis::Ink::plain);
  if (!answer.finding) return;
  const analysis::Finding& finding = *answer.finding;
  print(zh ? "编号" : "id", std::string(finding.id) + " (" + class_words(answer.failure, lang) + ")", column,
        analysis::Ink::plain);
  print(zh ? "证据" : "evidence", how_known(finding, lang), column, analysis::Ink::plain);
  print(zh ? "代价" : "cost", cost_words(finding, lang), column, analysis::Ink::plain);
  print(zh ? "把握" : "sure", analysis::confidence_words(finding.confidence, lang), column, analysis::Ink::plain);
  print(zh ? "下一步" : "next", next_step(finding, lang), column, analysis::Ink::plain);
}

void print_json(Output& out, const Examination& examined, const Answer& answer, int status, Lang lang) {
  report::WhyAnswer why{.file = &examined.file(),
                        .says = text_of(answer, lang),
                        .status = status,
                        .failure = answer.failure,
                        .verdict = answer.verdict};
  if (answer.connection) why.connection = &*answer.connection;
  if (answer.finding) why.finding = &*answer.finding;
  out.write(report::why_json(why, lang));
}

int why(const WhyOptions& o) {
  const Lang lang = o.capture.language();
  std::optional<FlowChoice> choice;
  if (!o.flow.empty()) {
    auto parsed = FlowChoice::parse(o.flow);
    if (!parsed) return fail(parsed.error(), exit_usage);
    choice = *parsed;
  }
  auto examined = Examination::open(o.capture.file, lang, {.twice = !o.filter.empty()});
  if (!examined) return fail(examined.error(), exit_failed);
  (*examined)->read();
  const auto wanted = filter_connections(**examined, "why", o.filter);
  if (!wanted) return fail(wanted.error());
  std::optional<Answer> answer;
  if (choice) {
    answer = answer_of(**examined, *choice, *wanted);
    if (!answer)
      return fail("no connection " + choice->to_string() + (wanted->all() ? "" : " that passes the filter") + " in " +
                      (*examined)->file().name,
                  exit_failed);
  } else {
    answer = answer_of(**examined, *wanted);
  }
  const bool partial = (*examined)->file().partial;
  const int status = answer->failure != FailureClass::none ? static_cast<int>(answer->failure) : partial ? exit_partial : exit_ok;
  Output out;
  if (o.json)
    print_json(out, **examined, *answer, status, lang);
  else
    print_text(out, **examined, *answer, o.capture);
  if (const auto error = out.finish()) return fail("cannot write: " + *error, exit_failed);
  return status;
}

}  // namespace

void add_why(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand("why", "Why did it fail? One answer, and an exit code for each class of failure");
  const auto o = std::make_shared<WhyOptions>();
  declare_capture(*command, o->capture);
  command->add_option("FLOW", o->flow, "Of this connection: its number, or its four-tuple (10.0.0.1:49152-10.0.0.2:80)")
      ->type_name("")
      ->expected(0, 4);
  command->add_option("-Y,--filter", o->filter, "Display filter: only connections of which it lets a packet through")
      ->type_name("FILTER");
  command->add_flag("--json", o->json, "Print JSON");
  command->footer(
      "Exit codes: 0 nothing failed, 10 nobody answers, 11 somebody refuses, 12 agreed\n"
      "late or badly, 13 path, 14 loss, 15 receiver, 16 programs, 17 reset, 18 the\n"
      "other end has gone, 19 a third party, 20 the recording\n"
      "(docs/reference/diagnoses.md); 1 the capture cannot be read, 2 wrong arguments,\n"
      "3 read in part and nothing found.\n\n"
      "Examples:\n"
      "  fourtuple why trace.pcapng\n"
      "  fourtuple why trace.pcapng -Y 'ip.addr == 10.0.0.2 && conn.retrans > 0'");
  command->callback([o, &status] { status = why(*o); });
}

}  // namespace ft::cli
