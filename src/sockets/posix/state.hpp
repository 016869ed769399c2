// What the BSD-sockets layer keeps: a record for each descriptor, and one lock for all. Blocking calls hold the record alive
// while they wait, so that another thread may close the descriptor under them.
#pragma once

#include "fourtuple/posix.hpp"
#include "sockets/posix/errors.hpp"

#include <array>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

namespace ft::posix {

struct Epoll;

/// One socket's interest in one epoll instance.
struct Watch {
  Epoll* epoll = nullptr;
  int fd = -1;
  epoll_event wanted{};
  bool queued = false;          // in the epoll's list of candidates
  bool armed = true;            // EPOLLONESHOT: false after it was told
  std::uint64_t read_mark = 0;  // EPOLLET: what Socket::read_edges and write_edges were when it was told
  std::uint64_t write_mark = 0;
  bool told = false;  // EPOLLET: told at least once
};

struct Epoll {
  int fd = -1;
  bool closed = false;
  std::unordered_map<int, std::shared_ptr<Watch>> watches;
  std::list<std::shared_ptr<Watch>> candidates;  // something happened; epoll_wait looks whether it still holds
};

struct Socket {
  enum class Phase : std::uint8_t { fresh, listening, connecting, connected };

  int fd = -1;
  int domain = AF_INET;
  Phase phase = Phase::fresh;
  bool closed = false;  // close() was called; a blocked call may still hold the record
  bool nonblocking = false;
  bool close_on_exec = false;
  bool read_shut = false;
  bool write_shut = false;
  bool connect_told = true;  // false: the handshake is over, and no connect() has said so yet
  bool error_noted = false;  // the connection's end has been turned into `error` once
  int error = 0;             // told by the next call that can tell it, then forgotten (SO_ERROR)

  // SOL_SOCKET
  bool reuse_address = false;
  bool reuse_port = false;
  bool oob_inline = false;
  bool v6_only = false;
  std::optional<int> linger;   // seconds; none: close returns at once
  Duration receive_timeout{};  // zero: none
  Duration send_timeout{};
  int low_water = 1;
  int receive_space = 0;  // what SO_RCVBUF and SO_SNDBUF answer; 0: never set
  int send_space = 0;
  bool wants_inq = false;                       // TCP_INQ
  std::unordered_map<std::uint64_t, int> kept;  // options that are remembered and change nothing: (level, name) -> value
  TcpOptions tcp;

  std::optional<Endpoint> bound;
  bool port_chosen = false;  // by us, not by bind: connect may choose another
  ConnectionId connection{};
  std::array<ListenerId, 2> listeners{};  // [0] as named; [1] the IPv4 side of a dual-stack [::]
  // Fast open (RFC 7413)
  bool fast_open_connect = false;              // TCP_FASTOPEN_CONNECT: connect leaves the SYN to the first write
  std::optional<Endpoint> fast_open_to;        // and has done so
  std::uint32_t fast_open_queue = 0;           // TCP_FASTOPEN of a listener
  std::optional<FastOpenKeys> fast_open_keys;  // TCP_FASTOPEN_KEY
  bool fast_open_without_cookie = false;       // TCP_FASTOPEN_NO_COOKIE
  /// TCP_DEFER_ACCEPT: connections that nobody is told of until they have said something, or for so long.
  struct Deferred {
    ConnectionId id;
    Instant until;
  };
  Duration defer{};  // zero: off
  std::list<Deferred> deferred;
  Endpoint peer;

  // Urgent data as the BSD interface shows it: one octet beside the stream (RFC 6093 2), at this place of the stream.
  enum class Urgent : std::uint8_t { none, announced, arrived, read };
  Urgent urgent = Urgent::none;
  std::uint64_t urgent_mark = 0;
  std::byte urgent_octet{};

  std::uint64_t read_edges = 0;  // how often something new came, for EPOLLET
  std::uint64_t write_edges = 0;
  std::vector<std::weak_ptr<Watch>> watches;
};

using Lock = std::unique_lock<std::mutex>;

struct Sockets::State {
  State(Stack& s, World& w) : stack(s), world(w) {}

  Stack& stack;
  World& world;
  std::mutex mutex;
  std::unordered_map<int, std::shared_ptr<Socket>> sockets;
  std::unordered_map<int, std::shared_ptr<Epoll>> epolls;
  std::unordered_map<std::uint64_t, int> by_connection;  // handle -> descriptor
  std::unordered_map<std::uint64_t, int> by_listener;

  // sockets.cpp
  std::expected<std::shared_ptr<Socket>, int> find(int fd) const;
  std::expected<std::shared_ptr<Socket>, int> add(int domain, int type_flags);
  void bind_connection(Socket& socket, ConnectionId id);
  void release_connection(Socket& socket);
  void release_listeners(Socket& socket);
  /// Tells the stack what time it is, unless that would make a timer fire: that is the world's business.
  void bring_time();
  /// Packets leave, events come in.
  void settle();
  /// Notes how the connection ended; true when `socket.error` waits.
  bool note_end(Socket& socket) const;
  int take_error(Socket& socket) const;
  /// The socket's own options, in force on what it holds.
  std::expected<void, int> apply_options(Socket& socket);
  /// `connecting` becomes `connected` (or `fresh`, with an error to tell) once the handshake is over.
  void refresh(Socket& socket) const;
  Instant deadline_after(Duration timeout);

  // opening.cpp
  std::expected<ConnectionId, Error> accept_from(Socket& socket);
  /// The next connection that accept would give; takes those in that have to wait first.
  std::optional<std::list<Socket::Deferred>::iterator> next_deferred(Socket& socket);
  bool has_acceptable(Socket& socket);
  std::expected<void, int> reserve_name(Socket& socket, Endpoint name);
  bool is_name_taken(const Socket& socket, const Endpoint& name) const;
  Answer open(Socket& socket, const Endpoint& peer, bool fast = false, std::span<const std::byte> text = {});
  void disconnect(Socket& socket);
  /// Until the handshake is decided; nothing to say, or errno.
  std::optional<int> finish_opening(Lock& lock, Socket& socket, bool waits, int otherwise);
  /// sendto(MSG_FASTOPEN), and the first write after a connect that was put off.
  Answer fast_open(Lock& lock, const std::shared_ptr<Socket>& socket, const Endpoint& peer, std::span<const iovec> parts,
                   int flags);

  // receive.cpp, send.cpp
  Answer receive(Lock& lock, const std::shared_ptr<Socket>& socket, std::span<const iovec> parts, int flags);
  Answer send(Lock& lock, const std::shared_ptr<Socket>& socket, std::span<const iovec> parts, int flags);
  /// Octets that wait for read(); an urgent octet that would only be skipped is none.
  std::size_t readable_octets(Socket& socket) const;
  /// What FIONREAD says: a read stops at the mark of urgent data.
  std::size_t octets_before_mark(Socket& socket) const;
  bool is_at_mark(Socket& socket) const;
  /// Looks where urgent data begins; to be called before it is asked for.
  void note_urgent(Socket& socket) const;
  bool is_end_of_stream(const Socket& socket) const;
  std::size_t take(Socket& socket, std::span<const iovec> parts, std::size_t skip, int flags);
  Answer receive_urgent(Socket& socket, std::span<const iovec> parts, int flags) const;

  // readiness.cpp
  unsigned mask_of(Socket& socket);
  void wake(Socket& socket, bool readable, bool writable);
  int collect(Epoll& epoll, epoll_event* events, int most);
  void forget(Epoll& epoll, int fd);

  template <class Work>
  ssize_t call(Work work) {
    Lock lock(mutex);
    bring_time();
    const Answer answer = work(lock);
    lock.unlock();
    if (answer) return *answer;
    errno = answer.error();
    return -1;
  }
  /// A call on one socket: work(lock, shared_ptr<Socket>).
  template <class Work>
  ssize_t call_on(int fd, Work work) {
    return call([&](Lock& lock) -> Answer {
      const auto socket = find(fd);
      if (!socket) return fail(socket.error());
      return work(lock, *socket);
    });
  }
};

inline std::uint64_t key_of(ConnectionId id) { return std::uint64_t{id.generation} << 32 | id.index; }
inline std::uint64_t key_of(ListenerId id) { return std::uint64_t{id.generation} << 32 | id.index; }

}  // namespace ft::posix
