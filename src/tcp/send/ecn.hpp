// The sending end of ECN: which packets say that they may be marked, what the peer's feedback means, and whether the path can be
// trusted with it (RFC 3168 6.1.2, RFC 9768 3.2). How the window answers is the sender's and its controller's business.
#pragma once

#include "tcp/ecn.hpp"
#include "wire/tcp.hpp"

#include <cstdint>
#include <optional>

namespace ft::tcp {

/// What an acceptable ACK says of marks; mode classic knows only ECE.
struct EcnFeedback {
  std::uint8_t ace = 0;  // AE, CWR, ECE
  std::optional<wire::AccEcnOption> option{};
  Seq ack;
  Seq max;                                // SND.MAX
  std::uint32_t newly_acked = 0;          // octets that it acknowledges or selectively acknowledges for the first time
  std::uint32_t mss = 536;                // octets of text in a full segment
  std::optional<std::uint32_t> ts_val{};  // tells an overtaken ACK from one that repeats itself
};

/// What was newly reported as marked.
struct EcnMarks {
  std::uint32_t packets = 0;
  std::uint32_t octets = 0;
};

class EcnSender {
 public:
  /// Why no packet of ours says any more that it may be marked.
  enum class Path : std::uint8_t {
    usable,
    no_consent,  // a SYN or SYN-ACK without ECN was about, too (RFC 3168 6.1.1, RFC 9768 3.1.5)
    mangled,     // a handshake packet did not arrive as it was sent (9768 3.2.2.3), or counters contradict (3.2.3.2.5)
    bleached,    // what we send as ECT arrives as if it were not
    all_marked,  // every packet comes back marked: somebody does it who does not mean congestion (3.2.2.3)
  };

  void open(EcnMode mode, Seq first);
  void distrust(Path why) {
    if (path_ == Path::usable) path_ = why;
  }
  /// The server's view of the ACK of its SYN-ACK (9768 3.2.2.1). Returns marks of the SYN-ACK.
  EcnMarks on_handshake_ack(std::uint8_t ace, const std::optional<wire::AccEcnOption>& option);
  /// The client's view of the SYN-ACK (3.2.2.3). Returns marks of the SYN.
  EcnMarks on_syn_ack(std::optional<std::uint8_t> syn_codepoint, const std::optional<wire::AccEcnOption>& option);

  /// Feedback of an ACK in synchronized states. Nothing when a later one has told more already.
  EcnMarks on_ack(const EcnFeedback& feedback);
  /// Do these marks, now that `ack` has come, call for a smaller window? At most once for the octets that were in flight at the
  /// last time, whatever that was for. Call on_reduced() when they did.
  bool calls_for_reduction(const EcnMarks& marks, Seq ack) const {
    return marks.packets != 0 && after(ack, reduced_at_) && path_ != Path::all_marked && !ignored_;
  }
  /// The window became smaller, for a mark, a loss or a timeout; `max` is SND.MAX. The next new text says so (CWR).
  void on_reduced(Seq max) {
    reduced_at_ = max;
    cwr_due_ = mode_ == EcnMode::classic;
  }

  /// The IP codepoint of a segment of ours: only text that was never sent before may be marked (RFC 3168 6.1.4, 6.1.5, 6.1.6).
  std::uint8_t codepoint_for(bool new_text) const {
    return new_text && mode_ != EcnMode::off && path_ == Path::usable ? codepoint::ect_0 : codepoint::not_ect;
  }
  bool cwr_due() const { return cwr_due_; }
  /// New text left and carried CWR.
  void on_cwr_sent() { cwr_due_ = false; }
  void on_text_sent(std::uint32_t octets) {
    if (octets != 0 && codepoint_for(true) != codepoint::not_ect) ect_sent_ = true;
  }

  EcnMode mode() const { return mode_; }
  Path path() const { return path_; }
  std::uint32_t cep() const { return cep_; }  // s.cep
  std::uint32_t ceb() const { return ceb_; }  // s.ceb, low 24 bits
  std::uint64_t marked_packets() const { return marked_packets_; }

 private:
  friend class Fingerprint;

  struct Octets {
    std::uint32_t ce = 0;
    bool known = false;
  };
  bool is_superseded(const EcnFeedback& feedback) const;
  EcnMarks decode(const EcnFeedback& feedback);
  Octets read_option(const std::optional<wire::AccEcnOption>& option);
  void check_first_option(const wire::AccEcnOption& option);
  void watch(const EcnFeedback& feedback, const EcnMarks& marks);

  std::uint64_t marked_packets_ = 0;
  Seq highest_ack_;
  Seq reduced_at_;
  Seq round_end_;
  std::uint32_t newest_ts_val_ = 0;
  std::uint32_t cep_ = 5;  // RFC 9768 3.2.1
  std::uint32_t e0b_ = 1;
  std::uint32_t e1b_ = 1;
  std::uint32_t ceb_ = 0;
  std::uint32_t round_acked_ = 0;
  std::uint32_t round_marked_ = 0;
  std::uint32_t watched_acked_ = 0;  // octets; it stops where it would begin anew
  std::uint8_t marked_rounds_ = 0;   // of the first few: all of their octets were marked
  EcnMode mode_ = EcnMode::off;
  Path path_ = Path::usable;
  std::uint8_t contradictions_ = 0;
  bool ignored_ : 1 = false;  // the peer's feedback must not be answered (9768 3.2.2.1, note 1)
  bool cwr_due_ : 1 = false;
  bool watching_ : 1 = true;
  bool has_ts_val_ : 1 = false;
  bool ect_sent_ : 1 = false;  // some text left as ECT
  bool ect_seen_ : 1 = false;  // and some came as ECT or CE, as the peer's options say
  bool options_seen_ : 1 = false;
  bool options_ignored_ : 1 = false;  // zeroed on the path (9768 3.2.3.2.4)
};

/// How many packets were marked at least, and at most likely: `step` is what three bits say, `acked` packets came into question
/// (RFC 9768 A.2.1). Never less than `step`, and always equal to it modulo 8.
constexpr std::uint32_t safest_increment(std::uint32_t step, std::uint32_t acked) {
  return acked < 8 ? step : acked - ((acked - step) & 7);
}

}  // namespace ft::tcp
