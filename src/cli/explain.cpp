// fourtuple explain: what a capture shows, the verdict first, then the connections, then all about those that were chosen.
#include "analysis/report/explain.hpp"
#include "analysis/compare/compare_document.hpp"
#include "analysis/report/explain_json.hpp"
#include "cli/capture_options.hpp"
#include "cli/commands.hpp"
#include "cli/compare_wireshark.hpp"
#include "cli/document_form.hpp"
#include "cli/examine.hpp"
#include "cli/explain_slice.hpp"
#include "cli/failing.hpp"
#include "cli/flow_choice.hpp"
#include "cli/flow_filter.hpp"
#include "cli/second_capture.hpp"
#include "cli/terminal.hpp"
#include "cli/true_states.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <utility>

namespace ft::cli {

namespace {

namespace report = analysis::report;

constexpr std::size_t list_length = 20;        // connections on a terminal
constexpr std::size_t page_list_length = 500;  // on an HTML page
constexpr std::size_t most_chosen = 8;         // connections with a story
constexpr std::size_t most_packets = 200;      // with all their fields, on an HTML page: the first ones
constexpr std::size_t most_evidence = 400;     // ... and those that are named as evidence
constexpr std::size_t json_piece = 64 * 1024;  // octets

struct ExplainOptions {
  CaptureOptions capture;
  std::vector<std::string> flow;
  bool all = false;
  bool in_order = false;
  bool graph = false;
  bool compare_wireshark = false;
  DocumentForm form;
  std::string filter;
  std::string with;
  std::string trace;
  SliceOptions slice;
};

constexpr Failing fail{"explain"};

/// What is told about, and which of it.
struct Subject {
  std::optional<FlowChoice> choice;
  std::optional<TrueStates> truth;
  std::unique_ptr<Examination> examined;
  std::unique_ptr<SecondCapture> second;
  Wanted wanted;

  const analysis::Comparison* comparison() const { return second ? &second->compared().comparison() : nullptr; }
  /// To be asked at the end: each reading may come less far.
  int status() const { return examined->file().partial || (second && second->partial()) ? exit_partial : exit_ok; }
};

std::expected<Subject, Failure> read_subject(const ExplainOptions& o) {
  const auto failed = [](std::string what) { return std::unexpected(Failure{std::move(what), exit_failed}); };
  const analysis::Lang lang = o.capture.language();
  Subject subject;
  auto choice = flow_choice(o.flow);
  if (!choice) return std::unexpected(choice.error());
  subject.choice = std::move(*choice);
  for (const std::string& output : {o.slice.file, o.form.html})
    if (const auto problem = overwrites(output, {o.capture.file, o.with, o.trace}))
      return std::unexpected(Failure{*problem, exit_usage});
  if (!o.trace.empty()) {
    auto truth = TrueStates::read(o.trace);
    if (!truth) return failed(truth.error());
    subject.truth = std::move(*truth);
  }
  auto examined = Examination::open(o.capture.file, lang, {});
  if (!examined) return failed(examined.error());
  subject.examined = std::move(*examined);
  subject.examined->read();
  if (!o.with.empty()) {
    auto second = SecondCapture::compare(*subject.examined, o.with, lang);
    if (!second) return failed(second.error());
    subject.second = std::move(*second);
    subject.examined->believe(&subject.second->compared());
  }
  if (o.compare_wireshark) return subject;  // about the whole file
  auto wanted = filter_connections(*subject.examined, "explain", o.filter);
  if (!wanted) return std::unexpected(wanted.error());
  subject.wanted = std::move(*wanted);
  return subject;
}

/// What one pass over the connections leaves.
struct Overview {
  report::Summary summary;
  analysis::CaptureVerdict verdict;
  std::vector<std::uint32_t> chosen;
};

Overview look(const Subject& subject, const ExplainOptions& o) {
  const Examination& examined = *subject.examined;
  const auto& choice = subject.choice;
  const bool page = o.form.is_page() || o.form.markdown;
  const std::size_t length = o.all ? static_cast<std::size_t>(-1) : page ? page_list_length : list_length;
  Overview overview{{length, o.in_order ? report::ListOrder::capture : report::ListOrder::worst_first}, {}, {}};
  examined.each_connection([&](std::uint32_t stream) { return subject.wanted(stream); },
                           [&](const analysis::Connection& connection) {
                             overview.verdict.add(connection);
                             overview.summary.add(connection);
                             if (choice && overview.chosen.size() < most_chosen && choice->matches(connection))
                               overview.chosen.push_back(connection.stream);
                           });
  if (subject.wanted.all()) overview.verdict.add(examined.finder().findings());
  if (!choice && overview.summary.connections() == 1) overview.chosen = {overview.summary.list().front().stream};
  if (!choice && o.form.is_page() && overview.summary.connections() > 1)  // a page has room: the worst ones
    for (const analysis::Connection& connection : overview.summary.list())
      if (overview.chosen.size() < most_chosen) overview.chosen.push_back(connection.stream);
  return overview;
}

class Flows final : public analysis::SeriesSink {
 public:
  explicit Flows(const std::vector<std::uint32_t>& streams) {
    for (const std::uint32_t stream : streams)
      flows_.push_back(std::make_unique<report::FlowSteps>(
          stream, report::FlowSteps::default_limit / std::max<std::size_t>(streams.size(), 1)));
  }
  bool wants(std::uint32_t stream) override { return find(stream) != nullptr; }
  void on_sample(const analysis::Sample& sample) override {
    if (report::FlowSteps* flow = find(sample.judged.stream)) flow->on_sample(sample);
  }
  report::FlowSteps* find(std::uint32_t stream) {
    for (const auto& flow : flows_)
      if (flow->stream() == stream) return flow.get();
    return nullptr;
  }
  std::vector<const report::FlowSteps*> settle(const Examination& examined) {
    std::vector<const report::FlowSteps*> out;
    for (const auto& flow : flows_) {
      examined.settle(*flow);
      out.push_back(flow.get());
    }
    return out;
  }

 private:
  std::vector<std::unique_ptr<report::FlowSteps>> flows_;
};

void print_json(Output& out, const Subject& subject, const std::vector<const report::FlowSteps*>& chosen, analysis::Lang lang) {
  const Examination& examined = *subject.examined;
  report::ExplainJson json(lang);
  json.begin(examined.file());
  for (std::uint32_t stream = 0; stream < examined.streams(); ++stream) {
    const report::FlowSteps* steps = nullptr;
    for (const report::FlowSteps* flow : chosen)
      if (flow->stream() == stream) steps = flow;
    if (subject.choice && steps == nullptr) continue;
    if (!subject.wanted(stream)) continue;
    json.connection(examined.connection(stream), steps);
    if (json.size() > json_piece && !out.write(json.take())) return;
  }
  json.end(examined.finder().findings(), subject.comparison());
  out.write(json.take());
}

std::string hint(const ExplainOptions& o, analysis::Lang lang) {
  if (o.all) return {};
  return lang == analysis::Lang::zh ? "--all 全部列出，--flow N 讲述其中一条。"
                                    : "--all lists them all, --flow N tells about one.";
}

int compare(const Examination& examined, const ExplainOptions& o, analysis::Lang lang) {
  const auto document = compare_with_wireshark(examined, o.capture.file, lang);
  if (!document) return fail(document.error(), exit_failed);
  Output out;
  const auto written = write_document(*document, o.form, o.capture.style(), out);
  if (!written) return fail(written.error(), exit_failed);
  if (const auto error = out.finish()) return fail("cannot write: " + *error, exit_failed);
  return examined.file().partial ? exit_partial : exit_ok;
}

/// The packets behind a page's frame numbers, as many as a page can hold.
void add_packets(report::Document& document, Examination& examined, const std::vector<std::uint32_t>& chosen) {
  report::Packets packets = packets_of(examined, chosen, most_packets, report::frames_named(document, most_evidence));
  if (packets.packets.empty()) return;
  document.heading(document.lang == analysis::Lang::zh ? "分组" : "Packets");
  document.add(std::move(packets));
}

/// The streams whose packets -w writes; none: all packets.
std::vector<std::uint32_t> sliced(const Subject& subject, const Overview& overview) {
  if (subject.choice) return overview.chosen;
  std::vector<std::uint32_t> streams;
  for (std::uint32_t stream = 0; !subject.wanted.all() && stream < subject.examined->streams(); ++stream)
    if (subject.wanted(stream)) streams.push_back(stream);
  return streams;
}

report::Document document_of(const Subject& subject, const Overview& overview,
                             const std::vector<const report::FlowSteps*>& chosen,
                             std::map<std::uint32_t, report::OtherPlace> elsewhere, const ExplainOptions& o) {
  const analysis::Lang lang = o.capture.language();
  const bool page = o.form.is_page();
  const report::Explained explained{.file = &subject.examined->file(),
                                    .summary = &overview.summary,
                                    .verdict = &overview.verdict,
                                    .chosen = chosen,
                                    .elsewhere = std::move(elsewhere),
                                    .hint = hint(o, lang),
                                    .ladder = true,
                                    .graphs = o.graph || page};
  report::Document document = report::explain_document(explained, lang);
  if (subject.truth)
    for (const report::FlowSteps* flow : chosen) add_true_states(document, *subject.truth, flow->connection());
  if (const analysis::Comparison* comparison = subject.comparison())
    analysis::add_comparison(document, *comparison, subject.examined->file().name, base_name(o.with));
  if (page) add_packets(document, *subject.examined, overview.chosen);
  return document;
}

int explain(const ExplainOptions& o) {
  const analysis::Lang lang = o.capture.language();
  const auto subject = read_subject(o);
  if (!subject) return fail(subject.error());
  Examination& examined = *subject->examined;
  if (o.compare_wireshark) return compare(examined, o, lang);
  const Overview overview = look(*subject, o);
  if (subject->choice && overview.chosen.empty())
    return fail("no connection " + subject->choice->to_string() + " in " + examined.file().name + "; it has " +
                    std::to_string(examined.streams()) + " of them (fourtuple explain without --flow lists them)",
                exit_failed);
  Flows flows(overview.chosen);
  if (!overview.chosen.empty() && !examined.read_again(flows)) return fail("cannot read the capture a second time", exit_failed);
  const std::vector<const report::FlowSteps*> chosen = flows.settle(examined);

  if (!o.slice.file.empty()) {
    const auto written = write_slice(examined, sliced(*subject, overview), o.slice, lang);
    if (!written) return fail(written.error(), exit_failed);
    if (o.slice.file == "-") return subject->status();  // nothing else goes there
  }
  Output out;
  if (o.form.json) {
    print_json(out, *subject, chosen, lang);
  } else {
    std::map<std::uint32_t, report::OtherPlace> elsewhere;
    if (subject->second && !subject->second->tell(chosen, elsewhere))
      return fail("cannot read " + o.with + " again", exit_failed);
    const auto written =
        write_document(document_of(*subject, overview, chosen, std::move(elsewhere), o), o.form, o.capture.style(), out);
    if (!written) return fail(written.error(), exit_failed);
  }
  if (const auto error = out.finish()) return fail("cannot write: " + *error, exit_failed);
  return subject->status();
}

}  // namespace

void add_explain(CLI::App& app, int& status) {
  CLI::App* command =
      app.add_subcommand("explain", "Say what a capture shows: the verdict, the connections, why it went wrong or slowly");
  command->footer(
      "Examples:\n"
      "  fourtuple explain trace.pcapng\n"
      "  fourtuple explain trace.pcapng --flow 3 --graph\n"
      "  fourtuple explain trace.pcapng -Y 'ip.addr == 10.0.0.2' --html report.html\n"
      "  fourtuple explain client.pcapng --with server.pcapng");
  const auto o = std::make_shared<ExplainOptions>();
  declare_capture(*command, o->capture);
  command->add_option("--flow", o->flow, "All about this connection: its number, or its four-tuple (10.0.0.1:49152-10.0.0.2:80)")
      ->type_name("FLOW")
      ->expected(1, 4);
  command->add_option("-Y,--filter", o->filter, "Display filter: only connections of which it lets a packet through")
      ->type_name("FILTER");
  command->add_flag("--all", o->all, "List every connection");
  command->add_flag("--in-order", o->in_order, "List the connections as they come, not the worst first");
  command->add_flag("--graph", o->graph, "Draw graphs of the chosen connection: sequence numbers, round trips, rates, window");
  declare_form(*command, o->form, "Print JSON (docs/reference/explain.schema.json)");
  command->add_flag("--compare-wireshark", o->compare_wireshark, "Say where Wireshark differs, and why (asks tshark)")
      ->excludes("--json");
  command
      ->add_option("--with", o->with, "Another capture of the same connections, taken elsewhere: what happened between the two")
      ->type_name("OTHER");
  command
      ->add_option("--trace", o->trace, "What the ends themselves said, as lab, listen and connect write it: their true states")
      ->type_name("STORY");
  declare_slice(*command, o->slice, "the packets, or those of --flow, with the findings as comments");
  command->callback([o, &status] { status = explain(*o); });
}

}  // namespace ft::cli
