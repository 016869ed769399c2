#include "fourtuple/blocking.hpp"

#include "io/driver.hpp"

#include <algorithm>

namespace ft::blocking {
namespace {

Instant after(Instant now, Duration timeout) { return timeout >= never - now ? never : now + timeout; }

bool is_opening(const ConnectionInfo& info) {
  return info.closed == CloseReason::none && (info.state == "SYN-SENT" || info.state == "SYN-RECEIVED");
}

}  // namespace

class Host::Impl {
 public:
  Impl(StackConfig config, std::unique_ptr<Link> link)
      : link_(std::move(link)), stack_(std::move(config)), driver_(stack_, *link_) {}

  std::unique_ptr<Link> link_;
  Stack stack_;
  io::Driver driver_;
  std::string failure_;
};

std::expected<std::unique_ptr<Host>, std::string> Host::open(std::string_view link) {
  const auto spec = parse_link(link);
  if (!spec) return std::unexpected(spec.error());
  auto opened = open_link(*spec);
  if (!opened) return std::unexpected(opened.error());
  StackConfig config = stack_config(*spec, **opened);
  return std::make_unique<Host>(std::move(config), std::move(*opened));
}

Host::Host(StackConfig config, std::unique_ptr<Link> link) : impl_(std::make_unique<Impl>(std::move(config), std::move(link))) {}

Host::~Host() { settle(std::chrono::seconds(1)); }

Stack& Host::stack() { return impl_->stack_; }
Instant Host::now() const { return impl_->driver_.now(); }
const std::string& Host::link_failure() const { return impl_->failure_; }

bool Host::wait(const std::function<bool()>& done, Duration timeout) {
  const Instant deadline = after(impl_->driver_.read_clock(), timeout);
  while (!done()) {
    if (!impl_->failure_.empty() || impl_->driver_.now() >= deadline) return false;
    if (auto turned = impl_->driver_.turn(deadline); !turned) impl_->failure_ = turned.error();
  }
  return true;
}

bool Host::settle(Duration timeout) {
  const auto is_settled = [](const PortEntry& entry) { return entry.state == "LISTEN" || entry.state == "TIME-WAIT"; };
  return wait([&] { return std::ranges::all_of(stack().ports(), is_settled); }, timeout);
}

std::expected<Connection, Error> Host::connect(Endpoint remote, Duration timeout, ConnectOptions options) {
  auto socket = Socket::connect(stack(), impl_->driver_.read_clock(), remote, std::move(options));
  if (!socket) return std::unexpected(socket.error().code);
  const bool answered = wait(
      [&] {
        const auto info = socket->info();
        return !info || !is_opening(*info);
      },
      timeout);
  const auto info = socket->info();
  if (!impl_->failure_.empty()) return std::unexpected(Error::host_unreachable);
  if (!answered) {
    socket->abort();
    return std::unexpected(Error::timed_out);
  }
  if (!info) return std::unexpected(Error::invalid_handle);
  if (const Error error = error_of(info->closed); error != Error::none) return std::unexpected(error);
  return Connection(*this, std::move(*socket));
}

std::expected<Listener, Error> Host::listen(Endpoint local, ListenOptions options) {
  auto listener = ft::Listener::listen(stack(), local, std::move(options));
  if (!listener) return std::unexpected(listener.error());
  return Listener(*this, std::move(*listener));
}

std::expected<Connection, Error> Listener::accept(Duration timeout) {
  std::expected<Socket, Error> socket = std::unexpected(Error::would_block);
  host_->wait(
      [&] {
        socket = listener_.accept();
        return socket || socket.error() != Error::would_block;
      },
      timeout);
  if (socket) return Connection(*host_, std::move(*socket));
  return std::unexpected(host_->link_failure().empty() ? socket.error() : Error::host_unreachable);
}

std::expected<std::size_t, Error> Connection::read(std::span<std::byte> into) {
  std::expected<std::size_t, Error> got = std::unexpected(Error::would_block);
  host_->wait(
      [&] {
        got = socket_.read(into);
        return got || got.error() != Error::would_block;
      },
      timeout_);
  if (!got && got.error() == Error::would_block && !host_->link_failure().empty())
    return std::unexpected(Error::host_unreachable);
  return got;
}

std::expected<void, Error> Connection::write_all(std::span<const std::byte> from) {
  Error error = Error::none;
  const auto write_what_fits = [&] {
    while (!from.empty() && error == Error::none) {
      const auto took = socket_.write(from);
      if (!took && took.error() == Error::would_block) return false;
      if (!took) error = took.error();
      if (took) from = from.subspan(*took);
    }
    return true;
  };
  if (!host_->wait(write_what_fits, timeout_)) {
    return std::unexpected(host_->link_failure().empty() ? Error::would_block : Error::host_unreachable);
  }
  if (error != Error::none) return std::unexpected(error);
  return {};
}

std::expected<void, Error> Connection::close() {
  const auto info = socket_.info();
  const Duration linger = info && info->options ? info->options->linger.value_or(Duration::zero()) : Duration::zero();
  const bool waits = linger > Duration::zero() && info->receive_queued == 0 && socket_.shutdown().has_value();
  const auto is_delivered = [&] {
    const auto left = socket_.info();
    return !left || left->closed != CloseReason::none || left->state == "FIN-WAIT-2" || left->state == "TIME-WAIT";
  };
  const bool delivered = !waits || host_->wait(is_delivered, linger);
  socket_.close();
  if (delivered) return {};
  return std::unexpected(host_->link_failure().empty() ? Error::would_block : Error::host_unreachable);
}

std::expected<void, Error> Connection::wait_closed() {
  const auto is_over = [&] {
    const auto info = socket_.info();
    return !info || info->closed != CloseReason::none;
  };
  if (!host_->wait(is_over, timeout_)) {
    return std::unexpected(host_->link_failure().empty() ? Error::would_block : Error::host_unreachable);
  }
  const auto info = socket_.info();
  if (!info) return std::unexpected(Error::invalid_handle);
  if (const Error error = error_of(info->closed); error != Error::none) return std::unexpected(error);
  return {};
}

}  // namespace ft::blocking
