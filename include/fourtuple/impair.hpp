// Bad weather in front of a real link, for tests without root or special equipment: what `--impair` does.
//
//   auto spec = *ft::parse_link("udp:127.0.0.1:7001,127.0.0.1:7002,10.9.0.1/24");
//   auto link = *ft::impair(*ft::open_link(spec), "loss=2%,delay=20ms,seed=7");
//   ft::blocking::Host host(ft::stack_config(spec, *link), std::move(link));
#pragma once

#include "fourtuple/link.hpp"

#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace ft {

/// `faults` as sim::parse_impairment (fourtuple/sim.hpp) reads it, for both directions, each with dice of its own. Its owner
/// drives it as any link and minds next_deadline(). A tun or tap link is opened with LinkSpec::offload off, or a fault meets
/// 64 KiB at once. On error one line that names the word, and the link is gone.
std::expected<std::unique_ptr<Link>, std::string> impair(std::unique_ptr<Link> link, std::string_view faults);

}  // namespace ft
