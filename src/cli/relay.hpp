// Standard input and output over one connection, in place: octets are read straight into the send buffer and written straight out
// of the receive buffer. The end of the input half-closes (as nc -N does); what the peer still says goes on arriving.
#pragma once

#include "fourtuple/socket.hpp"
#include "io/driver.hpp"
#include "io/output.hpp"
#include "io/signal_watch.hpp"

#include <string>

namespace ft::cli {

/// How a wait or a relay ended.
struct Ending {
  enum class Kind : std::uint8_t { normal, connection, interrupted, output, link };
  Kind kind = Kind::normal;
  CloseReason why = CloseReason::none;  // connection
  std::string detail;                   // output, link: one sentence
  explicit operator bool() const { return kind == Kind::normal; }
};

class Relay {
 public:
  /// With `keep_output` the end of a peer's stream is not the end of the output: more connections follow.
  Relay(io::Driver& driver, io::SignalWatch& signals, int input, int output, bool keep_output = false)
      : driver_(driver), signals_(signals), input_(input), output_(output), output_ended_(keep_output) {}

  /// Waits until `done` says so.
  template <typename Done>
  Ending wait(Done done);
  /// Until the connection is over. A signal or an output that nobody reads any more aborts it: the peer learns by a RST that its
  /// octets were lost (RFC 2525 2.17).
  Ending run(Socket& socket);
  /// After our active close: answers FINs that the peer repeats because our last ACK was lost, until it has been silent for two
  /// of its likely retransmission times. TIME-WAIT in small; the port's own 2 MSL end with this process.
  void linger(const ConnectionInfo& last);

 private:
  Ending turn(Instant latest, std::span<pollfd> more);
  Ending abort(Socket& socket, Ending ending);
  void take_input(Socket& socket);
  /// False when nobody reads any more: error_ says why.
  bool give_output(Socket& socket);

  io::Driver& driver_;
  io::SignalWatch& signals_;
  int input_;
  io::Output output_;
  bool input_ended_ = false;
  bool output_ended_;
  int error_ = 0;
};

template <typename Done>
Ending Relay::wait(Done done) {
  while (!done()) {
    if (Ending ending = turn(never, {}); !ending) return ending;
  }
  return {};
}

}  // namespace ft::cli
