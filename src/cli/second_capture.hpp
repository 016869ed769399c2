// The same connections as another place saw them: explain --with.
#pragma once

#include "analysis/compare/two_captures.hpp"
#include "cli/examine.hpp"

#include <expected>
#include <memory>
#include <string>

namespace ft::cli {

class SecondCapture {
 public:
  /// Reads the capture at `path`, and `examined` a second time. `examined` outlives this.
  static std::expected<std::unique_ptr<SecondCapture>, std::string> compare(Examination& examined, const std::string& path,
                                                                            analysis::Lang lang);

  const analysis::TwoCaptures& compared() const { return *compared_; }
  /// True when it could be read in part only.
  bool partial() const { return other_->file().partial; }

 private:
  std::unique_ptr<Examination> other_;
  std::optional<analysis::TwoCaptures> compared_;
};

}  // namespace ft::cli
