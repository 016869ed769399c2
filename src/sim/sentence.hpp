// The sentences of a scenario file: steps ("client write 1000"), triggers ("client.received 500") and expectations
// ("client.sends SYN at 0s 1s 3s"). Errors say what was expected.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "sim/scenario.hpp"

namespace ft::sim {

/// "client connect port=80 from=50000 address=2", "server listen backlog=1", "client2 write 10KiB", "server read 500",
/// "attacker inject RST victim=server seq=next+1000 octets=0". Leaves the trigger alone.
std::expected<Step, std::string> parse_step(std::string_view text);

/// "client.connected", "server.accepted 2", "server.received 500", "client.state TIME-WAIT".
std::expected<Trigger, std::string> parse_event(std::string_view text);

/// See Expectation::Kind; "not " in front turns it round.
std::expected<Expectation, std::string> parse_expectation(std::string_view text);

}  // namespace ft::sim
