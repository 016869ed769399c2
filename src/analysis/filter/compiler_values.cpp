// Values: fields, references, literals, parts, functions and arithmetic.
#include "analysis/fields/registry.hpp"
#include "analysis/filter/compiler.hpp"
#include "analysis/filter/literal.hpp"

#include <algorithm>
#include <memory>

namespace ft::analysis {

using namespace filter;

Value FilterCompiler::compile(Index i, const Value* like) {
  if (error_) return {};
  const Node n = node(i);
  switch (n.kind) {
    case Kind::field:
      return load(n);
    case Kind::reference:
      return reference(n);
    case Kind::slice:
      return slice(n);
    case Kind::function:
      return function(n);
    case Kind::arithmetic:
      return arithmetic(n, like);
    case Kind::literal:
      if (like != nullptr) return literal(i, *like);
      not_a_field(n.lexeme);
      return {};
    default:
      fail("a condition stands where a value is wanted", n.lexeme);
      return {};
  }
}

void FilterCompiler::use(const Field& field) {
  if (std::ranges::find(program_.fields, &field) == program_.fields.end()) program_.fields.push_back(&field);
  program_.needs |= static_cast<std::uint8_t>(field.need);
}

Value FilterCompiler::load(const Node& n) {
  use(*n.field);
  Value value;
  value.type = n.field->type;
  value.field = n.field;
  value.whole_protocol = n.field->type == FieldType::protocol;
  value.place = new_register();
  Instruction& c = emit(Code::load);
  c.field = n.field;
  c.into = value.place;
  c.ranges = n.ranges;
  return value;
}

Value FilterCompiler::reference(const Node& n) {
  use(*n.field);
  Value value;
  value.type = n.field->type;
  value.field = n.field;
  value.place = new_register();
  program_.references.emplace_back(n.field, value.place);
  return value;
}

Value FilterCompiler::slice(const Node& n) {
  const Value from = compile(n.children[0]);
  if (error_) return {};
  const bool possible =
      is_octets(from.type) || from.type == FieldType::string || from.type == FieldType::ipv4 || from.type == FieldType::ipv6;
  if (!possible) {
    fail("\"" + n.lexeme.text + "\" is " + std::string(to_string(from.type)) + ", of which no part can be taken", n.lexeme,
         is_integer(from.type) ? "take its bits: " + n.lexeme.text + " & 0xff" : "");
    return {};
  }
  Value value;
  value.type = FieldType::bytes;
  value.place = new_register();
  Instruction& c = emit(Code::slice);
  c.a = from.place;
  c.into = value.place;
  c.ranges = n.ranges;
  return value;
}

Value FilterCompiler::function(const Node& n) {
  const auto rules = function_rules();
  const auto rule = std::ranges::find(rules, n.lexeme.text, &FunctionRule::name);
  if (rule == rules.end()) {
    std::vector<std::string_view> names;
    for (const FunctionRule& one : rules) names.push_back(one.name);
    const std::string_view near = nearest_of(n.lexeme.text, names);
    fail("there is no function \"" + n.lexeme.text + "\"", n.lexeme,
         near.empty() ? "" : "did you mean " + std::string(near) + "?");
    return {};
  }
  if (n.children.size() < rule->least || n.children.size() > rule->most) {
    fail("the function " + n.lexeme.text + " takes " + (rule->most == 1 ? "one argument" : "one argument or more") + ", not " +
             std::to_string(n.children.size()),
         n.lexeme);
    return {};
  }
  return call(n, *rule);
}

Value FilterCompiler::call(const Node& n, const FunctionRule& rule) {
  Value first;
  std::vector<std::uint16_t> arguments;
  for (std::size_t k = 0; k < n.children.size(); ++k) {
    const Index child = n.children[k];
    if (k == 0 && is_constant(child)) {
      fail("the first argument of " + n.lexeme.text + " has to be a field", node(child).lexeme);
      return {};
    }
    const Value value = k == 0 ? compile(child) : operand(child, first);
    if (error_) return {};
    if (k == 0) first = value;
    if (!takes(rule, value) || (k > 0 && !comparable(first, value))) {
      fail("the function " + n.lexeme.text + " does not take " + std::string(to_string(value.type)), node(child).lexeme);
      return {};
    }
    arguments.push_back(value.place);
  }
  Value result;
  result.type = given(rule, first);
  result.place = new_register();
  if (rule.gives == FunctionRule::Gives::same) result.field = first.field;
  Instruction& c = emit(Code::call);
  c.function = rule.function;
  c.into = result.place;
  c.arguments = std::move(arguments);
  c.field = first.field;
  c.is_signed = is_signed(first.type) || is_time(first.type);
  c.comparison = comparable(first, first).value_or(Comparison::number);
  return result;
}

Value FilterCompiler::arithmetic(const Node& n, const Value* like) {
  const bool sign = n.children.size() == 1;
  Value a;
  if (sign) {
    a = is_constant(n.children[0]) && like == nullptr ? Value{} : compile(n.children[0], like);
    if (!error_ && is_constant(n.children[0]) && like == nullptr) fail("a value alone is no condition", n.lexeme);
  } else if (is_constant(n.children[0])) {
    // The other side, or what the whole is compared with, tells the type.
    Value hint = like != nullptr ? *like : Value{};
    if (!is_constant(n.children[1])) {
      const Value b = compile(n.children[1], like);
      if (error_) return {};
      return combine(n, compile(n.children[0], &b), b);
    }
    if (like == nullptr) {
      fail("both sides of \"" + std::string(spelling(n.op)) + "\" are values: one has to be a field", n.lexeme);
      return {};
    }
    a = compile(n.children[0], &hint);
  } else {
    a = compile(n.children[0], like);
  }
  if (error_) return {};
  if (!sign) return combine(n, a, operand(n.children[1], a));
  // 0 - a
  Value zero = a;
  zero.place = new_register();
  zero.literal = true;
  program_.machine.registers[zero.place].add();
  return combine(n, zero, a);
}

Value FilterCompiler::combine(const Node& n, const Value& a, const Value& b) {
  if (error_) return {};
  const bool bits = n.op == Op::bit_and;
  const bool numeric = is_integer(a.type) && a.type != FieldType::boolean;
  const bool times = is_time(a.type) && (n.op == Op::add || n.op == Op::subtract);
  const bool octets =
      a.type == FieldType::ipv4 || a.type == FieldType::ipv6 || a.type == FieldType::ether || a.type == FieldType::bytes;
  const bool real = a.type == FieldType::real && !bits && n.op != Op::remainder;
  if (!(numeric || times || real || (bits && octets)) || !comparable(a, b)) {
    std::string hint;
    if (a.type == FieldType::boolean && bits && a.field != nullptr) hint = "write " + std::string(a.field->name) + " == 1";
    if (a.type == FieldType::protocol && bits) hint = "write && or `and` between conditions";
    const Lexeme& at = node(n.children[0]).lexeme;
    fail("\"" + std::string(spelling(n.op)) + "\" is not for " + std::string(to_string(comparable(a, b) ? a.type : b.type)), at,
         std::move(hint));
    return {};
  }
  Value result;
  result.type = a.type;
  result.tested = true;
  result.field = numeric ? nullptr : a.field;
  result.place = new_register();
  Instruction& c = emit(Code::compute);
  c.op = n.op;
  c.a = a.place;
  c.b = b.place;
  c.into = result.place;
  c.wide = a.type == FieldType::uint64;
  c.is_signed = is_signed(a.type) || is_time(a.type);
  c.all = n.children.size() == 1;
  c.comparison = real ? Comparison::real : Comparison::number;
  return result;
}

/// The other side of a comparison: a literal takes the first one's type.
Value FilterCompiler::operand(Index i, const Value& like) {
  if (node(i).kind != Kind::literal) return compile(i, &like);
  return literal(i, like);
}

Value FilterCompiler::literal(Index i, const Value& like) {
  Value value;
  value.literal = true;
  value.type = like.type;
  value.place = new_register();
  program_.storage.push_back(std::make_unique<std::string>());
  const auto read = read_literal(node(i).lexeme, like.type, like.field, *program_.storage.back());
  if (!read) {
    FilterError error = read.error();
    // A word where a value is wanted may be a name that is misspelt.
    const Lexeme& at = node(i).lexeme;
    const bool dotted = at.token == Token::word && at.text.find('.') != std::string::npos && !looks_like_value(at);
    if (dotted && error.hint.empty())
      if (const auto near = near_fields(at.text, 1); !near.empty())
        error.hint = "did you mean " + std::string(near.front()) + "?";
    if (!error_) error_ = error;
    return value;
  }
  if (error_) return value;
  program_.machine.registers[value.place].add() = *read;
  check_word(node(i).lexeme, like);
  return value;
}

/// A word that the field never has is no error, but it never matches.
void FilterCompiler::check_word(const Lexeme& at, const Value& like) {
  if (like.field == nullptr || like.field->words == nullptr || like.type != FieldType::string) return;
  const std::vector<std::string_view> words = like.field->words();
  const auto fits = [&](std::string_view word) {
    const bool begins = word.size() > at.text.size() && word.starts_with(at.text) && word[at.text.size()] == '-';
    return word == at.text || (like.field->ids && begins);
  };
  if (std::ranges::any_of(words, fits)) return;
  const std::string_view near = nearest_of(at.text, words);
  std::string hint;
  if (!near.empty()) {
    hint = "did you mean \"" + std::string(near) + "\"?";
  } else if (words.size() <= 12) {
    for (std::string_view word : words) hint += (hint.empty() ? "there are " : ", ") + std::string(word);
  }
  warn(std::string(like.field->name) + " is never " + quoted(at), at, std::move(hint));
}

}  // namespace ft::analysis
