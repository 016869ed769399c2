// The display filter: the language that Wireshark's users know, compiled to a small program, with what we add to it (units,
// predicates on whole connections, an explanation in words). docs/reference/display-filter.md describes it.
//
//   auto filter = Filter::compile("tcp.port == 443 and conn.rtt > 100ms", {.patterns = &pcre});
//   if (!filter) print(to_text(text, filter.error()));
//   if (filter->matches(context)) ...                 // as many million frames a second as there are
#pragma once

#include "analysis/fields/context.hpp"
#include "analysis/fields/field.hpp"
#include "analysis/filter/pattern.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ft::analysis {

/// What is wrong with a filter, or worth a word: one line, the place in the text, and what to write instead.
struct FilterRemark {
  std::string message;     // without a full stop's end: "70000 is too big for this field, its maximum is 65535"
  std::size_t offset = 0;  // octets into the filter's text
  std::size_t length = 0;  // of what is meant; 0: the end of the text
  std::string hint;        // "did you mean tcp.port?"; may be empty
};
using FilterError = FilterRemark;

/// The remark as people read it: the message, the filter, and a line of carets under what is meant.
std::string to_text(std::string_view filter, const FilterRemark& remark);

struct FilterLimits {
  static constexpr std::size_t most_octets = 8192;  // of a filter's text
  static constexpr std::size_t most_depth = 100;    // of parentheses in one another
  static constexpr std::size_t most_parts = 4096;   // names, values and operators
};

struct FilterOptions {
  PatternMaker* patterns = nullptr;  // for `matches`; without it such filters are refused
};

class Filter {
 public:
  /// An empty text lets every frame through, as in Wireshark.
  static std::expected<Filter, FilterError> compile(std::string_view text, FilterOptions options = {});
  Filter(Filter&&) noexcept;
  Filter& operator=(Filter&&) noexcept;
  ~Filter();

  /// Not const: it works in memory that it keeps, so that no frame costs an allocation.
  bool matches(const FrameContext& context);
  /// The frame that ${field} speaks of. Without one these are absent, and what compares with them is false.
  void select(const FrameContext& context);

  /// What it needs beside the frame: see Need. One that needs connections can only be judged when the whole capture has been
  /// read, so its user goes through the file twice.
  bool needs(Need need) const;
  bool needs_connections() const { return needs(Need::connections); }
  bool has_references() const;

  /// Traps that it may have stepped into.
  const std::vector<FilterRemark>& warnings() const;
  /// In words, a line for each condition.
  std::string explain() const;
  /// The same as a capture filter, for tcpdump and for captures; "" when that language cannot say it.
  std::string as_capture_filter() const;
  /// The fields that it names.
  const std::vector<const Field*>& fields() const;

 private:
  struct Program;
  explicit Filter(std::unique_ptr<Program> program);
  std::unique_ptr<Program> program_;
  friend class FilterCompiler;
};

}  // namespace ft::analysis
