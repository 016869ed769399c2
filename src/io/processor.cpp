#include "io/processor.hpp"

#include <cstddef>

#include <sched.h>

namespace ft::io {

int this_processor() { return ::sched_getcpu(); }

void stay_off(int processor) {
  cpu_set_t usable;
  if (processor < 0 || processor >= CPU_SETSIZE || ::sched_getaffinity(0, sizeof usable, &usable) != 0) return;
  CPU_CLR(static_cast<std::size_t>(processor), &usable);
  static_cast<void>(::sched_setaffinity(0, sizeof usable, &usable));  // refused when nothing is left: then all stays as it was
}

}  // namespace ft::io
