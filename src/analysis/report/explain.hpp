// What `fourtuple explain` says, as a document: the verdict on the capture, the connections, and all about those that were
// chosen.
#pragma once

#include "analysis/report/capture_text.hpp"
#include "analysis/report/document.hpp"
#include "analysis/report/flow_steps.hpp"
#include "analysis/report/other_place.hpp"
#include "analysis/report/summary.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ft::analysis::report {

struct Explained {
  const CaptureFile* file = nullptr;
  const Summary* summary = nullptr;
  const CaptureVerdict* verdict = nullptr;
  std::vector<const FlowSteps*> chosen;             // settled
  std::map<std::uint32_t, OtherPlace> elsewhere{};  // by stream, where a second capture has it too
  std::string hint;                                 // how to see the connections that the list leaves out
  bool ladder = true;
  bool graphs = false;
};

Document explain_document(const Explained& explained, Lang lang);

/// One connection: who, how it stands, its story, its findings, its ladder, its graphs.
void add_connection(Document& document, const FlowSteps& flow, bool ladder, bool graphs, const OtherPlace* other = nullptr);

FindingText text_of(const Finding& finding, Lang lang);

}  // namespace ft::analysis::report
