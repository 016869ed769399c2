// Why a segment was sent, what an arriving one did, and why a state changed without one: each with a stable id and its
// source. Traces, ladders and captures speak with these words.
#pragma once

#include <cstdint>
#include <string_view>

namespace ft::tcp {

struct Reason {
  std::string_view id;
  std::string_view clause;
};

/// Why a segment is sent.
enum class Cause : std::uint8_t {
  none,
  syn,
  syn_ack,
  syn_ack_simultaneous,
  handshake_ack,
  data,
  data_push,
  data_fin,
  fin,
  ack_every_second,
  ack_delayed,
  ack_quick,
  ack_out_of_order,
  ack_filled_hole,
  ack_unacceptable,
  ack_fin,
  ack_window_update,
  ack_window_probe,
  ack_keepalive,
  ack_challenge_rst,
  ack_challenge_syn,
  ack_challenge_ack,
  ack_time_wait,
  ack_ce_changed,
  ack_ce_count,
  retransmit_syn,
  retransmit_syn_without_ecn,
  retransmit_syn_ack,
  retransmit_rto,
  retransmit_fast,
  retransmit_sack,
  retransmit_rack,
  retransmit_partial_ack,
  retransmit_fin,
  retransmit_pmtu,
  retransmit_black_hole,
  retransmit_path_probe,
  path_probe,
  tail_loss_probe,
  tail_loss_probe_new,
  window_probe,
  keepalive_probe,
  rst_call_abort,
  rst_linger,
  rst_unread_data,
  rst_data_after_close,
  rst_closed_port,
  rst_bad_ack,
  rst_half_open,
  rst_timeout,
  rst_listener_closed,
  syn_ack_cookie,
  rst_backlog_full,
  rst_ecn_mixed,
  syn_asks_cookie,
  syn_fast_open,
  syn_ack_fast_open,
  retransmit_fast_open,
  count_,
};

/// What an accepted segment did; the most telling of several.
enum class Effect : std::uint8_t {
  none,
  syn_received,
  syn_ack_received,
  established,
  ack_new,
  ack_duplicate,
  ack_old,
  window_update,
  text_in_order,
  text_out_of_order,
  text_duplicate,
  fin_received,
  our_fin_acked,
  reset,
  refused,
  keepalive_answered,
  simultaneous_open,
  simultaneous_close,
  returned_to_listen,
  time_wait_restarted,
  time_wait_reopened,
  syn_answered_by_cookie,
  cookie_accepted,
  congestion_echoed,
  syn_reset_for_ecn,
  fast_open_accepted,
  count_,
};

/// Why a state changed without a segment.
enum class Trigger : std::uint8_t {
  call_connect,
  call_listen,
  call_close,
  call_abort,
  timer_time_wait,
  user_timeout,
  connect_timeout,
  keepalive_timeout,
  fin_wait_2_timeout,
  icmp_hard,
  count_,
};

Reason describe(Cause cause);
Reason describe(Effect effect);
Reason describe(Trigger trigger);

}  // namespace ft::tcp
