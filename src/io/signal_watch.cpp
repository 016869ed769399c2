#include "io/signal_watch.hpp"

#include "base/assert.hpp"

#include <sys/signalfd.h>

#include <csignal>

namespace ft::io {

SignalWatch::SignalWatch() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  file_ = Descriptor(::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
  FT_ASSERT(file_);
}

bool SignalWatch::came() {
  signalfd_siginfo info{};
  if (::read(file_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) came_ = true;
  return came_;
}

}  // namespace ft::io
