// A story against this machine's kernel: in namespaces of its own, over a TUN device, a kernel socket as the other end.
#pragma once

#include "sim/scenario.hpp"
#include "sim/story.hpp"

#include <expected>
#include <string>

namespace ft::cli {

/// Plays `scenario` with our stack as `ours` and the kernel as the other end. The sink sees our stack's events and, as LinkSent
/// and LinkDelivered, every packet in both directions. The error says which permission or facility is missing. Leaves
/// nothing behind, also on Ctrl-C.
std::expected<sim::Outcome, std::string> run_kernel_story(const sim::Scenario& scenario, const sim::Overrides& overrides,
                                                          sim::Role ours, trace::Sink& sink);

}  // namespace ft::cli
