// `fourtuple listen [ADDR:]PORT`: the same as connect, as the server.
#include "cli/commands.hpp"
#include "cli/open_error.hpp"
#include "cli/openings.hpp"
#include "cli/session.hpp"

#include <unistd.h>

#include <cstdio>
#include <memory>

namespace ft::cli {
namespace {

constexpr std::string_view command_name = "listen";

struct ListenCommand {
  SessionOptions session;
  OpeningOptions opening;
  std::string endpoint;
  bool keep = false;
};

/// The address that was named, or each of ours.
std::vector<Endpoint> endpoints_of(const StackConfig& config, const Endpoint& named) {
  if (!named.address.is_unspecified()) return {named};
  std::vector<Endpoint> endpoints;
  for (const auto& ours : config.addresses) endpoints.push_back({ours.address, named.port});
  return endpoints;
}

std::expected<std::vector<Listener>, std::string> open_listeners(Stack& stack, const std::vector<Endpoint>& endpoints,
                                                                 const ListenOptions& options, Instant now) {
  std::vector<Listener> listeners;
  for (const auto& endpoint : endpoints) {
    auto listener = Listener::listen(stack, endpoint, options);
    if (!listener) {
      return std::unexpected(endpoint.to_string() + ": " + explain(listener.error(), now));
    }
    listeners.push_back(std::move(*listener));
  }
  return listeners;
}

void announce(const std::vector<Endpoint>& endpoints, const Link& link) {
  std::string line = "listening on";
  for (const auto& endpoint : endpoints) line += " " + endpoint.to_string();
  std::fprintf(stderr, "%s over %s\n", line.c_str(), link.name().c_str());
}

struct Served {
  Ending ending;
  std::string peer;
};

Served serve_one(const Session& session, Relay& relay, std::vector<Listener>& listeners, bool keep) {
  Socket socket;
  const auto is_accepted = [&] {
    for (auto& listener : listeners) {
      auto accepted = listener.accept();
      if (!accepted) continue;
      socket = std::move(*accepted);
      return true;
    }
    return false;
  };
  if (Ending ending = relay.wait(is_accepted); !ending) return {std::move(ending), {}};
  if (!keep) listeners.clear();
  const auto first = socket.info();
  const std::string peer = first ? first->tuple.remote.to_string() : "the peer";
  Ending ending = relay.run(socket);
  const auto last = socket.info();
  if (last) session.tell(*last);
  socket.close();
  if (ending && last && !keep) relay.linger(*last);
  return {std::move(ending), peer};
}

int run(const ListenCommand& command) {
  const auto refuse = [](int status, std::string_view line) {
    complain(command_name, line);
    return status;
  };
  const auto endpoint = Endpoint::parse(command.endpoint);
  if (!endpoint || endpoint->port == 0) {
    return refuse(exit_usage,
                  "\"" + command.endpoint + "\" is no [ADDR:]PORT; expected one as in 9000, 10.9.0.2:9000 or [fd00::2]:9000");
  }
  constexpr std::uint32_t most_fast_opens = 128;  // whose handshake is not over
  const auto keys = read_keys(command.opening);
  if (!keys) return refuse(exit_usage, keys.error());
  ListenOptions options;
  options.fast_open = command.opening.fast_open ? most_fast_opens : 0;
  options.authentication = *keys;
  auto session = Session::open(command.session, Side::server);
  if (!session) return refuse(session.error().status, session.error().line);
  Session& s = **session;
  const auto endpoints = endpoints_of(s.stack().config(), *endpoint);
  auto listeners = open_listeners(s.stack(), endpoints, options, s.driver().now());
  if (!listeners) return refuse(exit_failed, listeners.error());
  announce(endpoints, s.link());

  Relay relay(s.driver(), s.signals(), STDIN_FILENO, STDOUT_FILENO, command.keep);
  Served served;
  do {
    served = serve_one(s, relay, *listeners, command.keep);
    if (command.keep && served.ending.kind == Ending::Kind::connection) report(command_name, served.peer, served.ending);
  } while (command.keep && (served.ending || served.ending.kind == Ending::Kind::connection));
  const auto captured = s.finish();
  const int status = report(command_name, served.peer, served.ending);
  return captured ? status : refuse(exit_failed, captured.error());
}

}  // namespace

void add_listen(CLI::App& app, int& status) {
  auto command = std::make_shared<ListenCommand>();
  CLI::App* sub = app.add_subcommand(
      "listen",
      "Wait for one connection on [ADDR:]PORT: standard input and output over our stack; the end of input half-closes.");
  sub->footer(
      "Examples:\n"
      "  fourtuple listen --link udp:127.0.0.1:7001,127.0.0.1:7002,10.9.0.1/24 9000\n"
      "  sudo fourtuple listen --link tun:ft0,10.9.0.2/24,10.9.0.1 9000");
  sub->add_option("ENDPOINT", command->endpoint, "[ADDR:]PORT, as in 9000 or [fd00::2]:9000")
      ->required()
      ->type_name("[ADDR:]PORT");
  sub->add_flag("-k,--keep", command->keep, "go on with the next connection when one is over");
  add_opening_options(*sub, command->opening,
                      "give cookies to who asks, and take text that comes with a SYN and a cookie (RFC 7413): it may come twice");
  add_session_options(*sub, command->session);
  sub->callback([command, &status] { status = run(*command); });
}

}  // namespace ft::cli
