// Every reason that the stack can give has its sentence: this room sees both the reasons and the sentences.
#include "analysis/catalogue.hpp"
#include "tcp/decisions.hpp"

#include <doctest/doctest.h>

using namespace ft;

namespace {

template <class Kind>
void check_all_said() {
  for (int i = 0; i < static_cast<int>(Kind::count_); ++i) {
    const tcp::Reason reason = describe(static_cast<Kind>(i));
    if (reason.id.empty()) continue;  // none
    CAPTURE(reason.id);
    CHECK(analysis::find_sentence(reason.id) != nullptr);
  }
}

}  // namespace

TEST_CASE("every reason that TCP can give has a sentence in both languages") {
  check_all_said<tcp::Cause>();
  check_all_said<tcp::Effect>();
  check_all_said<tcp::Trigger>();
  check_all_said<tcp::Hold>();
  check_all_said<tcp::Loss>();
  check_all_said<tcp::Turn>();
}
