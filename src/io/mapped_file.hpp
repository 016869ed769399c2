// A file in memory, to be read in place and from front to back. Mapping costs a third of what copying does when only headers are
// looked at. Its danger is that somebody shortens the file: pages beyond its new end then raise SIGBUS. Here they read as zeros,
// and current_size() tells.
#pragma once

#include "io/descriptor.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <thread>

namespace ft::io {

class MappedFile {
 public:
  /// Nullopt when it cannot be mapped, or too many are: then it has to be read another way.
  static std::optional<MappedFile> of(int file, std::size_t octets);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();

  std::span<const std::byte> octets() const { return octets_; }
  /// As the file system says now; what lies beyond reads as zeros. One system call.
  std::uint64_t current_size() const;

 private:
  MappedFile(Descriptor file, std::span<const std::byte> octets) : file_(std::move(file)), octets_(octets) {}

  Descriptor file_;
  std::span<const std::byte> octets_;
};

/// Asks for pages before their reader comes to them and gives them back after, on a thread of its own: both take as long as the
/// reading itself. A short file and a single processor have none.
class ReadAhead {
 public:
  explicit ReadAhead(std::span<const std::byte> octets);
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// The reader needs nothing before `at` any more. To be called often: nearly always it is a comparison.
  void reached(std::size_t at) {
    if (at >= next_word_) tell(at);
  }

 private:
  void tell(std::size_t at);
  void work();

  std::span<const std::byte> octets_;
  std::size_t next_word_ = static_cast<std::size_t>(-1);
  std::atomic<std::size_t> reached_ = 0;
  std::atomic<bool> over_ = false;
  std::thread worker_;
};

}  // namespace ft::io
