// fourtuple stats: a capture in numbers.
#include "analysis/report/stats.hpp"

#include "analysis/quantity.hpp"
#include "analysis/report/document_markdown.hpp"
#include "analysis/report/document_text.hpp"
#include "cli/capture_options.hpp"
#include "cli/commands.hpp"
#include "cli/examine.hpp"
#include "cli/failing.hpp"
#include "cli/flow_filter.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>

namespace ft::cli {

namespace {

namespace report = analysis::report;

constexpr std::size_t piece = 64 * 1024;  // octets

struct StatsOptions {
  CaptureOptions capture;
  std::size_t top = 20;
  std::string csv;
  std::string filter;
  bool json = false;
  bool markdown = false;
};

constexpr Failing fail{"stats"};

void print_csv(Output& out, const Examination& examined, const Wanted& wanted, const report::Stats& stats,
               const std::string& table) {
  if (table == "addresses") {
    out.write(report::addresses_csv(stats));
  } else if (table == "ports") {
    out.write(report::ports_csv(stats));
  } else if (table == "time") {
    out.write(report::timeline_csv(stats));
  } else {
    std::string text = report::csv_head();
    for (std::uint32_t stream = 0; stream < examined.streams(); ++stream) {
      if (!wanted(stream)) continue;
      text += report::csv_line(examined.analysis().connection(stream));
      if (text.size() < piece) continue;
      if (!out.write(text)) return;
      text.clear();
    }
    out.write(text);
  }
}

void print_json(Output& out, const Examination& examined, const Wanted& wanted, const report::Stats& stats) {
  report::StatsJson json;
  json.begin(examined.file());
  for (std::uint32_t stream = 0; stream < examined.streams(); ++stream) {
    if (!wanted(stream)) continue;
    json.connection(examined.analysis().connection(stream));
    if (json.size() > piece && !out.write(json.take())) return;
  }
  json.end(stats);
  out.write(json.take());
}

void remark_addresses(Examination& examined, std::uint64_t ends, analysis::Lang lang) {
  if (ends == 0) return;
  const std::string most = analysis::count_text(report::Stats::most_addresses), left = analysis::count_text(ends);
  examined.remark(lang == analysis::Lang::zh
                      ? "地址表只含最先出现的 " + most + " 个地址：另有 " + left + " 个连接端点的地址没有计入。"
                      : "The table of addresses holds the first " + most + ": those of " + left +
                            " more ends of connections are not in it.");
}

int stats(const StatsOptions& o) {
  const analysis::Lang lang = o.capture.language();
  auto examined = Examination::open(o.capture.file, lang, {.twice = !o.filter.empty(), .verify = false});
  if (!examined) return fail(examined.error(), exit_failed);
  const bool page = o.csv.empty() && !o.json;
  report::Stats stats(page ? o.top : 0, (*examined)->analysis().hash_seed());
  (*examined)->read(o.filter.empty() ? &stats.timeline() : nullptr);
  const auto wanted = filter_connections(**examined, "stats", o.filter);
  if (!wanted) return fail(wanted.error());
  if (!wanted->all() && !count_packets_of(**examined, *wanted, stats.timeline()))
    return fail("cannot read the capture again", exit_failed);
  if (o.csv.empty() || o.csv == "addresses" || o.csv == "ports")
    for (std::uint32_t stream = 0; stream < (*examined)->streams(); ++stream)
      if ((*wanted)(stream)) stats.add((*examined)->analysis().connection(stream));
  remark_addresses(**examined, stats.addresses_left_out(), lang);
  Output out;
  if (!o.csv.empty()) {
    print_csv(out, **examined, *wanted, stats, o.csv);
  } else if (o.json) {
    print_json(out, **examined, *wanted, stats);
  } else {
    const report::Document document = report::stats_document((*examined)->file(), stats, o.top, lang);
    out.write(o.markdown ? report::document_markdown(document) : report::document_text(document, {.style = o.capture.style()}));
  }
  if (const auto error = out.finish()) return fail("cannot write: " + *error, exit_failed);
  if (!page)
    for (const std::string& remark : (*examined)->file().remarks) std::fprintf(stderr, "fourtuple stats: %s\n", remark.c_str());
  return (*examined)->file().partial ? exit_partial : exit_ok;
}

}  // namespace

void add_stats(CLI::App& app, int& status) {
  CLI::App* command =
      app.add_subcommand("stats", "A capture in numbers: connections, addresses, ports, round trips, rates, traffic over time");
  const auto o = std::make_shared<StatsOptions>();
  declare_capture(*command, o->capture);
  command->add_option("--top", o->top, "Rows of each table (default 20)")->check(CLI::Range(1, 1'000'000))->type_name("N");
  command->add_option("-Y,--filter", o->filter, "Display filter: only connections of which it lets a packet through")
      ->type_name("FILTER");
  auto* csv = command->add_option("--csv", o->csv, "Print one table as CSV, all its rows: connections, addresses, ports or time")
                  ->type_name("TABLE")
                  ->check(CLI::IsMember({"connections", "addresses", "ports", "time"}));
  auto* json = command->add_flag("--json", o->json, "Print JSON (docs/reference/stats-json.md)");
  auto* markdown = command->add_flag("--md", o->markdown, "Print Markdown");
  csv->excludes(json)->excludes(markdown);
  json->excludes(markdown);
  command->footer(
      "Examples:\n"
      "  fourtuple stats --csv connections capture.pcap > connections.csv\n"
      "  fourtuple stats capture.pcap -Y 'tcp.port == 443 && conn.rtt > 100ms'");
  command->callback([o, &status] { status = stats(*o); });
}

}  // namespace ft::cli
