// Work in a process of its own: what ends it (an assertion, a signal, an endless loop) is a result and not our end.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace ft::cli {

struct ChildEnd {
  int status = 0;     // what `work` returned
  int signal = 0;     // or the signal that ended it
  bool hung = false;  // it was ended because `tick` said so
  std::string said;   // on standard error, its beginning
  bool well() const { return status == 0 && signal == 0 && !hung; }
  /// One line for a person; empty when all is well.
  std::string describe() const;
};

/// Forks, runs `work` there, and waits. `tick` is called ten times a second meanwhile with the processor time that the child has
/// used; when it answers false the child is killed. Processor time, because a busy machine or a suspended one is no endless loop.
ChildEnd in_child(const std::function<int()>& work, const std::function<bool(std::chrono::nanoseconds used)>& tick);

/// Memory that parent and children see alike, zero at first; nullptr when there is none. Never given back.
void* shared_memory(std::size_t octets);

}  // namespace ft::cli
