#include "tcp/recv/ecn.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace ft::tcp {

void EcnReceiver::open(EcnMode mode, bool mirrors, Side side) {
  mode_ = mode;
  mirrors_ = mirrors && mode == EcnMode::classic;
  // A server has shown the option on its SYN-ACK.
  first_option_due_ = first_text_option_due_ = mode == EcnMode::accurate && side == Side::client;
}

void EcnReceiver::on_syn_ack(std::uint8_t ip_ecn) {
  if (mode_ != EcnMode::accurate) return;
  syn_ack_codepoint_ = ip_ecn;
  if (ip_ecn != codepoint::ce || syn_ack_counted_) return;
  syn_ack_counted_ = true;  // once, however many come: the server cannot count more (RFC 9768 3.2.2.2)
  ++ce_packets_;
}

Cause EcnReceiver::on_segment(const Segment& segment, bool unacknowledged) {
  if (mode_ == EcnMode::off) return Cause::none;
  if (mode_ == EcnMode::accurate) return on_accurate(segment, unacknowledged);
  const bool marked = segment.ip_ecn == codepoint::ce;
  if (marked) ++ce_packets_;
  if (mirrors_) {
    if (segment.text.empty() || marked == ece_) return Cause::none;
    // RFC 8257 3.2
    ece_ = marked;
    return Cause::ack_ce_changed;
  }
  //= rfc3168 6.1.3-1
  if (segment.header.has(wire::tcp_flag::cwr)) ece_ = false;
  if (marked) ece_ = true;
  return Cause::none;
}

Cause EcnReceiver::on_accurate(const Segment& segment, bool unacknowledged) {
  const bool was_ce = last_ce_;
  last_ce_ = segment.ip_ecn == codepoint::ce;
  if (segment.ip_ecn != codepoint::not_ect && !segment.text.empty()) {
    const auto counter = static_cast<unsigned>(segment.ip_ecn - 1);
    octets_[counter] += segment.text_length();
    ever_ = static_cast<std::uint8_t>(ever_ | 1u << counter);
    news_ = static_cast<std::uint8_t>(news_ | 1u << counter);
  }
  if (!last_ce_) return Cause::none;
  //= rfc9768 3.2-1
  ++ce_packets_;
  if (ce_since_ack_ < UINT8_MAX) ++ce_since_ack_;
  //= rfc9768 3.2.2.5.1-1
  if (!segment.text.empty() && !was_ce) return Cause::ack_ce_changed;
  // Marks on packets without text are answered more slowly, so that two ends never acknowledge acknowledgements for ever.
  //= rfc9768 3.2.2.5.1-2
  const bool text_waits = unacknowledged || !segment.text.empty();
  const std::uint8_t enough = text_waits ? 2 : 3;
  return ce_since_ack_ >= enough ? Cause::ack_ce_count : Cause::none;
}

std::uint8_t EcnReceiver::flags(bool pure) const {
  if (mode_ == EcnMode::accurate) {
    //= rfc9768 3.2.2.1-1
    if (pure && syn_ack_codepoint_) return handshake_ace(*syn_ack_codepoint_);
    //= rfc9768 3.2.2-1
    return static_cast<std::uint8_t>(cep() & 7);
  }
  return mode_ == EcnMode::classic && ece_ ? 1 : 0;
}

/// How many fields an option of this order needs: up to the last counter with news, or, where room is no matter, up to the last
/// one that ever moved (RFC 9768 3.2.3.3).
std::uint8_t EcnReceiver::fields_of(std::uint8_t order, bool all) const {
  const std::uint8_t wanted = all ? ever_ : news_;
  const Counter last = order == 0 ? e1b : e0b;
  if ((wanted >> last & 1) != 0) return 3;
  if ((wanted >> ceb & 1) != 0) return 2;
  return wanted != 0 ? 1 : 0;
}

std::optional<wire::AccEcnOption> EcnReceiver::option(bool beside_sack, bool text) const {
  if (!has_option(text)) return std::nullopt;
  wire::AccEcnOption option;
  option.order = has_changed(e1b) && !has_changed(e0b) ? 1 : 0;
  if (news_ == 0) {
    if (beside_sack) return std::nullopt;
    option.fields = 3;
  } else if (!beside_sack) {
    option.fields = fields_of(option.order, true);
  } else {
    // Loss is the more urgent news: beside holes only a mark is told, and two blocks must find room (3.2.3.3).
    option.fields = fields_of(option.order, false);
    if (!has_news(ceb) || option.fields > 2) return std::nullopt;
  }
  const std::array<Counter, 3> order = option.order == 0 ? std::array{e0b, ceb, e1b} : std::array{e1b, ceb, e0b};
  for (std::size_t i = 0; i < option.fields; ++i) option.octets[i] = octets_[order[i]] & 0xffffff;
  return option;
}

void EcnReceiver::on_ack_sent(bool pure, bool with_option, bool text) {
  ce_since_ack_ = 0;
  has_earlier_ = false;
  if (pure) syn_ack_codepoint_.reset();
  if (!with_option) return;
  news_ = 0;
  first_option_due_ = false;
  if (text) first_text_option_due_ = false;
}

}  // namespace ft::tcp
