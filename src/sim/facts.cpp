#include "sim/facts.hpp"

#include <algorithm>
#include <type_traits>

#include "wire/tcp.hpp"

namespace ft::sim {
namespace {

constexpr std::array<std::string_view, 7> kind_words{"SYN", "SYN-ACK", "DATA", "FIN", "ACK", "RST", "RETRANSMISSION"};

bool has(const trace::SegmentFields& s, std::uint8_t flag) { return (s.flags & flag) != 0; }

/// Octets of sequence space (RFC 9293 3.4: SYN and FIN count one each).
std::uint32_t sequence_length(const trace::SegmentFields& s) {
  return s.length + (has(s, wire::tcp_flag::syn) ? 1u : 0u) + (has(s, wire::tcp_flag::fin) ? 1u : 0u);
}

/// What it means when a connection is over with this segment.
CloseReason end_by_segment(const trace::SegmentFields& s, CloseReason by_reset) {
  return has(s, wire::tcp_flag::rst) ? by_reset : CloseReason::normal;
}

/// The same for a change of state that a call, a timer or an ICMP message brought about.
CloseReason end_without_segment(std::string_view why) {
  if (why == "crash") return CloseReason::none;  // nobody is left to be told
  if (why == "icmp-hard") return CloseReason::unreachable;
  return why.starts_with("call-") ? CloseReason::aborted : CloseReason::timed_out;
}

}  // namespace

std::optional<SegmentKind> segment_kind(std::string_view word) {
  const auto found = std::find(kind_words.begin(), kind_words.end(), word);
  if (found == kind_words.end()) return std::nullopt;
  return static_cast<SegmentKind>(found - kind_words.begin());
}

ConnectionEnd& Facts::connection(std::string_view name, Role host) {
  for (ConnectionEnd& c : connections_)
    if (c.name == name) return c;
  ConnectionEnd fresh;
  fresh.name = name;
  fresh.host = host;
  return connections_.emplace_back(std::move(fresh));
}

const ConnectionEnd* Facts::find(std::string_view name) const {
  for (const ConnectionEnd& c : connections_)
    if (c.name == name) return &c;
  return nullptr;
}

std::vector<StateMark> Facts::path(const ConnectionEnd& connection) const {
  std::size_t wanted = 1;
  for (const ConnectionEnd& c : connections_) {
    if (c.name == connection.name) break;
    if (c.host == connection.host && c.tuple == connection.tuple) ++wanted;
  }
  std::vector<StateMark> marks;
  std::size_t life = 0;
  std::string_view before;
  for (const StateMark& mark : states_) {
    if (mark.host != connection.host || mark.tuple != connection.tuple) continue;
    const bool simultaneous_open = before == "SYN-SENT";
    if (mark.state == "SYN-SENT" || (mark.state == "SYN-RECEIVED" && !simultaneous_open)) ++life;
    before = mark.state;
    if (std::max<std::size_t>(life, 1) == wanted) marks.push_back(mark);
  }
  return marks;
}

void Facts::finish() {
  for (ConnectionEnd& c : connections_) {
    for (const StateMark& mark : path(c)) {
      c.state = mark.state;
      if (c.closed == CloseReason::none) c.closed = mark.end;
    }
  }
}

const std::vector<Instant>& Facts::sent(Role host, SegmentKind kind) const {
  return sent_[index(host)][static_cast<std::size_t>(kind)];
}

std::uint64_t Facts::dropped(Role host, DropReason reason) const {
  return dropped_[index(host)][static_cast<std::size_t>(reason)];
}

/// Also how a connection ended, read off the trace: TIME-WAIT is a normal end whatever comes later, and a reset of a connection
/// that was not yet there is a refusal.
void Facts::note_state(const trace::Event& event, const FourTuple& tuple, std::string_view from, std::string_view to,
                       CloseReason why) {
  if (to.empty()) return;
  const Role host = static_cast<Role>(event.host);
  const auto last =
      std::find_if(states_.rbegin(), states_.rend(), [&](const StateMark& m) { return m.host == host && m.tuple == tuple; });
  const bool known = last != states_.rend();
  const bool no_connection = to == "CLOSED" || to == "LISTEN";  // a segment met nobody
  if (no_connection && from == to) return;
  if (known ? last->state == to : no_connection) return;
  CloseReason end = CloseReason::none;
  if (to == "TIME-WAIT") end = CloseReason::normal;
  if (to == "CLOSED" && from != "TIME-WAIT") end = why == CloseReason::reset && from == "SYN-SENT" ? CloseReason::refused : why;
  states_.push_back({event.at, host, tuple, to, end});
}

void Facts::note_sent(const trace::Event& event, const trace::SegmentSent& sent) {
  const auto& s = sent.segment;
  auto& counts = sent_[event.host];
  const auto count = [&](SegmentKind kind) { counts[static_cast<std::size_t>(kind)].push_back(event.at); };
  using namespace wire::tcp_flag;
  if (has(s, syn)) count(has(s, ack) ? SegmentKind::syn_ack : SegmentKind::syn);
  if (has(s, fin)) count(SegmentKind::fin);
  if (has(s, rst)) count(SegmentKind::rst);
  if (s.length > 0) count(SegmentKind::data);
  if (s.length == 0 && has(s, ack) && !has(s, syn) && !has(s, fin) && !has(s, rst)) count(SegmentKind::ack);

  if (sequence_length(s) == 0 || has(s, rst)) return;
  const Seq seq{s.seq};
  const Seq end = seq + sequence_length(s);
  const auto [stream, first] = streams_.try_emplace({event.host, sent.tuple}, Stream{seq, end});
  if (first) return;
  Stream& known = stream->second;
  if (has(s, syn) && seq != known.iss) {
    known = {seq, end};  // a new connection of the same name
  } else {
    if (before(seq, known.highest)) count(SegmentKind::retransmission);
    known.highest = later(known.highest, end);
  }
}

void Facts::on_event(const trace::Event& event) {
  if (event.host > 1) return;
  std::visit(
      [&](const auto& what) {
        using What = std::decay_t<decltype(what)>;
        if constexpr (std::is_same_v<What, trace::SegmentSent>) {
          if (what.why.id == "injected") return;  // the attacker's, not the host's
          note_sent(event, what);
          note_state(event, what.tuple, what.state_before, what.state_after, end_by_segment(what.segment, CloseReason::aborted));
        } else if constexpr (std::is_same_v<What, trace::SegmentReceived>) {
          ++dropped_[event.host][static_cast<std::size_t>(what.dropped)];
          note_state(event, what.tuple, what.state_before, what.state_after, end_by_segment(what.segment, CloseReason::reset));
        } else if constexpr (std::is_same_v<What, trace::StateChanged>) {
          note_state(event, what.tuple, what.from, what.to, end_without_segment(what.why.id));
        } else if constexpr (std::is_same_v<What, trace::PacketDropped>) {
          ++dropped_[event.host][static_cast<std::size_t>(what.reason)];
        } else if constexpr (std::is_same_v<What, trace::LinkLost>) {
          ++lost_;
        }
      },
      event.what);
}

}  // namespace ft::sim
