// The ledger: who holds a port or a four-tuple, in what state, and when it becomes free by itself.
#include "base/assert.hpp"
#include "stack/impl.hpp"

#include <algorithm>

namespace ft {

using tcp::State;

PortEntry Stack::Impl::entry_of(const Listener& listener) const {
  PortEntry entry;
  entry.tuple = {listener.local, {IpAddress::unspecified(listener.local.address.family()), 0}};
  entry.state = tcp::to_string(State::listen);
  entry.waiting = static_cast<std::uint32_t>(listener.accept_queue.size());
  entry.backlog = listener.backlog;
  entry.half_open = listener.half_open;
  entry.syn_queue = listener.syn_queue;
  return entry;
}

PortEntry Stack::Impl::entry_of(Ref ref) const {
  PortEntry entry;
  entry.tuple = records_.tuple_of(ref);
  switch (ref.stage()) {
    case Stage::half_open:
      entry.state = tcp::to_string(State::syn_received);
      entry.free_at = half_open_expiry(ref.index());
      break;
    case Stage::time_wait:
      entry.state = tcp::to_string(State::time_wait);
      entry.free_at = records_.time_wait.at(ref.index()).expires;
      break;
    case Stage::connection: {
      const tcp::Connection& c = records_.connections.at(ref.index()).tcp;
      entry.state = tcp::to_string(c.state());
      entry.free_at = c.free_at();
      break;
    }
  }
  return entry;
}

std::vector<PortEntry> Stack::Impl::ports(std::optional<std::uint16_t> port) const {
  std::vector<PortEntry> ledger;
  const auto wanted = [&](const Endpoint& local) { return !port || local.port == *port; };
  listeners_.for_each([&](std::uint32_t, const Listener& listener) {
    if (wanted(listener.local)) ledger.push_back(entry_of(listener));
  });
  records_.half_open.for_each([&](std::uint32_t index, const HalfOpenRecord& record) {
    if (wanted(record.tuple.local)) ledger.push_back(entry_of(Ref(Stage::half_open, index)));
  });
  records_.connections.for_each([&](std::uint32_t index, const Entry& entry) {
    if (entry.in_table && wanted(entry.tuple.local)) ledger.push_back(entry_of(Ref(Stage::connection, index)));
  });
  records_.time_wait.for_each([&](std::uint32_t index, const TimeWaitRecord& record) {
    if (wanted(record.tuple.local)) ledger.push_back(entry_of(Ref(Stage::time_wait, index)));
  });
  std::sort(ledger.begin(), ledger.end(), [](const PortEntry& a, const PortEntry& b) { return a.tuple < b.tuple; });
  return ledger;
}

std::optional<PortEntry> Stack::Impl::holder(const FourTuple& tuple) const {
  if (const auto ref = demux_.find(tuple)) return entry_of(*ref);
  const auto found = listening_.find(tuple.local);
  if (found == listening_.end()) return std::nullopt;
  return entry_of(listeners_.at(found->second));
}

/// Of all that stand between us and a port towards `remote`, the one that goes first; those that nobody limits come last.
std::optional<PortEntry> Stack::Impl::first_to_go(const IpAddress& local, const Endpoint& remote) const {
  std::optional<PortEntry> first;
  const auto look = [&](Ref ref) {
    const FourTuple& tuple = records_.tuple_of(ref);
    if (tuple.remote != remote || tuple.local.address != local) return;
    const PortEntry entry = entry_of(ref);
    const bool sooner = !first || (entry.free_at && (!first->free_at || *entry.free_at < *first->free_at));
    if (sooner) first = entry;
  };
  records_.connections.for_each([&](std::uint32_t index, const Entry& entry) {
    if (entry.in_table) look(Ref(Stage::connection, index));
  });
  records_.half_open.for_each([&](std::uint32_t index, const HalfOpenRecord&) { look(Ref(Stage::half_open, index)); });
  records_.time_wait.for_each([&](std::uint32_t index, const TimeWaitRecord&) { look(Ref(Stage::time_wait, index)); });
  return first;
}

OpenError Stack::Impl::held(Error code, std::optional<PortEntry> holder) const {
  OpenError error{code, std::nullopt, std::nullopt};
  if (holder) error.free_at = holder->free_at;
  error.holder = std::move(holder);
  return error;
}

}  // namespace ft
