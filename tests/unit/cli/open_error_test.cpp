#include "cli/open_error.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace std::chrono_literals;

namespace {
const Instant now{100s};
const Endpoint ours{IpAddress::v4(10, 0, 0, 1), 8080};
const Endpoint theirs{IpAddress::v4(10, 0, 0, 2), 40000};
}  // namespace

TEST_CASE("a port that is held is explained in one sentence: by whom, in what state, for how long") {
  PortEntry entry;
  entry.tuple = {ours, theirs};
  entry.state = "TIME-WAIT";
  entry.free_at = now + 31'150ms;
  CHECK(cli::explain(entry, now) == "port 8080 is held by 10.0.0.1:8080 -> 10.0.0.2:40000 in TIME-WAIT, free in 31.2s");
  entry.free_at = now - 1s;
  CHECK(cli::explain(entry, now).ends_with("free in 0s"));
  entry.state = "ESTABLISHED";
  entry.free_at.reset();
  CHECK(cli::explain(entry, now) == "port 8080 is held by 10.0.0.1:8080 -> 10.0.0.2:40000 in ESTABLISHED");
}

TEST_CASE("a listener in the way is named with its queues") {
  PortEntry entry;
  entry.tuple = {ours, {}};
  entry.state = "LISTEN";
  entry.waiting = 2;
  entry.backlog = 128;
  entry.half_open = 5;
  entry.syn_queue = 1024;
  const OpenError error{Error::address_in_use, std::nullopt, entry};
  const auto line = cli::explain(error, now);
  CHECK(line.starts_with("address_in_use: "));
  CHECK(
      line.ends_with(" Port 8080 is held by the listener at 10.0.0.1:8080 (2 of 128 connections wait for accept, 5 of 1024 are "
                     "half open)."));
}

TEST_CASE("without a free ephemeral port the one that goes first is named") {
  PortEntry entry;
  entry.tuple = {ours, theirs};
  entry.state = "FIN-WAIT-2";
  entry.free_at = now + 60s;
  const OpenError error{Error::no_ephemeral_port, entry.free_at, entry};
  CHECK(cli::explain(error, now)
            .ends_with(" The first to go: port 8080 is held by 10.0.0.1:8080 -> 10.0.0.2:40000 in FIN-WAIT-2, free in 60s."));
}
