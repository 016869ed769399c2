#include "tcp/ecn_conversation.hpp"

#include <algorithm>

namespace ft::tcp {

void EcnConversation::continue_from(const HalfOpen& half_open, const ft::TcpOptions& ours, Seq first) {
  in.open(half_open.ecn, mirrors(ours), EcnReceiver::Side::server);
  out.open(half_open.ecn, first);
  syn_codepoint_ = half_open.syn_codepoint;
  //= rfc3168 6.1.1-3
  if (half_open.ecn_without) out.distrust(EcnSender::Path::no_consent);
}

std::uint8_t EcnConversation::ask(const ft::TcpOptions& ours, unsigned timeouts) {
  const std::uint8_t flags = reset_seen_ ? ecn_setup::none : syn_flags(ours, timeouts);
  asked_ = std::max(asked_, flags);
  if (flags == ecn_setup::none) plain_syn_sent_ = true;
  return flags;
}

bool EcnConversation::retries_after_reset(const ft::TcpOptions& ours) {
  if (!ours.ecn_retry_after_reset || plain_syn_sent_ || asked_ == ecn_setup::none) return false;
  //= rfc3168 6.1.1.1-1
  reset_seen_ = true;
  return true;
}

void EcnConversation::on_crossing_syn(const Segment& syn, const ft::TcpOptions& ours, Seq first) {
  const EcnMode mode = mode_of_syn(ours, syn.header.ace());
  in.open(mode, mirrors(ours), EcnReceiver::Side::server);
  out.open(mode, first);
  syn_codepoint_ = syn.ip_ecn;
}

EcnMarks EcnConversation::on_syn_ack(const Segment& syn_ack, const ft::TcpOptions& ours, Seq first) {
  const SynAckMeaning meaning = judge_syn_ack(asked_, syn_ack.header.ace());
  in.open(meaning.mode, mirrors(ours), EcnReceiver::Side::client);
  in.on_syn_ack(syn_ack.ip_ecn);
  out.open(meaning.mode, first);
  // A client that agreed on RFC 9768 may go on although a SYN without was about (3.1.5); RFC 3168 forbids it.
  //= rfc3168 6.1.1-2
  if (meaning.mode == EcnMode::classic && plain_syn_sent_) out.distrust(EcnSender::Path::no_consent);
  return out.on_syn_ack(meaning.syn_codepoint, syn_ack.header.options.accecn);
}

EcnMarks EcnConversation::on_handshake_ack(const Segment& ack) {
  if (!ack.text.empty() || ack.fin() || ack.header.options.sack_count != 0) return {};  // its flags are the counter already
  return out.on_handshake_ack(ack.header.ace(), ack.header.options.accecn);
}

std::uint32_t EcnConversation::option_room(bool has_islands, bool text) const {
  const auto option = in.option(has_islands, text);
  return option ? static_cast<std::uint32_t>(wire::AccEcnOption::room(option->fields)) : 0;
}

void EcnConversation::fill_in(wire::TcpHeader& header, const Departure& departure) {
  if (in.mode() == EcnMode::off) return;
  const bool bare = departure.pure && header.options.sack_count == 0;
  header.set_ace(in.flags(bare));
  if (departure.new_text != 0) {
    out.on_text_sent(departure.new_text);
    //= rfc3168 6.1.2-5
    if (out.cwr_due()) header.flags |= wire::tcp_flag::cwr;
    out.on_cwr_sent();
  }
  add_option(header, departure);
  in.on_ack_sent(bare, header.options.accecn.has_value(), !departure.pure);
}

void EcnConversation::add_option(wire::TcpHeader& header, const Departure& departure) const {
  auto& options = header.options;
  const auto option = in.option(options.sack_count != 0, !departure.pure);
  if (!option) return;
  std::size_t room = departure.room;
  const std::size_t needed = wire::AccEcnOption::room(option->fields);
  // A mark is worth the third SACK block (RFC 9768 3.2.3.3).
  if (needed > room && options.sack_count > 2) {
    options.sack[--options.sack_count] = {};
    room += sizeof(std::uint32_t) * 2;
  }
  if (needed <= room) options.accecn = option;
}

}  // namespace ft::tcp
