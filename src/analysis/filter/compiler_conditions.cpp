// Conditions: logic, existence, comparisons, `contains`, `matches` and sets.
#include "analysis/filter/compiler.hpp"

#include <algorithm>

namespace ft::analysis {

using namespace filter;

namespace {

std::string_view protocol_name(const Field& field) { return field.name.substr(0, field.name.find('.')); }

std::string suggestion_for_search(const Value& a) {
  if (a.field == nullptr) return "";
  const std::string name(a.field->name);
  if (is_integer(a.type)) return "compare with ==, or with bits: " + name + " & 1";
  if (a.type == FieldType::ipv4 || a.type == FieldType::ipv6)
    return "compare with a prefix, or as text: string(" + name + ") contains \"...\"";
  return "";
}

}  // namespace

void FilterCompiler::test(Index i) {
  if (error_) return;
  switch (node(i).kind) {
    case Kind::logic:
      return logic(i);
    case Kind::compare:
      return compare(i);
    case Kind::member:
      return member(i);
    default:
      return exists(i);
  }
}

/// Chains of the same operator hang to the left as deep as they are long: walk them without recursion.
void FilterCompiler::logic(Index i) {
  const Op op = node(i).op;
  if (op == Op::logic_not) {
    test(node(i).children[0]);
    emit(Code::invert);
    return;
  }
  std::vector<Index> operands;
  Index at = i;
  while (node(at).kind == Kind::logic && node(at).op == op) {
    operands.push_back(node(at).children[1]);
    at = node(at).children[0];
  }
  operands.push_back(at);
  std::ranges::reverse(operands);
  if (op == Op::logic_xor) return exclusive(operands);
  std::vector<std::uint32_t> jumps;
  for (const Index operand : operands) {
    test(operand);
    if (error_) return;
    if (operand != operands.back()) {
      jumps.push_back(next_place());
      emit(op == Op::logic_and ? Code::jump_if_false : Code::jump_if_true);
    }
  }
  for (const std::uint32_t jump : jumps) program_.machine.code[jump].target = next_place();
}

void FilterCompiler::exclusive(const std::vector<Index>& operands) {
  const auto slot = static_cast<std::uint16_t>(program_.machine.slots.size());
  program_.machine.slots.push_back(false);
  for (const Index operand : operands) {
    test(operand);
    if (error_) return;
    if (operand != operands.front()) emit(Code::differs).a = slot;
    if (operand != operands.back()) emit(Code::save).a = slot;
  }
}

void FilterCompiler::exists(Index i) {
  const Node& what = node(node(i).children[0]);
  if (what.kind == Kind::literal) return not_a_field(what.lexeme);
  const Value value = compile(node(i).children[0]);
  if (error_) return;
  if (what.kind == Kind::function && value.type != FieldType::boolean)
    return fail("a function alone is no condition", what.lexeme, "compare what it gives: " + what.lexeme.text + "(...) > 0");
  const bool truth = what.kind == Kind::function || value.tested;
  emit(truth ? Code::nonzero : Code::exists).a = value.place;
  if (what.kind == Kind::field && what.field->type == FieldType::boolean && !what.has_layers) {
    const std::string name(what.field->name);
    warn("this asks whether " + name + " is there, which it is in every " + std::string(protocol_name(*what.field)) +
             " header, set or not",
         what.lexeme, "to ask whether it is set: " + name + " == 1");
  }
}

void FilterCompiler::compare(Index i) {
  const Node& n = node(i);
  if (n.op == Op::matches) return match(n);
  if (n.op == Op::contains) return contain(n);
  Op op = n.op;
  Index left = n.children[0];
  Index right = n.children[1];
  if (is_constant(left)) {
    if (is_constant(right)) {
      const Lexeme& at = node(left).lexeme;
      if (node(left).kind == Kind::literal && at.token == Token::word && !looks_like_value(at)) return not_a_field(at);
      return fail("both sides of \"" + std::string(spelling(op)) + "\" are values: one has to be a field", at);
    }
    std::swap(left, right);
    op = mirrored(op);
  }
  const Value a = compile(left);
  if (error_) return;
  const Value b = operand(right, a);
  if (error_) return;
  const auto how = comparable(a, b);
  if (!how) return incompatible(left, right);
  Instruction& c = emit(Code::compare);
  c.a = a.place;
  c.b = b.place;
  c.comparison = *how;
  c.op = op == Op::all_equal ? Op::any_equal : op == Op::any_unequal ? Op::all_unequal : op;
  c.all = op == Op::all_equal || op == Op::all_unequal;
  if (n.quantifier == Op::any) c.all = false;
  if (n.quantifier == Op::all) c.all = true;
}

void FilterCompiler::contain(const Node& n) {
  const Value a = compile_left(n);
  if (error_) return;
  if (!is_octets(a.type) && a.type != FieldType::string)
    return fail("\"" + node(n.children[0]).lexeme.text + "\" is " + std::string(to_string(a.type)) + ", which contains nothing",
                node(n.children[0]).lexeme, suggestion_for_search(a));
  // What is looked for in an address, or in a protocol, is any sequence of octets.
  Value like = a;
  if (is_octets(a.type)) like.type = FieldType::bytes;
  const Value b = operand(n.children[1], like);
  if (error_) return;
  const bool forgotten = a.type == FieldType::string && b.type == FieldType::protocol;
  if (forgotten || (!is_octets(b.type) && b.type != FieldType::string)) return incompatible(n.children[0], n.children[1]);
  Instruction& c = emit(Code::contains);
  c.a = a.place;
  c.b = b.place;
  c.all = n.quantifier == Op::all;
  c.searched = a.whole_protocol;
}

void FilterCompiler::match(const Node& n) {
  const Value a = compile_left(n);
  if (error_) return;
  const Lexeme& right = node(n.children[1]).lexeme;
  if (!is_octets(a.type) && a.type != FieldType::string)
    return fail(
        "\"" + node(n.children[0]).lexeme.text + "\" is " + std::string(to_string(a.type)) + ", where no pattern is looked for",
        node(n.children[0]).lexeme,
        a.field != nullptr ? "as text: string(" + std::string(a.field->name) + ") matches \"...\"" : "");
  if (node(n.children[1]).kind != Kind::literal || (right.token != Token::text && right.token != Token::raw_text))
    return fail("matches wants a pattern between double quotes", right);
  if (options_.patterns == nullptr)
    return fail("this program was built without regular expressions", n.lexeme, "contains looks for a plain text");
  auto pattern = options_.patterns->make(right.text);
  if (!pattern) return fail("the pattern is wrong: " + pattern.error().message, right);
  Instruction& c = emit(Code::matches);
  c.a = a.place;
  c.all = n.quantifier == Op::all;
  c.searched = a.whole_protocol;
  c.target = static_cast<std::uint32_t>(program_.machine.patterns.size());
  program_.machine.patterns.push_back(std::move(*pattern));
}

void FilterCompiler::member(Index i) {
  const Node n = node(i);
  if (is_constant(n.children[0])) {
    const Lexeme& at = node(n.children[0]).lexeme;
    if (at.token == Token::word && !looks_like_value(at)) return not_a_field(at);
    return fail("only the values of a field can be in a set", at);
  }
  const Value a = compile(n.children[0]);
  if (error_) return;
  std::vector<std::uint16_t> arguments;
  std::optional<Comparison> how;
  for (std::size_t k = 1; k + 1 < n.children.size(); k += 2) {
    const Value low = operand(n.children[k], a);
    if (error_) return;
    const Value high = n.children[k + 1] == n.children[k] ? low : operand(n.children[k + 1], a);
    if (error_) return;
    how = comparable(a, low);
    if (!how || !comparable(a, high)) return incompatible(n.children[0], n.children[k]);
    arguments.push_back(low.place);
    arguments.push_back(high.place);
    if (low.literal && high.literal && low.place != high.place) check_range(low, high, *how, node(n.children[k]).lexeme);
  }
  Instruction& c = emit(Code::member);
  c.a = a.place;
  c.comparison = how.value_or(Comparison::number);
  c.all = n.quantifier == Op::all;
  c.arguments = std::move(arguments);
}

void FilterCompiler::check_range(const Value& low, const Value& high, Comparison how, const Lexeme& at) {
  const auto& registers = program_.machine.registers;
  if (three_way(registers[low.place].items()[0], registers[high.place].items()[0], how) > 0)
    warn("nothing is in this range: it ends before it begins", at);
}

Value FilterCompiler::compile_left(const Node& n) {
  if (!is_constant(n.children[0])) return compile(n.children[0]);
  const Lexeme& at = node(n.children[0]).lexeme;
  if (at.token == Token::word)
    not_a_field(at);
  else
    fail("the left side of \"" + std::string(spelling(n.op)) + "\" has to be a field", at);
  return {};
}

void FilterCompiler::incompatible(Index left, Index right) {
  const Lexeme& a = node(left).lexeme;
  const Lexeme& b = node(right).lexeme;
  std::string hint;
  if (const Field* field = node(right).field; field != nullptr && field->type == FieldType::protocol && b.token == Token::word)
    hint = b.text + " is a protocol; for the text write \"" + b.text + "\"";
  fail("\"" + a.text + "\" and \"" + b.text + "\" cannot be compared: " + std::string(words_of(left)) + " with " +
           std::string(words_of(right)),
       b, std::move(hint));
}

std::string_view FilterCompiler::words_of(Index i) const {
  const Node& n = node(i);
  return to_string(n.kind == Kind::slice ? FieldType::bytes : n.field != nullptr ? n.field->type : FieldType::string);
}

}  // namespace ft::analysis
