#include "tcp/congestion/controller.hpp"

#include "tcp/congestion/bbr.hpp"
#include "tcp/congestion/cubic.hpp"
#include "tcp/congestion/dctcp.hpp"
#include "tcp/congestion/reno.hpp"

namespace ft::tcp {

std::unique_ptr<CongestionController> make_controller(const TcpOptions& options, const CongestionStart& start) {
  if (options.controller) {
    if (auto theirs = options.controller->make(start)) return theirs;
  }
  const SlowStartOptions slow_start{.hystart = options.hystart, .paced = options.pacing};
  switch (options.congestion) {
    case Congestion::new_reno:
      return std::make_unique<Reno>(start, slow_start);
    case Congestion::bbr:
      return std::make_unique<Bbr>(start);
    case Congestion::dctcp:
      return std::make_unique<Dctcp>(start, slow_start);
    default:
      return std::make_unique<Cubic>(start, slow_start);
  }
}

}  // namespace ft::tcp
