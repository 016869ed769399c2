// What a tortured world is going to do, as data: a seed decides a plan, a plan decides every octet. Everything that can go wrong
// in it is an item of a list, and each item brings its own dice, so any of them can be left out and the others stay as they are.
// That is what makes a failure shrink.
#pragma once

#include "fourtuple/config.hpp"
#include "fourtuple/sim.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace ft::sim::torture {

struct HostPlan {
  std::uint32_t mtu = 1500;
  bool prompt = false;              // the application answers before the stack sends
  std::vector<TcpOptions> servers;  // of the listeners on port 80, 81, ...
  std::uint32_t backlog = 128;
  std::uint32_t syn_queue = 1024;
  SynCookieUse syn_cookies = SynCookieUse::when_full;
  PortAlgorithm port_algorithm = PortAlgorithm::double_hash;
  std::uint64_t memory = 1u << 30;  // octets in all buffers
};

inline constexpr std::uint32_t most_half_open = 1000;  // more than a plan ever has at once

/// It may answer a SYN by a cookie.
inline bool is_forgetful(const HostPlan& host) {
  return host.syn_cookies == SynCookieUse::always ||
         (host.syn_cookies == SynCookieUse::when_full && host.syn_queue < most_half_open);
}

struct LinkPlan {
  std::uint8_t a = 0, b = 0;
  Duration delay{};        // one way
  std::uint64_t rate = 0;  // bits per second, 0 = no limit
};

/// How an application ends its side.
enum class Ending : std::uint8_t {
  polite,       // writes all, shuts down, reads to the end, closes
  reads_first,  // reads to the end before it writes: the peer half-closes
  closes,       // writes all and closes, whatever is unread
  leaves,       // closes at `end_at`, whatever was written or read
  aborts,       // aborts at `end_at`
  count_,
};

/// One end's application.
struct EndPlan {
  std::uint32_t octets = 0;  // it writes so many
  std::uint32_t chunk = 0;   // at once, at most
  Duration write_gap{};      // between its writes
  std::uint32_t gulp = 0;    // reads so much at once
  Duration read_gap{};       // between its reads; 0 = whatever comes at once
  Ending ending = Ending::polite;
  Duration end_at{};  // after it got its connection
  bool urgent = false;
  bool in_place = false;  // reserve and commit, peek and consume
  bool toggles = false;   // options while it runs
};

struct ConnectionPlan {
  Duration at{};
  std::uint8_t from = 0, to = 0;
  std::uint8_t server = 0;  // which of the host's listeners
  bool ipv6 = false;
  bool simultaneous = false;     // both open; no listener
  std::uint16_t local_port = 0;  // 0: the stack chooses; else the same again and again
  TcpOptions options;
  EndPlan opener, answerer;
  std::uint64_t seed = 0;
};

enum class Fault : std::uint8_t {
  loss,
  burst,
  reorder,
  duplicate,
  corrupt,
  delay,
  jitter,
  mtu,
  rate,
  queue,
  outage,
  count_,
};

/// A fault of one direction of a link, for a while.
struct FaultPlan {
  std::uint8_t link = 0;
  bool forward = true;  // from a to b
  Fault fault = Fault::loss;
  Duration from{}, until{};
  double amount = 0;  // a probability, or a share of what is usual
  Duration time{};    // delay, jitter, reorder
  std::uint32_t size = 0;
};

enum class Attack : std::uint8_t {
  blind,    // guesses: RST, SYN, data and ACK with the right ports and any numbers
  replay,   // an old packet of the link, as it was
  icmp,     // errors that quote the connection, with guessed numbers
  mutant,   // a copy of a packet, changed so that it must not matter
  flood,    // SYNs from nobody
  garbage,  // octets
  count_,
};

struct AttackPlan {
  Attack attack = Attack::blind;
  Duration at{};
  Duration gap{};
  std::uint32_t count = 0;
  std::uint32_t connection = 0;  // the item that it is about
  bool to_opener = true;
  std::uint64_t seed = 0;
};

using Item = std::variant<ConnectionPlan, FaultPlan, AttackPlan>;

struct Plan {
  std::uint64_t seed = 0;
  std::vector<HostPlan> hosts;
  std::vector<LinkPlan> links;  // between any two
  std::vector<Item> items;
  Duration healed{};     // no fault and no attack after this
  Duration end{};        // and by this everything must be over
  bool told_mtu = true;  // who loses a packet for its size says so
};

/// The world of that seed.
Plan make_plan(std::uint64_t seed);

/// One line for a person: "from 1.2 s to 3.4 s the link 0 -> 2 loses 20 %".
std::string describe(const Plan& plan, const Item& item);

}  // namespace ft::sim::torture
