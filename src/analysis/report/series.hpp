// What graphs of a connection show, out of its segments: sequence numbers over time as tcptrace draws them, round-trip times,
// throughput and goodput, octets in flight against the window.
#pragma once

#include "analysis/catalogue.hpp"
#include "analysis/report/flow_steps.hpp"
#include "analysis/report/graph.hpp"

#include <vector>

namespace ft::analysis::report {

/// Points of one series: beyond, ordinary ones are thinned out, and the graph says so.
inline constexpr std::size_t most_points = 4000;

/// All graphs that have something to show.
std::vector<Graph> graphs_of(const FlowSteps& flow, Lang lang);

Graph time_sequence(const FlowSteps& flow, std::uint8_t side, Lang lang);
Graph round_trips(const FlowSteps& flow, Lang lang);
Graph throughput(const FlowSteps& flow, std::uint8_t side, Lang lang);
Graph in_flight(const FlowSteps& flow, std::uint8_t side, Lang lang);

}  // namespace ft::analysis::report
