// Which controller a connection gets: the user's own, or one of ours by name.
#pragma once

#include "fourtuple/config.hpp"
#include "fourtuple/congestion.hpp"

#include <memory>

namespace ft::tcp {

/// Never null: a factory that gives nothing is answered with our default.
std::unique_ptr<CongestionController> make_controller(const TcpOptions& options, const CongestionStart& start);

}  // namespace ft::tcp
