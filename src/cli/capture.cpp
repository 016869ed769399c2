// fourtuple capture: packets of an interface as they pass, as a ladder on the terminal and into a file.
#include "analysis/dissect/dissector.hpp"
#include "analysis/fields/numbers.hpp"
#include "analysis/flow/analysis.hpp"
#include "cli/analysis_limits.hpp"
#include "cli/commands.hpp"
#include "cli/filter_text.hpp"
#include "cli/packet_files.hpp"
#include "cli/packet_ladder.hpp"
#include "cli/session.hpp"
#include "cli/slice.hpp"
#include "cli/terminal.hpp"
#include "cli/until.hpp"
#include "io/live_capture.hpp"
#include "io/signal_watch.hpp"
#include "sim/units.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <poll.h>
#include <unistd.h>

namespace ft::cli {

namespace {

constexpr std::string_view command_name = "capture";
using SteadyClock = std::chrono::steady_clock;

/// The command line.
struct CaptureWords {
  std::string interface;
  std::vector<std::string> filter;
  SliceOptions slice;
  std::string display;
  std::string ring;
  std::string until;
  std::string lang;
  std::optional<std::uint64_t> count;
  std::optional<double> seconds;
  std::string buffer = "16MiB";
  std::uint32_t snap_length = 262144;
  bool promiscuous = false;
  bool list = false;
  bool quiet = false;
  std::optional<bool> ascii;
};

struct Plan {
  io::LiveOptions live;
  std::optional<RingSpec> ring;
  Until until = Until::stopped;
  bool ladder = true;
};

std::unexpected<Refusal> wrong(std::string line) { return std::unexpected(Refusal{exit_usage, std::move(line)}); }

std::expected<Plan, Refusal> plan_of(const CaptureWords& o) {
  Plan plan;
  for (const std::string& word : o.filter) plan.live.filter += (plan.live.filter.empty() ? "" : " ") + word;
  if (!o.ring.empty()) {
    if (o.slice.file.empty() || o.slice.file == "-") return wrong("--ring needs -w FILE: it numbers that file's name");
    const auto ring = parse_ring(o.ring);
    if (!ring) return wrong("--ring " + ring.error());
    plan.ring = *ring;
  }
  const auto buffer = sim::parse_size(o.buffer);
  constexpr std::uint64_t most_buffer = 1u << 30;
  if (!buffer || *buffer < 65536 || *buffer > most_buffer)
    return wrong("--buffer \"" + o.buffer + "\": expected 64KiB to 1GiB, as in 16MiB");
  plan.live.buffer_octets = static_cast<std::uint32_t>(*buffer);
  plan.live.promiscuous = o.promiscuous;
  plan.live.snap_length = o.snap_length;
  if (o.until == "handshake") plan.until = Until::handshake;
  if (o.until == "close") plan.until = Until::close;
  plan.ladder = !o.quiet && o.slice.file != "-";
  plan.live.interface = o.interface;
  if (plan.live.interface.empty()) {
    const auto interfaces = io::list_capture_interfaces();
    if (!interfaces) return std::unexpected(Refusal{exit_failed, interfaces.error()});
    plan.live.interface = io::choose_interface(*interfaces);
  }
  return plan;
}

int list_interfaces() {
  const auto interfaces = io::list_capture_interfaces();
  if (!interfaces) {
    complain(command_name, interfaces.error());
    return exit_failed;
  }
  const std::string chosen = io::choose_interface(*interfaces);
  Output out;
  for (const io::CaptureInterface& one : *interfaces) {
    std::string addresses;
    for (const IpAddress& address : one.addresses) addresses += (addresses.empty() ? "" : ", ") + address.to_string();
    const std::string state = one.name == "any" ? "" : !one.up ? "down" : !one.running ? "no carrier" : "up";
    out.write(fmt::format("{} {:<16}{:<11}{}{}\n", one.name == chosen ? '*' : ' ', one.name, state, addresses,
                          one.description.empty() ? "" : (addresses.empty() ? "" : "  ") + ("(" + one.description + ")")));
  }
  if (const auto error = out.finish()) {
    complain(command_name, "cannot write: " + *error);
    return exit_failed;
  }
  return exit_ok;
}

/// -Y: which packets are shown. It knows of each connection what has passed so far.
class Shown {
 public:
  explicit Shown(analysis::Filter filter) : filter_(std::move(filter)), streams_(filter_.needs(analysis::Need::streams)) {}

  bool has(const analysis::Frame& frame, std::string_view interface_name) {
    if (!first_) first_ = frame.at;
    analysis::FrameContext context{
        .frame = frame, .first = *first_, .previous = previous_, .displayed = displayed_, .interface_name = interface_name};
    previous_ = frame.at;
    if (streams_) add_numbers(context);
    const bool matches = filter_.matches(context);
    if (matches) displayed_ = frame.at;
    return matches;
  }

 private:
  void add_numbers(analysis::FrameContext& context) {
    const analysis::Frame& frame = context.frame;
    if (frame.has_segment) {
      const analysis::Judgement judged = analysis_.on(frame.segment);
      context.tcp = &numbers_.on(frame.segment, judged.stream);
      context.judged = true;
      context.label = judged.label;
      context.cause = judged.cause;
    } else if (frame.has_icmp_error) {
      context.quoted_stream = analysis_.on(frame.icmp_error);
      if (context.quoted_stream) context.quoted = &numbers_.on(frame.icmp_error, *context.quoted_stream);
    } else {
      context.udp_stream = numbers_.on_udp(frame);
    }
  }

  analysis::Filter filter_;
  bool streams_;
  analysis::Analysis analysis_{unpredictable()};
  analysis::StreamNumbers numbers_;
  std::optional<Instant> first_, previous_, displayed_;
};

/// A capture while it runs: one loop over packets, signals and the clock.
class Run {
 public:
  Run(const CaptureWords& options, Plan plan, std::unique_ptr<io::LiveCapture> live, std::optional<PacketFiles> files,
      analysis::TextStyle style, std::optional<analysis::Filter> filter)
      : options_(options),
        plan_(std::move(plan)),
        live_(std::move(live)),
        files_(std::move(files)),
        ladder_(out_, style),
        until_(plan_.until),
        anonymiser_(anonymiser_of(options.slice)) {
    if (filter) shown_.emplace(std::move(*filter));
  }

  int go() {
    tell_beginning();
    bool idle = false;
    while (!enough_ && problem_.empty()) {
      if (!wait(idle)) break;
      idle = !take_batch();
      if (idle) pause();
      watch_drops();
    }
    return finish();
  }

 private:
  void tell_beginning() const {
    std::string line = "on " + plan_.live.interface;
    if (!plan_.live.filter.empty()) line += " '" + plan_.live.filter + "'";
    if (files_) line += ", into " + (options_.slice.file == "-" ? std::string("standard output") : files_->names().front());
    if (plan_.ring) line += " and " + std::to_string(plan_.ring->files - 1) + " more in turn";
    complain(command_name, line + "; Ctrl-C ends it");
  }

  /// False when it is over: a signal, or time is up.
  bool wait(bool idle) {
    const auto left = time_left();
    if (left && *left <= std::chrono::milliseconds::zero()) return false;
    constexpr std::chrono::milliseconds pulse{250};  // flushes, and looks for drops
    const auto most = left ? std::min(*left, pulse) : pulse;
    std::array<pollfd, 2> watched{{{live_->descriptor(), POLLIN, 0}, {signals_.descriptor(), POLLIN, 0}}};
    ::poll(watched.data(), watched.size(), idle ? static_cast<int>(most.count()) : 0);
    return !signals_.came();
  }

  std::optional<std::chrono::milliseconds> time_left() const {
    if (!options_.seconds) return std::nullopt;
    const auto whole = std::chrono::duration<double>(*options_.seconds);
    return std::chrono::duration_cast<std::chrono::milliseconds>(whole - (SteadyClock::now() - begun_));
  }

  /// Up to 256 packets; false when there were none.
  bool take_batch() {
    for (int i = 0; i < 256 && !enough_; ++i) {
      const auto step = live_->next(packet_);
      if (step == io::CaptureSource::Step::none) return i > 0;
      if (step != io::CaptureSource::Step::packet) {
        problem_ = live_->problem();
        return true;
      }
      on_packet();
    }
    return true;
  }

  void on_packet() {
    ++packets_;
    const analysis::Frame& frame = dissector_.dissect(packet_);
    if (files_) {
      const auto written = files_->append(anonymiser_ ? anonymised(frame) : packet_);
      if (!written) {
        problem_ = written.error();
        enough_ = true;
      }
    }
    const bool shown = !shown_ || shown_->has(frame, plan_.live.interface);
    if (plan_.ladder && shown && !ladder_.show(frame)) enough_ = true;
    if (frame.has_segment) ++segments_;
    if (frame.has_segment && shown && until_.on(frame.segment)) enough_ = true;
    if (options_.count && packets_ >= *options_.count) enough_ = true;
  }

  const pcap::Packet& anonymised(const analysis::Frame& frame) {
    anonymiser_->anonymise(frame, octets_);
    other_ = packet_;
    other_.octets = octets_;
    return other_;
  }

  void pause() {
    if (files_) files_->flush();
    if (plan_.ladder && !ladder_.pause()) enough_ = true;
  }

  void watch_drops() {
    const auto now = SteadyClock::now();
    if (now - looked_ < std::chrono::seconds(1)) return;
    looked_ = now;
    const std::uint64_t dropped = live_->dropped();
    if (dropped <= told_drops_) return;
    told_drops_ = dropped;
    complain(command_name,
             fmt::format("{} packets dropped so far: they came faster than they were taken. A capture filter, -q, or a "
                         "larger --buffer helps",
                         dropped));
  }

  int finish() {
    if (plan_.ladder) ladder_.finish();
    if (const auto error = out_.finish(); error && problem_.empty()) problem_ = "cannot write: " + *error;
    const std::uint64_t dropped = live_->dropped();
    if (files_) {
      const auto closed = files_->close(std::max(live_->received(), packets_), dropped);
      if (!closed && problem_.empty()) problem_ = closed.error();
    }
    std::string line = fmt::format("{} packets", packets_);
    if (segments_ != packets_) line += fmt::format(", {} with TCP", segments_);
    line += dropped == 0 ? "; none dropped" : fmt::format("; {} DROPPED by the system: the capture has holes", dropped);
    if (files_ && options_.slice.file != "-" && packets_ > 0) line += "; next: fourtuple explain " + files_->names().back();
    complain(command_name, line);
    if (problem_.empty()) return exit_ok;
    complain(command_name, problem_);
    return exit_failed;
  }

  const CaptureWords& options_;
  Plan plan_;
  std::unique_ptr<io::LiveCapture> live_;
  std::optional<PacketFiles> files_;
  Output out_;
  PacketLadder ladder_;
  UntilWatch until_;
  io::SignalWatch signals_;
  analysis::Dissector dissector_;
  pcap::Packet packet_;
  std::optional<analysis::Anonymiser> anonymiser_;
  std::optional<Shown> shown_;
  pcap::Packet other_;  // the packet as it is written
  std::vector<std::byte> octets_;
  SteadyClock::time_point begun_ = SteadyClock::now();
  SteadyClock::time_point looked_ = begun_;
  std::uint64_t packets_ = 0, segments_ = 0, told_drops_ = 0;
  bool enough_ = false;
  std::string problem_;
};

int run_capture(const CaptureWords& o) {
  if (o.list) return list_interfaces();
  const auto refuse = [](const Refusal& refusal) {
    complain(command_name, refusal.line);
    return refusal.status;
  };
  std::optional<analysis::Filter> filter;
  if (!o.display.empty()) {
    filter = compile_filter(std::string(command_name), o.display);
    if (!filter) return exit_usage;
    if (filter->needs_connections()) {
      return refuse(
          {exit_usage, "-Y asks what only the end of a capture tells; write a file with -w, and ask fourtuple packets FILE -Y"});
    }
  }
  auto plan = plan_of(o);
  if (!plan) return refuse(plan.error());
  auto live = io::LiveCapture::open(plan->live);
  if (!live) return refuse({live.error().starts_with("capture filter") ? exit_usage : exit_failed, live.error()});
  std::optional<PacketFiles> files;
  if (!o.slice.file.empty()) {
    if (o.slice.file == "-" && ::isatty(STDOUT_FILENO) != 0)
      return refuse({exit_usage, "-w - writes packets to standard output, which is a terminal"});
    std::vector<pcap::Interface> interfaces = (*live)->interfaces();
    if (o.slice.anonymise) interfaces.front().filter.clear();  // it may name addresses
    auto created = PacketFiles::create(o.slice.file, std::move(interfaces), plan->ring);
    if (!created) return refuse({exit_failed, created.error()});
    files.emplace(std::move(*created));
  }
  const analysis::TextStyle style{.lang = o.lang.empty()   ? locale_language()
                                          : o.lang == "zh" ? analysis::Lang::zh
                                                           : analysis::Lang::en,
                                  .ascii = o.ascii.value_or(!locale_is_utf8()),
                                  .colour = use_colour(When::automatic, STDOUT_FILENO),
                                  .all = false};
  return Run(o, std::move(*plan), std::move(*live), std::move(files), style, std::move(filter)).go();
}

}  // namespace

void add_capture(CLI::App& app, int& status) {
  const auto o = std::make_shared<CaptureWords>();
  CLI::App* command =
      app.add_subcommand("capture", "Capture an interface's packets: a ladder on the terminal as they pass, and a pcapng file");
  command->footer(
      "Examples:\n"
      "  fourtuple capture -i lo 'tcp port 8080' --until close\n"
      "  fourtuple capture -i any -w trace.pcapng --ring 10x100MB");
  command->add_option("FILTER", o->filter, "what to capture, in libpcap's language (man pcap-filter): 'tcp port 80'");
  command->add_option("-i,--interface", o->interface, "the interface, or any; without it that of the default route (--list)");
  command->add_flag("-p,--promiscuous", o->promiscuous, "also packets that are for other stations");
  command->add_option("-Y,--filter", o->display, "show only what this display filter lets through; files get all: 'tcp.len > 0'")
      ->type_name("FILTER");
  declare_slice(*command, o->slice, "every captured packet");
  command->add_option("--ring", o->ring, "several files in turn, the oldest goes: 10x100MB, 24x1h");
  command->add_option("-c,--count", o->count, "end after so many packets")->check(CLI::Range(std::uint64_t{1}, UINT64_MAX));
  command->add_option("--seconds", o->seconds, "end after so long")->check(CLI::Range(0.001, 1e9));
  command->add_option("--until", o->until, "end with the first handshake, or the first connection that is closed")
      ->check(CLI::IsMember({"handshake", "close"}));
  command->add_option("--buffer", o->buffer, "the kernel's memory for packets that wait (default 16MiB)");
  command->add_option("-s,--snaplen", o->snap_length, "octets kept of each packet (default 262144)")
      ->check(CLI::Range(64u, 262144u));
  command->add_flag("-q,--quiet", o->quiet, "no ladder");
  command->add_flag("--list", o->list, "list the interfaces and end");
  command->add_option("--lang", o->lang, "en or zh; as the locale says by default")->check(CLI::IsMember({"en", "zh"}));
  command->add_flag("--ascii,!--unicode", o->ascii, "draw in ASCII, or in Unicode whatever the locale says");
  command->callback([o, &status] { status = run_capture(*o); });
}

}  // namespace ft::cli
