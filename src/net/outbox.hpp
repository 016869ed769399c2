// The engine's own messages that wait for the driver: a bounded queue, where a message too many is simply not sent (every one
// of them is an answer that its asker can do without). A message larger than the MTU leaves in fragments, one a packet.
#pragma once

#include "net/message.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>

namespace ft::net {

class Outbox {
 public:
  static constexpr std::size_t max_messages = 64;
  static constexpr std::size_t max_octets = std::size_t{256} * 1024;

  struct Item {
    Message message;
    std::size_t sent = 0;  // octets of the payload that have left
    std::uint32_t id = 0;  // of its fragments
  };

  /// False when there is no room: the message is gone.
  bool push(Message message);
  bool empty() const { return items_.empty(); }
  std::size_t size() const { return items_.size(); }
  Item& at(std::size_t index) { return items_[index]; }
  void erase(std::size_t index);

 private:
  std::deque<Item> items_;
  std::size_t octets_ = 0;
};

}  // namespace ft::net
