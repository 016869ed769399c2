#include "stack/fast_open.hpp"

#include "base/siphash.hpp"

#include <algorithm>

namespace ft::stack {

namespace {
constexpr std::uint8_t cookie_length = 8;
constexpr std::uint32_t most_options = 40;  // octets that the SYN's options may take from the segment
constexpr std::uint8_t most_failures = 6;
}  // namespace

FastOpenCookies::FastOpenCookies(std::span<const std::uint8_t, 16> key) { std::copy(key.begin(), key.end(), key_.begin()); }

FastOpenCookies::FastOpenCookies(const FastOpenKeys& keys) : key_(keys.newest) {
  if (!keys.older) return;
  old_key_ = *keys.older;
  old_until_ = Instant::max();
}

wire::FastOpenCookie FastOpenCookies::make(const Key& key, const IpAddress& server, const IpAddress& client) {
  std::array<std::byte, 32> addresses;
  const auto end = std::ranges::copy(std::as_bytes(client.octets()), addresses.begin()).out;
  const auto last = std::ranges::copy(std::as_bytes(server.octets()), end).out;
  const std::uint64_t hash = siphash(key, std::span(addresses.begin(), last));
  wire::FastOpenCookie cookie{.length = cookie_length};
  for (std::size_t i = 0; i < cookie_length; ++i) cookie.octets[i] = static_cast<std::byte>(hash >> (8 * i));
  return cookie;
}

FastOpenCookies::Verdict FastOpenCookies::check(Instant now, const IpAddress& server, const IpAddress& client,
                                                const wire::FastOpenCookie& cookie) const {
  if (cookie == make(key_, server, client)) return Verdict::good;
  if (now < old_until_ && cookie == make(old_key_, server, client)) return Verdict::good_but_old;
  return Verdict::bad;
}

void FastOpenCookies::set_key(std::span<const std::uint8_t, 16> key, Instant old_until) {
  old_key_ = key_;
  old_until_ = old_until;
  std::copy(key.begin(), key.end(), key_.begin());
}

std::optional<tcp::FastOpen> FastOpenMemory::plan(Instant now, const IpAddress& server, std::uint16_t path_mss,
                                                  bool without_cookie) {
  tcp::FastOpen plan;
  plan.without_cookie = without_cookie;
  const Server* known = servers_.refresh(server);
  if (known == nullptr && !without_cookie) return plan;
  if (known != nullptr && now < known->quiet_until) return std::nullopt;
  if (!without_cookie) plan.cookie = known->cookie;
  const std::uint32_t mss = known != nullptr && known->mss != 0 ? std::min(known->mss, path_mss) : path_mss;
  if ((without_cookie || plan.cookie.length != 0) && mss > most_options) plan.text_limit = mss - most_options;
  return plan;
}

void FastOpenMemory::learn(Instant now, const IpAddress& server, const tcp::FastOpen& outcome, bool gave_up) {
  Server* known = servers_.refresh(server);
  if (known == nullptr) {
    if (servers_.is_full()) servers_.evict([](const Server&) { return true; });
    known = &servers_.insert(server, Server{});
  }
  const auto leave_alone = [&] {
    known->quiet_until = now + pause_ * (1 << std::min(known->failures, most_failures));
    if (known->failures < most_failures) ++known->failures;
  };
  const bool given = outcome.learnt && outcome.learnt->length != 0;
  const bool asked_in_vain = !given || outcome.text_sent != 0;  // who gives a cookie has seen the SYN that asked for it
  if (pause_ > Duration::zero() && (gave_up || (outcome.syn_repeated && asked_in_vain))) {
    // The path may swallow SYNs with the option or with text: better without for a time (RFC 7413 4.1.3.1).
    known->cookie = {};
    leave_alone();
    return;
  }
  if (gave_up) return;
  if (outcome.without_cookie) {  // a cookie that nobody asked for is none
    known->mss = outcome.peer_mss;
    return;
  }
  if (given) {
    known->cookie = *outcome.learnt;
    known->failures = 0;
  } else if (outcome.text_limit == 0 && outcome.cookie.length == 0) {
    leave_alone();  // asked, and not given: a negative answer is remembered as well
    return;
  } else if (outcome.text_sent != 0 && outcome.text_acknowledged == 0 && !outcome.syn_repeated) {
    known->cookie = {};  // it no longer takes this one, and offers no other: ask anew
  } else if (outcome.text_sent != 0) {
    known->failures = 0;
  }
  known->mss = outcome.peer_mss;
}

}  // namespace ft::stack
