#include "analysis/numbering.hpp"

#include "wire/tcp.hpp"

#include <cstdlib>

namespace ft::analysis {

Numbering::Connection& Numbering::find(const FourTuple& tuple) {
  const bool in_order = tuple.local < tuple.remote;
  const FourTuple key = in_order ? tuple : FourTuple{tuple.remote, tuple.local};
  Connection& connection = connections_[key];
  if (connection.number == 0) connection.number = static_cast<unsigned>(connections_.size());
  return connection;
}

unsigned Numbering::connection_of(const FourTuple& tuple) {
  const bool known = tuple.local.port != 0 && tuple.remote.port != 0;
  return known ? find(tuple).number : 0;
}

/// The base is the ISN that lies nearest: after a restart both the old and the new one are about, and random ISNs lie far apart.
std::int64_t Numbering::relative(Direction& direction, std::uint32_t number, bool may_begin) {
  if (direction.first.empty()) {
    if (!may_begin) return number;
    direction.first.push_back(Seq{number} - 1);  // seen from the middle on: its first number counts as 1
  }
  std::int64_t best = 0;
  bool any = false;
  for (auto base = direction.first.rbegin(); base != direction.first.rend(); ++base) {
    const std::int64_t d = distance(*base, Seq{number});
    if (!any || std::abs(d) < std::abs(best)) best = d;
    any = true;
  }
  return best;
}

/// RFC 9768 3.1.1 table 2: which handshakes make AE, CWR and ECE one number.
void Numbering::read_ace(Connection& connection, Row& row) {
  using namespace wire;
  const auto bits = static_cast<unsigned>((row.segment.ae ? 4 : 0) | row.segment.flags >> 6);
  if (row.has(tcp_flag::syn) && row.has(tcp_flag::ack)) {
    connection.accurate_ecn = connection.accurate_ecn_asked && bits >= 2 && bits != 7;
  } else if (row.has(tcp_flag::syn)) {
    connection.accurate_ecn = false;
    connection.accurate_ecn_asked = bits == 7 || (connection.accurate_ecn_asked && bits == 0);
  } else if (connection.accurate_ecn && !row.has(tcp_flag::rst)) {
    row.ace = static_cast<std::uint8_t>(bits);
  }
}

void Numbering::number(Row& row) {
  using namespace wire;
  Connection& connection = find(row.tuple);
  row.connection = connection.number;
  const std::size_t index = row.tuple.local < row.tuple.remote ? 0 : 1;
  Direction& ours = connection.directions[index];
  Direction& theirs = connection.directions[1 - index];
  const trace::SegmentFields& segment = row.segment;
  const bool forged = row.why.id == "injected";  // an attacker's numbers are not the connection's
  if (row.has(tcp_flag::syn) && !forged) {
    if (ours.first.empty() || ours.first.back() != Seq{segment.seq}) ours.first.push_back(Seq{segment.seq});
    ours.scale = segment.window_scale;
    ours.syn_seen = true;
  }
  if (!forged) read_ace(connection, row);
  // A RST may carry any number, also 0 for a connection that never was: it must not become a base.
  row.seq = relative(ours, segment.seq, !row.has(tcp_flag::rst) && !forged);
  if (row.has(tcp_flag::ack)) row.ack = relative(theirs, segment.ack, !row.has(tcp_flag::syn) && !row.has(tcp_flag::rst));
  for (std::size_t i = 0; i < segment.sack_count && i < row.sack.size(); ++i)
    row.sack[i] = {relative(theirs, segment.sack[i].first, false), relative(theirs, segment.sack[i].second, false)};
  // RFC 7323 2.2: a SYN's window is never scaled, and scaling needs the option in both SYNs.
  const bool scaled = !row.has(tcp_flag::syn) && ours.scale && theirs.scale;
  row.window = static_cast<std::uint64_t>(segment.window) << (scaled ? std::min<unsigned>(*ours.scale, 14) : 0);
}

}  // namespace ft::analysis
