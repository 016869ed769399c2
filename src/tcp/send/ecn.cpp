#include "tcp/send/ecn.hpp"

#include <algorithm>

namespace ft::tcp {

namespace {

constexpr std::uint32_t mask_24 = 0xffffff;
/// A field that went back belongs to an ACK that was overtaken.
constexpr std::uint32_t most_forward = 1u << 23;
/// Rounds at the beginning in which the path is watched (RFC 9768 3.2.2.3: the first three or four).
constexpr std::uint8_t rounds_watched = 4;
/// Octets were marked and no packet was: eight small packets look so once, three times in a row they do not.
constexpr std::uint8_t contradictions_believed = 3;
constexpr std::uint32_t segments_watched = 8;  // and at least so many must have been acknowledged to call a path bleached

/// How far a 24-bit counter of the peer's went on; 0 when it went back.
std::uint32_t advance(std::uint32_t& counter, std::uint32_t field) {
  const std::uint32_t step = (field - counter) & mask_24;
  if (step >= most_forward) return 0;
  counter = field;
  return step;
}

}  // namespace

void EcnSender::open(EcnMode mode, Seq first) {
  mode_ = mode;
  highest_ack_ = round_end_ = first;
  reduced_at_ = first - 1;
}

void EcnSender::check_first_option(const wire::AccEcnOption& option) {
  options_seen_ = true;
  // RFC 9768 3.2.3.2.4: these two begin at one or higher, at whatever value.
  const auto is_zero = [](std::optional<std::uint32_t> field) { return field && *field == 0; };
  if (is_zero(option.e0b()) || is_zero(option.e1b())) options_ignored_ = true;
}

EcnMarks EcnSender::on_syn_ack(std::optional<std::uint8_t> syn_codepoint, const std::optional<wire::AccEcnOption>& option) {
  if (mode_ != EcnMode::accurate) return {};
  if (option) check_first_option(*option);
  // Our SYN was not ECT: that it arrived as anything else is somebody's doing (RFC 3168 18, RFC 9768 3.2.2.3).
  if (!syn_codepoint || *syn_codepoint == codepoint::not_ect) return {};
  distrust(Path::mangled);
  return *syn_codepoint == codepoint::ce ? EcnMarks{1, 0} : EcnMarks{};
}

EcnMarks EcnSender::on_handshake_ack(std::uint8_t ace, const std::optional<wire::AccEcnOption>& option) {
  if (mode_ != EcnMode::accurate) return {};
  if (option) check_first_option(*option);
  const HandshakeAck meaning = judge_handshake_ack(ace);
  if (meaning.bleached) {
    distrust(Path::mangled);
    ignored_ = true;
    return {};
  }
  if (!meaning.syn_ack_codepoint || *meaning.syn_ack_codepoint == codepoint::not_ect) return {};
  distrust(Path::mangled);
  if (*meaning.syn_ack_codepoint != codepoint::ce) return {};
  ++cep_;
  ++marked_packets_;
  return {1, 0};
}

EcnSender::Octets EcnSender::read_option(const std::optional<wire::AccEcnOption>& option) {
  if (!option || options_ignored_) return {};
  if (!options_seen_) check_first_option(*option);
  if (options_ignored_) return {};
  if (const auto field = option->e0b(); field && advance(e0b_, *field) != 0) ect_seen_ = true;
  if (const auto field = option->e1b(); field && advance(e1b_, *field) != 0) ect_seen_ = true;
  const auto field = option->ceb();
  if (!field) return {0, true};  // a field that is left out did not move
  const std::uint32_t marked = advance(ceb_, *field);
  if (marked != 0) ect_seen_ = true;
  return {marked, true};
}

EcnMarks EcnSender::decode(const EcnFeedback& feedback) {
  const std::uint32_t step = (feedback.ace - cep_) & 7;
  const std::uint32_t mss = std::max<std::uint32_t>(feedback.mss, 1);
  const std::uint32_t acked = feedback.newly_acked / mss + (feedback.newly_acked % mss != 0 ? 1 : 0);
  const Octets octets = read_option(feedback.option);
  EcnMarks marks;
  if (octets.known) {
    // So many octets need so many packets; the field says how many modulo 8.
    const std::uint32_t least = octets.ce / mss + (octets.ce % mss != 0 ? 1 : 0);
    marks.packets = least <= step ? step : least + ((step - least) & 7);
    marks.octets = octets.ce;
    //= rfc9768 3.2.3.2.5-1
    if (octets.ce != 0) contradictions_ = step == 0 && acked < 8 ? static_cast<std::uint8_t>(contradictions_ + 1) : 0;
    if (contradictions_ == contradictions_believed) distrust(Path::mangled);
  } else {
    marks.packets = safest_increment(step, acked);
    // RFC 9768 A.3: full segments, as far as there were octets.
    marks.octets = static_cast<std::uint32_t>(std::min<std::uint64_t>(std::uint64_t{marks.packets} * mss, feedback.newly_acked));
  }
  cep_ += marks.packets;
  return marks;
}

/// The first rounds show whether marks mean anything on this path (RFC 9768 3.2.2.3).
void EcnSender::watch(const EcnFeedback& feedback, const EcnMarks& marks) {
  if (!watching_) return;
  round_acked_ += feedback.newly_acked;
  round_marked_ += marks.octets;
  watched_acked_ += std::min(feedback.newly_acked, UINT32_MAX - watched_acked_);
  const bool enough = watched_acked_ >= std::uint64_t{segments_watched} * feedback.mss;
  if (enough && options_seen_ && !options_ignored_ && !ect_seen_ && ect_sent_) distrust(Path::bleached);
  if (!enough || before(feedback.ack, round_end_)) return;
  marked_rounds_ = round_marked_ >= round_acked_ ? static_cast<std::uint8_t>(marked_rounds_ + 1) : rounds_watched + 1;
  if (marked_rounds_ == rounds_watched) path_ = Path::all_marked;
  if (marked_rounds_ >= rounds_watched) watching_ = false;
  round_acked_ = round_marked_ = 0;
  round_end_ = feedback.max;
}

/// RFC 9768 A.1: an ACK that was overtaken, or one of which that cannot be ruled out.
bool EcnSender::is_superseded(const EcnFeedback& feedback) const {
  if (feedback.ack != highest_ack_) return before(feedback.ack, highest_ack_);
  if (!feedback.ts_val || !has_ts_val_) return feedback.newly_acked == 0;
  const auto later = static_cast<std::int32_t>(*feedback.ts_val - newest_ts_val_);
  return later < 0 || (later == 0 && feedback.newly_acked == 0);
}

EcnMarks EcnSender::on_ack(const EcnFeedback& feedback) {
  if (mode_ == EcnMode::off) return {};
  // The last reduction is over, and stays so: a number left behind would lie ahead again after half a round of them.
  if (after(feedback.ack, reduced_at_)) reduced_at_ = feedback.ack - 1;
  EcnMarks marks;
  if (mode_ == EcnMode::classic) {
    // One bit for however many: taken for all that is acknowledged (RFC 8257 3.3 counts so, too).
    if ((feedback.ace & 1) != 0) marks = {1, feedback.newly_acked};
  } else {
    if (is_superseded(feedback)) return {};
    highest_ack_ = feedback.ack;
    has_ts_val_ = feedback.ts_val.has_value();
    newest_ts_val_ = feedback.ts_val.value_or(0);
    marks = decode(feedback);
    watch(feedback, marks);
    if (ignored_ || path_ == Path::all_marked) return {};
  }
  marked_packets_ += marks.packets;
  return marks;
}

}  // namespace ft::tcp
