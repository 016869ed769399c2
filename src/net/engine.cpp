// The door of the IP engine: its limits, its timers, and calls handed on to the wiring behind.
#include "net/engine_impl.hpp"

#include <algorithm>

namespace ft::net {

namespace {

constexpr std::size_t max_path_mtus = 4096;
constexpr std::size_t max_neighbours = 1024;
constexpr std::uint32_t max_ip_packet = 65535;
/// Answers a second, and at once: a ping in a tight loop gets through, a flood does not double.
constexpr std::uint32_t echo_rate = 1000, echo_burst = 250;
constexpr std::uint32_t error_rate = 100, error_burst = 25;

/// What the caller's secret keys, one number each.
enum Use : std::uint8_t { use_neighbours, use_path_mtus, use_reassembly, use_headers };

}  // namespace

Engine::Impl::Impl(const StackConfig& config)
    : is_ethernet_(config.medium == Medium::ethernet),
      routes_(config),
      path_mtus_(std::min(config.mtu, max_ip_packet), max_path_mtus, KeyedHash(config.secret, use_path_mtus)),
      reassembly_(config.max_reassembly_memory, KeyedHash(config.secret, use_reassembly)),
      ethernet_(config.mac, max_neighbours, KeyedHash(config.secret, use_neighbours)),
      headers_(KeyedHash(config.secret, use_headers)),
      echo_allowance_(echo_rate, echo_burst),
      error_allowance_(error_rate, error_burst) {}

void Engine::Impl::on_deadline(Instant now) {
  ethernet_.neighbours().on_deadline(now);
  path_mtus_.on_deadline(now);
  while (const auto expired = reassembly_.poll_expired(now)) {
    const bool had_first_fragment = !expired->packet.empty();
    if (had_first_fragment) complain(now, *expired, Complaint::reassembly_timeout);
  }
}

std::optional<Instant> Engine::Impl::next_deadline() const {
  std::optional<Instant> earliest;
  for (const auto& due : {neighbours().next_deadline(), path_mtus_.next_deadline(), reassembly_.next_deadline()}) {
    if (due && (!earliest || *due < *earliest)) earliest = due;
  }
  return earliest;
}

Engine::Engine(const StackConfig& config) : impl_(std::make_unique<Impl>(config)) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

Input Engine::on_packet(Instant now, std::span<const std::byte> packet, bool checksum_verified) {
  return impl_->on_packet(now, packet, checksum_verified);
}
void Engine::on_deadline(Instant now) { impl_->on_deadline(now); }
std::optional<Instant> Engine::next_deadline() const { return impl_->next_deadline(); }

std::size_t Engine::poll_transmit(Instant now, std::span<std::byte> out, std::string_view* why_id, std::string_view* why_clause) {
  if (impl_->is_silent()) return 0;
  Why why;
  const std::size_t length = impl_->poll_transmit(now, out, why);
  if (length != 0 && why_id != nullptr) *why_id = why.id;
  if (length != 0 && why_clause != nullptr) *why_clause = why.clause;
  return length;
}

Input Engine::on_looped(Instant now, std::span<const std::byte> packet) { return impl_->on_looped(now, packet); }
bool Engine::loops_back(const IpAddress& address) const { return impl_->loops_back(address); }
bool Engine::is_local(const IpAddress& address) const { return impl_->routes().is_local(address); }
bool Engine::is_broadcast(const IpAddress& address) const { return impl_->routes().is_broadcast(address); }

std::expected<Path, Error> Engine::path_to(const IpAddress& destination, std::optional<IpAddress> wanted_source) const {
  return impl_->path_to(destination, wanted_source);
}
Reach Engine::reach(Instant now, const IpAddress& destination) { return impl_->reach(now, destination); }
void Engine::on_trouble(const IpAddress& destination) { impl_->on_trouble(destination); }
std::uint64_t Engine::resolution_count() const { return impl_->neighbours().resolution_count(); }

std::size_t Engine::header_length(const IpAddress& destination, const wire::SourceRoute* route) const {
  const std::size_t link = loops_back(destination) ? 0 : impl_->link_header_length();
  return link + ip_header_length(destination.family()) + (route == nullptr ? 0 : route->option_length());
}
std::size_t Engine::seal(Instant, const Envelope& envelope, std::size_t transport_length, std::span<std::byte> out) {
  return impl_->seal(envelope, transport_length, out);
}
std::size_t Engine::frame_length(std::size_t length) const {
  return impl_->link_header_length() == 0 ? length : std::max(length, wire::ethernet_min_frame);
}

std::uint32_t Engine::lower_path_mtu(Instant now, const IpAddress& destination, std::uint32_t mtu) {
  return impl_->path_mtus().lower(now, destination, mtu);
}

}  // namespace ft::net
