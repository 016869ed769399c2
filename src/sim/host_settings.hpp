// The [client] and [server] tables of a scenario.
#pragma once

#include "sim/scenario.hpp"
#include "sim/toml_fields.hpp"

namespace ft::sim {

/// What `node` says; what it does not say stays as it is.
Problem set_host(HostSettings& host, const toml::node& node);

}  // namespace ft::sim
