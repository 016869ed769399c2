// One stack against a peer that the test plays by hand, in virtual time. Every script runs over IPv4 and IPv6, and again with
// both sequence numbers about to wrap. A failure tells the story so far, a line a step, and leaves a pcapng.
#pragma once

#include "covers.hpp"
#include "fourtuple/stack.hpp"
#include "notation.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace ft::test {

using namespace std::chrono_literals;

struct Variant {
  bool v6 = false;
  bool wrap = false;
};

struct Setup {
  std::uint16_t mss = 1000;              // the peer's
  std::optional<std::uint8_t> wscale{};  // the peer's; none: no scaling either way
  bool sack = false;                     // the peer's SYN permits SACK
  bool timestamps = false;
  std::uint16_t peer_window = 65535;
  Duration rtt = 20ms;     // between our SYN and the peer's answer
  TcpOptions options{};    // ours
  bool autotune = false;   // rings that grow: a script that does not speak of them has fixed ones
  Ecn ecn = Ecn::off;      // what we ask for and what the peer agrees to; a script that does not speak of ECN has none
  ListenOptions listen{};  // ours, for listens(); its backlog is the call's
  std::function<void(StackConfig&)> stack_wide{};  // the last word on our stack's configuration
  std::uint8_t peer_ttl = 64;
};

/// What carries a segment, for what may go wrong around it.
struct Wrapping {
  std::vector<std::uint8_t> tcp_options{};           // in the place of the segment's own
  std::vector<std::uint8_t> ip_options{};            // IPv4 options; with IPv6 a header of destination options
  std::optional<IpAddress> source{}, destination{};  // none: the peer's, ours
  bool bad_checksum = false;
};

class Script {
 public:
  Script(const char* name, Variant variant, Setup setup = {});
  ~Script();
  Script(Script&&) = default;

  /// A handshake that we began, finished; time stands where our last ACK left.
  static Script established(const char* name, Variant variant, Setup setup = {});
  /// The same with the peer as the active side.
  static Script accepted(const char* name, Variant variant, Setup setup = {});

  void connects();
  void listens(std::uint32_t backlog = 8);
  void accepts();

  /// The next packet that leaves must be this one; waits in virtual time for it, at most three hours.
  void expects(const Seg& seg);
  /// The same, and it must leave exactly `after` the last step.
  void expects_after(Duration after, const Seg& seg);
  /// Anything may leave, but something must; returns how many octets of text it brings.
  std::uint32_t expects_something();
  /// Whether something leaves at this very instant; it then has left.
  bool leaves_now() { return next_sent(now_).has_value(); }
  /// `count` segments of 1000 octets from sequence number 1 on, without PSH.
  void expects_full_segments(std::uint32_t count);
  /// Nothing may leave meanwhile.
  void stays_silent_for(Duration duration);
  /// The peer's segment arrives now.
  void receives(const Seg& seg) { receives(seg, {}); }
  void receives(const Seg& seg, const Wrapping& wrapping);
  /// They arrive together: nothing is asked of us in between.
  void receives_at_once(std::initializer_list<Seg> segs);
  void waits(Duration duration);
  /// Whatever leaves until then leaves, and nobody looks.
  void lets_pass_until(Instant until);
  /// Whatever leaves next, if something does within that time.
  std::optional<wire::TcpHeader> whatever_leaves(Duration within = {});
  /// A router says "packet too big, `mtu`" (or, with type and code, something else) about our segment with that number.
  void router_says(std::uint8_t type_v4, std::uint8_t code_v4, std::uint8_t type_v6, std::uint8_t code_v6,
                   std::uint32_t about_seq, std::uint32_t mtu = 0);

  enum class Writes : std::uint8_t { plain, more, urgent };
  std::size_t app_writes(std::size_t octets, Writes how = Writes::plain);
  void app_reads(std::size_t octets);
  void app_shuts_down();
  void app_closes();
  void app_aborts();

  void has_state(std::string_view state);
  void has_closed(CloseReason why);
  void dropped(DropReason reason);  // the last received segment
  bool told(Event::Kind kind) { return times_told(kind) != 0; }
  std::size_t times_told(Event::Kind kind);
  void forget_events() { events_.clear(); }
  ConnectionInfo info();
  Stack& stack() { return *stack_; }
  Instant now() const { return now_; }
  ConnectionId connection() const { return connection_; }
  ListenerId listener() const { return listener_; }
  IpAddress ours() const;
  IpAddress peers() const;
  std::uint16_t our_port() const { return our_port_; }
  /// Of the segment that was expected last.
  const wire::TcpHeader& last_sent() const { return last_sent_; }
  /// The IP packet that left last.
  std::span<const std::byte> last_packet() const { return last_packet_; }
  std::uint8_t last_ttl() const { return std::to_integer<std::uint8_t>(last_packet_[variant_.v6 ? 7 : 8]); }
  /// TOS or Traffic Class: DSCP and ECN.
  std::uint8_t last_traffic_class() const;

 private:
  struct Packet {
    Instant at;
    bool ours;
    std::vector<std::byte> octets;
  };
  struct Sent {
    wire::TcpHeader header;
    std::uint32_t length;
    std::vector<std::byte> text;
    std::uint8_t ip_ecn = 0;
  };

  void arrive(const Seg& seg, const Wrapping& wrapping);
  std::vector<std::byte> packet_of(const wire::TcpHeader& header, const Seg& seg, const Wrapping& wrapping) const;
  std::optional<Sent> poll();
  std::optional<Sent> next_sent(Instant until);
  void drain_events();
  void tell(std::string line);
  [[noreturn]] void fail(const std::string& what);
  std::string story() const;
  std::string render(const wire::TcpHeader& header, std::uint32_t length, bool ours) const;
  void compare(const Sent& sent, const Seg& seg);
  void check_text(const Sent& sent);

  std::string name_;
  Variant variant_;
  Setup setup_;
  std::unique_ptr<Stack> stack_;
  Instant now_{};
  Instant last_step_{};
  std::vector<std::string> story_;
  std::vector<Packet> packets_;
  std::vector<Event> events_;
  ListenerId listener_{};
  ConnectionId connection_{};
  std::uint16_t our_port_ = 40000;
  std::uint16_t peer_port_ = 80;
  std::optional<Seq> our_isn_;
  Seq peer_isn_;
  Verdict last_verdict_{};
  wire::TcpHeader last_sent_{};
  std::vector<std::byte> last_packet_;
  std::uint32_t peer_ts_ = 1000;
  std::uint32_t our_ts_ = 0;
};

/// Text octet at a stream position: every write and every check agree on it.
constexpr std::byte text_octet(std::uint32_t position) { return static_cast<std::byte>(position * 2654435761u >> 24); }

inline constexpr Variant variants[] = {{false, false}, {true, false}, {false, true}, {true, true}};

}  // namespace ft::test

/// A test case whose body runs once for each variant; `variant` and `name` are its parameters.
#define FT_SCRIPT_CAT2(a, b) a##b
#define FT_SCRIPT_CAT(a, b) FT_SCRIPT_CAT2(a, b)
#define SCRIPT_CASE(sentence)                                                                               \
  static void FT_SCRIPT_CAT(script_body_, __LINE__)(const char* name, ft::test::Variant variant);           \
  TEST_CASE(sentence) {                                                                                     \
    for (const auto variant : ft::test::variants) FT_SCRIPT_CAT(script_body_, __LINE__)(sentence, variant); \
  }                                                                                                         \
  static void FT_SCRIPT_CAT(script_body_, __LINE__)([[maybe_unused]] const char* name, [[maybe_unused]] ft::test::Variant variant)
