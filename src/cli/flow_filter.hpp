// Which connections a display filter means: those of which it lets at least one packet through.
#pragma once

#include "analysis/report/document.hpp"
#include "cli/examine.hpp"

#include <expected>
#include <span>
#include <string>
#include <vector>

namespace ft::cli {

/// One flag for each stream of the capture, which is read again. The error is the source's, or "" when the filter is wrong and
/// standard error has heard why.
std::expected<std::vector<bool>, std::string> filter_connections(Examination& examined, const std::string& command,
                                                                 const std::string& filter);

/// Tells `timeline` of the packets of the connections that are `wanted`. False when the capture cannot be read again.
bool count_packets_of(Examination& examined, const std::vector<bool>& wanted, analysis::report::Timeline& timeline);

/// The first packets of these connections with all their fields and octets, for a page; at most `most` of them.
analysis::report::Packets packets_of(Examination& examined, std::span<const std::uint32_t> streams, std::size_t most);

}  // namespace ft::cli
