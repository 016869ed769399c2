// A bounded map that remembers in which order its entries were last refreshed. What to forget when it is full is the owner's
// choice: it walks from the entry refreshed longest ago.
#pragma once

#include "base/assert.hpp"

#include <cstddef>
#include <list>
#include <unordered_map>
#include <utility>

namespace ft::net {

template <class Key, class Value, class Hash>
class Lru {
 public:
  using Entry = std::pair<const Key, Value>;

  /// At most `limit` entries.
  Lru(std::size_t limit, Hash hash) : limit_(limit), index_(0, std::move(hash)) {}

  std::size_t size() const { return index_.size(); }
  bool is_full() const { return index_.size() >= limit_; }

  const Value* find(const Key& key) const {
    const auto at = index_.find(key);
    return at == index_.end() ? nullptr : &at->second->second;
  }
  Value* find(const Key& key) {
    const auto at = index_.find(key);
    return at == index_.end() ? nullptr : &at->second->second;
  }
  /// Finds and makes it the youngest.
  Value* refresh(const Key& key) {
    const auto at = index_.find(key);
    if (at == index_.end()) return nullptr;
    order_.splice(order_.end(), order_, at->second);
    return &at->second->second;
  }
  /// The key must be new and the map not full.
  Value& insert(const Key& key, Value value) {
    FT_ASSERT(!is_full());
    order_.emplace_back(key, std::move(value));
    const bool is_new = index_.emplace(key, std::prev(order_.end())).second;
    FT_ASSERT(is_new);
    return order_.back().second;
  }
  void erase(const Key& key) {
    const auto at = index_.find(key);
    if (at == index_.end()) return;
    order_.erase(at->second);
    index_.erase(at);
  }
  /// The entry refreshed longest ago; null when empty.
  const Entry* oldest() const { return order_.empty() ? nullptr : &order_.front(); }
  /// Erases the oldest entry for which may_go(value) holds; false when there is none.
  template <class MayGo>
  bool evict(MayGo may_go) {
    for (const Entry& entry : order_) {
      if (!may_go(entry.second)) continue;
      erase(Key{entry.first});
      return true;
    }
    return false;
  }

 private:
  std::size_t limit_;
  std::list<Entry> order_;  // oldest first
  std::unordered_map<Key, typename std::list<Entry>::iterator, Hash> index_;
};

}  // namespace ft::net
