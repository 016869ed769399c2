// How a segment finds its connection: one lookup of the exact four-tuple in a keyed hash table, whatever stage the connection
// is in. The table holds four octets a connection; the tuple itself stays in the record.
#pragma once

#include "base/assert.hpp"
#include "base/slab.hpp"
#include "stack/records.hpp"
#include "stack/secrets.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <optional>
#include <vector>

namespace ft::stack {

struct Records {
  Slab<Entry> connections;
  Slab<HalfOpenRecord> half_open;
  Slab<TimeWaitRecord> time_wait;

  const FourTuple& tuple_of(Ref ref) const {
    switch (ref.stage()) {
      case Stage::half_open:
        return half_open[ref.index()].tuple;
      case Stage::time_wait:
        return time_wait[ref.index()].tuple;
      default:
        return connections[ref.index()].tuple;
    }
  }
};

class Demux {
 public:
  Demux(const Records& records, const Secrets& secrets)
      : records_(&records), table_(0, Hash{&records, &secrets, &latest_}, Equal{&records}) {}

  std::optional<Ref> find(const FourTuple& tuple) const {
    const auto found = table_.find(tuple);
    if (found == table_.end()) return std::nullopt;
    return *found;
  }
  void insert(Ref ref) { table_.insert(ref); }
  /// Another record has the same four-tuple now, while the old one still lives.
  void replace(Ref old, Ref now) {
    const auto found = table_.find(records_->tuple_of(old));
    FT_ASSERT(found != table_.end() && *found == old && records_->tuple_of(now) == records_->tuple_of(old));
    // Neither the hash nor what is equal changes: both look at the tuple alone.
    const_cast<Ref&>(*found) = now;
  }
  /// Before the record goes: the table reads its tuple.
  void erase(Ref ref) { table_.erase(ref); }
  /// `change` gives the hash another key.
  template <class Change>
  void rehash(Change change) {
    const std::vector<Ref> all(table_.begin(), table_.end());
    table_.clear();
    change();
    latest_ = {};
    table_.insert(all.begin(), all.end());
  }
  std::size_t size() const { return table_.size(); }
  /// Octets: a reference and an octet of metadata a place.
  std::uint64_t memory() const { return memory_of(table_.bucket_count()); }
  static constexpr std::uint64_t memory_of(std::uint64_t places) { return places * (sizeof(Ref) + 1); }

 private:
  /// The hash made last: one segment asks for the same several times, and so does a train of them.
  struct Latest {
    FourTuple tuple;
    std::optional<std::uint64_t> hash;
  };
  struct Hash {
    using is_transparent = void;
    using is_avalanching = void;
    const Records* records;
    const Secrets* secrets;
    Latest* latest;
    std::size_t operator()(const FourTuple& tuple) const {
      if (!latest->hash || latest->tuple != tuple) *latest = {tuple, secrets->table_hash(tuple)};
      return static_cast<std::size_t>(*latest->hash);
    }
    std::size_t operator()(Ref ref) const { return (*this)(records->tuple_of(ref)); }
  };
  struct Equal {
    using is_transparent = void;
    const Records* records;
    bool operator()(Ref a, Ref b) const { return a == b; }
    bool operator()(const FourTuple& tuple, Ref ref) const { return records->tuple_of(ref) == tuple; }
    bool operator()(Ref ref, const FourTuple& tuple) const { return records->tuple_of(ref) == tuple; }
  };

  const Records* records_;
  mutable Latest latest_{};
  boost::unordered_flat_set<Ref, Hash, Equal> table_;
};

}  // namespace ft::stack
