#include "fourtuple/info.hpp"

namespace ft {

std::string_view to_string(Repeat cause) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(Repeat::count_)> names = {
      "syn", "timeout", "fast", "rack", "tail-loss-probe", "partial-ack", "path-mtu", "fin", "probe", "other"};
  return names[static_cast<std::size_t>(cause)];
}

}  // namespace ft
