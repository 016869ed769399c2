// What a link tells the trace: each packet that went out or came in, numbered per direction, so that ladders and captures of real
// traffic are made like those of the simulator.
#pragma once

#include "fourtuple/link.hpp"
#include "fourtuple/trace.hpp"

namespace ft::io {

/// Who can look into the other end (a kernel in this very machine) tells what its stack made of a packet.
class PeerWitness {
 public:
  /// Right before the packet's LinkSent.
  virtual void peer_sent(Instant now, std::span<const std::byte> packet) = 0;
  /// The packet is about to reach the peer.
  virtual void peer_receives(Instant now, std::span<const std::byte> packet) = 0;
  /// Right after the packet's LinkDelivered.
  virtual void peer_received(Instant now, std::span<const std::byte> packet) = 0;

 protected:
  ~PeerWitness() = default;
};

/// Writes the link's records. Without a sink it does nothing.
class LinkReporter {
 public:
  LinkReporter() = default;
  /// `us` and `peer` are host indices. None is owned.
  LinkReporter(trace::Sink* sink, Medium medium, std::uint8_t us, std::uint8_t peer, PeerWitness* witness = nullptr)
      : sink_(sink), witness_(witness), medium_(medium), us_(us), peer_(peer) {}

  enum class Way : std::uint8_t { out, in };
  /// The packet's number in its direction, from 1. Frames without an IP packet are counted and not told.
  std::uint64_t sent(Instant now, Way way, std::span<const std::byte> packet);
  void lost(Instant now, Way way, std::uint64_t number, std::string_view why);
  void delivered(Instant now, Way way, std::uint64_t number, bool duplicate = false, bool corrupted = false);
  void peer_receives(Instant now, std::span<const std::byte> packet);
  void peer_received(Instant now, std::span<const std::byte> packet);

 private:
  std::uint8_t from(Way way) const { return way == Way::out ? us_ : peer_; }
  std::uint8_t to(Way way) const { return way == Way::out ? peer_ : us_; }
  std::span<const std::byte> ip_packet(std::span<const std::byte> packet) const;

  trace::Sink* sink_ = nullptr;
  PeerWitness* witness_ = nullptr;
  Medium medium_ = Medium::ip;
  std::uint8_t us_ = 0;
  std::uint8_t peer_ = 1;
  std::uint64_t numbers_[2] = {0, 0};
};

/// Another link with a reporter at its side.
class TracedLink final : public Link {
 public:
  TracedLink(std::unique_ptr<Link> inner, LinkReporter reporter) : inner_(std::move(inner)), reporter_(reporter) {}

  Received receive(Instant now, std::span<std::byte> into) override;
  Outcome send(Instant now, std::span<const std::byte> packet, const Transmit& shape) override;
  int descriptor() const override { return inner_->descriptor(); }
  std::optional<Instant> next_deadline() const override { return inner_->next_deadline(); }
  bool wants_room() const override { return inner_->wants_room(); }
  Medium medium() const override { return inner_->medium(); }
  std::uint32_t mtu() const override { return inner_->mtu(); }
  std::string name() const override { return inner_->name(); }
  std::string failure() const override { return inner_->failure(); }

 private:
  std::unique_ptr<Link> inner_;
  LinkReporter reporter_;
  bool refused_ = false;  // the packet at hand has been reported already and is offered again
  std::uint64_t number_ = 0;
};

}  // namespace ft::io
