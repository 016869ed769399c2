// A doubly linked list through slab records: O(1) to append, remove and take the first, no memory of its own.
#pragma once

#include <cstdint>

namespace ft::stack {

struct Links {
  static constexpr std::uint32_t none = 0xffff'ffff;
  static constexpr std::uint32_t out = 0xffff'fffe;  // as `previous`: in no list
  std::uint32_t previous = out;
  std::uint32_t next = none;
  bool linked() const { return previous != out; }
};

/// `Access{}(index)` yields the Links of a record.
template <class Access>
class IndexList {
 public:
  explicit IndexList(Access access) : access_(access) {}

  bool empty() const { return first_ == Links::none; }
  std::uint32_t front() const { return first_; }

  void push_back(std::uint32_t index) {
    Links& links = access_(index);
    if (links.linked()) return;
    links.previous = last_;
    links.next = Links::none;
    (last_ == Links::none ? first_ : access_(last_).next) = index;
    last_ = index;
  }
  void remove(std::uint32_t index) {
    Links& links = access_(index);
    if (!links.linked()) return;
    (links.previous == Links::none ? first_ : access_(links.previous).next) = links.next;
    (links.next == Links::none ? last_ : access_(links.next).previous) = links.previous;
    links = Links{};
  }
  void move_to_back(std::uint32_t index) {
    if (last_ == index) return;
    remove(index);
    push_back(index);
  }

 private:
  Access access_;
  std::uint32_t first_ = Links::none;
  std::uint32_t last_ = Links::none;
};

}  // namespace ft::stack
