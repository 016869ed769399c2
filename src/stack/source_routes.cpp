// IPv4 source routes (RFC 9293 3.9.2.1): one that the user gives, and the way back of one that arrived.
#include "stack/impl.hpp"

namespace ft {

/// The engine let only complete routes pass, and none unless the configuration takes them.
void Stack::Impl::take_route(const net::Delivered& delivered) {
  arrived_route_.reset();
  if (delivered.ip_options.empty()) return;
  const auto route = wire::read_source_route(delivered.ip_options);
  if (route && *route) arrived_route_ = std::make_shared<const wire::SourceRoute>((*route)->reversed());
}

//= rfc9293 MUST-52
//= rfc9293 MUST-53
//= rfc9293 SHLD-24
void Stack::Impl::change_route(Entry& entry) {
  if (entry.route_given || (entry.route && *entry.route == *arrived_route_)) return;
  entry.route = arrived_route_;
  entry.tcp.set_ip_options(context(), static_cast<std::uint16_t>(arrived_route_->option_length()));
}

}  // namespace ft
