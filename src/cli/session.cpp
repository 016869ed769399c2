#include "cli/session.hpp"

#include "cli/capture_file.hpp"
#include "cli/commands.hpp"
#include "cli/connection_info.hpp"
#include "cli/live_ladder.hpp"
#include "cli/terminal.hpp"
#include "cli/trace_file.hpp"
#include "io/clock.hpp"
#include "io/traced_link.hpp"
#include "sim/units.hpp"
#include "sockets/impaired_link.hpp"

#include <cstdio>

namespace ft::cli {
namespace {

Refusal usage(std::string line) { return {exit_usage, std::move(line)}; }
Refusal failure(std::string line) { return {exit_failed, std::move(line)}; }

std::vector<IpAddress> plain(const std::vector<InterfaceAddress>& addresses) {
  std::vector<IpAddress> result;
  for (const auto& a : addresses) result.push_back(a.address);
  return result;
}

std::vector<analysis::Actor> actors_of(const LinkSpec& spec, Side side) {
  const bool we_are_client = side == Side::client;
  return {{"client", false, plain(we_are_client ? spec.ours : spec.kernel)},
          {"server", true, plain(we_are_client ? spec.kernel : spec.ours)}};
}

std::expected<LinkSpec, Refusal> read_link(const SessionOptions& options) {
  auto spec = parse_link(options.link);
  if (!spec) return std::unexpected(usage("--link " + spec.error()));
  for (const auto& address : options.addresses) {
    if (auto added = add_address(*spec, address); !added) return std::unexpected(usage("--address " + added.error()));
  }
  spec->mtu = options.mtu;
  // Who watches wants to see packets as they are on a wire, and faults befall packets, not super-segments.
  spec->offload = options.pcap.empty() && options.trace.empty() && options.impair.empty() && !options.verbose;
  return *spec;
}

}  // namespace

/// Everybody who is told what happens: the live ladder, the capture file, the trace.
class Session::Watchers final : public trace::Sink {
 public:
  std::optional<CaptureFile> capture;
  std::optional<LiveLadder> ladder;
  std::optional<TraceFile> trace;
  bool any() const { return capture || ladder || trace; }
  void on_event(const trace::Event& event) override {
    if (capture) capture->on_event(event);
    if (ladder) ladder->on_event(event);
    if (trace) trace->on_event(event);
  }
};

void add_session_options(CLI::App& command, SessionOptions& options) {
  command
      .add_option("--link", options.link,
                  "the network: tun:NAME,OURS/LEN[,KERNEL] (a device whose other end is this machine's kernel) or\n"
                  "udp:LOCAL,REMOTE,OURS/LEN (IP packets in UDP datagrams, no root needed)")
      ->required()
      ->type_name("LINK");
  command.add_option("--address", options.addresses, "a second address of ours, of the other family: OURS/LEN[,KERNEL]")
      ->type_name("ADDRESS");
  command.add_option("--mtu", options.mtu, "octets of IP packet that the link carries")
      ->type_name("OCTETS")
      ->check(CLI::Range(1280, 65535));
  command
      .add_option("--impair", options.impair, "faults in front of the link: loss=2%,delay=20ms,reorder=1%,duplicate=1%,seed=7")
      ->type_name("FAULTS");
  command.add_option("--pcap", options.pcap, "write every packet to this file (pcapng, with the reason for each)")
      ->type_name("FILE");
  command
      .add_option("--keepalive", options.keepalive,
                  "ask a silent peer whether it is still there: after so long, and as often again (RFC 9293 3.8.4), as in 30s")
      ->type_name("TIME");
  command
      .add_option("--trace", options.trace,
                  "write every decision to this file, one JSON object a line (docs/reference/trace-json.md)")
      ->type_name("FILE");
  command
      .add_flag(
          "--info", options.info,
          "tell at the end what the connection knows: round trips, windows, losses, limits (--info=json: as one JSON document)")
      ->transform([](const std::string& word) { return word == "true" ? "text" : word; })
      ->check(CLI::IsMember({"text", "json"}));
  command.add_flag("-v,--verbose", options.verbose, "draw the ladder on standard error while it happens");
}

std::expected<std::unique_ptr<Session>, Refusal> Session::open(const SessionOptions& options, Side side) {
  const auto spec = read_link(options);
  if (!spec) return std::unexpected(spec.error());
  const auto faults = sockets::parse_both_ways(options.impair);
  if (!faults) return std::unexpected(usage("--impair " + faults.error()));
  std::optional<Duration> keepalive;
  if (!options.keepalive.empty()) {
    const auto time = sim::parse_duration(options.keepalive);
    if (!time || *time <= Duration::zero())
      return std::unexpected(usage("--keepalive " + (time ? "must be longer than nothing" : time.error())));
    keepalive = *time;
  }
  auto link = open_link(*spec);
  if (!link) return std::unexpected(failure(link.error()));
  StackConfig config = stack_config(*spec, **link);
  if (keepalive) {
    config.tcp.keepalive = true;
    config.tcp.keepalive_idle = config.tcp.keepalive_interval = *keepalive;
  }

  auto watchers = std::make_unique<Watchers>();
  const auto actors = actors_of(*spec, side);
  if (!options.pcap.empty()) {
    auto capture = CaptureFile::create(options.pcap, actors, locale_language());
    if (!capture) return std::unexpected(failure(capture.error()));
    watchers->capture.emplace(std::move(*capture));
  }
  if (!options.trace.empty()) {
    const std::string_view hosts[] = {"client", "server"};
    const bool client = side == Side::client;
    const Instant origin = io::RealClock().now();
    auto trace = TraceFile::create(options.trace,
                                   {.title = client ? "fourtuple connect" : "fourtuple listen",
                                    .vantage = hosts[client ? 0 : 1],
                                    .epoch = origin.time_since_epoch(),
                                    .hosts = hosts},
                                   origin);
    if (!trace) return std::unexpected(failure(trace.error()));
    watchers->trace.emplace(std::move(*trace));
  }
  if (options.verbose) watchers->ladder.emplace(actors);
  const auto us = static_cast<std::uint8_t>(side);
  const io::LinkReporter reporter(watchers->any() ? watchers.get() : nullptr, (*link)->medium(), us, us == 0 ? 1 : 0);
  if (!options.impair.empty()) {
    *link = std::make_unique<sockets::ImpairedLink>(std::move(*link), faults->out, faults->in, reporter);
  } else if (watchers->any()) {
    *link = std::make_unique<io::TracedLink>(std::move(*link), reporter);
  }
  return std::unique_ptr<Session>(new Session(std::move(config), std::move(*link), std::move(watchers), side,
                                              options.info.empty() && options.verbose ? "text" : options.info));
}

Session::Session(StackConfig config, std::unique_ptr<Link> link, std::unique_ptr<Watchers> watchers, Side side, std::string info)
    : watchers_(std::move(watchers)),
      link_(std::move(link)),
      stack_(std::move(config)),
      driver_(stack_, *link_),
      info_(std::move(info)) {
  stack_.on_deadline(driver_.now());  // the stack learns what time it is
  if (watchers_->any()) stack_.set_trace(watchers_.get(), static_cast<std::uint8_t>(side));
}

Session::~Session() = default;

std::expected<void, std::string> Session::finish() {
  const Instant latest = driver_.read_clock() + std::chrono::seconds(1);
  while (driver_.now() < latest && (link_->next_deadline() || link_->wants_room())) {
    if (!driver_.turn(latest)) break;
  }
  stack_.set_trace(nullptr);
  if (watchers_->ladder) watchers_->ladder->finish();
  std::expected<void, std::string> written;
  if (watchers_->trace) written = watchers_->trace->close();
  if (watchers_->capture) {
    if (auto captured = watchers_->capture->close(); !captured) written = captured;
  }
  return written;
}

void Session::tell(const ConnectionInfo& info) const {
  if (info_.empty()) return;
  const std::string told = info_ == "json" ? info_json(info, driver_.now()) : info_text(info, driver_.now());
  std::fputs(told.c_str(), stderr);
}

void complain(std::string_view command, std::string_view line) {
  std::fprintf(stderr, "fourtuple %.*s: %.*s\n", static_cast<int>(command.size()), command.data(), static_cast<int>(line.size()),
               line.data());
}

int report(std::string_view command, std::string_view peer, const Ending& ending) {
  const std::string who = peer.empty() ? "" : std::string(peer) + ": ";
  switch (ending.kind) {
    case Ending::Kind::normal:
      return exit_ok;
    case Ending::Kind::connection:
      complain(command, who + std::string(to_string(ending.why)) + ": " + std::string(describe(ending.why)));
      break;
    case Ending::Kind::interrupted:
      complain(command, "interrupted");
      break;
    case Ending::Kind::output:
      complain(command, "cannot write standard output: " + ending.detail + "; the connection was aborted");
      break;
    case Ending::Kind::link:
      complain(command, ending.detail);
      break;
  }
  return exit_failed;
}

}  // namespace ft::cli
