// Types are checked and instructions written in one walk over the tree.
#include "analysis/fields/registry.hpp"
#include "analysis/filter/literal.hpp"
#include "analysis/filter/program.hpp"

#include <algorithm>
#include <optional>

namespace ft::analysis {

using namespace filter;

class FilterCompiler {
 public:
  using Kind = Node::Kind;
  using Code = Instruction::Code;
  using Index = std::uint32_t;

  FilterCompiler(Filter::Program& program, FilterOptions options) : program_(program), options_(options) {}

  std::optional<FilterError> run() {
    if (program_.tree.root != Tree::none) test(program_.tree.root);
    return error_;
  }

 private:
  /// A value that was compiled, or a literal that waits to be told its type.
  struct Value {
    FieldType type = FieldType::none;
    std::uint16_t place = 0;  // its register
    bool literal = false;
    const Field* field = nullptr;  // whose values they are, for names and words
    bool whole_protocol = false;   // not a part of one
    bool tested = false;           // can stand alone as a condition because it is zero or not: arithmetic
  };

  const Node& node(Index i) const { return program_.tree.nodes[i]; }

  // What goes wrong.
  void fail(std::string message, const Lexeme& at, std::string hint = "") {
    if (!error_) error_ = FilterError{std::move(message), at.offset, at.length, std::move(hint)};
  }
  void warn(std::string message, const Lexeme& at, std::string hint = "") {
    program_.warnings.push_back({std::move(message), at.offset, at.length, std::move(hint)});
  }
  static std::string quoted(const Lexeme& at) {
    std::string text = "\"";
    text += at.text;
    return text + "\"";
  }
  void not_a_field(const Lexeme& at) {
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

  // Instructions and registers.
  Instruction& emit(Code code) {
    Instruction& i = program_.machine.code.emplace_back();
    i.code = code;
    return i;
  }
  std::uint16_t new_register() {
    auto& registers = program_.machine.registers;
    if (registers.size() == FilterLimits::most_parts) {
      fail("the filter needs more room than filters have", {});
      return 0;
    }
    registers.emplace_back();
    return static_cast<std::uint16_t>(registers.size() - 1);
  }
  std::uint32_t next_place() const { return static_cast<std::uint32_t>(program_.machine.code.size()); }

  // Conditions.
  void test(Index i) {
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
  void logic(Index i) {
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
  void exclusive(const std::vector<Index>& operands) {
    const auto slot = static_cast<std::uint16_t>(program_.machine.slots.size());
    program_.machine.slots.push_back(false);
    for (const Index operand : operands) {
      test(operand);
      if (error_) return;
      if (operand != operands.front()) emit(Code::differs).a = slot;
      if (operand != operands.back()) emit(Code::save).a = slot;
    }
  }

  void exists(Index i) {
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
  static std::string_view protocol_name(const Field& field) { return field.name.substr(0, field.name.find('.')); }

  // Comparisons.
  void compare(Index i) {
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
    const Value b = operand(right, a, n.lexeme);
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
  static bool looks_like_value(const Lexeme& at) { return at.text.find_first_not_of("0123456789.:/-") == std::string::npos; }

  /// Made of literals only.
  bool is_constant(Index i) const {
    const Node& n = node(i);
    if (n.kind == Kind::literal) return true;
    if (n.kind != Kind::arithmetic) return false;
    return std::ranges::all_of(n.children, [&](Index child) { return is_constant(child); });
  }
  static Op mirrored(Op op) {
    switch (op) {
      case Op::greater:
        return Op::less;
      case Op::less:
        return Op::greater;
      case Op::greater_equal:
        return Op::less_equal;
      case Op::less_equal:
        return Op::greater_equal;
      default:
        return op;
    }
  }

  /// The other side of a comparison: a literal takes the first one's type.
  Value operand(Index i, const Value& like, const Lexeme& op) {
    if (node(i).kind != Kind::literal) return compile(i, &like);
    return literal(i, like, op);
  }
  Value literal(Index i, const Value& like, const Lexeme&) {
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
  void check_word(const Lexeme& at, const Value& like) {
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

  std::optional<Comparison> comparable(const Value& a, const Value& b) const {
    const FieldType x = a.type;
    const FieldType y = b.type;
    if (is_integer(x) && is_integer(y)) return is_signed(x) || is_signed(y) ? Comparison::integer : Comparison::number;
    if (is_time(x) && x == y) return Comparison::integer;
    if (x == FieldType::real && y == x) return Comparison::real;
    if (x == FieldType::string && y == x) return a.field != nullptr && a.field->ids ? Comparison::id : Comparison::text;
    if ((x == FieldType::ipv4 || x == FieldType::ipv6) && x == y) return Comparison::address;
    // A protocol is no text: who writes `frame.protocols == tcp` has forgotten the quotes.
    if ((x == FieldType::string && y == FieldType::protocol) || (x == FieldType::protocol && y == FieldType::string))
      return std::nullopt;
    const bool octets = is_octets(x) || x == FieldType::string;
    if (octets && (is_octets(y) || y == FieldType::string)) return Comparison::octets;
    return std::nullopt;
  }
  void incompatible(Index left, Index right) {
    const Lexeme& a = node(left).lexeme;
    const Lexeme& b = node(right).lexeme;
    std::string hint;
    if (const Field* field = node(right).field; field != nullptr && field->type == FieldType::protocol && b.token == Token::word)
      hint = b.text + " is a protocol; for the text write \"" + b.text + "\"";
    fail("\"" + a.text + "\" and \"" + b.text + "\" cannot be compared: " + std::string(words_of(left)) + " with " +
             std::string(words_of(right)),
         b, std::move(hint));
  }
  std::string_view words_of(Index i) const {
    const Node& n = node(i);
    return to_string(n.kind == Kind::slice ? FieldType::bytes : n.field != nullptr ? n.field->type : FieldType::string);
  }

  void contain(const Node& n) {
    const Value a = compile_left(n);
    if (error_) return;
    if (!is_octets(a.type) && a.type != FieldType::string)
      return fail("\"" + node(n.children[0]).lexeme.text + "\" is " + std::string(to_string(a.type)) + ", which contains nothing",
                  node(n.children[0]).lexeme, suggestion_for_search(a));
    // What is looked for in an address, or in a protocol, is any sequence of octets.
    Value like = a;
    if (is_octets(a.type)) like.type = FieldType::bytes;
    const Value b = operand(n.children[1], like, n.lexeme);
    if (error_) return;
    const bool forgotten = a.type == FieldType::string && b.type == FieldType::protocol;
    if (forgotten || (!is_octets(b.type) && b.type != FieldType::string)) return incompatible(n.children[0], n.children[1]);
    Instruction& c = emit(Code::contains);
    c.a = a.place;
    c.b = b.place;
    c.all = n.quantifier == Op::all;
    c.searched = a.whole_protocol;
  }
  static std::string suggestion_for_search(const Value& a) {
    if (a.field == nullptr) return "";
    const std::string name(a.field->name);
    if (is_integer(a.type)) return "compare with ==, or with bits: " + name + " & 1";
    if (a.type == FieldType::ipv4 || a.type == FieldType::ipv6)
      return "compare with a prefix, or as text: string(" + name + ") contains \"...\"";
    return "";
  }

  void match(const Node& n) {
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
  Value compile_left(const Node& n) {
    if (!is_constant(n.children[0])) return compile(n.children[0]);
    const Lexeme& at = node(n.children[0]).lexeme;
    if (at.token == Token::word)
      not_a_field(at);
    else
      fail("the left side of \"" + std::string(spelling(n.op)) + "\" has to be a field", at);
    return {};
  }

  void member(Index i) {
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
      const Value low = operand(n.children[k], a, n.lexeme);
      if (error_) return;
      const Value high = n.children[k + 1] == n.children[k] ? low : operand(n.children[k + 1], a, n.lexeme);
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
  void check_range(const Value& low, const Value& high, Comparison how, const Lexeme& at) {
    const auto& registers = program_.machine.registers;
    if (three_way(registers[low.place].items()[0], registers[high.place].items()[0], how) > 0)
      warn("nothing is in this range: it ends before it begins", at);
  }

  // Values. `like` tells literals inside arithmetic their type.
  Value compile(Index i, const Value* like = nullptr) {
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
        if (like != nullptr) return literal(i, *like, n.lexeme);
        not_a_field(n.lexeme);
        return {};
      default:
        fail("a condition stands where a value is wanted", n.lexeme);
        return {};
    }
  }

  void use(const Field& field) {
    if (std::ranges::find(program_.fields, &field) == program_.fields.end()) program_.fields.push_back(&field);
    program_.needs |= static_cast<std::uint8_t>(field.need);
  }
  Value load(const Node& n) {
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
  Value reference(const Node& n) {
    use(*n.field);
    Value value;
    value.type = n.field->type;
    value.field = n.field;
    value.place = new_register();
    program_.references.emplace_back(n.field, value.place);
    return value;
  }
  Value slice(const Node& n) {
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

  Value function(const Node& n) {
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
  Value call(const Node& n, const FunctionRule& rule) {
    Value first;
    std::vector<std::uint16_t> arguments;
    for (std::size_t k = 0; k < n.children.size(); ++k) {
      const Index child = n.children[k];
      if (k == 0 && is_constant(child)) {
        fail("the first argument of " + n.lexeme.text + " has to be a field", node(child).lexeme);
        return {};
      }
      const Value value = k == 0 ? compile(child) : operand(child, first, n.lexeme);
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
  static bool takes(const FunctionRule& rule, const Value& value) {
    switch (rule.takes) {
      case FunctionRule::Takes::text:
        return value.type == FieldType::string;
      case FunctionRule::Takes::integer:
        return is_integer(value.type) && value.field != nullptr;
      case FunctionRule::Takes::numeric:
        return is_integer(value.type) || is_time(value.type) || value.type == FieldType::real;
      case FunctionRule::Takes::address:
        return value.type == FieldType::ipv4 || value.type == FieldType::ipv6;
      case FunctionRule::Takes::alike:
        return value.type != FieldType::none && value.type != FieldType::protocol;
      case FunctionRule::Takes::any:
        return rule.function != Function::string || value.field != nullptr;
    }
    return false;
  }
  static FieldType given(const FunctionRule& rule, const Value& first) {
    switch (rule.gives) {
      case FunctionRule::Gives::text:
        return FieldType::string;
      case FunctionRule::Gives::count:
        return FieldType::uint32;
      case FunctionRule::Gives::truth:
        return FieldType::boolean;
      case FunctionRule::Gives::real:
        return FieldType::real;
      case FunctionRule::Gives::same:
        return first.type;
    }
    return first.type;
  }

  Value arithmetic(const Node& n, const Value* like) {
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
    if (!sign) return combine(n, a, operand(n.children[1], a, n.lexeme));
    // 0 - a
    Value zero = a;
    zero.place = new_register();
    zero.literal = true;
    program_.machine.registers[zero.place].add();
    return combine(n, zero, a);
  }
  Value combine(const Node& n, const Value& a, const Value& b) {
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

  Filter::Program& program_;
  FilterOptions options_;
  std::optional<FilterError> error_;
};

Filter::Filter(std::unique_ptr<Program> program) : program_(std::move(program)) {}
Filter::Filter(Filter&&) noexcept = default;
Filter& Filter::operator=(Filter&&) noexcept = default;
Filter::~Filter() = default;

std::expected<Filter, FilterError> Filter::compile(std::string_view text, FilterOptions options) {
  const auto complain = [&](FilterError error) {
    const std::string same = display_filter_of(text);
    if (!same.empty()) error.hint = "this looks like a capture filter; here one writes: " + same;
    return std::unexpected(std::move(error));
  };
  auto program = std::make_unique<Program>();
  program->text = text;
  const auto lexemes = split(text);
  if (!lexemes) return complain(lexemes.error());
  auto tree = parse(*lexemes);
  if (!tree) return complain(tree.error());
  program->tree = std::move(*tree);
  if (auto error = FilterCompiler(*program, options).run()) return complain(std::move(*error));
  return Filter(std::move(program));
}

bool Filter::matches(const FrameContext& context) { return program_->machine.run(context); }

void Filter::select(const FrameContext& context) {
  for (const auto& [field, place] : program_->references) {
    Occurrences& into = program_->machine.registers[place];
    read_field(*field, context, into);
    // The frame goes, the values stay: octets are copied behind the words that are there already.
    for (Occurrence& one : into) {
      if (one.data == nullptr) continue;
      program_->storage.push_back(std::make_unique<std::string>(reinterpret_cast<const char*>(one.data), one.size));
      one.data = reinterpret_cast<const std::byte*>(program_->storage.back()->data());
      one.whole = one.size;
    }
  }
}

bool Filter::needs(Need need) const { return (program_->needs & static_cast<std::uint8_t>(need)) != 0; }
bool Filter::has_references() const { return !program_->references.empty(); }
const std::vector<FilterRemark>& Filter::warnings() const { return program_->warnings; }
const std::vector<const Field*>& Filter::fields() const { return program_->fields; }
std::string Filter::explain() const { return filter::explain(program_->tree); }

std::string Filter::as_capture_filter() const { return filter::capture_filter_of(program_->tree); }

std::string to_text(std::string_view filter, const FilterRemark& remark) {
  const std::size_t begin = std::min(remark.offset, filter.size());
  // Show the line of the filter that is meant, and not all of a long one.
  std::size_t line = filter.rfind('\n', begin == 0 ? 0 : begin - 1);
  line = line == std::string_view::npos || begin == 0 ? 0 : line + 1;
  constexpr std::size_t before = 50, after = 70;
  const bool cut = begin - line > before;
  const std::size_t from = cut ? begin - before : line;
  const std::size_t end = std::min({filter.find('\n', begin), begin + std::max(remark.length, after), filter.size()});
  std::string text = remark.message;
  text += "\n    ";
  if (cut) text += "...";
  const std::size_t column = text.size() - remark.message.size() - 1;
  for (char c : filter.substr(from, end - from)) text += static_cast<unsigned char>(c) < ' ' || c == 0x7f ? ' ' : c;
  if (end < filter.size()) text += "...";
  text += '\n';
  // Columns are characters, not octets.
  const auto columns = [](std::string_view part) {
    return static_cast<std::size_t>(
        std::ranges::count_if(part, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
  };
  text.append(column + columns(filter.substr(from, begin - from)), ' ');
  text += '^';
  const std::size_t wide = columns(filter.substr(begin, std::min(remark.length, end - begin)));
  if (wide > 1) text.append(wide - 1, '~');
  if (!remark.hint.empty()) text += "\n" + remark.hint;
  return text;
}

}  // namespace ft::analysis
