#include "fourtuple/particular.hpp"

namespace ft {
namespace {

struct Known {
  std::string_view name;
  Unit unit;
};

constexpr std::array<Known, static_cast<std::size_t>(Fact::count_)> known = {{
    {"queued", Unit::octets},
    {"unacknowledged", Unit::octets},
    {"in_flight", Unit::octets},
    {"cwnd", Unit::octets},
    {"ssthresh", Unit::octets},
    {"window", Unit::octets},
    {"max_window", Unit::octets},
    {"mss", Unit::octets},
    {"allowed", Unit::octets},
    {"sent_before", Unit::time},
    {"sent_ago", Unit::time},
    {"reordering_window", Unit::time},
    {"rtt", Unit::time},
    {"srtt", Unit::time},
    {"rto", Unit::time},
    {"wait", Unit::time},
    {"held", Unit::time},
    {"retries", Unit::times},
    {"duplicates", Unit::times},
    {"sacked", Unit::octets},
    {"pacing_rate", Unit::octets_per_second},
    {"undone", Unit::octets},
    {"sequence", Unit::sequence},
}};

}  // namespace

std::string_view to_string(Fact fact) { return known[static_cast<std::size_t>(fact)].name; }
Unit unit_of(Fact fact) { return known[static_cast<std::size_t>(fact)].unit; }

}  // namespace ft
