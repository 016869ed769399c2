// The iovec lists of readv, writev and their kin, walked as one run of octets.
#pragma once

#include "sockets/posix/errors.hpp"

#include <sys/uio.h>

#include <algorithm>
#include <climits>
#include <cstddef>
#include <span>
#include <vector>

namespace ft::posix {

class Pieces {
 public:
  explicit Pieces(std::span<const iovec> parts) : parts_(parts) {}

  /// Octets from the first on; what the kernel would refuse as a whole.
  static std::expected<std::size_t, int> total(std::span<const iovec> parts) {
    std::size_t sum = 0;
    for (const iovec& part : parts) {
      if (part.iov_base == nullptr && part.iov_len != 0) return fail(EFAULT);
      if (part.iov_len > static_cast<std::size_t>(SSIZE_MAX) - sum) return fail(EINVAL);
      sum += part.iov_len;
    }
    return sum;
  }

  /// The rest of the current piece; empty at the end.
  std::span<std::byte> current() {
    while (index_ < parts_.size() && at_ == parts_[index_].iov_len) {
      ++index_;
      at_ = 0;
    }
    if (index_ == parts_.size()) return {};
    return std::span(static_cast<std::byte*>(parts_[index_].iov_base), parts_[index_].iov_len).subspan(at_);
  }
  void advance(std::size_t octets) { at_ += octets; }
  void skip(std::size_t octets) {
    while (octets != 0) {
      const std::size_t step = std::min(octets, current().size());
      if (step == 0) return;
      advance(step);
      octets -= step;
    }
  }
  /// What is left, as a list of its own.
  std::vector<iovec> left() {
    std::vector<iovec> rest;
    for (auto part = current(); !part.empty(); part = current()) {
      rest.push_back({part.data(), part.size()});
      advance(part.size());
    }
    return rest;
  }

 private:
  std::span<const iovec> parts_;
  std::size_t index_ = 0;
  std::size_t at_ = 0;
};

}  // namespace ft::posix
