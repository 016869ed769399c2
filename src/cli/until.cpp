#include "cli/until.hpp"

#include "analysis/seen_ladder.hpp"

namespace ft::cli {

using namespace wire;

bool UntilWatch::on(const analysis::Segment& segment) {
  if (until_ == Until::stopped) return false;
  if (connections_.size() >= most_connections) connections_.clear();
  const FourTuple tuple = analysis::tuple_of(segment);
  const bool lesser = tuple.local < tuple.remote;
  Connection& connection = connections_[lesser ? tuple : FourTuple{tuple.remote, tuple.local}];
  const bool syn = segment.has(tcp_flag::syn), ack = segment.has(tcp_flag::ack), rst = segment.has(tcp_flag::rst);
  if (until_ == Until::handshake) {
    if (syn && !ack) connection = {.asked = true, .answered = false, .opener = tuple.local, .after_fin = {}, .fin_acked = {}};
    if (syn && ack && connection.asked) connection.answered = true;
    return connection.answered && ack && !syn && !rst && tuple.local == connection.opener;
  }
  if (rst) return true;
  const std::size_t from = lesser ? 0 : 1;
  const std::size_t to = 1 - from;
  if (segment.has(tcp_flag::fin)) connection.after_fin[from] = segment.seq + segment.sequence_length();
  if (ack && connection.after_fin[to] && after_or_equal(segment.ack, *connection.after_fin[to])) connection.fin_acked[to] = true;
  return connection.fin_acked[0] && connection.fin_acked[1];
}

}  // namespace ft::cli
