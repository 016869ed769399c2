// Signs and checks the segments of one connection: TCP-MD5 (RFC 2385 2.0) or TCP-AO (RFC 5925 5 to 7, keys by RFC 5926 3.1).
#pragma once

#include "fourtuple/authentication.hpp"
#include "wire/tcp.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace ft::stack {

/// RFC 5925 6.2: a sequence number with the times that it wrapped. Follows numbers up to half the circle ahead or behind.
class ExtendedSeq {
 public:
  void open(Seq isn) { reference_ = isn.value(); }
  /// The sequence number extension of `seq`.
  std::uint32_t extension(Seq seq) const { return static_cast<std::uint32_t>(extend(seq) >> 32); }
  /// `seq` was used: the reference moves on to it, never back.
  void move_to(Seq seq) { reference_ = std::max(reference_, extend(seq)); }

 private:
  std::uint64_t extend(Seq seq) const {
    const std::int64_t ahead = distance(Seq{static_cast<std::uint32_t>(reference_)}, seq);
    return reference_ + static_cast<std::uint64_t>(ahead);
  }
  std::uint64_t reference_ = 0;
};

class Authenticator {
 public:
  /// Null when that peer needs no key.
  static std::shared_ptr<Authenticator> make(const std::shared_ptr<const Authentication>& authentication, const FourTuple& tuple);

  /// Our initial sequence number, before the first segment leaves.
  void open(Seq local_isn);
  /// A SYN was taken, perhaps over an older connection of the same name: both numbers begin anew.
  void accept(Seq remote_isn, Seq local_isn);
  /// Octets of options that a signature takes.
  std::uint8_t room() const { return static_cast<std::uint8_t>(blank().room()); }
  /// What stands in the header until the segment is complete.
  wire::Signature blank() const;

  enum class Verdict : std::uint8_t { good, missing, bad };
  /// `segment`: the octets from the TCP header on, `header` what was read of it.
  Verdict check(const wire::TcpHeader& header, std::span<const std::byte> segment);
  /// The signature for a segment whose header holds blank() and a zero checksum; nullopt: no provider made one.
  std::optional<wire::Signature> sign(const wire::TcpHeader& header, std::span<const std::byte> segment);

  /// The key that the peer is asked to use from now on; false when there is none with that id.
  bool use_key(std::uint8_t receive_id);
  /// KeyIDs in force: of what we send, and the one we ask for.
  std::uint8_t current_id() const { return is_ao() ? keys().ao[current_].send_id : std::uint8_t{0}; }
  std::uint8_t next_id() const { return is_ao() ? keys().ao[next_].receive_id : std::uint8_t{0}; }

 private:
  struct Direction {
    const Endpoint& source;
    const Endpoint& destination;
    std::uint32_t source_isn;
    std::uint32_t destination_isn;
  };
  using Mac = std::array<std::byte, 20>;

  Authenticator(std::shared_ptr<const Authentication> authentication, const PeerKeys& keys, const FourTuple& tuple)
      : authentication_(std::move(authentication)), keys_(&keys), tuple_(tuple) {}
  const PeerKeys& keys() const { return *keys_; }
  bool is_ao() const { return !keys().ao.empty(); }
  bool md5(const Direction& way, std::span<const std::byte> segment, Mac& out) const;
  bool ao(const AoKey& key, const Direction& way, std::uint32_t extension, std::span<const std::byte> segment, Mac& out) const;
  std::size_t traffic_key(const AoKey& key, const Direction& way, Mac& out) const;
  Direction outward(const wire::TcpHeader& header) const;
  Direction inward(const wire::TcpHeader& header) const;

  std::shared_ptr<const Authentication> authentication_;
  const PeerKeys* keys_;  // in *authentication_
  FourTuple tuple_;
  Seq local_isn_;
  std::optional<Seq> remote_isn_;
  ExtendedSeq sent_;
  ExtendedSeq received_;
  std::size_t current_ = 0;  // of keys().ao
  std::size_t next_ = 0;
};

}  // namespace ft::stack
