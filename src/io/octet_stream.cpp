#include "io/octet_stream.hpp"

#include "io/failure.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace ft::io {

namespace {

/// As read(2), which a signal may have kept from reading anything.
template <class Call>
ssize_t unless_interrupted(Call call) {
  ssize_t got = 0;
  do {
    got = call();
  } while (got < 0 && errno == EINTR);
  return got;
}

}  // namespace

DescriptorStream::DescriptorStream(Descriptor file, std::optional<std::uint64_t> size, Descriptor copy)
    : file_(std::move(file)), size_(size), copy_(std::move(copy)) {
  if (size_) ::posix_fadvise(file_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
}

std::expected<std::size_t, std::string> DescriptorStream::read_some(std::span<std::byte> into) {
  if (size_) return read_file(into);
  return replaying_ && position_ < copied_ ? read_copy(into) : read_pipe(into);
}

std::expected<std::size_t, std::string> DescriptorStream::read_file(std::span<std::byte> into) {
  const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), *size_ - position_));
  if (n == 0) return 0u;
  const ssize_t got = unless_interrupted([&] { return ::pread(file_.get(), into.data(), n, static_cast<off_t>(position_)); });
  if (got < 0) return std::unexpected(failed_call("read on", errno));
  if (got == 0) return std::unexpected(shortened(position_, *size_));
  return static_cast<std::size_t>(got);
}

std::expected<std::size_t, std::string> DescriptorStream::read_copy(std::span<std::byte> into) {
  const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), copied_ - position_));
  const ssize_t got = ::pread(copy_.get(), into.data(), n, static_cast<off_t>(position_));
  if (got <= 0) return std::unexpected(failed_call("read the temporary copy of the input again", errno));
  return static_cast<std::size_t>(got);
}

std::expected<std::size_t, std::string> DescriptorStream::read_pipe(std::span<std::byte> into) {
  const ssize_t got = unless_interrupted([&] { return ::read(file_.get(), into.data(), into.size()); });
  if (got < 0) return std::unexpected(failed_call("read on", errno));
  const auto n = static_cast<std::size_t>(got);
  if (!copy_) return n;
  for (std::size_t done = 0; done < n;) {
    const ssize_t put = ::pwrite(copy_.get(), into.data() + done, n - done, static_cast<off_t>(copied_));
    if (put <= 0) return std::unexpected(failed_call("keep a temporary copy of the input (in $TMPDIR)", errno));
    done += static_cast<std::size_t>(put);
    copied_ += static_cast<std::uint64_t>(put);
  }
  return n;
}

std::expected<std::size_t, std::string> DescriptorStream::read(std::span<std::byte> into) {
  if (!peeked_.empty()) {
    const std::size_t n = std::min(into.size(), peeked_.size());
    std::copy_n(peeked_.begin(), n, into.begin());
    peeked_.erase(peeked_.begin(), peeked_.begin() + static_cast<std::ptrdiff_t>(n));
    return n;
  }
  auto got = read_some(into);
  if (got) position_ += *got;
  return got;
}

std::expected<std::vector<std::byte>, std::string> DescriptorStream::peek(std::size_t octets) {
  while (peeked_.size() < octets) {
    const std::size_t had = peeked_.size();
    peeked_.resize(octets);
    const auto got = read_some(std::span(peeked_).subspan(had));
    peeked_.resize(had + got.value_or(0));
    if (!got) return std::unexpected(got.error());
    if (*got == 0) break;
    position_ += *got;
  }
  return peeked_;
}

bool DescriptorStream::rewind() {
  if (!size_ && !copy_) return false;
  replaying_ = !size_;
  position_ = 0;
  peeked_.clear();
  return true;
}

}  // namespace ft::io
