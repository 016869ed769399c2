#include "cli/open_error.hpp"

#include "fourtuple/sim.hpp"
#include "sim/units.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ft::cli {

namespace {

std::string in(Instant at, Instant now) {
  // Tenths of a second are all that anybody waits for.
  const auto left = std::chrono::ceil<std::chrono::duration<std::int64_t, std::deci>>(std::max(at - now, Duration::zero()));
  return sim::format_duration(left);
}

}  // namespace

std::string explain(const PortEntry& holder, Instant now) {
  const Endpoint& local = holder.tuple.local;
  if (holder.state == "LISTEN") {
    return fmt::format("port {} is held by the listener at {} ({} of {} connections wait for accept, {} of {} are half open)",
                       local.port, local.to_string(), holder.waiting, holder.backlog, holder.half_open, holder.syn_queue);
  }
  std::string line = fmt::format("port {} is held by {} -> {} in {}", local.port, local.to_string(),
                                 holder.tuple.remote.to_string(), holder.state);
  if (holder.free_at) line += ", free in " + in(*holder.free_at, now);
  return line;
}

std::string explain(const OpenError& error, Instant now) {
  std::string line = fmt::format("{}: {}", to_string(error.code), describe(error.code));
  if (error.holder) {
    std::string holder = explain(*error.holder, now);
    if (error.code == Error::no_ephemeral_port) {
      line += " The first to go: ";
    } else {
      line += ' ';
      holder.front() = 'P';
    }
    line += holder + ".";
  } else if (error.free_at) {
    line += " The next one is free in " + in(*error.free_at, now) + ".";
  }
  return line;
}

}  // namespace ft::cli
