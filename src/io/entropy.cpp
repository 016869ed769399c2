#include "io/entropy.hpp"

#include "base/assert.hpp"

#include <sys/random.h>

#include <cerrno>

namespace ft::io {

void fill_with_entropy(std::span<std::byte> into) {
  while (!into.empty()) {
    const ssize_t got = ::getrandom(into.data(), into.size(), 0);
    FT_ASSERT(got > 0 || errno == EINTR);
    if (got > 0) into = into.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace ft::io
