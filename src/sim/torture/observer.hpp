// The one who stands at every wire and believes only what passes: every packet that a stack sends is well formed and fits what it
// has heard. It never asks a stack.
//
// For each direction of a connection: text lies inside the window that had reached its sender, acknowledgements and offered right
// edges never go back, nothing is acknowledged that was not delivered, and every octet of text is what the application wrote
// there.
#pragma once

#include "fourtuple/trace.hpp"
#include "sim/torture/pattern.hpp"
#include "wire/tcp.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace ft::sim::torture {

struct TupleHash {
  using is_avalanching = void;
  std::size_t operator()(const FourTuple& t) const {
    const auto a = t.local.address.words();
    const auto b = t.remote.address.words();
    std::uint64_t z = (a[0] ^ (a[1] >> 7) ^ (b[0] * 31) ^ (b[1] * 37)) + (std::uint64_t{t.local.port} << 16 | t.remote.port);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return static_cast<std::size_t>(z ^ (z >> 31));
  }
};

/// What the wire has shown of one direction: source to destination.
struct Flow {
  FourTuple tuple;  // local = the source
  std::uint32_t back = 0;
  std::uint32_t epoch = 0;       // counts its SYNs with new numbers; 0: none seen
  std::uint32_t back_epoch = 0;  // of the other direction, when this one first acknowledged it
  Seq iss, sent;                 // first number; one past the highest sent
  Seq delivered;                 // one past the highest that arrived at the destination
  Seq heard_edge;                // highest right edge that had arrived at the source
  Seq heard_ack;                 // highest acknowledgement that had arrived at the source
  Seq told_ack, told_edge;       // what the source said last
  std::uint8_t shift = 0;
  bool scales = false;  // its SYN had the option
  bool has_heard = false, has_told = false, reset = false;
  bool forged = false;                   // somebody opened it in a foreign name: nothing is known of it
  std::vector<Seq> foreign;              // numbers of SYNs that somebody else sent in its name
  std::optional<std::uint64_t> pattern;  // of the application's octets
};

class Observer {
 public:
  Observer();

  /// The octets that `tuple.local` will write from now on.
  void expect(const FourTuple& tuple, std::uint64_t pattern);

  /// That host may answer SYNs by cookies: what a replayed packet opens there has the numbers of another time.
  void forgets(std::uint8_t host) { forgetful_[host] = true; }

  /// A stack put this packet on a wire. Empty: all is well.
  std::string on_sent(const trace::LinkSent& sent);
  /// A packet that no stack made goes by.
  void on_injected(const trace::LinkSent& sent);
  void on_delivered(const trace::LinkDelivered& delivered);

  const Flow* find(const FourTuple& tuple) const;
  std::uint64_t packets() const { return packets_; }
  /// For an attacker: a packet that went over that wire lately; empty when there is none. Cheap enough to keep always.
  std::span<const std::byte> old_packet(std::uint8_t from, std::uint8_t to, std::uint64_t which) const;

 private:
  /// What must be known of a packet when it arrives.
  struct InFlight {
    std::uint32_t flow = UINT32_MAX;  // none: not TCP, or not to be believed
    std::uint32_t epoch = 0;
    Seq end, ack, edge;
    bool acks = false;
  };
  struct Wire {
    std::vector<InFlight> flights;  // a ring, by number
    std::array<std::vector<std::byte>, 16> old;
    std::uint64_t sent = 0;
  };
  Wire& wire(std::uint8_t from, std::uint8_t to);
  std::uint32_t flow(const FourTuple& tuple);
  std::string look(Flow& flow, Flow& back, const wire::ParsedTcp& tcp, InFlight& in_flight);
  static void remember(const Flow& flow, const Flow& back, const wire::ParsedTcp& tcp, InFlight& in_flight);
  static std::string look_at_ack(Flow& flow, const Flow& back, const wire::TcpHeader& header, Seq edge);
  static std::string look_at_text(const Flow& flow, const Flow& back, const wire::ParsedTcp& tcp, std::uint32_t length);
  static void begin(Flow& flow, const wire::TcpHeader& header);

  std::vector<Flow> flows_;
  boost::unordered_flat_map<FourTuple, std::uint32_t, TupleHash> index_;
  std::vector<Wire> wires_;
  std::array<bool, 8> forgetful_{};
  std::uint64_t packets_ = 0;
};

}  // namespace ft::sim::torture
