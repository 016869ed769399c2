// The instance: it owns the records and the engine below, and moves segments between them. One class, one file a concern:
// calls.cpp (the user's side), input.cpp, listen.cpp (the LISTEN state), passive.cpp (small records), output.cpp, stack.cpp (the
// door).
#pragma once

#include "base/buffer_pool.hpp"
#include "base/timer_wheel.hpp"
#include "fourtuple/stack.hpp"
#include "net/engine.hpp"
#include "stack/authenticator.hpp"
#include "stack/demux.hpp"
#include "stack/ephemeral.hpp"
#include "stack/fast_open.hpp"
#include "stack/syn_cookies.hpp"
#include "stack/tracer.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <deque>

namespace ft::stack {

/// A segment without a connection: a RST, an ACK from TIME-WAIT, a SYN-ACK with a cookie.
struct QueuedReply {
  FourTuple tuple;
  tcp::Reply reply;
  tcp::State state;
  std::uint8_t ttl;
  std::uint8_t dscp;
  std::shared_ptr<Authenticator> authenticator;  // null: unsigned
  std::shared_ptr<const wire::SourceRoute> route{};
};

}  // namespace ft::stack

namespace ft {

class Stack::Impl {
 public:
  explicit Impl(StackConfig config);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  // input.cpp
  Verdict on_packet(Instant now, std::span<const std::byte> packet, Offload offload);
  void on_deadline(Instant now);

  // output.cpp
  std::optional<Transmit> poll_transmit(Instant now, std::span<std::byte> out);
  std::optional<Instant> next_deadline() const;

  // calls.cpp
  std::optional<Event> poll_event();
  std::expected<ConnectionId, OpenError> connect(Instant now, const Endpoint& remote, const ConnectOptions& options);
  std::expected<std::size_t, Error> read(ConnectionId id, std::span<std::byte> into);
  std::span<const std::byte> peek(ConnectionId id) const;
  void consume(ConnectionId id, std::size_t octets);
  std::expected<std::size_t, Error> write(ConnectionId id, std::span<const std::byte> from, tcp::Write how);
  std::span<std::byte> reserve(ConnectionId id);
  void commit(ConnectionId id, std::size_t octets);
  std::expected<void, Error> shutdown(ConnectionId id);
  std::expected<void, Error> close(ConnectionId id);
  std::expected<void, Error> abort(ConnectionId id);
  std::expected<void, Error> use_key(ConnectionId id, std::uint8_t receive_id);
  void rotate_secrets(Instant now, std::span<const std::uint8_t, 32> secret);
  std::optional<ConnectionInfo> info(ConnectionId id) const;

  // options.cpp
  std::expected<void, Error> set_options(ConnectionId id, const ft::TcpOptions& options);
  void set_now(Instant now) { now_ = now; }

  // questions.cpp
  std::optional<ft::TcpOptions> options(ConnectionId id) const;
  std::optional<Readiness> readiness(ConnectionId id) const;
  std::size_t peek(ConnectionId id, std::size_t offset, std::span<std::byte> into) const;
  std::size_t acceptable(ListenerId id) const;
  void push(ConnectionId id);
  void want_room(ConnectionId id);
  std::uint32_t fast_open_room(Instant now, const IpAddress& server, bool without_cookie);
  bool is_port_held(const Endpoint& local) const;
  bool is_local(const IpAddress& address) const { return engine_.is_local(address) || engine_.loops_back(address); }
  std::expected<std::uint16_t, Error> choose_port(const IpAddress& local);

  // ledger.cpp
  std::vector<PortEntry> ports(std::optional<std::uint16_t> port) const;
  std::optional<PortEntry> holder(const FourTuple& tuple) const;

  // memory.cpp
  StackMemory memory() const;
  std::optional<std::uint64_t> memory(ConnectionId id) const;
  std::uint64_t memory_ceiling() const;
  bool is_memory_balanced() const;

  // listen.cpp
  std::expected<ListenerId, OpenError> listen(const Endpoint& local, const ListenOptions& options);
  std::expected<ConnectionId, Error> accept(ListenerId id);
  std::expected<void, Error> set_options(ListenerId id, const ft::TcpOptions& options);
  std::expected<void, Error> set_backlog(ListenerId id, std::uint32_t backlog);
  std::expected<void, Error> set_fast_open(ListenerId id, std::uint32_t pending);
  std::expected<void, Error> set_fast_open_cookies(ListenerId id, const std::optional<FastOpenKeys>& keys, bool without);
  void close(ListenerId id);

  const StackConfig& config() const { return config_; }
  const StackCounters& counters() const { return counters_; }
  std::uint64_t buffer_memory() const { return pool_.used(); }
  void set_trace(trace::Sink* sink, std::uint8_t host) { tracer_.set(sink, host); }

 private:
  using Entry = stack::Entry;
  using HalfOpenRecord = stack::HalfOpenRecord;
  using TimeWaitRecord = stack::TimeWaitRecord;
  using Listener = stack::Listener;
  using Ref = stack::Ref;
  using Stage = stack::Stage;

  // input.cpp
  void take_route(const net::Delivered& delivered);
  void change_route(Entry& entry);
  Verdict use(Instant now, const net::Input& input, std::size_t length);
  Verdict on_segment(Instant now, const net::Delivered& delivered);
  std::uint8_t least_ttl(const std::optional<Ref>& ref, const Endpoint& local) const;
  Verdict on_icmp(Instant now, const net::IcmpError& error);
  Verdict on_icmp_half_open(Instant now, std::uint32_t index, const net::IcmpError& error);
  Verdict deliver(Instant now, std::uint32_t index, const tcp::Segment& segment);
  Verdict drop(Instant now, DropReason reason, std::size_t length);
  /// What a segment, a timer or a call may have changed: events, replies, the table, timers.
  void settle(std::uint32_t index, std::optional<tcp::Reply> reply);
  void retire(std::uint32_t index);
  void arm(std::uint32_t index);
  void become_time_wait_record(std::uint32_t index);
  void queue_reply(const FourTuple& tuple, tcp::State state, const tcp::Reply& reply);
  void queue_reply(const FourTuple& tuple, tcp::State state, const tcp::Reply& reply, const ft::TcpOptions& options,
                   std::shared_ptr<const wire::SourceRoute> route = {});
  void tell(std::uint32_t index);
  void on_connection_deadline(std::uint32_t index);

  // listen.cpp
  std::optional<std::uint32_t> listener_for(const Endpoint& local) const;
  const stack::FastOpenCookies& cookies_of(const Listener& listener) const {
    return listener.own_cookies ? *listener.own_cookies : fast_open_cookies_;
  }
  Verdict no_listener(Instant now, const FourTuple& tuple, const tcp::Segment& segment);
  Verdict on_listen(Instant now, std::uint32_t listener, const FourTuple& tuple, const tcp::Segment& segment,
                    std::optional<Seq> least_isn);
  tcp::State take_syn(Instant now, std::uint32_t listener, const FourTuple& tuple, const tcp::Segment& syn,
                      std::optional<Seq> least_isn, tcp::Arrival& arrival);
  bool remember(Instant now, std::uint32_t listener, const FourTuple& tuple, const tcp::Segment& syn, const tcp::Path& path,
                std::optional<Seq> least_isn, bool wants_cookie);
  bool answer_with_cookie(Instant now, std::uint32_t listener, const FourTuple& tuple, const tcp::Segment& syn,
                          const tcp::Path& path, std::optional<Seq> least_isn);
  std::optional<tcp::HalfOpen> read_cookie(Instant now, const Listener& listener, const FourTuple& tuple,
                                           const tcp::Segment& ack) const;
  tcp::State open_by_cookie(Instant now, std::uint32_t listener, const FourTuple& tuple, const tcp::Segment& ack,
                            tcp::Arrival& arrival);
  /// True when the SYN brought text and a good cookie, and the connection works at once (RFC 7413 4.2.2).
  bool open_fast(Instant now, std::uint32_t listener, const FourTuple& tuple, const tcp::Segment& syn, const tcp::Path& path,
                 bool& wants_cookie);
  void end_fast_open(std::uint32_t index);
  void learn_fast_open(Instant now, Entry& entry);
  /// The connection is complete and waits for accept.
  void enqueue(std::uint32_t index, std::uint32_t listener);

  // passive.cpp
  Verdict deliver_half_open(Instant now, std::uint32_t index, const tcp::Segment& segment);
  Verdict deliver_time_wait(Instant now, std::uint32_t index, const tcp::Segment& segment);
  bool promote(std::uint32_t half_open_index, tcp::Connection&& connection);
  void remove_half_open(std::uint32_t index);
  /// It is out of the table already.
  void forget_half_open(std::uint32_t index);
  void remove_time_wait(std::uint32_t index);
  void on_half_open_deadline(std::uint32_t index);
  tcp::Opening opening_of(const HalfOpenRecord& record) const;

  Instant half_open_expiry(std::uint32_t index) const;

  // memory.cpp
  std::uint64_t parts_of(const Entry& entry) const;

  // signatures.cpp
  /// Null: segments of that four-tuple are not signed.
  std::shared_ptr<stack::Authenticator> authenticator_of(const FourTuple& tuple) const;
  /// Why a segment must not be looked at, by its signature; none: it may.
  DropReason check_signature(const FourTuple& tuple, bool known, const wire::TcpHeader& header,
                             std::span<const std::byte> segment);
  void leave_table(Ref ref);
  void forget_orphans();

  // ledger.cpp
  PortEntry entry_of(const Listener& listener) const;
  PortEntry entry_of(Ref ref) const;
  std::optional<PortEntry> first_to_go(const IpAddress& local, const Endpoint& remote) const;
  OpenError held(Error code, std::optional<PortEntry> holder) const;

  // output.cpp
  void unpark();
  std::optional<Transmit> next_transmit(Instant now, std::span<std::byte> out);
  std::optional<Transmit> send_own(Instant now, std::span<std::byte> out);
  std::optional<Transmit> send_reply(Instant now, std::span<std::byte> out);
  std::optional<Transmit> send_syn_ack(Instant now, std::span<std::byte> out);
  std::optional<Transmit> send_ready(Instant now, std::span<std::byte> out);
  struct Text {
    std::array<std::span<const std::byte>, 2> parts{};
    std::uint32_t segment_size = 0;
  };
  /// Fills in the ports of `header`.
  std::optional<Transmit> emit(Instant now, std::span<std::byte> out, const FourTuple& tuple, wire::TcpHeader& header,
                               const Text& text, std::uint8_t ttl, std::uint8_t traffic_class,
                               stack::Authenticator* authenticator, bool dont_fragment = true,
                               const wire::SourceRoute* route = nullptr);

  // calls.cpp
  Entry* find(ConnectionId id);
  const Entry* find(ConnectionId id) const;
  std::expected<FourTuple, OpenError> choose_tuple(const Endpoint& remote, const ConnectOptions& options, tcp::Path& path);
  bool is_port_free(const FourTuple& tuple) const;
  tcp::Path tcp_path(const IpAddress& remote, std::uint32_t mtu, const wire::SourceRoute* route = nullptr) const;
  tcp::Context context() { return {now_, pool_, &challenges_}; }
  template <class Call>
  auto traced_call(std::uint32_t index, std::string_view name, tcp::Trigger trigger, Call call);

  struct ReadyLinks {
    stack::Records* records;
    stack::Links& operator()(std::uint32_t i) const { return records->connections[i].ready; }
  };
  struct ToldLinks {
    stack::Records* records;
    stack::Links& operator()(std::uint32_t i) const { return records->connections[i].told; }
  };
  struct SynAckLinks {
    stack::Records* records;
    stack::Links& operator()(std::uint32_t i) const { return records->half_open[i].to_send; }
  };
  struct AgeLinks {
    stack::Records* records;
    stack::Links& operator()(std::uint32_t i) const { return records->time_wait[i].age; }
  };
  struct ListenerLinks {
    Slab<Listener>* listeners;
    stack::Links& operator()(std::uint32_t i) const { return listeners->at(i).told; }
  };
  struct TupleHash {
    const stack::Secrets* secrets;
    using is_avalanching = void;
    std::size_t operator()(const FourTuple& tuple) const { return static_cast<std::size_t>(secrets->table_hash(tuple)); }
  };
  struct EndpointHash {
    std::size_t operator()(const Endpoint& e) const;
  };

  StackConfig config_;
  std::shared_ptr<const ft::TcpOptions> default_options_;
  stack::Secrets secrets_;
  stack::SynCookies syn_cookies_;
  stack::SynCookies old_cookies_;  // of the last secret
  Instant old_cookies_until_{};
  tcp::ChallengeLimit challenges_;
  stack::FastOpenCookies fast_open_cookies_;
  stack::FastOpenMemory fast_open_memory_;
  BufferPool pool_;
  net::Engine engine_;
  stack::Records records_;
  stack::Demux demux_;
  Slab<Listener> listeners_;
  boost::unordered_flat_map<Endpoint, std::uint32_t, EndpointHash> listening_;
  boost::unordered_flat_map<FourTuple, std::shared_ptr<stack::Authenticator>, TupleHash> authenticators_;
  std::vector<FourTuple> orphans_;  // authenticators whose record went; perhaps another came
  stack::EphemeralPorts ephemeral_;
  TimerWheel connection_timers_;
  TimerWheel half_open_timers_;
  TimerWheel time_wait_timers_;
  stack::IndexList<ReadyLinks> ready_;   // served round-robin
  stack::IndexList<ReadyLinks> parked_;  // their neighbour is being asked (the same links: in one list or the other)
  stack::IndexList<ToldLinks> told_;
  stack::IndexList<SynAckLinks> syn_acks_;
  stack::IndexList<SynAckLinks> parked_syn_acks_;
  stack::IndexList<AgeLinks> oldest_;
  stack::IndexList<ListenerLinks> acceptable_;
  static constexpr std::size_t most_replies = 512;  // the peer repeats itself: a reply too many is no loss
  std::deque<stack::QueuedReply> replies_;
  std::vector<stack::QueuedReply> parked_replies_;
  std::uint64_t seen_resolutions_ = 0;
  static constexpr unsigned most_looped = 1024;             // packets to ourselves in one poll_transmit
  bool looped_ = false;                                     // the packet just built is one
  bool looping_ = false;                                    // more of them wait
  std::shared_ptr<const wire::SourceRoute> arrived_route_;  // the way back of the packet under way through the stack
  Instant now_{};                                           // of the latest call that brought the time
  stack::Tracer tracer_;
  StackCounters counters_;
};

}  // namespace ft
