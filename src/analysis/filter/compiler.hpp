// Writes the instructions of a filter: types are checked and code is made in one walk over the tree. What may stand together is
// in typing.hpp; conditions are in compiler_conditions.cpp, values in compiler_values.cpp.
#pragma once

#include "analysis/filter/program.hpp"
#include "analysis/filter/typing.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ft::analysis {

class FilterCompiler {
 public:
  FilterCompiler(Filter::Program& program, FilterOptions options) : program_(program), options_(options) {}

  std::optional<FilterError> run();

 private:
  using Node = filter::Node;
  using Lexeme = filter::Lexeme;
  using Instruction = filter::Instruction;
  using Value = filter::Value;
  using Comparison = filter::Comparison;
  using FunctionRule = filter::FunctionRule;
  using Kind = Node::Kind;
  using Code = Instruction::Code;
  using Index = std::uint32_t;

  const Node& node(Index i) const { return program_.tree.nodes[i]; }
  /// Made of literals only.
  bool is_constant(Index i) const;

  // What goes wrong: the first error counts.
  void fail(std::string message, const Lexeme& at, std::string hint = "");
  void warn(std::string message, const Lexeme& at, std::string hint = "");
  void not_a_field(const Lexeme& at);
  void incompatible(Index left, Index right);
  std::string_view words_of(Index i) const;

  // Instructions and registers.
  Instruction& emit(Code code);
  std::uint16_t new_register();
  std::uint32_t next_place() const { return static_cast<std::uint32_t>(program_.machine.code.size()); }

  // Conditions leave the flag set or not.
  void test(Index i);
  void logic(Index i);
  void exclusive(const std::vector<Index>& operands);
  void exists(Index i);
  void compare(Index i);
  void contain(const Node& n);
  void match(const Node& n);
  void member(Index i);
  void check_range(const Value& low, const Value& high, Comparison how, const Lexeme& at);
  Value compile_left(const Node& n);

  // Values stand in a register afterwards. `like` tells literals inside arithmetic their type.
  Value compile(Index i, const Value* like = nullptr);
  void use(const Field& field);
  Value load(const Node& n);
  Value reference(const Node& n);
  Value slice(const Node& n);
  Value function(const Node& n);
  Value call(const Node& n, const FunctionRule& rule);
  Value arithmetic(const Node& n, const Value* like);
  Value combine(const Node& n, const Value& a, const Value& b);
  /// The other side of a comparison: a literal takes the first one's type.
  Value operand(Index i, const Value& like);
  Value literal(Index i, const Value& like);
  void check_word(const Lexeme& at, const Value& like);

  Filter::Program& program_;
  FilterOptions options_;
  std::optional<FilterError> error_;
};

}  // namespace ft::analysis
