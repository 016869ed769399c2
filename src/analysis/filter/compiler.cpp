#include "analysis/filter/compiler.hpp"

#include "analysis/fields/registry.hpp"

#include <algorithm>

namespace ft::analysis {

using namespace filter;

std::optional<FilterError> FilterCompiler::run() {
  if (program_.tree.root != Tree::none) test(program_.tree.root);
  return error_;
}

void FilterCompiler::fail(std::string message, const Lexeme& at, std::string hint) {
  if (!error_) error_ = FilterError{std::move(message), at.offset, at.length, std::move(hint)};
}

void FilterCompiler::warn(std::string message, const Lexeme& at, std::string hint) {
  program_.warnings.push_back({std::move(message), at.offset, at.length, std::move(hint)});
}

void FilterCompiler::not_a_field(const Lexeme& at) {
  std::string hint;
  if (at.token == Token::text || at.token == Token::raw_text || at.token == Token::character) {
    return fail("a text alone is no condition", at, "compare a field with it: frame.protocols contains \"tcp\"");
  }
  const bool number = !at.text.empty() && at.text.find_first_not_of("0123456789.:/") == std::string::npos;
  if (number) return fail(quoted(at) + " alone is no condition", at, "several values of one field: tcp.port in {80, 443}");
  for (std::string_view name : near_fields(at.text)) {
    hint += hint.empty() ? "did you mean " : " or ";
    hint += name;
  }
  if (!hint.empty()) hint += '?';
  fail(quoted(at) + " is neither a field nor a protocol", at, std::move(hint));
}

Instruction& FilterCompiler::emit(Code code) {
  Instruction& i = program_.machine.code.emplace_back();
  i.code = code;
  return i;
}

std::uint16_t FilterCompiler::new_register() {
  auto& registers = program_.machine.registers;
  if (registers.size() == FilterLimits::most_parts) {
    fail("the filter needs more room than filters have", {});
    return 0;
  }
  registers.emplace_back();
  return static_cast<std::uint16_t>(registers.size() - 1);
}

/// Made of literals only.
bool FilterCompiler::is_constant(Index i) const {
  const Node& n = node(i);
  if (n.kind == Kind::literal) return true;
  if (n.kind != Kind::arithmetic) return false;
  return std::ranges::all_of(n.children, [&](Index child) { return is_constant(child); });
}

}  // namespace ft::analysis
