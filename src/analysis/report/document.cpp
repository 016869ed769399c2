#include "analysis/report/document.hpp"

#include <algorithm>
#include <set>

namespace ft::analysis::report {

namespace {

/// Fills up a set until it is full.
class Named {
 public:
  explicit Named(std::size_t most) : most_(most) {}

  void add(const std::vector<std::uint64_t>& frames) {
    for (const std::uint64_t frame : frames)
      if (frame != 0 && set_.size() < most_) set_.insert(frame);
  }
  std::vector<std::uint64_t> in_order() const { return {set_.begin(), set_.end()}; }

 private:
  std::size_t most_;
  std::set<std::uint64_t> set_;
};

}  // namespace

std::vector<std::uint64_t> frames_named(const Document& document, std::size_t most) {
  Named named(most);
  for (const Block& block : document.blocks)
    if (const auto* finding = std::get_if<FindingText>(&block)) named.add(finding->frames);
  for (const Block& block : document.blocks) {
    if (const auto* paragraph = std::get_if<Paragraph>(&block)) named.add(paragraph->frames);
    if (const auto* numbered = std::get_if<Numbered>(&block))
      for (const Item& item : numbered->items) named.add(item.frames);
  }
  return named.in_order();
}

}  // namespace ft::analysis::report
