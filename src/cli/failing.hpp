// How a command ends that cannot go on: one line on standard error, "fourtuple explain: cannot open x: No such file", and a
// status.
#pragma once

#include <cstdio>
#include <string>

namespace ft::cli {

/// Why a command cannot go on. `what` is empty when standard error has heard it.
struct Failure {
  std::string what;
  int status;
};

struct Failing {
  const char* command;
  /// Says what was wrong; the answer is `status`, for the caller to return.
  int operator()(const std::string& what, int status) const {
    std::fprintf(stderr, "fourtuple %s: %s\n", command, what.c_str());
    return status;
  }
  int operator()(const Failure& failure) const {
    return failure.what.empty() ? failure.status : (*this)(failure.what, failure.status);
  }
};

}  // namespace ft::cli
