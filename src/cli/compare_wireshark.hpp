// fourtuple explain --compare-wireshark: what tshark says of the same file beside what we say, and why we differ. Nothing else of
// this program asks another program; without tshark it says so.
#pragma once

#include "analysis/report/compare_wireshark.hpp"
#include "cli/examine.hpp"

#include <expected>
#include <string>

namespace ft::cli {

/// After examined.read(). The error says what is missing.
std::expected<analysis::report::Document, std::string> compare_with_wireshark(const Examination& examined,
                                                                              const std::string& path, analysis::Lang lang);

}  // namespace ft::cli
