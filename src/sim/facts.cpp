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

void Facts::finish() {
  for (ConnectionEnd& c : connections_) {
    for (const StateMark& mark : states_)
      if (mark.host == c.host && mark.tuple == c.tuple) c.state = mark.state;
    const auto end = ends_.find({static_cast<std::uint8_t>(c.host), c.tuple});
    if (c.closed == CloseReason::none && end != ends_.end()) c.closed = end->second;
  }
}

const std::vector<Instant>& Facts::sent(Role host, SegmentKind kind) const {
  return sent_[index(host)][static_cast<std::size_t>(kind)];
}

std::uint64_t Facts::dropped(Role host, DropReason reason) const {
  return dropped_[index(host)][static_cast<std::size_t>(reason)];
}

void Facts::note_state(const trace::Event& event, const FourTuple& tuple, std::string_view state) {
  if (state.empty()) return;
  const Role host = static_cast<Role>(event.host);
  const auto last =
      std::find_if(states_.rbegin(), states_.rend(), [&](const StateMark& m) { return m.host == host && m.tuple == tuple; });
  const bool known = last != states_.rend();
  if (known ? last->state == state : state == "CLOSED" || state == "LISTEN") return;
  states_.push_back({event.at, host, tuple, state});
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

/// How a connection ended, read off the trace: TIME-WAIT is a normal end whatever comes later, and a reset of a connection that
/// was not yet there is a refusal. A connection that opens anew under the same name starts anew.
void Facts::note_end(const trace::Event& event, const FourTuple& tuple, std::string_view from, std::string_view to,
                     CloseReason why) {
  const Key key{event.host, tuple};
  if (to == "SYN-SENT" || to == "SYN-RECEIVED") ends_.erase(key);
  if (from == to) return;
  if (to == "TIME-WAIT") ends_.try_emplace(key, CloseReason::normal);
  if (to != "CLOSED" || from.empty() || from == "LISTEN") return;
  if (why == CloseReason::reset && from == "SYN-SENT") why = CloseReason::refused;
  ends_.try_emplace(key, why);
}

void Facts::on_event(const trace::Event& event) {
  if (event.host > 1) return;
  std::visit(
      [&](const auto& what) {
        using What = std::decay_t<decltype(what)>;
        if constexpr (std::is_same_v<What, trace::SegmentSent>) {
          if (what.why.id == "injected") return;  // the attacker's, not the host's
          note_sent(event, what);
          note_state(event, what.tuple, what.state_after);
          note_end(event, what.tuple, what.state_before, what.state_after,
                   has(what.segment, wire::tcp_flag::rst) ? CloseReason::aborted : CloseReason::normal);
        } else if constexpr (std::is_same_v<What, trace::SegmentReceived>) {
          ++dropped_[event.host][static_cast<std::size_t>(what.dropped)];
          note_state(event, what.tuple, what.state_after);
          note_end(event, what.tuple, what.state_before, what.state_after,
                   has(what.segment, wire::tcp_flag::rst) ? CloseReason::reset : CloseReason::normal);
        } else if constexpr (std::is_same_v<What, trace::StateChanged>) {
          note_state(event, what.tuple, what.to);
          note_end(event, what.tuple, what.from, what.to,
                   what.why.id.starts_with("call-") ? CloseReason::aborted : CloseReason::timed_out);
        } else if constexpr (std::is_same_v<What, trace::PacketDropped>) {
          ++dropped_[event.host][static_cast<std::size_t>(what.reason)];
        } else if constexpr (std::is_same_v<What, trace::LinkLost>) {
          ++lost_;
        }
      },
      event.what);
}

}  // namespace ft::sim
