// Writes a line for each test case that ran into the file that the environment variable FT_EVIDENCE names:
//   passed|failed TAB file TAB test case TAB requirement TAB requirement ...
// Test programs run side by side, so a line is one write at the file's end.
#include "covers.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>
#include <cstdio>
#include <cstdlib>

namespace ft::test {

namespace {

void append_line(const char* file, std::string_view line) {
  const int descriptor = ::open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0 || ::write(descriptor, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    std::fprintf(stderr, "%s: what the tests prove cannot be written there; look at FT_EVIDENCE\n", file);
    std::_Exit(1);
  }
  ::close(descriptor);
}

class Evidence : public doctest::IReporter {
 public:
  explicit Evidence(const doctest::ContextOptions& /*unused*/) : file_(std::getenv("FT_EVIDENCE")) {}

  void test_case_start(const doctest::TestCaseData& test) override {
    test_ = &test;
    forget_covered();
  }
  void test_case_end(const doctest::CurrentTestCaseStats& stats) override {
    if (file_ == nullptr || test_ == nullptr) return;
    std::string line = stats.testCaseSuccess ? "passed\t" : "failed\t";
    line.append(test_->m_file.c_str()).append("\t").append(test_->m_name);
    for (const std::string& requirement : covered()) line.append("\t").append(requirement);
    append_line(file_, line.append("\n"));
  }

  void report_query(const doctest::QueryData& /*unused*/) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats& /*unused*/) override {}
  void test_case_reenter(const doctest::TestCaseData& /*unused*/) override {}
  void test_case_exception(const doctest::TestCaseException& /*unused*/) override {}
  void subcase_start(const doctest::SubcaseSignature& /*unused*/) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData& /*unused*/) override {}
  void log_message(const doctest::MessageData& /*unused*/) override {}
  void test_case_skipped(const doctest::TestCaseData& /*unused*/) override {}

 private:
  const char* file_;
  const doctest::TestCaseData* test_ = nullptr;
};

}  // namespace

}  // namespace ft::test

REGISTER_LISTENER("evidence", 1, ft::test::Evidence);
