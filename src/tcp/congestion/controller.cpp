#include "tcp/congestion/controller.hpp"

#include "tcp/congestion/reno.hpp"

namespace ft::tcp {

std::unique_ptr<CongestionController> make_controller(const TcpOptions& options, const CongestionStart& start) {
  if (options.controller) {
    if (auto theirs = options.controller->make(start)) return theirs;
  }
  const SlowStartOptions slow_start{.hystart = options.hystart, .paced = options.pacing};
  return std::make_unique<Reno>(start, slow_start);
}

}  // namespace ft::tcp
