// The table behind catalogue.hpp, and the only place where a reason gets its words. English in ASCII, so that a terminal
// without UTF-8 loses nothing.
#pragma once

#include "analysis/catalogue.hpp"
#include "analysis/sentences_arrived.hpp"
#include "analysis/sentences_decided.hpp"
#include "analysis/sentences_refused.hpp"
#include "analysis/sentences_sent.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace ft::analysis {

inline constexpr auto sentences = [] {
  std::array<Sentence, std::size(sentences_sent) + std::size(sentences_arrived) + std::size(sentences_decided) +
                           std::size(sentences_refused)>
      all{};
  auto at = std::ranges::copy(sentences_sent, all.begin()).out;
  at = std::ranges::copy(sentences_arrived, at).out;
  at = std::ranges::copy(sentences_decided, at).out;
  std::ranges::copy(sentences_refused, at);
  return all;
}();

}  // namespace ft::analysis
