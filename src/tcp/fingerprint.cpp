#include "tcp/fingerprint.hpp"

#include "tcp/connection.hpp"

namespace ft::tcp {

/// A friend of every part that keeps something to itself: one overload a part.
class Fingerprint {
 public:
  explicit Fingerprint(Instant now) : now_(now) {}
  std::uint64_t value() const { return value_; }

  void add(const Connection& c);

 private:
  template <class T>
  void number(T x) {
    value_ = (value_ ^ static_cast<std::uint64_t>(x)) * 0x9e3779b97f4a7c15u;
    value_ ^= value_ >> 29;
  }
  template <class... T>
  void numbers(T... x) {
    (number(x), ...);
  }
  void seq(Seq s) { number(s.value()); }
  /// From now; what lies so far back that no timer looks there any more is all the same.
  void instant(Instant at) {
    constexpr Duration forgotten = std::chrono::minutes(10);
    if (at == never) return number(1);
    number(at < now_ - forgotten ? std::int64_t{2} : (at - now_).count());
  }
  void duration(Duration d) { number(d.count()); }

  void add(const Deadlines& d) {
    for (std::size_t i = 0; i < timer_count; ++i) instant(d[static_cast<Timer>(i)]);
  }
  void add(const SendVars& s) {
    for (const Seq x : {s.una, s.nxt, s.max, s.up, s.wl1, s.wl2, s.iss}) seq(x);
    numbers(s.wnd, s.max_wnd);
  }
  void add(const RecvVars& r) {
    for (const Seq x : {r.nxt, r.up, r.irs}) seq(x);
    number(r.wnd);
  }
  void add(const Rto& r) { numbers(r.srtt_us_, r.rttvar_us_, r.backoff_, r.careful_); }
  void add(const MinRtt& m) {
    numbers(m.current_us_, m.previous_us_);
    if (m.current_us_ != 0) instant(m.since_);
  }
  void add(const Pmtud& p);
  void add(const Scoreboard& board);
  void add(const Rack& r);
  void add(const Prr& p) { numbers(p.delivered_, p.out_, p.allowed_, p.flight_); }
  void add(const Undo& u);
  void add(const Recovery& r);
  void add(const Sender& s);
  void add(const Reassembly& r);
  void add(const AckPolicy& a) { numbers(a.unacknowledged_, a.full_size_, a.quick_, a.need_); }
  void add(const Receiver& r, bool timestamps);
  void add(const Negotiated& n) {
    numbers(n.peer_mss, n.path_mss, n.snd_shift, n.rcv_shift, n.window_scale, n.sack, n.timestamps, n.signature);
  }
  void add(const EcnReceiver& e);
  void add(const EcnSender& e);
  void add(const EcnConversation& e) {
    add(e.in);
    add(e.out);
    numbers(e.asked_, e.syn_codepoint_, e.plain_syn_sent_, e.reset_seen_);
  }
  void add(const wire::FastOpenCookie& cookie) {
    number(cookie.length);
    for (std::size_t i = 0; i < cookie.length; ++i) number(cookie.octets[i]);
  }
  void add(const FastOpen& f);

  Instant now_;
  std::uint64_t value_ = 0;
};

void Fingerprint::add(const Pmtud& p) {
  const Pmtud::Search s = p.search_ ? *p.search_ : Pmtud::Search{};
  numbers(p.size_, s.high, s.hint, p.proven_, p.largest_sent_, p.noted_size_, s.pending, s.probe_size, s.failures, p.timed_out_,
          s.active, p.finding_);
  instant(s.next_probe);
  if (p.noted_size_ != 0) numbers(p.noted_begin_.value(), p.noted_end_.value());
  if (s.probe_size != 0) numbers(s.probe_begin.value(), s.probe_end.value());
  if (s.pending != 0) seq(s.pending_about);
}

void Fingerprint::add(const Scoreboard& board) {
  number(board.size());
  for (std::uint32_t p = board.head(); p != board.tail(); ++p) {
    const SentSegment& s = board[p];
    seq(s.seq);
    instant(s.sent_at);
    numbers(s.length, s.sacked, s.lost, s.retransmitted, s.fin, s.why);
  }
  // The order of sending.
  for (auto p = board.oldest(); p; p = board.newer(*p)) number(*p - board.head());
  numbers(board.in_flight(), board.sacked(), board.lost());
  if (board.sacked() != 0) seq(board.highest_sacked());
}

void Fingerprint::add(const Rack& r) {
  numbers(r.learnt_.multiplier, r.learnt_.persist, r.learnt_.reordering_seen, r.any_, r.dsack_round_);
  if (r.dsack_round_) seq(r.round_end_);
  if (!r.any_ || r.xmit_ts_ == Instant{}) return;
  instant(r.xmit_ts_);
  seq(r.end_seq_);
  seq(r.fack_);
  duration(r.rtt_);
}

void Fingerprint::add(const Undo& u) {
  number(u.active_);
  if (!u.active_) return;
  instant(u.first_repeat_);
  seq(u.from_);
  seq(u.to_);
  number(u.repeats_);
}

void Fingerprint::add(const Recovery& r) {
  add(r.board);
  add(r.rack);
  add(r.prr);
  add(r.undo);
  for (const Seq x : {r.recover_, r.probe_end_, r.round_end_}) seq(x);
  numbers(r.most_in_flight_, r.most_before_, r.reno_sacked_, r.duplicates_, r.phase_, r.frto_, r.probe_active_, r.probe_repeated_,
          r.sampled_);
}

void Fingerprint::add(const Sender& s) {
  add(s.snd);
  seq(s.buffer.first());
  number(s.buffer.size());
  add(s.rto);
  add(s.min_rtt);
  add(s.pmtud);
  number(s.flight_ != nullptr);
  if (s.flight_) {
    add(s.flight_->recovery);
    instant(s.flight_->rtt_round);
  }
  for (const Instant at : {s.last_sent_, s.stalled_since_, s.rto_at_, s.early_at_}) instant(at);
  numbers(s.mss_, s.initial_segments_, s.learnt_.multiplier, s.learnt_.persist, s.learnt_.reordering_seen, s.retries_, s.go_back_,
          s.early_, s.syn_timed_, s.fin_queued_, s.probe_due_, s.tail_probe_due_, s.probing_);
}

void Fingerprint::add(const Reassembly& r) {
  number(r.ready_);
  if (r.beyond_ == nullptr) return;
  for (const Interval& island : r.beyond_->islands) numbers(island.from - r.next_, island.to - r.next_);
  for (const std::uint32_t low : r.beyond_->recent) number(low);
}

void Fingerprint::add(const Receiver& r, bool timestamps) {
  add(r.rcv);
  add(r.text);
  add(r.ack);
  if (timestamps) {
    number(timestamp_clock(now_, 0) - r.paws.recent());
    instant(r.paws.age_);
  }
  numbers(r.fin_known_, r.fin_taken_, r.has_duplicate_);
  if (r.fin_known_) seq(r.fin_at_);
  if (r.has_duplicate_) numbers(r.duplicate_.left.value(), r.duplicate_.right.value());
}

void Fingerprint::add(const EcnReceiver& e) {
  numbers(e.mode_, e.mirrors_);
  if (e.mode_ == EcnMode::off) return;
  for (const std::uint32_t octets : e.octets_) number(octets);
  numbers(e.cep(), e.syn_ack_codepoint_.value_or(0xff), e.ce_since_ack_, e.ever_, e.news_, e.ece_, e.last_ce_,
          e.first_option_due_, e.first_text_option_due_, e.syn_ack_counted_, e.has_earlier_);
  if (e.has_earlier_) numbers(e.earlier_nxt_.value(), e.earlier_ece_);
}

void Fingerprint::add(const EcnSender& e) {
  numbers(e.mode_, e.path_);
  if (e.mode_ == EcnMode::off) return;
  for (const Seq x : {e.highest_ack_, e.reduced_at_, e.round_end_}) seq(x);
  numbers(e.has_ts_val_, e.has_ts_val_ ? timestamp_clock(now_, 0) - e.newest_ts_val_ : 0u);
  numbers(e.ect_sent_, e.ect_seen_, e.cep_, e.e0b_, e.e1b_, e.ceb_, e.round_acked_, e.round_marked_, e.watched_acked_,
          e.marked_rounds_, e.contradictions_, e.ignored_, e.cwr_due_, e.watching_, e.options_seen_, e.options_ignored_);
}

void Fingerprint::add(const FastOpen& f) {
  add(f.cookie);
  numbers(f.without_cookie, f.text_limit, f.text_sent, f.answered, f.syn_repeated, f.text_acknowledged, f.peer_mss, f.pending,
          f.syn_ack_due, f.fin_wanted, f.syn_acks, f.learnt.has_value(), f.fresh.has_value());
  if (f.learnt) add(*f.learnt);
  if (f.fresh) add(*f.fresh);
}

void Fingerprint::add(const Connection& c) {
  numbers(c.state_, c.why_);
  add(c.sender_);
  add(c.receiver_, c.negotiated_.timestamps);
  add(c.deadlines_);
  add(c.negotiated_);
  add(c.ecn_);
  number(c.fast_open_ != nullptr);
  if (c.fast_open_) add(*c.fast_open_);
  seq(c.last_ack_sent_);
  if (c.options_->keepalive) instant(c.last_heard_);
  number(c.challenges_);
  if (c.challenges_ != 0) instant(c.challenge_window_);
  numbers(c.events_, c.keepalive_probes_, c.passive_, c.detached_, c.write_blocked_, c.readable_told_, c.keepalive_due_,
          c.simultaneous_, c.syn_retransmitted_, c.tell_user_timeout_, c.more_follows_, c.cork_flushed_, c.path_size_);
}

std::uint64_t fingerprint(const Connection& connection, Instant now) {
  Fingerprint print(now);
  print.add(connection);
  return print.value();
}

}  // namespace ft::tcp
