// How large a packet may be on this path, told by routers or found out without them.
//
// Routers: a Packet Too Big is believed at once while sizes are still being tried, but one that would take back a size which
// the peer has acknowledged waits for a timeout to confirm it (RFC 1191, RFC 8201; the checks of RFC 5927 7.2).
// Without routers: full-sized segments that time out again and again make packets smaller until something gets through, and from
// there single larger segments, sent as probes, look for what the path really takes (RFC 4821 7, RFC 8899 5). The loss of a probe
// says something about the path's MTU and nothing about congestion (RFC 4821 7.6.2).
//
// All sizes are octets of IP packet, so that they are the same numbers that routers and people use. Pure: instants come in, sizes
// come out; who cuts segments, and what else a timeout means, is the sender's business.
#pragma once

#include "fourtuple/config.hpp"
#include "fourtuple/time.hpp"
#include "wire/seq.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace ft::tcp {

struct PmtudConfig {
  std::uint16_t start = 1500;    // what the path is thought to take: the link's MTU, or less when something is known
  std::uint16_t ceiling = 1500;  // what our link and the peer's MSS allow: nothing larger is ever tried
  std::uint16_t least = 576;     // routers that claim less are raised to this (RFC 5927 7); 1280 for IPv6 (RFC 8200 5)
  std::uint16_t floor = 296;     // what black holes may lead down to; 1280 for IPv6
  PathSearch search = PathSearch::after_black_hole;  // off: routers alone decide; always: every connection searches from 1280 up
};

class Pmtud {
 public:
  void open(Instant now, const PmtudConfig& config);

  /// Octets of IP packet to cut segments for.
  std::uint16_t size() const { return size_; }

  // --- what was sent and what arrived ----------------------------------------------------------------------
  /// A segment left; `size` is its packet. Probes are told here too.
  void on_sent(Seq begin, Seq end, std::uint16_t size);
  /// SND.UNA moved to `una`. True: a probe came through and size() grew.
  bool on_ack(Instant now, Seq una);

  // --- routers ---------------------------------------------------------------------------------------------
  enum class Verdict : std::uint8_t {
    ignored,  // claims nothing new, or what cannot be true
    waits,    // takes back a size that worked: only a timeout makes it true
    shrunk,   // size() is smaller: what is outstanding must be cut again
  };
  /// `claimed` in octets; 0: an old router that says no number (RFC 1191 5), the next plateau is taken. `about` is the quoted
  /// sequence number, which the caller knows to be in flight.
  Verdict on_too_big(Instant now, Seq about, std::uint32_t claimed);

  // --- timeouts --------------------------------------------------------------------------------------------
  /// The retransmission timer fired for the `count`th time in a row; `first` is the packet size of the first outstanding segment.
  /// True: size() is smaller.
  bool on_timeout(Instant now, unsigned count, std::uint16_t first);

  // --- probes ----------------------------------------------------------------------------------------------
  /// Cheap: could probe_size() say something?
  bool is_due(Instant now) const { return search_ != nullptr && search_->next_probe <= now && !has_probe_out(); }
  /// The size of packet that a probe should have now, if one is due.
  std::optional<std::uint16_t> probe_size(Instant now);
  /// It left and carries [begin, end).
  void on_probe_sent(Seq begin, Seq end, std::uint16_t size);
  bool has_probe_out() const { return search_ != nullptr && search_->probe_size != 0; }
  /// True when [begin, end) is lost with the probe that carried it: no sign of congestion (RFC 4821 7.6.2).
  bool is_probe(Seq begin) const { return has_probe_out() && begin == search_->probe_begin; }
  void on_probe_lost(Instant now);

  /// The size to be remembered for the path, once it is sure: a router said it, or a search ended below the ceiling.
  std::optional<std::uint16_t> take_finding();

  /// Largest packet that the peer acknowledged lately; 0: none yet.
  std::uint16_t proven() const { return proven_; }
  bool searching() const { return search_ != nullptr && search_->active; }
  std::uint32_t probes_lost() const { return search_ == nullptr ? 0 : search_->probes_lost; }
  /// Octets held beyond the object itself.
  std::size_t memory() const { return search_ == nullptr ? 0 : sizeof(Search); }

  static constexpr Duration raise_after = std::chrono::minutes(10);  // RFC 1191 6.3, RFC 8201 5.3, RFC 8899 5.1.1
  static constexpr unsigned most_probes = 3;                         // of one size, until it counts as too large (RFC 8899 5.1.2)
  static constexpr unsigned timeouts_unproven = 2;  // in a row, of a size that never got through, are a black hole
  static constexpr unsigned timeouts_proven = 3;    // and of one that did: outages are more likely than new paths
  static constexpr std::uint16_t step = 32;         // a search ends when less is left to win: two per cent and less

 private:
  friend class Fingerprint;

  void shrink(std::uint16_t size);
  void begin_search(Instant now, std::uint16_t high);
  void end_search(Instant now);
  std::uint16_t candidate() const;
  std::uint16_t step_below(std::uint16_t size) const;

  /// What most connections never need: their path takes what the link takes.
  struct Search {
    Instant next_probe = never;  // when the search goes on, or begins again
    Seq probe_begin, probe_end;
    Seq pending_about;  // once SND.UNA is past it, the claim that waits is proven wrong
    std::uint32_t probes_lost = 0;
    std::uint16_t high = 0;        // nothing larger is worth a try in this search
    std::uint16_t hint = 0;        // what a router said about a probe; 0: nothing
    std::uint16_t pending = 0;     // the claim that waits; 0: none
    std::uint16_t probe_size = 0;  // 0: none is out
    std::uint8_t failures = 0;     // of probes of the present candidate
    bool active = false;
  };
  Search& search() {
    if (search_ == nullptr) search_ = std::make_unique<Search>();
    return *search_;
  }

  PmtudConfig config_{};
  std::uint16_t size_ = 1500;
  std::uint16_t proven_ = 0;        // RFC 5927's maxsizeacked
  std::uint16_t largest_sent_ = 0;  // since size() last shrank: its maxsizesent
  std::uint16_t noted_size_ = 0;    // 0: no segment is noted
  Seq noted_begin_, noted_end_;     // of the segment that would prove noted_size_
  bool timed_out_ = false;          // since SND.UNA last moved
  bool finding_ = false;
  std::unique_ptr<Search> search_;
};

}  // namespace ft::tcp
