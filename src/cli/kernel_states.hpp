// What this machine's kernel says about its TCP connections (/proc/net/tcp, proc(5)), in the RFC's words, and a witness that
// tells a trace which segments the kernel sent and what became of those it got.
#pragma once

#include "analysis/peer_reason.hpp"
#include "fourtuple/trace.hpp"
#include "io/traced_link.hpp"

#include <map>
#include <string_view>

namespace ft::cli {

/// "ESTABLISHED", "LISTEN" where no connection but a listener is, else "CLOSED". `tuple` as the kernel's end sees it.
std::string_view kernel_state(const FourTuple& tuple);

class KernelWitness final : public io::PeerWitness {
 public:
  /// `host` is the kernel's index in the trace.
  KernelWitness(trace::Sink& sink, std::uint8_t host) : sink_(sink), host_(host) {}

  void peer_sent(Instant now, std::span<const std::byte> packet) override;
  void peer_receives(Instant now, std::span<const std::byte> packet) override;
  void peer_received(Instant now, std::span<const std::byte> packet) override;

 private:
  struct End {
    std::string_view state = "CLOSED";  // when last asked
  };
  trace::Sink& sink_;
  std::uint8_t host_;
  std::map<FourTuple, End> ends_;
  analysis::PeerReasons reasons_;
};

}  // namespace ft::cli
