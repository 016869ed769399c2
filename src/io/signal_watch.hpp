// SIGINT, SIGTERM and SIGHUP as something to poll, so that an interrupted program says goodbye on the wire.
#pragma once

#include "io/descriptor.hpp"

namespace ft::io {

class SignalWatch {
 public:
  /// From here on the three signals no longer end the process; they make descriptor() readable.
  SignalWatch();
  int descriptor() const { return file_.get(); }
  /// True once a signal came; remembers it.
  bool came();

 private:
  Descriptor file_;
  bool came_ = false;
};

}  // namespace ft::io
