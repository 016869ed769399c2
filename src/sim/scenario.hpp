// A scenario is a story about one connection or a few: two hosts, a link with faults, steps that the applications take, and
// what must have happened in the end. It is written in TOML (docs/howto/scenarios.md) and becomes these values.
//
// Names: the hosts are "client" and "server". A host's first connection has the host's name, the next ones are "client2",
// "server2", ... in the order of their connect or accept. Steps are addressed to a connection; "attacker" owns none.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fourtuple/address.hpp"
#include "fourtuple/config.hpp"
#include "fourtuple/sim.hpp"
#include "fourtuple/time.hpp"

namespace ft::sim {

/// Also the host's index in the simulator's trace.
enum class Role : std::uint8_t { client = 0, server = 1, attacker = 2 };
std::string_view to_string(Role);
constexpr std::size_t index(Role role) { return static_cast<std::size_t>(role); }

/// When a step is due: at a time since the start, or some time after something has happened.
struct Trigger {
  Duration at{};            // when `event` is empty
  std::string event;        // "client.connected", "server.received", "server.state CLOSE-WAIT"
  std::uint64_t count = 1;  // so many octets for "received"; the n-th time for the others
  Duration after{};         // later by so much
};

enum class Verb : std::uint8_t {
  listen,   // on `port`
  connect,  // to the other host's `port`
  accept,   // one connection (only where the host does not accept by itself)
  write,    // `octets` of a pattern; what does not fit waits and goes on by itself
  read,     // `octets`, or everything from now on when 0
  stop_reading,
  shutdown,  // no more writing: FIN after what is queued
  close,     // FIN after what is queued, and the application is gone
  abort,     // RST
  crash,     // the host loses its memory and stays silent
  restart,   // the host is back, knowing nothing; it listens where it listened
  inject,    // the attacker sends a segment in the name of the other end
};
std::string_view to_string(Verb);

/// A forged segment to a connection, as if from its peer.
struct Injection {
  std::string victim;        // connection
  std::uint8_t flags = 0;    // wire::tcp_flag
  std::int64_t offset = 0;   // sequence number: the victim's RCV.NXT plus this
  std::uint32_t octets = 0;  // of text
};

struct Step {
  Trigger trigger;
  Role host = Role::client;
  std::string actor;  // connection name; the host's name for listen, crash and restart; "attacker"
  Verb verb = Verb::connect;
  std::uint64_t octets = 0;
  std::uint16_t port = 80;
  std::optional<std::uint16_t> from_port;  // connect
  std::size_t from_address = 0;            // connect: index into the host's addresses
  std::uint32_t first = 0;                 // connect: octets that may go with the SYN
  bool asks_fast_open = false;             // connect: RFC 7413
  std::uint32_t backlog = 128;             // listen
  std::uint32_t syn_queue = 1024;          // listen
  std::uint32_t fast_open = 0;             // listen: so many pending ones, RFC 7413
  std::optional<SynCookieUse> cookies;     // listen
  Injection injection;
  unsigned line = 0;  // in the file
};

/// What must be true in the end. See docs/howto/scenarios.md for the sentences.
struct Expectation {
  enum class Kind : std::uint8_t {
    closed,      // client.closed reset          the CloseReason's name
    connected,   // client.connected             an active open finished
    accepted,    // server.accepted
    received,    // server.received 3000         octets that the application read
    end,         // server.end                   it read the end of the peer's stream
    state,       // client.state TIME-WAIT       the last one
    passed,      // client.passed FIN-WAIT-2
    stays,       // client.stays TIME-WAIT 60s   in all, at least so long
    error,       // client3.error no_ephemeral_port
    sends,       // client.sends SYN 2, client.sends SYN at 0s 1s 3s, server.sends RST none
    dropped,     // server.dropped rst_challenged (a DropReason's name)
    local_port,  // server2.local_port 80
    lost,        // link.lost 1
  };
  Kind kind = Kind::closed;
  bool negated = false;  // "not client.connected"
  Role host = Role::client;
  std::string subject;  // connection or host name, "link"
  std::string word;     // state, reason, kind of segment
  std::uint64_t number = 0;
  bool at_least = false;        // "client.sends DATA 2+"
  std::vector<Duration> times;  // sends ... at
  Duration duration{};          // stays
  std::string text;             // as written
  unsigned line = 0;
};

struct HostSettings {
  std::vector<IpAddress> v4;  // the first one is the host's own
  std::vector<IpAddress> v6;
  // A story tells of one thing: of ECN and of windows that grow only those that turn it on.
  TcpOptions tcp{.send_buffer = 256 * 1024, .receive_buffer = 256 * 1024, .autotune = false, .ecn = Ecn::off};
  PortRange ephemeral;
  std::uint32_t mtu = 1500;
  bool accepts = true;                        // the application accepts by itself
  bool reads = true;                          // ... and reads whatever comes
  bool prompt = false;                        // ... and reacts before the stack has sent its answer, so that both share a segment
  std::vector<std::uint16_t> filtered_ports;  // a firewall in front drops what goes there, silently
};

struct Scenario {
  std::string name;  // the file's name without .toml
  std::string title, title_zh;
  std::string teaches, teaches_zh;    // one or two sentences
  std::string next, next_zh;          // what to try next
  bool kernel = false;                // makes sense with a kernel at one end
  std::array<HostSettings, 2> hosts;  // by Role
  ImpairmentSettings to_server, to_client;
  std::uint64_t seed = 1;
  std::optional<Duration> until;  // the story ends then; none: when the network has fallen silent
  std::vector<Step> steps;
  std::vector<Expectation> expectations;
};

/// Reads a scenario. Errors are "FILE:LINE: what is wrong".
std::expected<Scenario, std::string> parse_scenario(std::string_view file_name, std::string_view text);

/// One of the embedded stories; the error suggests a name.
std::expected<Scenario, std::string> embedded_scenario(std::string_view name);

/// What a host's stack is configured with: the scenario's settings, the family's addresses, a secret made of `seed`.
StackConfig host_config(const Scenario& scenario, Role role, bool ipv6, std::uint64_t seed);
/// The host's own address of that family.
const IpAddress& address_of(const Scenario& scenario, Role role, bool ipv6, std::size_t which = 0);

}  // namespace ft::sim
