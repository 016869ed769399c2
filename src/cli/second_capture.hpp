// The same connections as another place saw them: explain --with.
#pragma once

#include "analysis/compare/two_captures.hpp"
#include "analysis/report/other_place.hpp"
#include "cli/examine.hpp"

#include <expected>
#include <map>
#include <memory>
#include <span>
#include <string>

namespace ft::cli {

class SecondCapture {
 public:
  /// Reads the capture at `path`, and `examined` a second time. `examined` outlives this.
  static std::expected<std::unique_ptr<SecondCapture>, std::string> compare(Examination& examined, const std::string& path,
                                                                            analysis::Lang lang);

  const analysis::TwoCaptures& compared() const { return *compared_; }
  /// What it knows of the segments of these connections of the first one, by stream. False when it cannot be read again.
  bool tell(std::span<const analysis::report::FlowSteps* const> flows,
            std::map<std::uint32_t, analysis::report::OtherPlace>& places);
  /// True when it could be read in part only.
  bool partial() const { return other_->file().partial; }

 private:
  std::unique_ptr<Examination> other_;
  std::optional<analysis::TwoCaptures> compared_;
};

}  // namespace ft::cli
