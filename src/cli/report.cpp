// fourtuple report: the questions of a TCP lab about one connection, answered with frames.
#include "analysis/report/lab_report.hpp"
#include "cli/capture_options.hpp"
#include "cli/commands.hpp"
#include "cli/document_form.hpp"
#include "cli/examine.hpp"
#include "cli/failing.hpp"
#include "cli/flow_choice.hpp"

#include <cstdio>
#include <memory>

namespace ft::cli {

namespace {

namespace report = analysis::report;

struct ReportOptions {
  CaptureOptions capture;
  std::vector<std::string> flow;
  bool quiz = false;
  bool answers = false;
  DocumentForm form;
};

constexpr Failing fail{"report"};

/// The connection that was asked for; else the one with most text, which is what a lab is about.
std::optional<std::uint32_t> choose(const Examination& examined, const std::optional<FlowChoice>& choice) {
  std::optional<std::uint32_t> best;
  std::uint64_t most = 0;
  for (std::uint32_t stream = 0; stream < examined.streams(); ++stream) {
    const analysis::Connection connection = examined.analysis().connection(stream);
    if (choice && !choice->matches(connection)) continue;
    const std::uint64_t text = connection.sides[0].unique_text + connection.sides[1].unique_text;
    if (best && text <= most) continue;
    best = stream;
    most = text;
  }
  return best;
}

int lab_report(const ReportOptions& o) {
  const analysis::Lang lang = o.capture.language();
  const auto choice = flow_choice(o.flow);
  if (!choice) return fail(choice.error());
  if (const auto problem = overwrites(o.form.html, {o.capture.file})) return fail(*problem, exit_usage);
  auto examined = Examination::open(o.capture.file, lang, {});
  if (!examined) return fail(examined.error(), exit_failed);
  (*examined)->read();
  const std::optional<std::uint32_t> stream = choose(**examined, *choice);
  if (!stream)
    return fail(*choice ? "no connection " + (*choice)->to_string() + " in " + (*examined)->file().name
                        : (*examined)->file().name + " has no TCP connection",
                exit_failed);
  report::FlowSteps flow(*stream);
  if (!(*examined)->read_again(flow)) return fail("cannot read the capture a second time", exit_failed);
  (*examined)->settle(flow);

  Output out;
  const report::Answers answers = !o.quiz     ? report::Answers::with_questions
                                  : o.answers ? report::Answers::at_the_end
                                              : report::Answers::hidden;
  if (o.form.json) {
    out.write(report::lab_report_json((*examined)->file(), flow, lang, answers != report::Answers::hidden));
  } else {
    const report::Document document = report::lab_report((*examined)->file(), flow, lang, answers);
    const auto written = write_document(document, o.form, o.capture.style(), out);
    if (!written) return fail(written.error(), exit_failed);
  }
  if (const auto error = out.finish()) return fail("cannot write: " + *error, exit_failed);
  return (*examined)->file().partial ? exit_partial : exit_ok;
}

}  // namespace

void add_report(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand("report", "A learner's report: the questions of a TCP lab, answered with frames");
  command->footer(
      "Examples:\n"
      "  fourtuple report trace.pcapng --flow 0\n"
      "  fourtuple report trace.pcapng --quiz --answers --html lab.html");
  const auto o = std::make_shared<ReportOptions>();
  declare_capture(*command, o->capture);
  command->add_option("--flow", o->flow, "About this connection (number or four-tuple); without it the one with most data")
      ->type_name("FLOW")
      ->expected(1, 4);
  command->add_flag("--quiz", o->quiz, "Ask, and hide the answers");
  command->add_flag("--answers", o->answers, "With --quiz: the answers at the end");
  declare_form(*command, o->form, "Print JSON");
  command->callback([o, &status] { status = lab_report(*o); });
}

}  // namespace ft::cli
