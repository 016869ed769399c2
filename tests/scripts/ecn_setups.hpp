// What scripts about Explicit Congestion Notification begin with.
#pragma once

#include "script.hpp"

namespace ft::test {

inline Setup with_ecn(Ecn ecn) {
  Setup setup;
  setup.ecn = ecn;
  setup.options.mss = 1000;
  return setup;
}
inline Setup classic() { return with_ecn(Ecn::classic); }
inline Setup accurate() { return with_ecn(Ecn::accurate); }

}  // namespace ft::test
