// A file in memory, to be read in place and from front to back. Mapping costs a third of what copying does when only headers are
// looked at. Its danger is that somebody shortens the file: pages beyond its new end then raise SIGBUS. Here they read as zeros,
// and current_size() tells.
#pragma once

#include "io/descriptor.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <thread>
#include <utility>

namespace ft::io {

class MappedFile {
 public:
  /// Nullopt when it cannot be mapped, or too many are: then it has to be read another way.
  static std::optional<MappedFile> of(int file, std::size_t octets);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();

  std::span<const std::byte> octets() const { return octets_; }
  /// What follows `at` will be read now: its pages are mapped together, which costs half of what a fault for every few of them
  /// does. To be called often: nearly always it is a comparison.
  void read_on(std::size_t at) {
    if (at >= next_ask_) ask(at);
  }
  /// From the beginning again.
  void rewind() { next_ask_ = 0; }
  /// Nothing is read for a while: a large file's pages are given back, on another thread, which spares the end of the process
  /// that work. They come again when they are read again.
  void rest();
  /// As the file system says now; what lies beyond reads as zeros. One system call.
  std::uint64_t current_size() const;

 private:
  MappedFile(Descriptor file, std::span<const std::byte> octets) : file_(std::move(file)), octets_(octets) {}
  void ask(std::size_t at);

  Descriptor file_;
  std::span<const std::byte> octets_;
  std::size_t next_ask_ = 0;
  std::jthread giver_;
};

}  // namespace ft::io
