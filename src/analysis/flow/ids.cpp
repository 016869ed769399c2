#include "analysis/flow/live.hpp"

#include <algorithm>

namespace ft::analysis::flow {

namespace {
constexpr std::uint16_t window = 256;         // IDs remembered
constexpr std::uint16_t longest_step = 4096;  // a host that numbers all its packets together takes such steps for one connection
}  // namespace

/// All but the next one of those that count one by one.
IdWindow::Place IdWindow::place_other(std::uint16_t id) {
  if (id == 0) {  // RFC 6864 4.1: an atomic datagram's ID means nothing, and many hosts write 0
    if (zeros_ < 255) ++zeros_;
    return Place::unknown;
  }
  count_other();
  if (others_ == 1) {
    newest_ = id;
    mark(id);
    return Place::newest;
  }
  const auto step = static_cast<std::uint16_t>(id - newest_);
  if (step == 0) return Place::seen;
  if (step <= longest_step) {
    if (step >= window)
      seen_ = {};
    else
      forget(static_cast<std::uint16_t>(newest_ + 1), static_cast<std::uint16_t>(step - 1));
    return advance(id);
  }
  const auto back = static_cast<std::uint16_t>(newest_ - id);
  if (back < window) {
    if (marked(id)) return Place::seen;
    mark(id);
    return Place::late;
  }
  score_ = static_cast<std::int8_t>(std::max(score_ - 4, -32));
  seen_ = {};
  newest_ = id;
  mark(id);
  return Place::unknown;
}

void IdWindow::forget(std::uint16_t first, std::uint16_t count) {
  while (count != 0) {
    const auto bit = static_cast<std::uint16_t>(first & 63);
    const auto some = std::min<std::uint16_t>(count, static_cast<std::uint16_t>(64 - bit));
    const std::uint64_t mask = (some == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << some) - 1) << bit;
    seen_[(first >> 6) & 3] &= ~mask;
    first = static_cast<std::uint16_t>(first + some);
    count = static_cast<std::uint16_t>(count - some);
  }
}

IpIds IdWindow::kind() const {
  if (trusted()) return IpIds::counter;
  if (others_ == 0) return zeros_ > 2 ? IpIds::zero : IpIds::unknown;
  return score_ < -8 ? IpIds::random : IpIds::unknown;
}

}  // namespace ft::analysis::flow
