#include "net/path_mtu.hpp"

#include <algorithm>

namespace ft::net {

std::uint32_t PathMtus::get(const IpAddress& destination) const {
  const Known* known = table_.size() == 0 ? nullptr : table_.find(destination);
  return known != nullptr ? known->mtu : link_mtu_;
}

std::uint32_t PathMtus::lower(Instant now, const IpAddress& destination, std::uint32_t mtu) {
  mtu = std::max(mtu, destination.is_v4() ? least_v4 : least_v6);
  const std::uint32_t in_force = get(destination);
  if (mtu >= in_force) return in_force;
  if (Known* known = table_.refresh(destination)) {
    *known = {mtu, now + lifetime};
    return mtu;
  }
  if (table_.is_full() && !table_.evict([](const Known&) { return true; })) return in_force;
  table_.insert(destination, {mtu, now + lifetime});
  return mtu;
}

void PathMtus::on_deadline(Instant now) {
  while (table_.size() != 0 && table_.oldest()->second.expires <= now) table_.erase(IpAddress{table_.oldest()->first});
}

std::optional<Instant> PathMtus::next_deadline() const {
  if (table_.size() == 0) return {};
  return table_.oldest()->second.expires;
}

}  // namespace ft::net
