#include "cli/kernel_story_hosts.hpp"

#include "io/socket_address.hpp"

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>

namespace ft::cli {
namespace {

CloseReason reason_of(int error) {
  switch (error) {
    case 0:
      return CloseReason::normal;
    case ECONNREFUSED:
      return CloseReason::refused;
    case ETIMEDOUT:
      return CloseReason::timed_out;
    case EHOSTUNREACH:
    case ENETUNREACH:
      return CloseReason::unreachable;
    default:
      return CloseReason::reset;
  }
}

/// The kernel's tcpi_state, or TCP_CLOSE when it will not say.
int state_of(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  return ::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_state : static_cast<int>(TCP_CLOSE);
}

int take_error(int socket) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

Refused refused(std::string_view what, int error) {
  const Error code = error == EADDRINUSE ? Error::address_in_use : Error::invalid_argument;
  return {code, std::nullopt, "the kernel will not " + std::string(what) + ": " + std::strerror(error)};
}

Refused refused(Error code, std::optional<Instant> free_at = {}) { return {code, free_at, std::string(describe(code))}; }

}  // namespace

// --- our stack ----------------------------------------------------------------------------------------------------------------

std::expected<void, Refused> StackHost::listen(Endpoint local, std::uint32_t backlog) {
  ListenOptions options;
  options.backlog = backlog;
  const auto id = stack_.listen(local, options);
  if (!id) return std::unexpected(refused(id.error()));
  listeners_.push_back(*id);
  return {};
}

std::expected<StoryHost::Handle, Refused> StackHost::connect(Instant now, Endpoint local, Endpoint remote) {
  ConnectOptions options;
  options.local_address = local.address;
  if (local.port != 0) options.local_port = local.port;
  const auto id = stack_.connect(now, remote, options);
  if (!id) return std::unexpected(refused(id.error().code, id.error().free_at));
  ids_.push_back(*id);
  return ids_.size() - 1;
}

std::optional<StoryHost::Handle> StackHost::accept() {
  for (const ListenerId listener : listeners_) {
    if (const auto id = stack_.accept(listener)) {
      ids_.push_back(*id);
      return ids_.size() - 1;
    }
  }
  return std::nullopt;
}

FourTuple StackHost::tuple(Handle handle) const {
  const auto info = stack_.info(ids_[handle]);
  return info ? info->tuple : FourTuple{};
}

StoryHost::Progress StackHost::progress(Handle handle) {
  const auto info = stack_.info(ids_[handle]);
  if (!info) return {};
  const bool opening = info->state == "SYN-SENT" || info->state == "SYN-RECEIVED";
  return {!opening && info->closed == CloseReason::none, info->closed,
          info->closed == CloseReason::none && info->send_queued > 0};
}

std::optional<std::size_t> StackHost::write(Handle handle, std::span<const std::byte> octets) {
  const auto took = stack_.write(ids_[handle], octets);
  if (took) return *took;
  if (took.error() == Error::would_block || took.error() == Error::not_connected) return 0;
  return std::nullopt;
}

std::optional<std::size_t> StackHost::read(Handle handle, std::span<std::byte> into) {
  const auto got = stack_.read(ids_[handle], into);
  return got ? std::optional(*got) : std::nullopt;
}

// --- the kernel's sockets -----------------------------------------------------------------------------------------------------

StoryHost::Handle KernelHost::keep(io::Descriptor file, const FourTuple& tuple, bool connected) {
  sockets_.push_back({std::move(file), tuple, connected});
  return sockets_.size() - 1;
}

std::expected<void, Refused> KernelHost::listen(Endpoint local, std::uint32_t backlog) {
  const io::SocketAddress address(local);
  io::Descriptor file(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int yes = 1;
  ::setsockopt(file.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(file.get(), address.get(), address.size()) < 0) return std::unexpected(refused("bind " + local.to_string(), errno));
  if (::listen(file.get(), static_cast<int>(backlog)) < 0) return std::unexpected(refused("listen", errno));
  listeners_.push_back(std::move(file));
  return {};
}

std::expected<StoryHost::Handle, Refused> KernelHost::connect(Instant, Endpoint local, Endpoint remote) {
  const io::SocketAddress from(local);
  const io::SocketAddress to(remote);
  io::Descriptor file(::socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int yes = 1;
  ::setsockopt(file.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(file.get(), from.get(), from.size()) < 0) return std::unexpected(refused("bind " + local.to_string(), errno));
  if (::connect(file.get(), to.get(), to.size()) < 0 && errno != EINPROGRESS) {
    return std::unexpected(refused("connect to " + remote.to_string(), errno));
  }
  const Endpoint ours = io::local_endpoint(file.get());
  return keep(std::move(file), {ours, remote}, false);
}

std::optional<StoryHost::Handle> KernelHost::accept() {
  for (const auto& listener : listeners_) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    io::Descriptor file(::accept4(listener.get(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!file) continue;
    const FourTuple tuple{io::local_endpoint(file.get()), io::to_endpoint(address)};
    return keep(std::move(file), tuple, true);
  }
  return std::nullopt;
}

StoryHost::Progress KernelHost::progress(Handle handle) {
  Connection& c = sockets_[handle];
  if (!c.file || c.over) return {c.connected, c.over ? reason_of(c.error) : CloseReason::none, false};
  const int state = state_of(c.file.get());
  const bool opening = state == TCP_SYN_SENT || state == TCP_SYN_RECV;
  if (state == TCP_CLOSE) {
    if (c.error == 0) c.error = take_error(c.file.get());
    c.over = true;
    return {c.connected, reason_of(c.error), false};
  }
  if (!opening) c.connected = true;
  int unanswered = 0;
  ::ioctl(c.file.get(), SIOCOUTQ, &unanswered);
  return {c.connected, CloseReason::none, opening || unanswered > 0};
}

std::optional<std::size_t> KernelHost::write(Handle handle, std::span<const std::byte> octets) {
  Connection& c = sockets_[handle];
  const ssize_t done = ::send(c.file.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
  if (done >= 0) return static_cast<std::size_t>(done);
  if (errno == EAGAIN || errno == ENOTCONN) return 0;
  c.error = errno;
  return std::nullopt;
}

std::optional<std::size_t> KernelHost::read(Handle handle, std::span<std::byte> into) {
  Connection& c = sockets_[handle];
  const ssize_t got = ::recv(c.file.get(), into.data(), into.size(), 0);
  if (got >= 0) return static_cast<std::size_t>(got);
  if (errno != EAGAIN && errno != ENOTCONN) c.error = errno;
  return std::nullopt;
}

void KernelHost::shutdown(Handle handle) { ::shutdown(sockets_[handle].file.get(), SHUT_WR); }

void KernelHost::abort(Handle handle) {
  const linger at_once{1, 0};
  ::setsockopt(sockets_[handle].file.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  sockets_[handle].file.reset();
}

pollfd KernelHost::watch(Handle handle, bool reads, bool writes) const {
  const Connection& c = sockets_[handle];
  if (c.over) return {-1, 0, 0};
  const bool waits_to_connect = !c.connected;
  return {c.file.get(), static_cast<short>((reads ? POLLIN : 0) | (writes || waits_to_connect ? POLLOUT : 0)), 0};
}

}  // namespace ft::cli
