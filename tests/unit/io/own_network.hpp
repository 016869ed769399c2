// Runs a piece of test in a child process that has a network namespace of its own.
#pragma once

#include "io/netns.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

namespace ft::io {

inline constexpr int cannot_run = 77;

/// The body's result becomes the child's exit status: 0 = as it should be. Where no namespace is to be had the test says so.
template <typename Body>
void in_own_network(Body body) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (auto entered = enter_own_network(); !entered) {
      std::fprintf(stderr, "%s\n", entered.error().c_str());
      ::_exit(cannot_run);
    }
    ::_exit(body());
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == cannot_run) {
    MESSAGE("not run: this machine grants no network namespace or no /dev/net/tun");
    return;
  }
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace ft::io
