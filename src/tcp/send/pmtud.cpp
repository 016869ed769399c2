#include "tcp/send/pmtud.hpp"

#include <algorithm>
#include <array>

namespace ft::tcp {

namespace {

/// RFC 1191 7.1: MTUs that links had, for routers that do not say theirs.
constexpr std::array<std::uint16_t, 9> plateaus = {32000, 17914, 8166, 4352, 2002, 1492, 1280, 1006, 576};

/// Where a black hole leads: each is tried until one gets through. 296: point-to-point links of the slow kind (RFC 1191 7.1).
constexpr std::array<std::uint16_t, 3> steps_down = {1280, 576, 296};

/// What today's paths take: tunnels over 1500 (WireGuard, GRE, IPIP, VXLAN, PPPoE), Ethernet, jumbo frames. A search looks here
/// first and between them afterwards (RFC 8899 5.3.2 allows a table).
constexpr std::array<std::uint16_t, 12> common_sizes = {1006, 1280, 1340, 1400, 1420, 1450, 1472, 1480, 1492, 1500, 4352, 9000};

constexpr Duration after_timeout = std::chrono::seconds(1);  // a probe that a timeout swept away says nothing: later again

std::uint16_t plateau_below(std::uint16_t size) {
  for (const std::uint16_t plateau : plateaus)
    if (plateau < size) return plateau;
  return plateaus.back();
}

}  // namespace

void Pmtud::open(Instant now, const PmtudConfig& config) {
  config_ = config;
  size_ = std::min(config.start, config.ceiling);
  if (config.search == PathSearch::always && size_ > steps_down.front()) {
    size_ = std::max(steps_down.front(), config.floor);
    begin_search(now, config.ceiling);
  } else if (size_ < config.ceiling && config.search != PathSearch::off) {
    search().next_probe = now + raise_after;  // a router said so, at most ten minutes ago
  }
}

void Pmtud::on_sent(Seq begin, Seq end, std::uint16_t size) {
  largest_sent_ = std::max(largest_sent_, size);
  const bool overlaps = noted_size_ != 0 && before(begin, noted_end_) && after(end, noted_begin_);
  if (overlaps && size < noted_size_) noted_size_ = 0;  // the same octets in smaller pieces: their ACK would prove nothing
  if (size <= proven_ || size <= noted_size_) return;
  noted_begin_ = begin;
  noted_end_ = end;
  noted_size_ = size;
}

bool Pmtud::on_ack(Instant now, Seq una) {
  timed_out_ = false;
  if (noted_size_ != 0 && after_or_equal(una, noted_end_)) {
    proven_ = std::max(proven_, noted_size_);
    noted_size_ = 0;
  }
  if (search_ == nullptr) return false;
  Search& s = *search_;
  if (s.pending != 0 && after(una, s.pending_about)) s.pending = 0;
  if (!has_probe_out() || before(una, s.probe_end)) return false;
  const bool grew = s.probe_size > size_;
  size_ = std::max(size_, s.probe_size);
  proven_ = std::max(proven_, s.probe_size);
  s.failures = 0;
  s.probe_size = 0;
  if (candidate() == 0) end_search(now);
  return grew;
}

Pmtud::Verdict Pmtud::on_too_big(Instant now, Seq about, std::uint32_t claimed) {
  if (claimed == 0) claimed = plateau_below(std::max(largest_sent_, size_));
  const auto mtu = static_cast<std::uint16_t>(std::clamp<std::uint32_t>(claimed, config_.least, UINT16_MAX));
  if (mtu >= largest_sent_) return Verdict::ignored;  // nothing that we sent can have been too big for that
  if (mtu >= size_) {
    // About a probe. What the router says is the next size to try; the probe's loss will be noticed like any other.
    if (has_probe_out() && mtu < search_->probe_size && mtu <= search_->high) search_->high = search_->hint = mtu;
    return Verdict::ignored;
  }
  if (mtu < proven_ && !timed_out_) {
    // The path did take more. A real router will be proven right by the next timeout, a forger wrong by the next ACK.
    search().pending = mtu;
    search().pending_about = about;
    return Verdict::waits;
  }
  shrink(mtu);
  search().active = false;
  search().next_probe = config_.search == PathSearch::off ? never : now + raise_after;
  finding_ = true;
  return Verdict::shrunk;
}

bool Pmtud::on_timeout(Instant now, unsigned count, std::uint16_t first) {
  timed_out_ = true;
  if (has_probe_out()) {
    search_->probe_size = 0;
    search_->next_probe = now + after_timeout;
  }
  if (search_ != nullptr && search_->pending != 0)
    return on_too_big(now, search_->pending_about, search_->pending) == Verdict::shrunk;
  if (config_.search == PathSearch::off) return false;
  const std::uint16_t smaller = step_below(size_);
  const unsigned enough = first <= proven_ ? timeouts_proven : timeouts_unproven;
  if (smaller == 0 || first <= smaller || count < enough) return false;
  const std::uint16_t high = searching() ? search_->high : size_;
  shrink(smaller);
  begin_search(now, high);
  return true;
}

std::optional<std::uint16_t> Pmtud::probe_size(Instant now) {
  if (search_ == nullptr || search_->next_probe == never || search_->next_probe > now) return std::nullopt;
  if (has_probe_out() || timed_out_ || proven_ == 0) return std::nullopt;
  if (!searching()) begin_search(now, config_.ceiling);
  const std::uint16_t size = candidate();
  if (size == 0) end_search(now);
  return size == 0 ? std::nullopt : std::optional(size);
}

void Pmtud::on_probe_sent(Seq begin, Seq end, std::uint16_t size) {
  search().probe_begin = begin;
  search().probe_end = end;
  search().probe_size = size;
  largest_sent_ = std::max(largest_sent_, size);
}

void Pmtud::on_probe_lost(Instant now) {
  Search& s = search();
  ++s.probes_lost;
  if (s.probe_size > s.high) {
    s.failures = 0;  // a router said so already
  } else if (++s.failures >= most_probes) {
    s.high = static_cast<std::uint16_t>(s.probe_size - 1);
    s.failures = 0;
  }
  s.probe_size = 0;
  if (candidate() == 0) end_search(now);
}

std::optional<std::uint16_t> Pmtud::take_finding() {
  if (!finding_) return std::nullopt;
  finding_ = false;
  return size_;
}

void Pmtud::shrink(std::uint16_t size) {
  size_ = size;
  proven_ = std::min(proven_, size);
  largest_sent_ = noted_size_ = 0;
  if (search_ != nullptr) search_->pending = 0;
}

void Pmtud::begin_search(Instant now, std::uint16_t high) {
  Search& s = search();
  s.active = true;
  s.high = high;
  s.hint = 0;
  s.failures = 0;
  s.next_probe = now;
}

void Pmtud::end_search(Instant now) {
  search().active = false;
  finding_ = finding_ || size_ < config_.ceiling;
  search().next_probe = size_ < config_.ceiling ? now + raise_after : never;
}

/// The next size worth a probe between size_ and the highest worth one; 0: there is none.
std::uint16_t Pmtud::candidate() const {
  const std::uint16_t high = search_ == nullptr ? size_ : search_->high;
  const auto is_open = [this, high](std::uint16_t size) { return size > size_ && size <= high; };
  if (search_ != nullptr && is_open(search_->hint)) return search_->hint;
  std::array<std::uint16_t, common_sizes.size() + 1> open{};
  std::size_t count = 0;
  for (const std::uint16_t size : common_sizes)
    if (is_open(size) && size < config_.ceiling) open[count++] = size;
  if (is_open(config_.ceiling)) open[count++] = config_.ceiling;
  if (count != 0) return open[count / 2];
  if (high < size_ + step) return 0;
  return static_cast<std::uint16_t>(size_ + (high - size_ + 1) / 2);
}

/// Where to go from a size that does not get through; 0: nowhere.
std::uint16_t Pmtud::step_below(std::uint16_t size) const {
  for (const std::uint16_t step_size : steps_down)
    if (step_size < size && step_size >= config_.floor) return step_size;
  return 0;
}

}  // namespace ft::tcp
