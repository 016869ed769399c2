#include "sockets/impaired_link.hpp"

#include "base/rng.hpp"
#include "fourtuple/impair.hpp"
#include "sim/packet.hpp"

#include <algorithm>

namespace ft::sockets {
namespace {

/// Packets read from the inner link in one call, so that a fast sender behind a long delay cannot keep the loop here.
constexpr unsigned most_reads = 64;
/// Our packets that wait, due, for the inner link's room. More is back-pressure.
constexpr std::size_t most_waiting = 1024;

using Way = io::LinkReporter::Way;

std::optional<Instant> earlier(std::optional<Instant> a, std::optional<Instant> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

}  // namespace

ImpairedLink::ImpairedLink(std::unique_ptr<Link> inner, const sim::ImpairmentSettings& out, const sim::ImpairmentSettings& in,
                           io::LinkReporter reporter)
    : inner_(std::move(inner)), out_(out), in_(in), reporter_(reporter) {}

std::optional<Instant> ImpairedLink::next_deadline() const {
  const auto ours = leaving_ ? std::nullopt : out_.next_delivery();
  return earlier(earlier(ours, in_.next_delivery()), inner_->next_deadline());
}

Link::Outcome ImpairedLink::send(Instant now, std::span<const std::byte> packet, const Transmit&) {
  if (leaving_ && out_.held_packets() >= most_waiting) return Outcome::would_block;
  const std::uint64_t number = reporter_.sent(now, Way::out, packet);
  const sim::Fate fate = out_.submit(now, packet);
  if (fate.copies == 0) reporter_.lost(now, Way::out, number, fate.lost);
  return let_leave(now) == Outcome::failed ? Outcome::failed : Outcome::done;
}

Link::Outcome ImpairedLink::let_leave(Instant now) {
  for (;;) {
    if (!leaving_) leaving_ = out_.pop(now);
    if (!leaving_) return Outcome::done;
    reporter_.peer_receives(now, leaving_->octets);
    const Outcome outcome = inner_->send(now, leaving_->octets, {});
    if (outcome != Outcome::done) return outcome;
    reporter_.delivered(now, Way::out, leaving_->number, leaving_->duplicate, leaving_->corrupted);
    reporter_.peer_received(now, leaving_->octets);
    leaving_.reset();
  }
}

std::optional<Link::Received> ImpairedLink::take_due(Instant now, std::span<std::byte> into) {
  const auto arrival = in_.pop(now);
  if (!arrival) return std::nullopt;
  reporter_.delivered(now, Way::in, arrival->number, arrival->duplicate, arrival->corrupted);
  std::ranges::copy(arrival->octets, into.begin());
  return Received{Outcome::done, arrival->octets.size(), {}};
}

Link::Received ImpairedLink::receive(Instant now, std::span<std::byte> into) {
  if (let_leave(now) == Outcome::failed) return {Outcome::failed, 0, {}};
  for (unsigned reads = 0; reads < most_reads; ++reads) {
    if (const auto due = take_due(now, into)) return *due;
    const Received got = inner_->receive(now, into);
    if (got.outcome != Outcome::done) return got;
    const sim::Fate fate = in_.submit(now, into.first(got.length));
    if (fate.marked) sim::set_ecn_field(into.first(got.length), 3);  // a capture at our end shows what reaches it
    const std::uint64_t number = reporter_.sent(now, Way::in, into.first(got.length));
    if (fate.copies == 0) reporter_.lost(now, Way::in, number, fate.lost);
  }
  return take_due(now, into).value_or(Received{});
}

std::expected<BothWays, std::string> parse_both_ways(std::string_view text) {
  const auto settings = sim::parse_impairment(text);
  if (!settings) return std::unexpected(settings.error());
  BothWays both{*settings, *settings};
  std::uint64_t state = settings->seed;
  both.out.seed = splitmix64(state);
  both.in.seed = splitmix64(state);
  return both;
}

}  // namespace ft::sockets

namespace ft {

std::expected<std::unique_ptr<Link>, std::string> impair(std::unique_ptr<Link> link, std::string_view faults) {
  const auto both = sockets::parse_both_ways(faults);
  if (!both) return std::unexpected(both.error());
  return std::make_unique<sockets::ImpairedLink>(std::move(link), both->out, both->in);
}

}  // namespace ft
