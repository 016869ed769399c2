#include "cli/session.hpp"

#include "cli/capture_file.hpp"
#include "cli/commands.hpp"
#include "cli/live_ladder.hpp"
#include "cli/terminal.hpp"
#include "io/traced_link.hpp"
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
  return *spec;
}

}  // namespace

/// Everybody who is told what happens: the live ladder, the capture file.
class Session::Watchers final : public trace::Sink {
 public:
  std::optional<CaptureFile> capture;
  std::optional<LiveLadder> ladder;
  bool any() const { return capture || ladder; }
  void on_event(const trace::Event& event) override {
    if (capture) capture->on_event(event);
    if (ladder) ladder->on_event(event);
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
  command.add_flag("-v,--verbose", options.verbose, "draw the ladder on standard error while it happens");
}

std::expected<std::unique_ptr<Session>, Refusal> Session::open(const SessionOptions& options, Side side) {
  const auto spec = read_link(options);
  if (!spec) return std::unexpected(spec.error());
  const auto faults = sockets::parse_both_ways(options.impair);
  if (!faults) return std::unexpected(usage("--impair " + faults.error()));
  auto link = open_link(*spec);
  if (!link) return std::unexpected(failure(link.error()));
  StackConfig config = stack_config(*spec, **link);

  auto watchers = std::make_unique<Watchers>();
  const auto actors = actors_of(*spec, side);
  if (!options.pcap.empty()) {
    auto capture = CaptureFile::create(options.pcap, actors, locale_language());
    if (!capture) return std::unexpected(failure(capture.error()));
    watchers->capture.emplace(std::move(*capture));
  }
  if (options.verbose) watchers->ladder.emplace(actors);
  const auto us = static_cast<std::uint8_t>(side);
  const io::LinkReporter reporter(watchers->any() ? watchers.get() : nullptr, (*link)->medium(), us, us == 0 ? 1 : 0);
  if (!options.impair.empty()) {
    *link = std::make_unique<sockets::ImpairedLink>(std::move(*link), faults->out, faults->in, reporter);
  } else if (watchers->any()) {
    *link = std::make_unique<io::TracedLink>(std::move(*link), reporter);
  }
  return std::unique_ptr<Session>(new Session(std::move(config), std::move(*link), std::move(watchers), side));
}

Session::Session(StackConfig config, std::unique_ptr<Link> link, std::unique_ptr<Watchers> watchers, Side side)
    : watchers_(std::move(watchers)), link_(std::move(link)), stack_(std::move(config)), driver_(stack_, *link_) {
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
  if (watchers_->capture) return watchers_->capture->close();
  return {};
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
