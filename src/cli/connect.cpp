// `fourtuple connect HOST PORT`: standard input and output over a connection of our own stack.
#include "cli/commands.hpp"
#include "cli/open_error.hpp"
#include "cli/openings.hpp"
#include "cli/session.hpp"
#include "fourtuple/sim.hpp"
#include "sim/units.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <memory>

namespace ft::cli {
namespace {

constexpr std::string_view command_name = "connect";

struct ConnectCommand {
  SessionOptions session;
  OpeningOptions opening;
  std::string host;
  std::uint16_t port = 0;
  std::optional<std::uint16_t> local_port;
  std::string timeout;
};

std::expected<std::optional<Duration>, Refusal> timeout_of(const ConnectCommand& command) {
  if (command.timeout.empty()) return std::nullopt;
  const auto timeout = sim::parse_duration(command.timeout);
  if (!timeout) return std::unexpected(Refusal{exit_usage, "--timeout " + timeout.error()});
  return *timeout;
}

ConnectOptions connect_options(const ConnectCommand& command, std::optional<Duration> timeout, const TcpOptions& defaults) {
  ConnectOptions options;
  options.local_port = command.local_port;
  if (timeout) options.tcp.emplace(defaults).connect_timeout = *timeout;
  return options;
}

/// What standard input has at hand, for the SYN: not more than fits there, and nobody waits long for it.
std::size_t read_first_text(std::span<std::byte> into) {
  constexpr int patience_ms = 100;
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (::poll(&input, 1, patience_ms) != 1) return 0;
  const ssize_t got = ::read(STDIN_FILENO, into.data(), into.size());
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

Ending converse(Session& session, Socket socket) {
  Relay relay(session.driver(), session.signals(), STDIN_FILENO, STDOUT_FILENO);
  ConnectionInfo last;
  const auto is_answered = [&] {
    const auto info = socket.info();
    if (info) last = *info;
    return !info || info->closed != CloseReason::none || (info->state != "SYN-SENT" && info->state != "SYN-RECEIVED");
  };
  Ending ending = relay.wait(is_answered);
  if (ending && last.closed != CloseReason::none && last.closed != CloseReason::normal) {
    ending = {Ending::Kind::connection, last.closed, {}};
  }
  if (ending) ending = relay.run(socket);
  if (ending.kind == Ending::Kind::interrupted && socket) socket.abort();
  if (const auto info = socket.info()) last = *info;
  session.tell(last);
  socket.close();
  if (ending) relay.linger(last);
  return ending;
}

int run(const ConnectCommand& command) {
  const auto refuse = [](const Refusal& refusal) {
    complain(command_name, refusal.line);
    return refusal.status;
  };
  const auto timeout = timeout_of(command);
  if (!timeout) return refuse(timeout.error());
  const auto address = IpAddress::parse(command.host);
  if (!address) return refuse({exit_usage, "\"" + command.host + "\" is no address; expected one as in 10.9.0.1 or fd00::1"});
  const auto keys = read_keys(command.opening);
  if (!keys) return refuse({exit_usage, keys.error()});
  auto session = Session::open(command.session, Side::client);
  if (!session) return refuse(session.error());
  Session& s = **session;
  ConnectOptions options = connect_options(command, *timeout, s.stack().config().tcp);
  options.authentication = *keys;
  std::array<std::byte, 1024> first;
  if (command.opening.fast_open) {
    options.fast_open = options.fast_open_without_cookie = true;
    options.first_text = std::span(first).first(read_first_text(first));
  }
  const Endpoint remote{*address, command.port};
  auto socket = Socket::connect(s.stack(), s.driver().read_clock(), remote, options);
  if (!socket) return refuse({exit_failed, remote.to_string() + ": " + explain(socket.error(), s.driver().now())});
  const Ending ending = converse(s, std::move(*socket));
  const auto captured = s.finish();
  const int status = report(command_name, remote.to_string(), ending);
  return captured ? status : refuse({exit_failed, captured.error()});
}

}  // namespace

void add_connect(CLI::App& app, int& status) {
  auto command = std::make_shared<ConnectCommand>();
  CLI::App* sub = app.add_subcommand(
      "connect", "Connect to HOST PORT: standard input and output over our stack; the end of input half-closes.");
  sub->footer(
      "Examples:\n"
      "  echo hi | fourtuple connect --link udp:[::1]:7002,[::1]:7001,10.9.0.2/24 10.9.0.1 9000\n"
      "  sudo fourtuple connect --link tun:ft0,10.9.0.2/24,10.9.0.1 10.9.0.1 22 -v");
  sub->add_option("HOST", command->host, "an IPv4 or IPv6 address")->required();
  sub->add_option("PORT", command->port, "1 to 65535")->required()->check(CLI::Range(1, 65535));
  sub->add_option("--local-port", command->local_port, "our port; without it one is chosen (RFC 6056)")
      ->check(CLI::Range(1, 65535));
  sub->add_option("--timeout", command->timeout, "give up when nobody has answered for so long, as in 10s")->type_name("TIME");
  add_opening_options(
      *sub, command->opening,
      "what the input has at hand goes with the SYN, without a cookie (RFC 7413 7.3): a server that asks for one\n"
      "takes it behind the handshake");
  add_session_options(*sub, command->session);
  sub->callback([command, &status] { status = run(*command); });
}

}  // namespace ft::cli
