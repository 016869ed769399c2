// What the stack holds, octet by octet, and the most that it can come to.
//
// At a ceiling the stack refuses politely: a SYN finds no place (a cookie, else silence), connect and listen say so, write takes
// less, the window offered stays where it is, and text that came too early is dropped before anything else (RFC 9293 3.8.6
// allows that; the peer sends it again).
#include "stack/impl.hpp"

namespace ft {

namespace {
// What a sender, its controller, the receiver's islands, a diary and a signature's keys can come to, for one connection.
constexpr std::uint64_t most_parts = 16 * 1024;
constexpr std::uint64_t cache_limit = BufferPool::Limits{}.cache;
}  // namespace

std::uint64_t Stack::Impl::parts_of(const Entry& entry) const {
  std::uint64_t octets = entry.tcp.heap_memory();
  if (entry.tcp.options() != default_options_) octets += sizeof(ft::TcpOptions);
  return octets;
}

StackMemory Stack::Impl::memory() const {
  StackMemory memory;
  memory.connections = records_.connections.memory();
  memory.half_open = records_.half_open.memory();
  memory.time_wait = records_.time_wait.memory();
  memory.listeners = listeners_.memory();
  listeners_.for_each([&](std::uint32_t, const Listener& listener) {
    memory.listeners += listener.accept_queue.size() * sizeof(std::uint32_t);
    if (listener.tcp != default_options_) memory.listeners += sizeof(ft::TcpOptions);
    const bool is_old = listener.cookie_tcp != nullptr && listener.cookie_tcp != listener.tcp;
    if (is_old && listener.cookie_tcp != default_options_) memory.listeners += sizeof(ft::TcpOptions);
  });
  memory.buffers = pool_.used();
  memory.cached = pool_.cached();
  records_.connections.for_each([&](std::uint32_t, const Entry& entry) { memory.parts += parts_of(entry); });
  memory.parts += authenticators_.size() * sizeof(stack::Authenticator);
  memory.queues = (replies_.size() + parked_replies_.capacity()) * sizeof(stack::QueuedReply);
  memory.tables = demux_.memory() + listening_.bucket_count() * (sizeof(Endpoint) + 5) + fast_open_memory_.memory();
  return memory;
}

std::optional<std::uint64_t> Stack::Impl::memory(ConnectionId id) const {
  const Entry* entry = find(id);
  if (entry == nullptr) return std::nullopt;
  return sizeof(Entry) + entry->tcp.pool_memory() + parts_of(*entry);
}

std::uint64_t Stack::Impl::memory_ceiling() const {
  using stack::HalfOpenRecord;
  using stack::TimeWaitRecord;
  const std::uint64_t records = std::uint64_t{config_.max_connections} + config_.max_half_open + config_.max_time_wait;
  std::uint64_t most = Slab<Entry>::memory_of(config_.max_connections) + Slab<HalfOpenRecord>::memory_of(config_.max_half_open) +
                       Slab<TimeWaitRecord>::memory_of(config_.max_time_wait) + Slab<Listener>::memory_of(config_.max_listeners);
  // Accept queues hold connections, so they are no longer than those. A table doubles before it is full.
  most += std::uint64_t{config_.max_connections} * (most_parts + sizeof(std::uint32_t));
  most += std::uint64_t{config_.max_listeners} * (2 * sizeof(ft::TcpOptions) + 4 * (sizeof(Endpoint) + 5));
  most += config_.max_buffer_memory + cache_limit;
  most += 2 * most_replies * sizeof(stack::QueuedReply) + stack::Demux::memory_of(4 * records + 64);
  return most + stack::FastOpenMemory::memory_of(config_.max_fast_open_servers);
}

bool Stack::Impl::is_memory_balanced() const {
  std::uint64_t held = 0;
  records_.connections.for_each([&](std::uint32_t, const Entry& entry) { held += entry.tcp.pool_memory(); });
  return held == pool_.used() && memory().total() <= memory_ceiling();
}

}  // namespace ft
