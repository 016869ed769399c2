// What happened in a story, collected from the trace and from the applications, and held against what the story promised.
// A run against a real kernel collects the same facts about our end alone.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fourtuple/error.hpp"
#include "fourtuple/trace.hpp"
#include "sim/scenario.hpp"
#include "wire/seq.hpp"

namespace ft::sim {

/// How one connection of a story fared, as its application and its trace saw it.
struct ConnectionEnd {
  std::string name;
  Role host = Role::client;
  FourTuple tuple;                    // zero when connect failed
  std::string_view state = "CLOSED";  // the last one; RFC names
  bool connected = false, accepted = false, end_seen = false;
  CloseReason closed = CloseReason::none;
  Error error = Error::none;       // connect's
  std::optional<Instant> free_at;  // with no_ephemeral_port and four_tuple_in_use: when a port will be free
  std::uint64_t octets_written = 0, octets_read = 0;
};

struct CheckedExpectation {
  std::string text;  // as written in the scenario
  unsigned line = 0;
  bool met = false;
  std::string sentence;  // what was found: "client sent SYN at 0s, 1s, 3s"
};

/// A change of state of a connection at one host.
struct StateMark {
  Instant at{};
  Role host{};
  FourTuple tuple;
  std::string_view state;
  CloseReason end = CloseReason::none;  // the connection is over with this state, and why
};

/// The words that "sends" counts. One segment may be of several kinds.
enum class SegmentKind : std::uint8_t { syn, syn_ack, data, fin, ack, rst, retransmission, count_ };
std::optional<SegmentKind> segment_kind(
    std::string_view word);  // "SYN", "SYN-ACK", "DATA", "FIN", "ACK", "RST", "RETRANSMISSION"

class Facts final : public trace::Sink {
 public:
  void on_event(const trace::Event& event) override;

  /// The record of a connection, made when it is first named.
  ConnectionEnd& connection(std::string_view name, Role host);
  const ConnectionEnd* find(std::string_view name) const;
  const std::vector<ConnectionEnd>& connections() const { return connections_; }
  /// Sets each connection's last state from the trace, and how it ended where the application was no longer there to hear it.
  void finish();

  /// What a connection went through. A four-tuple may live several times; the n-th connection that was named with it has had
  /// the n-th life.
  std::vector<StateMark> path(const ConnectionEnd& connection) const;
  const std::vector<Instant>& sent(Role host, SegmentKind kind) const;
  std::uint64_t dropped(Role host, DropReason reason) const;
  std::uint64_t lost() const { return lost_; }

 private:
  void note_state(const trace::Event& event, const FourTuple& tuple, std::string_view from, std::string_view to, CloseReason why);
  void note_sent(const trace::Event& event, const trace::SegmentSent& sent);

  std::vector<ConnectionEnd> connections_;
  std::vector<StateMark> states_;
  std::array<std::array<std::vector<Instant>, static_cast<std::size_t>(SegmentKind::count_)>, 2> sent_{};
  std::array<std::array<std::uint64_t, static_cast<std::size_t>(DropReason::count_)>, 2> dropped_{};
  struct Stream {
    Seq iss;
    Seq highest;  // after the last octet sent
  };
  using Key = std::pair<std::uint8_t, FourTuple>;  // host and its connection
  std::map<Key, Stream> streams_;
  std::uint64_t lost_ = 0;
};

/// Holds the facts against the scenario's expectations; with `only`, leaves out those about the other host (a kernel's
/// inside is not seen) and is lenient about points in time, since the story ran in real time. `ended` is the end of the story,
/// for states that last.
std::vector<CheckedExpectation> check(const Scenario& scenario, const Facts& facts, Instant ended, std::optional<Role> only = {});

}  // namespace ft::sim
