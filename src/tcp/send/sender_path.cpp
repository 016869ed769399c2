// What the sender does when the path takes less than it thought, or might take more (RFC 1191, RFC 4821).
#include "tcp/send/sender.hpp"

#include "tcp/congestion/controller.hpp"

namespace ft::tcp {

void Sender::set_mss(std::uint32_t mss) {
  mss_ = mss;
  if (controller_) controller_->set_mss(mss);
}

void Sender::on_smaller_path(BufferPool& pool, std::uint32_t mss, Cause why) {
  set_mss(mss);
  if (!flight_ || !syn_acked()) return;
  if (flight_->recovery.board.split(pool, mss, why)) return;
  rewind(pool);
  go_back_ = why;
}

/// The size of packet to try now, if there is one and enough to send behind it that its loss will show (RFC 4821 7.4).
std::uint16_t Sender::path_probe_size(Instant now, const SendLimits& limits) {
  constexpr std::uint32_t followers = 3;
  if (!pmtud.is_due(now) || phase() != Phase::open || snd.nxt != snd.max) return 0;
  if (flight_ && flight_->recovery.board.lost() != 0) return 0;
  const auto size = pmtud.probe_size(now);
  if (!size || *size <= limits.mss + limits.headers) return 0;
  const std::uint64_t needed = *size - limits.headers + std::uint64_t{followers} * limits.mss;
  const std::int32_t unsent = distance(snd.nxt, buffer.end());
  const std::uint32_t offset = snd.nxt.value() - snd.una.value();
  if (unsent < 0 || static_cast<std::uint32_t>(unsent) < needed || snd.wnd < offset + needed || cwnd() < needed) return 0;
  return *size;
}

/// One segment that is larger than the path is known to take. Nothing until the congestion window has room for all of it.
std::optional<Chunk> Sender::path_probe(std::uint16_t size, const SendLimits& limits) const {
  Chunk chunk;
  chunk.seq = snd.nxt;
  chunk.length = size - limits.headers;
  chunk.path_probe = true;
  chunk.cause = Cause::path_probe;
  if (allowance(limits) < chunk.length) return std::nullopt;
  return chunk;
}

void Sender::on_path_probe_lost(BufferPool& pool, Instant now) {
  if (pmtud.has_probe_out()) pmtud.on_probe_lost(now);
  // Without memory for the pieces it goes again as it was, until a timeout says so once more.
  flight_->recovery.board.split(pool, mss_, Cause::retransmit_path_probe);
}

}  // namespace ft::tcp
