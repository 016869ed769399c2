// fourtuple explain: what a capture shows, the verdict first, then the connections, then all about those that were chosen.
#include "analysis/report/explain.hpp"
#include "analysis/compare/compare_document.hpp"
#include "analysis/report/document_html.hpp"
#include "analysis/report/document_markdown.hpp"
#include "analysis/report/document_text.hpp"
#include "analysis/report/explain_json.hpp"
#include "cli/capture_options.hpp"
#include "cli/commands.hpp"
#include "cli/compare_wireshark.hpp"
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
#include <memory>

namespace ft::cli {

namespace {

namespace report = analysis::report;

constexpr std::size_t list_length = 20;        // connections on a terminal
constexpr std::size_t page_list_length = 500;  // on an HTML page
constexpr std::size_t most_chosen = 8;         // connections with a story
constexpr std::size_t most_packets = 200;      // with all their fields, on an HTML page
constexpr std::size_t json_piece = 64 * 1024;  // octets

struct ExplainOptions {
  CaptureOptions capture;
  std::vector<std::string> flow;
  bool all = false;
  bool in_order = false;
  bool graph = false;
  bool markdown = false;
  bool json = false;
  bool compare_wireshark = false;
  std::string html;
  std::string filter;
  std::string with;
  std::string trace;
  SliceOptions slice;
};

constexpr Failing fail{"explain"};

/// What one pass over the connections leaves.
struct Overview {
  report::Summary summary;
  analysis::CaptureVerdict verdict;
  std::vector<std::uint32_t> chosen;
};

/// `wanted`: a flag for each connection; empty: all of them.
Overview look(const Examination& examined, const ExplainOptions& o, const std::optional<FlowChoice>& choice,
              const std::vector<bool>& wanted) {
  const bool page = !o.html.empty() || o.markdown;
  const std::size_t length = o.all ? static_cast<std::size_t>(-1) : page ? page_list_length : list_length;
  Overview overview{{length, o.in_order ? report::ListOrder::capture : report::ListOrder::worst_first}, {}, {}};
  for (std::uint32_t stream = 0; stream < examined.streams(); ++stream) {
    if (!wanted.empty() && !wanted[stream]) continue;
    const analysis::Connection connection = examined.connection(stream);
    overview.verdict.add(connection);
    overview.summary.add(connection);
    if (choice && overview.chosen.size() < most_chosen && choice->matches(connection)) overview.chosen.push_back(stream);
  }
  if (wanted.empty()) overview.verdict.add(examined.finder().findings());
  if (!choice && overview.summary.connections() == 1) overview.chosen = {overview.summary.list().front().stream};
  if (!choice && !o.html.empty() && overview.summary.connections() > 1)  // a page has room: the worst ones
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

void print_json(Output& out, const Examination& examined, const std::vector<const report::FlowSteps*>& chosen, bool only_chosen,
                const std::vector<bool>& wanted, analysis::Lang lang, const analysis::Comparison* comparison) {
  report::ExplainJson json(lang);
  json.begin(examined.file());
  for (std::uint32_t stream = 0; stream < examined.streams(); ++stream) {
    const report::FlowSteps* steps = nullptr;
    for (const report::FlowSteps* flow : chosen)
      if (flow->stream() == stream) steps = flow;
    if (only_chosen && steps == nullptr) continue;
    if (!wanted.empty() && !wanted[stream]) continue;
    json.connection(examined.connection(stream), steps);
    if (json.size() > json_piece && !out.write(json.take())) return;
  }
  json.end(examined.finder().findings(), comparison);
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
  if (!o.html.empty()) {
    const auto written = write_page(o.html, report::document_html(*document), out);
    if (!written) return fail(written.error(), exit_failed);
  } else {
    out.write(o.markdown ? report::document_markdown(*document) : report::document_text(*document, {.style = o.capture.style()}));
  }
  if (const auto error = out.finish()) return fail("cannot write: " + *error, exit_failed);
  return examined.file().partial ? exit_partial : exit_ok;
}

/// The packets behind a page's frame numbers, as many as a page can hold.
void add_packets(report::Document& document, Examination& examined, const std::vector<std::uint32_t>& chosen) {
  report::Packets packets = packets_of(examined, chosen, most_packets);
  if (packets.packets.empty()) return;
  document.heading(document.lang == analysis::Lang::zh ? "分组" : "Packets");
  document.add(std::move(packets));
}

int explain(const ExplainOptions& o) {
  const analysis::Lang lang = o.capture.language();
  std::optional<FlowChoice> choice;
  if (!o.flow.empty()) {
    auto parsed = FlowChoice::parse(o.flow);
    if (!parsed) return fail("--flow " + parsed.error(), exit_usage);
    choice = *parsed;
  }
  for (const std::string& output : {o.slice.file, o.html})
    if (const auto problem = overwrites(output, {o.capture.file, o.with, o.trace})) return fail(*problem, exit_usage);
  std::optional<TrueStates> truth;
  if (!o.trace.empty()) {
    auto read = TrueStates::read(o.trace);
    if (!read) return fail(read.error(), exit_failed);
    truth = std::move(*read);
  }
  auto examined = Examination::open(o.capture.file, lang, {});
  if (!examined) return fail(examined.error(), exit_failed);
  (*examined)->read();
  std::unique_ptr<SecondCapture> second;
  if (!o.with.empty()) {
    auto compared = SecondCapture::compare(**examined, o.with, lang);
    if (!compared) return fail(compared.error(), exit_failed);
    second = std::move(*compared);
    (*examined)->believe(&second->compared());
  }
  const analysis::Comparison* comparison = second ? &second->compared().comparison() : nullptr;
  if (o.compare_wireshark) return compare(**examined, o, lang);
  std::vector<bool> wanted;
  if (!o.filter.empty()) {
    auto matched = filter_connections(**examined, "explain", o.filter);
    if (!matched) return matched.error().empty() ? exit_usage : fail(matched.error(), exit_failed);
    wanted = std::move(*matched);
    if (std::ranges::find(wanted, true) == wanted.end())
      return fail("no connection of " + (*examined)->file().name + " has a packet that passes " + o.filter, exit_failed);
  }
  const Overview overview = look(**examined, o, choice, wanted);
  if (choice && overview.chosen.empty())
    return fail("no connection " + choice->to_string() + " in " + (*examined)->file().name + "; it has " +
                    std::to_string((*examined)->streams()) + " of them (fourtuple explain without --flow lists them)",
                exit_failed);
  Flows flows(overview.chosen);
  if (!overview.chosen.empty() && !(*examined)->read_again(flows))
    return fail("cannot read the capture a second time", exit_failed);
  const std::vector<const report::FlowSteps*> chosen = flows.settle(**examined);

  const auto status = [&] {  // asked at the end: each reading may come less far
    return (*examined)->file().partial || (second && second->partial()) ? exit_partial : exit_ok;
  };
  if (!o.slice.file.empty()) {
    std::vector<std::uint32_t> sliced = overview.chosen;
    if (!choice) sliced.clear();  // all packets, or those of the connections that the filter means
    for (std::uint32_t stream = 0; !choice && stream < wanted.size(); ++stream)
      if (wanted[stream]) sliced.push_back(stream);
    const auto written = write_slice(**examined, sliced, o.slice, lang);
    if (!written) return fail(written.error(), exit_failed);
    if (o.slice.file == "-") return status();  // nothing else goes there
  }
  Output out;
  if (o.json) {
    print_json(out, **examined, chosen, choice.has_value(), wanted, lang, comparison);
  } else {
    const bool page = !o.html.empty();
    const report::Explained explained{.file = &(*examined)->file(),
                                      .summary = &overview.summary,
                                      .verdict = &overview.verdict,
                                      .chosen = chosen,
                                      .hint = hint(o, lang),
                                      .ladder = true,
                                      .graphs = o.graph || page};
    report::Document document = report::explain_document(explained, lang);
    for (const report::FlowSteps* flow : chosen)
      if (truth) add_true_states(document, *truth, flow->connection());
    if (comparison != nullptr) analysis::add_comparison(document, *comparison, (*examined)->file().name, base_name(o.with));
    if (page) {
      add_packets(document, **examined, overview.chosen);
      const auto written = write_page(o.html, report::document_html(document), out);
      if (!written) return fail(written.error(), exit_failed);
    } else {
      out.write(o.markdown ? report::document_markdown(document) : report::document_text(document, {.style = o.capture.style()}));
    }
  }
  if (const auto error = out.finish()) return fail("cannot write: " + *error, exit_failed);
  return status();
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
  auto* json = command->add_flag("--json", o->json, "Print JSON (docs/reference/explain.schema.json)");
  auto* markdown = command->add_flag("--md", o->markdown, "Print Markdown");
  auto* html = command->add_option("--html", o->html, "Write one HTML file that needs nothing else; - is standard output")
                   ->type_name("FILE");
  command->add_flag("--compare-wireshark", o->compare_wireshark, "Say where Wireshark differs, and why (asks tshark)")
      ->excludes(json);
  command
      ->add_option("--with", o->with, "Another capture of the same connections, taken elsewhere: what happened between the two")
      ->type_name("OTHER");
  command
      ->add_option("--trace", o->trace, "What the ends themselves said, as lab, listen and connect write it: their true states")
      ->type_name("STORY");
  declare_slice(*command, o->slice, "the packets, or those of --flow, with the findings as comments");
  json->excludes(markdown)->excludes(html);
  markdown->excludes(html);
  command->callback([o, &status] { status = explain(*o); });
}

}  // namespace ft::cli
