// Where received octets go: a file, pipe, socket or terminal that this process was given, written without ever blocking the loop
// and without changing the mode of a description that other processes share.
#pragma once

#include "io/descriptor.hpp"

#include <cstddef>
#include <span>

namespace ft::io {

class Output {
 public:
  /// Takes over `fd` (closed at the end).
  explicit Output(int fd);

  /// To poll for POLLOUT before each write.
  int descriptor() const { return file_.get(); }
  /// Octets taken, 0 when there is no room just now, or the negative errno (EPIPE: the reader is gone).
  long write(std::span<const std::byte> octets);
  /// The reader sees the end.
  void finish();

 private:
  enum class Kind { plain, pipe, socket };
  Descriptor file_;
  Kind kind_ = Kind::plain;
  bool may_block_ = false;
};

}  // namespace ft::io
