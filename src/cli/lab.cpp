// fourtuple lab: play one story and tell it as a ladder.
#include "analysis/ladder.hpp"
#include "analysis/ladder_text.hpp"
#include "analysis/text_width.hpp"
#include "cli/capture_file.hpp"
#include "cli/commands.hpp"
#include "cli/failing.hpp"
#include "cli/kernel_story.hpp"
#include "cli/lab_json.hpp"
#include "cli/lab_options.hpp"
#include "cli/lab_page.hpp"
#include "cli/trace_file.hpp"
#include "sim/embedded.hpp"
#include "sim/story.hpp"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

#include <unistd.h>

namespace ft::cli {

namespace {

using analysis::Line;

constexpr std::size_t largest_scenario_file = 1024 * 1024;  // octets

/// Hands each event to all.
class Tee final : public trace::Sink {
 public:
  explicit Tee(std::vector<trace::Sink*> sinks) : sinks_(std::move(sinks)) {}
  void on_event(const trace::Event& event) override {
    for (trace::Sink* sink : sinks_) sink->on_event(event);
  }

 private:
  std::vector<trace::Sink*> sinks_;
};

constexpr Failing fail{"lab"};

std::expected<sim::Scenario, std::string> load(const std::string& name) {
  const bool is_file = name.ends_with(".toml") || name.find('/') != std::string::npos;
  if (!is_file) return sim::embedded_scenario(name);
  std::ifstream file(name, std::ios::binary);
  if (!file) return std::unexpected("cannot read " + name + ": " + std::strerror(errno));
  std::string text;
  text.resize(largest_scenario_file + 1);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.gcount() == 0 && !file.eof()))
    return std::unexpected("cannot read " + name + ": it is not a plain file");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > largest_scenario_file) return std::unexpected(name + ": larger than 1 MiB, surely not a scenario");
  return sim::parse_scenario(name, text);
}

int list_stories(analysis::Lang lang) {
  Output out;
  for (const sim::EmbeddedScenario& story : sim::embedded_scenarios()) {
    const auto scenario = sim::embedded_scenario(story.name);
    if (!scenario) return fail(scenario.error(), exit_failed);
    const bool zh = lang == analysis::Lang::zh && !scenario->title_zh.empty();
    const std::string title = zh ? scenario->title_zh : scenario->title;
    out.write(analysis::pad_right(story.name, 24) + analysis::cut(title, analysis::ladder_columns - 24) + "\n");
  }
  if (const auto error = out.finish()) return fail("cannot write: " + *error, exit_failed);
  return exit_ok;
}

analysis::TextStyle style_of(const LabOptions& o) {
  return {.lang = o.lang.value_or(locale_language()),
          .ascii = o.ascii.value_or(!locale_is_utf8()),
          .colour = use_colour(o.colour, STDOUT_FILENO),
          .all = o.all};
}

bool write_block(Output& out, const std::vector<Line>& block, const analysis::TextStyle& style) {
  std::string text;
  for (const Line& line : block) text += analysis::paint(line, style);
  return out.write(text);
}

/// One block a key; false when the reader has had enough.
bool wait_for_key(Output& out, Keys& keys, const analysis::TextStyle& style) {
  const std::string hint = style.lang == analysis::Lang::zh ? "  [任意键继续，q 退出]" : "  [any key: next event, q: quit]";
  out.write(style.colour ? "\x1b[2m" + hint + "\x1b[0m" : hint);
  if (out.finish()) return false;
  const auto key = keys.next();
  out.write("\r" + std::string(analysis::display_width(hint), ' ') + "\r");
  return key && *key != 'q' && *key != 'Q' && *key != 4;  // Ctrl-D ends the input
}

void print_page(Output& out, const sim::Scenario& scenario, const sim::Outcome& outcome, const analysis::Ladder& ladder,
                const LabOptions& o) {
  const analysis::TextStyle style = style_of(o);
  if (!o.step) {
    out.write(lab_text(scenario, outcome, ladder, style));
    return;
  }
  if (!write_block(out, lab_head(scenario, style), style)) return;
  Keys keys;
  const auto blocks = analysis::ladder_blocks(ladder, style);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const bool is_event = i > 0 && i + 1 < blocks.size();
    if (is_event && !wait_for_key(out, keys, style)) return;
    if (!write_block(out, blocks[i], style)) return;
  }
  write_block(out, lab_foot(scenario, outcome, ladder, style), style);
}

/// The trace of a story starts at 0; a capture of real packets bears the time of day.
Duration epoch_of(const LabOptions& o) {
  if (!o.kernel) return {};
  return std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch());
}

std::expected<TraceFile, std::string> trace_of(const LabOptions& o, const sim::Scenario& scenario,
                                               const std::vector<analysis::Actor>& actors) {
  std::vector<std::string_view> hosts;
  for (const analysis::Actor& actor : actors) hosts.push_back(actor.name);
  const std::string title = "fourtuple lab " + scenario.name;
  return TraceFile::create(o.trace, {.title = title, .vantage = "network", .epoch = epoch_of(o), .hosts = hosts});
}

int run_story(const LabOptions& o, const sim::Scenario& scenario) {
  std::vector<analysis::Actor> actors = actors_of(scenario, o.overrides.ipv6);
  if (o.kernel) actors[o.ours == sim::Role::client ? 1 : 0].note = "Linux";
  analysis::LadderBuilder ladder(actors);
  std::vector<trace::Sink*> sinks{&ladder};
  std::unique_ptr<CaptureFile> capture;
  if (!o.pcap.empty()) {
    auto created = CaptureFile::create(o.pcap, actors, o.lang.value_or(locale_language()), epoch_of(o));
    if (!created) return fail(created.error(), exit_failed);
    capture = std::make_unique<CaptureFile>(std::move(*created));
    sinks.push_back(capture.get());
  }
  std::unique_ptr<TraceFile> decisions;
  if (!o.trace.empty()) {
    auto created = trace_of(o, scenario, actors);
    if (!created) return fail(created.error(), exit_failed);
    decisions = std::make_unique<TraceFile>(std::move(*created));
    sinks.push_back(decisions.get());
  }
  Tee tee(std::move(sinks));
  const auto outcome = o.kernel ? run_kernel_story(scenario, o.overrides, o.ours, tee) : sim::run(scenario, o.overrides, tee);
  std::expected<void, std::string> captured;
  if (capture) captured = capture->close();
  std::expected<void, std::string> traced;
  if (decisions) traced = decisions->close();
  if (!outcome) return fail(outcome.error(), exit_failed);

  Output out;
  const analysis::Ladder told = ladder.finish();
  if (o.json) {
    out.write(lab_json(scenario, *outcome, told, o.lang.value_or(locale_language())));
  } else {
    print_page(out, scenario, *outcome, told, o);
  }
  if (const auto error = out.finish()) return fail("cannot write: " + *error, exit_failed);
  if (!captured) return fail(captured.error(), exit_failed);
  if (!traced) return fail(traced.error(), exit_failed);
  return outcome->as_told() ? exit_ok : exit_failed;
}

int run_lab(const LabOptions& o) {
  if (o.list) return list_stories(o.lang.value_or(locale_language()));
  if (o.scenario.empty()) return fail("expected a SCENARIO (fourtuple lab --list names them) or a FILE.toml", exit_usage);
  if (o.step && o.json) return fail("--step and --json exclude each other", exit_usage);
  if (o.step && !Keys::available()) return fail("--step waits for keys: it needs a terminal for input and output", exit_usage);
  const auto scenario = load(o.scenario);
  if (!scenario) return fail(scenario.error(), exit_usage);
  if (o.kernel && !scenario->kernel)
    return fail("the story \"" + scenario->name + "\" makes no sense with the kernel as the peer; leave out --peer kernel",
                exit_usage);
  return run_story(o, *scenario);
}

}  // namespace

void add_lab(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand("lab", "Play a story of TCP and show each step, with the reason and the RFC's clause");
  command->footer(
      "Examples:\n"
      "  fourtuple lab lost-syn-ack\n"
      "  fourtuple lab data --loss 5% --rtt 100ms --seed 7\n"
      "  fourtuple lab handshake --peer kernel --pcap handshake.pcapng");
  const auto options = std::make_shared<LabOptions>();
  declare_lab_options(*command, options);
  command->callback([options, &status] { status = run_lab(*options); });
}

}  // namespace ft::cli
