// Our errors as Linux's numbers.
#pragma once

#include "fourtuple/error.hpp"

#include <sys/types.h>

#include <cerrno>
#include <expected>

namespace ft::posix {

/// What a call answers: a number, or an errno.
using Answer = std::expected<ssize_t, int>;
inline std::unexpected<int> fail(int error) { return std::unexpected(error); }

int errno_of(Error error);

}  // namespace ft::posix
