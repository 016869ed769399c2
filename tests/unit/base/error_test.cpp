#include "fourtuple/error.hpp"

#include <doctest/doctest.h>

#include <ostream>
#include <set>
#include <string>

namespace {

/// Names are unique identifiers and explanations are sentences.
template <typename Code>
void check_all(int count) {
  std::set<std::string_view> names;
  for (int i = 0; i < count; ++i) {
    const auto code = static_cast<Code>(i);
    CAPTURE(i);
    const std::string_view name = to_string(code);
    CHECK(name != "unknown");
    CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
    CHECK(names.insert(name).second);
    CHECK(describe(code).back() == '.');
  }
  CHECK(to_string(static_cast<Code>(count)) == "unknown");
  CHECK(to_string(static_cast<Code>(255)) == "unknown");
}

}  // namespace

TEST_CASE("every code has a name of its own and a sentence") {
  check_all<ft::Error>(static_cast<int>(ft::Error::host_unreachable) + 1);
  check_all<ft::CloseReason>(static_cast<int>(ft::CloseReason::unreachable) + 1);
  check_all<ft::DropReason>(static_cast<int>(ft::DropReason::count_));
}

TEST_CASE("errors are error codes with portable conditions") {
  const std::error_code refused = ft::Error::connection_refused;
  CHECK(refused == std::errc::connection_refused);
  CHECK(refused != std::errc::timed_out);
  CHECK(std::string(refused.category().name()) == "fourtuple");
  CHECK(refused.message() == ft::describe(ft::Error::connection_refused));
  CHECK_FALSE(std::error_code(ft::Error::none));
  CHECK(std::error_code(ft::Error::would_block) == std::errc::operation_would_block);
}
