// What leaves: asked for by the driver, derived from state at that moment.
#include "base/assert.hpp"
#include "stack/impl.hpp"
#include "wire/checksum.hpp"

#include <algorithm>

namespace ft {

using tcp::State;

namespace {
const IpAddress& first_hop(const FourTuple& tuple, const std::shared_ptr<const wire::SourceRoute>& route) {
  return route ? route->hops[0] : tuple.remote.address;
}
}  // namespace

std::optional<Transmit> Stack::Impl::poll_transmit(Instant now, std::span<std::byte> out) {
  now_ = now;
  looping_ = false;
  for (unsigned looped = 0; looped < most_looped; ++looped) {
    auto transmit = next_transmit(now, out);
    if (!transmit || !looped_) return transmit;
    // To one of our own addresses: it arrives here and now, without a link.
    looped_ = false;
    use(now, engine_.on_looped(now, out.first(transmit->length)), transmit->length);
  }
  looping_ = true;  // enough for once: next_deadline() asks the driver to come back at this very instant
  return std::nullopt;
}

std::optional<Transmit> Stack::Impl::next_transmit(Instant now, std::span<std::byte> out) {
  if (!orphans_.empty()) forget_orphans();
  unpark();
  auto transmit = send_own(now, out);
  if (!transmit) transmit = send_reply(now, out);
  if (!transmit) transmit = send_syn_ack(now, out);
  if (!transmit) transmit = send_ready(now, out);
  if (!transmit) transmit = send_own(now, out);  // what waits for a neighbour has just made the engine ask for it
  if (transmit && !looped_) ++counters_.packets_out;
  return transmit;
}

std::optional<Instant> Stack::Impl::next_deadline() const {
  std::optional<Instant> earliest;
  if (looping_) earliest = now_;
  for (const auto& at : {connection_timers_.next(), half_open_timers_.next(), time_wait_timers_.next(), engine_.next_deadline()})
    if (at && (!earliest || *at < *earliest)) earliest = at;
  return earliest;
}

std::optional<Transmit> Stack::Impl::send_own(Instant now, std::span<std::byte> out) {
  std::string_view id;
  std::string_view clause;
  const std::size_t length = engine_.poll_transmit(now, out, &id, &clause);
  if (length == 0) return std::nullopt;
  tracer_.made(now, id, clause, length);
  return Transmit{.length = length};
}

std::optional<Transmit> Stack::Impl::send_reply(Instant now, std::span<std::byte> out) {
  while (!replies_.empty()) {
    const stack::QueuedReply& front = replies_.front();
    const auto reach = engine_.reach(now, first_hop(front.tuple, front.route));
    stack::QueuedReply queued = front;
    replies_.pop_front();
    if (reach == net::Reach::resolving && parked_replies_.size() < most_replies) parked_replies_.push_back(queued);
    if (reach != net::Reach::ready) continue;
    const auto transmit = emit(now, out, queued.tuple, queued.reply.header, {}, queued.ttl,
                               static_cast<std::uint8_t>(queued.dscp << 2), queued.authenticator.get(), true, queued.route.get());
    if (queued.reply.header.has(wire::tcp_flag::rst)) ++counters_.resets_sent;
    tracer_.sent(now, queued.tuple, queued.reply.header, 0, 0, queued.reply.cause, queued.state, queued.state);
    return transmit;
  }
  return std::nullopt;
}

std::optional<Transmit> Stack::Impl::send_syn_ack(Instant now, std::span<std::byte> out) {
  while (!syn_acks_.empty()) {
    const std::uint32_t index = syn_acks_.front();
    HalfOpenRecord& record = records_.half_open.at(index);
    syn_acks_.remove(index);
    const auto reach = engine_.reach(now, first_hop(record.tuple, record.route));
    if (reach == net::Reach::resolving) {
      parked_syn_acks_.push_back(index);
      record.parked = true;
    }
    if (reach != net::Reach::ready) continue;  // unreachable: asked again with the next SYN-ACK, its timer runs
    const Listener& listener = listeners_.at(record.listener);
    const auto& options = *listener.tcp;
    auto header = tcp::make_syn_ack(record.half_open, options, record.path, now);
    const bool again = record.half_open.sent;
    if (record.wants_cookie && !again)
      header.options.fast_open = cookies_of(listener).make(record.tuple.local.address, record.tuple.remote.address);
    tcp::note_syn_ack_sent(record.half_open, now);
    const auto transmit = emit(now, out, record.tuple, header, {}, options.ttl, static_cast<std::uint8_t>(options.dscp << 2),
                               authenticator_of(record.tuple).get(), true, record.route.get());
    tracer_.sent(now, record.tuple, header, 0, 0, again ? tcp::Cause::retransmit_syn_ack : tcp::Cause::syn_ack,
                 State::syn_received,
                 State::syn_received);  // the SYN's arrival made the record
    if (again) ++counters_.retransmissions;
    return transmit;
  }
  return std::nullopt;
}

/// A neighbour answered, or will not: whoever waited for one looks again.
void Stack::Impl::unpark() {
  if (engine_.resolution_count() == seen_resolutions_) return;
  seen_resolutions_ = engine_.resolution_count();
  while (!parked_.empty()) {
    const std::uint32_t index = parked_.front();
    parked_.remove(index);
    records_.connections.at(index).parked = false;
    ready_.push_back(index);
  }
  while (!parked_syn_acks_.empty()) {
    const std::uint32_t index = parked_syn_acks_.front();
    parked_syn_acks_.remove(index);
    records_.half_open.at(index).parked = false;
    syn_acks_.push_back(index);
  }
  replies_.insert(replies_.end(), parked_replies_.begin(), parked_replies_.end());
  parked_replies_.clear();
}

std::optional<Transmit> Stack::Impl::send_ready(Instant now, std::span<std::byte> out) {
  while (!ready_.empty()) {
    const std::uint32_t index = ready_.front();
    Entry& entry = records_.connections.at(index);
    const auto reach = engine_.reach(now, first_hop(entry.tuple, entry.route));
    if (reach == net::Reach::resolving) {
      ready_.remove(index);
      parked_.push_back(index);
      entry.parked = true;
      tracer_.parked(now, entry.tuple, entry.tcp);
      continue;
    }
    tracer_.look(entry.tcp);
    const auto authenticator = authenticator_of(entry.tuple);
    // A link that cuts a super-segment cannot sign its pieces.
    auto segment = entry.tcp.next_segment(context(), authenticator == nullptr ? config_.max_super_segment : 0);
    if (segment && segment->cause == tcp::Cause::syn_fast_open && segment->length != 0) ++counters_.fast_opens_sent;
    if (!segment) {
      if (tracer_.on()) {
        tracer_.tell(now, entry.tuple, entry.tcp);
        tracer_.drained(now, index, entry.tuple, entry.tcp);
      }
      ready_.remove(index);
      if (entry.tcp.can_become_record()) {
        become_time_wait_record(index);
      } else {
        arm(index);
      }
      continue;
    }
    ready_.move_to_back(index);
    if (entry.tcp.has_events()) tell(index);
    if (segment->retransmission) ++counters_.retransmissions;
    if (reach == net::Reach::unreachable) {
      // As lost on the wire: its timer asks the neighbour again, and the user is told.
      entry.tcp.on_icmp_soft(Error::host_unreachable);
      settle(index, std::nullopt);
      continue;
    }
    const auto& options = *entry.tcp.options();
    const Text text{entry.tcp.text(*segment), segment->segment_size};
    const auto traffic_class = static_cast<std::uint8_t>(options.dscp << 2 | segment->ip_ecn);
    const auto transmit = emit(now, out, entry.tuple, segment->header, text, options.ttl, traffic_class, authenticator.get(),
                               !entry.tcp.may_be_fragmented(), entry.route.get());
    if (tracer_.on()) {
      tracer_.sent(now, index, entry.tuple, *segment, entry.tcp);
      tracer_.tell(now, entry.tuple, entry.tcp);
    }
    return transmit;
  }
  return std::nullopt;
}

std::optional<Transmit> Stack::Impl::emit(Instant now, std::span<std::byte> out, const FourTuple& tuple, wire::TcpHeader& header,
                                          const Text& text, std::uint8_t ttl, std::uint8_t traffic_class,
                                          stack::Authenticator* authenticator, bool dont_fragment,
                                          const wire::SourceRoute* route) {
  if (authenticator != nullptr) header.options.signature = authenticator->blank();
  header.source_port = tuple.local.port;
  header.destination_port = tuple.remote.port;
  const std::size_t below = engine_.header_length(tuple.remote.address, route);
  const std::size_t above = wire::tcp_header_length(header);
  const std::size_t text_length = text.parts[0].size() + text.parts[1].size();
  const std::size_t length = above + text_length;
  FT_ASSERT(out.size() >= below + length);
  const std::span<std::byte> segment = out.subspan(below, length);
  wire::write_tcp(header, segment, above);

  if (authenticator != nullptr) {
    auto signed_at = segment.begin() + static_cast<std::ptrdiff_t>(above);
    for (const auto& part : text.parts) signed_at = std::copy(part.begin(), part.end(), signed_at);
    header.options.signature = authenticator->sign(header, segment);
    if (!header.options.signature) return std::nullopt;  // as lost on the wire
    wire::write_tcp(header, segment);
  }
  wire::PartialSum sum =
      wire::pseudo_header(tuple.local.address, tuple.remote.address, net::protocol_tcp, static_cast<std::uint32_t>(length));
  std::byte* at = segment.data() + above;
  //= rfc9293 MUST-2
  std::uint16_t checksum = 0;
  if (text.segment_size != 0) {
    // The link cuts and sums each piece; it wants the pseudo-header's sum in the field (as virtio and Linux do).
    for (const auto& part : text.parts) at = std::copy(part.begin(), part.end(), at);
    checksum = static_cast<std::uint16_t>(~wire::finish(sum));
  } else {
    sum = wire::add_octets(sum, segment.first(above));
    if (text.parts[1].empty()) {
      sum = wire::copy_and_add(sum, text.parts[0], at);
    } else if (text.parts[0].size() % 2 == 0) {
      sum = wire::copy_and_add(sum, text.parts[0], at);
      sum = wire::copy_and_add(sum, text.parts[1], at + text.parts[0].size());
    } else {
      std::copy(text.parts[1].begin(), text.parts[1].end(), std::copy(text.parts[0].begin(), text.parts[0].end(), at));
      sum = wire::add_octets(sum, segment.subspan(above));
    }
    checksum = wire::finish(sum);
  }
  segment[16] = static_cast<std::byte>(checksum >> 8);
  segment[17] = static_cast<std::byte>(checksum & 0xff);

  const net::Envelope envelope{.source = tuple.local.address,
                               .destination = tuple.remote.address,
                               .ttl = ttl,
                               .traffic_class = traffic_class,
                               .dont_fragment = dont_fragment,
                               .route = route};
  engine_.seal(now, envelope, length, out);
  looped_ = engine_.loops_back(tuple.remote.address);
  ++counters_.segments_out;
  Transmit transmit{.length = looped_ ? below + length : engine_.frame_length(below + length)};
  if (text.segment_size != 0) {
    transmit.segment_size = text.segment_size;
    transmit.header_length = static_cast<std::uint16_t>(below + above);
  }
  return transmit;
}

}  // namespace ft
