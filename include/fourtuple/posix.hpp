// BSD sockets over a Stack: the calls, flags, options, numbers and errno values that Linux programs know, each answered as Linux
// answers it. Calls return -1 and set errno. Blocking calls wait through a World, which brings the time: virtual
// (a test, packetdrill) or a real link with a thread of its own (Host).
//
// Descriptors are real ones (an eventfd behind each keeps its number taken), but only the calls here work on them: neither
// read(2) nor poll(2) knows what is behind. TCP only. No call raises SIGPIPE. docs/howto/bsd-sockets.md lists what differs from
// Linux.
//
// Calls are thread-safe: one lock for all sockets of one Sockets, given up while a call waits.
#pragma once

#include "fourtuple/link.hpp"
#include "fourtuple/stack.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace ft::posix {

class Sockets;

/// Where time and packets come from. All but the constructor is called with the lock of the Sockets held.
class World {
 public:
  using Ready = std::function<bool()>;

  World() = default;
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  virtual ~World() = default;

  virtual Instant now() = 0;
  /// A call changed the stack: lets packets leave and hands events to Sockets::on_event. Never waits.
  virtual void flush() = 0;
  /// Waits until ready() or `until` (`never`: no limit), with `lock` given up meanwhile if anybody else could be waiting for it.
  /// Returns what ready() said last; once it said true it has done its work and is not asked again. May give up early where
  /// nothing could ever happen any more.
  virtual bool wait(std::unique_lock<std::mutex>& lock, Instant until, const Ready& ready) = 0;
};

/// What Linux answers to TCP_INFO: the octets of its struct tcp_info (include/uapi/linux/tcp.h), as of version 6.18.
struct TcpInfo {
  std::uint8_t state = 0, ca_state = 0, retransmits = 0, probes = 0, backoff = 0, options = 0;
  std::uint8_t window_scales = 0;  // low four bits: of the peer
  std::uint8_t flags = 0;          // bit 0: delivery rate is app-limited; bits 1-2: why a fast open failed
  std::uint32_t rto = 0, ato = 0;  // microseconds
  std::uint32_t snd_mss = 0, rcv_mss = 0;
  std::uint32_t unacked = 0, sacked = 0, lost = 0, retrans = 0, fackets = 0;                   // segments
  std::uint32_t last_data_sent = 0, last_ack_sent = 0, last_data_recv = 0, last_ack_recv = 0;  // milliseconds ago
  std::uint32_t pmtu = 0, rcv_ssthresh = 0;
  std::uint32_t rtt = 0, rttvar = 0;                                         // microseconds
  std::uint32_t snd_ssthresh = 0, snd_cwnd = 0, advmss = 0, reordering = 0;  // windows in segments
  std::uint32_t rcv_rtt = 0, rcv_space = 0, total_retrans = 0;
  std::uint64_t pacing_rate = 0, max_pacing_rate = 0;  // octets a second
  std::uint64_t bytes_acked = 0, bytes_received = 0;
  std::uint32_t segs_out = 0, segs_in = 0, notsent_bytes = 0, min_rtt = 0, data_segs_in = 0, data_segs_out = 0;
  std::uint64_t delivery_rate = 0;
  std::uint64_t busy_time = 0, rwnd_limited = 0, sndbuf_limited = 0;  // microseconds
  std::uint32_t delivered = 0, delivered_ce = 0;
  std::uint64_t bytes_sent = 0, bytes_retrans = 0;
  std::uint32_t dsack_dups = 0, reord_seen = 0, rcv_ooopack = 0, snd_wnd = 0, rcv_wnd = 0, rehash = 0;
  std::uint16_t total_rto = 0, total_rto_recoveries = 0;
  std::uint32_t total_rto_time = 0;
  std::uint32_t received_ce = 0;                                                         // segments marked Congestion Experienced
  std::uint32_t delivered_e1_bytes = 0, delivered_e0_bytes = 0, delivered_ce_bytes = 0;  // what AccECN counts (RFC 9768)
  std::uint32_t received_e1_bytes = 0, received_e0_bytes = 0, received_ce_bytes = 0;
  std::uint16_t accecn_fail_mode = 0, accecn_opt_seen = 0;
};
static_assert(sizeof(TcpInfo) == 280);

class Sockets {
 public:
  /// Neither is owned; both must outlive it.
  Sockets(Stack& stack, World& world);
  /// Closes every socket that is still open.
  ~Sockets();
  Sockets(const Sockets&) = delete;
  Sockets& operator=(const Sockets&) = delete;

  // --- opening and naming
  int socket(int domain, int type, int protocol);
  int bind(int fd, const sockaddr* address, socklen_t length);
  int listen(int fd, int backlog);
  int accept(int fd, sockaddr* address, socklen_t* length) { return accept4(fd, address, length, 0); }
  int accept4(int fd, sockaddr* address, socklen_t* length, int flags);
  int connect(int fd, const sockaddr* address, socklen_t length);
  int getsockname(int fd, sockaddr* address, socklen_t* length);
  int getpeername(int fd, sockaddr* address, socklen_t* length);
  int shutdown(int fd, int how);
  int close(int fd);

  // --- octets
  ssize_t read(int fd, void* into, std::size_t length);
  ssize_t readv(int fd, const iovec* parts, int count);
  ssize_t recv(int fd, void* into, std::size_t length, int flags);
  ssize_t recvfrom(int fd, void* into, std::size_t length, int flags, sockaddr* address, socklen_t* address_length);
  ssize_t recvmsg(int fd, msghdr* message, int flags);
  ssize_t write(int fd, const void* from, std::size_t length);
  ssize_t writev(int fd, const iovec* parts, int count);
  ssize_t send(int fd, const void* from, std::size_t length, int flags);
  ssize_t sendto(int fd, const void* from, std::size_t length, int flags, const sockaddr* address, socklen_t address_length);
  ssize_t sendmsg(int fd, const msghdr* message, int flags);

  // --- options
  int getsockopt(int fd, int level, int name, void* value, socklen_t* length);
  int setsockopt(int fd, int level, int name, const void* value, socklen_t length);
  int fcntl(int fd, int command, int argument = 0);         // F_GETFL, F_SETFL, F_GETFD, F_SETFD
  int ioctl(int fd, unsigned long request, int* argument);  // FIONREAD, SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK, FIONBIO

  // --- readiness
  /// A descriptor that is not one of ours gets POLLNVAL.
  int poll(pollfd* polled, nfds_t count, int timeout_ms);
  int epoll_create(int size);
  int epoll_create1(int flags);
  int epoll_ctl(int epoll, int operation, int fd, epoll_event* event);
  int epoll_wait(int epoll, epoll_event* events, int most, int timeout_ms);

  /// Closes every socket, without lingering.
  void close_all();

  // --- the world's side
  bool owns(int fd) const;
  std::mutex& mutex() const;
  /// What Stack::poll_event said. The lock is held.
  void on_event(const Event& event);
  Stack& stack();

  struct State;

 private:
  std::unique_ptr<State> state_;
};

/// A stack on a real link with a thread that keeps it going, as a kernel would.
class Host {
 public:
  /// `link` as parse_link reads it.
  static std::expected<std::unique_ptr<Host>, std::string> open(std::string_view link);
  Host(StackConfig config, std::unique_ptr<Link> link);
  /// Closes what is open and gives it up to a second to finish.
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  Sockets& sockets();
  /// One sentence once the link is broken for good; else empty.
  std::string link_failure() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ft::posix
