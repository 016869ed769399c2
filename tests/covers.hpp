// FT_COVERS("rfc9293 MUST-16"): the test case that says so proves that requirement of spec/. It counts when it was executed and
// the test case passed. It stands in the body of the test case itself, at its beginning: tools/coverage.py reads it there as
// well.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace ft::test {

/// Adds to what the running test case proves.
void covers(std::initializer_list<std::string_view> requirements);
/// What the running test case has said so far, each once, in the order said.
const std::vector<std::string>& covered();
/// A test case begins.
void forget_covered();

}  // namespace ft::test

#define FT_COVERS(...) ::ft::test::covers({__VA_ARGS__})
