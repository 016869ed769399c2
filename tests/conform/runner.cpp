// Runs the scripts inside the program `fourtuple conform`: doctest's runner with a reporter that keeps what came of each.
#define DOCTEST_CONFIG_IMPLEMENT
#include "cli/conform.hpp"
#include "covers.hpp"

#include <doctest/doctest.h>

namespace ft::cli {

namespace {

std::vector<ScriptResult>& results() {
  static std::vector<ScriptResult> all;
  return all;
}

class Keeper : public doctest::IReporter {
 public:
  explicit Keeper(const doctest::ContextOptions& /*unused*/) {}

  void test_case_start(const doctest::TestCaseData& test) override {
    test::forget_covered();
    const std::string file = test.m_file.c_str();
    const auto tests = file.rfind("tests/");
    results().push_back({test.m_name, tests == std::string::npos ? file : file.substr(tests), false, {}, ""});
  }
  void test_case_end(const doctest::CurrentTestCaseStats& stats) override {
    results().back().passed = stats.testCaseSuccess;
    results().back().covers = test::covered();
  }
  void log_assert(const doctest::AssertData& assertion) override {
    if (!assertion.m_failed) return;
    add("  => line " + std::to_string(assertion.m_line) + ": " + assertion.m_expr +
        (assertion.m_threw ? " threw " + std::string(assertion.m_exception.c_str())
                           : " is false: " + std::string(assertion.m_decomp.c_str())));
  }
  void log_message(const doctest::MessageData& message) override { add(message.m_string.c_str()); }
  void test_case_exception(const doctest::TestCaseException& exception) override {
    add("  => " + std::string(exception.error_string.c_str()));
  }

  void report_query(const doctest::QueryData& /*unused*/) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats& /*unused*/) override {}
  void test_case_reenter(const doctest::TestCaseData& /*unused*/) override {}
  void subcase_start(const doctest::SubcaseSignature& /*unused*/) override {}
  void subcase_end() override {}
  void test_case_skipped(const doctest::TestCaseData& /*unused*/) override {}

 private:
  static void add(const std::string& text) {
    if (!results().empty()) results().back().story += text + "\n";
  }
};

}  // namespace

std::vector<ScriptResult> run_scripts() {
  results().clear();
  doctest::Context context;
  context.setOption("reporters", "keeper");
  context.setOption("order-by", "file");
  context.run();
  return results();
}

}  // namespace ft::cli

REGISTER_REPORTER("keeper", 1, ft::cli::Keeper);
