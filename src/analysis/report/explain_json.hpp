// The JSON of `fourtuple explain --json` and `fourtuple why --json`: docs/reference/explain.schema.json says what is in it. The
// same facts as the text; connections come one by one, so that a capture of a million of them needs no more memory than one of
// ten.
#pragma once

#include "analysis/compare/comparison.hpp"
#include "analysis/report/capture_text.hpp"
#include "analysis/report/flow_steps.hpp"
#include "analysis/report/json_text.hpp"

namespace ft::analysis::report {

inline constexpr int explain_json_version = 1;

struct WhyAnswer;

class ExplainJson {
 public:
  explicit ExplainJson(Lang lang) : lang_(lang) {}

  void begin(const CaptureFile& file);
  /// `chosen`: its steps, when its story shall be told as well.
  void connection(const Connection& connection, const FlowSteps* chosen = nullptr);
  /// `comparison`: with another capture, where there is one.
  void end(const std::vector<Finding>& findings, const Comparison* comparison = nullptr);

  /// The whole document of `fourtuple why`.
  void why(const WhyAnswer& answer);
  /// What was written since the last call.
  std::string take() { return json_.take(); }
  std::size_t size() const { return json_.size(); }

 private:
  void capture(const CaptureFile& file);
  void address(const Connection& connection);
  void tuple(const Connection& connection);
  void side(const Side& side);
  void finding(const Finding& finding);
  void list(const std::vector<Finding>& findings);
  void story(const FlowSteps& flow);

  Lang lang_;
  JsonText json_;
};

/// The answer of `fourtuple why`; docs/reference/explain.schema.json has its shape under "why".
struct WhyAnswer {
  const CaptureFile* file = nullptr;
  std::string says;
  int status = 0;  // the exit code
  FailureClass failure = FailureClass::none;
  std::string_view verdict;
  const Connection* connection = nullptr;  // null: the capture as a whole
  const Finding* finding = nullptr;        // null: nothing is wrong
};
std::string why_json(const WhyAnswer& answer, Lang lang);

}  // namespace ft::analysis::report
