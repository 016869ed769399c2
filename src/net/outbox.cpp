#include "net/outbox.hpp"

#include <utility>

namespace ft::net {

bool Outbox::push(Message message) {
  if (items_.size() == max_messages || message.payload.size() > max_octets - octets_) return false;
  octets_ += message.payload.size();
  items_.push_back({std::move(message), 0, 0});
  return true;
}

void Outbox::erase(std::size_t index) {
  octets_ -= items_[index].message.payload.size();
  items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(index));
}

}  // namespace ft::net
