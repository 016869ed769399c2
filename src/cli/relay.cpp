#include "cli/relay.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace ft::cli {
namespace {

/// Read from the input in one go: enough to fill a few segments, little enough to keep the loop awake for packets.
constexpr std::size_t most_at_once = 256 * 1024;

constexpr short readable = POLLIN | POLLHUP | POLLERR | POLLNVAL;
constexpr short writable = POLLOUT | POLLHUP | POLLERR | POLLNVAL;

}  // namespace

Ending Relay::turn(Instant latest, std::span<pollfd> more) {
  std::array<pollfd, 3> polled{};
  std::ranges::copy(more, polled.begin());
  polled[more.size()] = {signals_.descriptor(), POLLIN, 0};
  const auto turned = driver_.turn(latest, std::span(polled).first(more.size() + 1));
  std::copy_n(polled.begin(), more.size(), more.begin());
  if (!turned) return {Ending::Kind::link, CloseReason::none, turned.error()};
  if (polled[more.size()].revents != 0 && signals_.came()) return {Ending::Kind::interrupted, CloseReason::none, {}};
  return {};
}

Ending Relay::run(Socket& socket) {
  if (input_ended_) (void)socket.shutdown();
  bool peer_ended = false;
  for (;;) {
    const bool to_write = !socket.peek().empty();
    if (!to_write && !peer_ended) {
      std::array<std::byte, 1> none{};
      peer_ended = socket.read(none) == std::size_t{0};
    }
    if (peer_ended && !to_write && !output_ended_) {
      output_.finish();
      output_ended_ = true;
    }
    const auto info = socket.info();
    if (!info) return {Ending::Kind::connection, CloseReason::aborted, {}};
    if (info->closed == CloseReason::normal && !to_write) return {};
    if (info->closed != CloseReason::none && !to_write) return {Ending::Kind::connection, info->closed, {}};
    const bool to_read = !input_ended_ && !socket.reserve().empty();
    std::array<pollfd, 2> polled{pollfd{to_read ? input_ : -1, POLLIN, 0},
                                 pollfd{to_write ? output_.descriptor() : -1, POLLOUT, 0}};
    if (Ending ending = turn(never, polled); !ending) return abort(socket, std::move(ending));
    if ((polled[0].revents & readable) != 0) take_input(socket);
    if ((polled[1].revents & writable) != 0 && !give_output(socket)) {
      return abort(socket, {Ending::Kind::output, CloseReason::none, std::strerror(error_)});
    }
  }
}

void Relay::take_input(Socket& socket) {
  const auto room = socket.reserve();
  if (room.empty()) return;
  const ssize_t got = ::read(input_, room.data(), std::min(room.size(), most_at_once));
  if (got > 0) {
    socket.commit(static_cast<std::size_t>(got));
  } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
    input_ended_ = true;  // an input that cannot be read is an input that has ended
    (void)socket.shutdown();
  }
}

bool Relay::give_output(Socket& socket) {
  const long done = output_.write(socket.peek());
  if (done < 0) {
    error_ = static_cast<int>(-done);
    return false;
  }
  socket.consume(static_cast<std::size_t>(done));
  return true;
}

Ending Relay::abort(Socket& socket, Ending ending) {
  socket.abort();
  if (ending.kind != Ending::Kind::link) (void)driver_.flush();
  return ending;
}

void Relay::linger(const ConnectionInfo& last) {
  using std::chrono::milliseconds;
  const auto is_ours = [&](const PortEntry& entry) { return entry.tuple == last.tuple && entry.state == "TIME-WAIT"; };
  if (!std::ranges::any_of(driver_.stack().ports(), is_ours)) return;
  const Duration silence = std::clamp<Duration>(2 * last.rto, milliseconds(200), std::chrono::seconds(2));
  const Instant latest = driver_.read_clock() + std::chrono::seconds(10);
  Instant until = driver_.now() + silence;
  std::uint64_t packets = driver_.stack().counters().packets_in;
  while (driver_.now() < std::min(until, latest)) {
    if (!turn(until, {})) return;
    const std::uint64_t packets_now = driver_.stack().counters().packets_in;
    if (packets_now != packets) until = driver_.now() + silence;
    packets = packets_now;
  }
}

}  // namespace ft::cli
