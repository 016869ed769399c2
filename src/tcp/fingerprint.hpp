// A number for all that decides what a connection does next: two connections that ran different ways and have one number go on
// alike. Instants count from `now`, so waiting alone changes nothing but what waiting changes. For explorers and tests.
//
// What is left out decides nothing: counters, the diary, and the congestion controller, whose window an explorer holds fixed.
// Keys of TCP-AO and MD5 are the stack's (stack/authenticator); a connection knows only the room that a signature takes.
#pragma once

#include "fourtuple/time.hpp"

#include <cstdint>

namespace ft::tcp {

class Connection;

std::uint64_t fingerprint(const Connection& connection, Instant now);

}  // namespace ft::tcp
