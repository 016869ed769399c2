// Precedence from the loosest: or, xor, and, not, comparison, &, + -, * / %, sign.
#include "analysis/fields/registry.hpp"
#include "analysis/filter/syntax.hpp"

#include <algorithm>
#include <optional>

namespace ft::analysis::filter {
namespace {

constexpr bool is_comparison(Op op) { return op >= Op::any_equal && op <= Op::matches; }

class Parser {
 public:
  explicit Parser(const std::vector<Lexeme>& lexemes) : lexemes_(lexemes) {}

  std::expected<Tree, FilterError> run() {
    if (here().token != Token::end) {
      tree_.root = logic(0);
      if (!error_ && here().token != Token::end) unexpected();
    }
    if (error_) return std::unexpected(*error_);
    return std::move(tree_);
  }

 private:
  using Index = std::uint32_t;

  const Lexeme& here() const { return lexemes_[at_]; }
  const Lexeme& ahead() const { return lexemes_[std::min(at_ + 1, lexemes_.size() - 1)]; }
  bool is(Op op) const { return here().token == Token::op && here().op == op; }
  void step() {
    if (here().token != Token::end) ++at_;
  }

  Index fail(std::string message, const Lexeme& at, std::string hint = "") {
    if (!error_) error_ = FilterError{std::move(message), at.offset, at.length, std::move(hint)};
    return Tree::none;
  }
  Index unexpected(std::string hint = "") {
    if (here().token == Token::end) return fail("the filter ends too early", here(), std::move(hint));
    const bool value = here().token == Token::word || here().token == Token::text;
    if (hint.empty() && value) hint = "between two conditions stands `and` or `or`";
    if (hint.empty() && here().token == Token::left_paren) hint = "arithmetic is grouped with { }, parentheses hold conditions";
    return fail("\"" + std::string(shown(here())) + "\" was unexpected here", here(), std::move(hint));
  }
  static std::string_view shown(const Lexeme& one) {
    return one.text.empty() ? std::string_view(spelling(one.op)) : std::string_view(one.text);
  }

  Index add(Node node) {
    tree_.nodes.push_back(std::move(node));
    return static_cast<Index>(tree_.nodes.size() - 1);
  }
  Index binary(Node::Kind kind, const Lexeme& op, Index left, Index right) {
    if (error_) return Tree::none;
    Node node;
    node.kind = kind;
    node.op = op.op;
    node.lexeme = op;
    node.children = {left, right};
    return add(std::move(node));
  }

  bool too_deep() {
    if (depth_ < FilterLimits::most_depth) return false;
    fail("the filter is nested deeper than " + std::to_string(FilterLimits::most_depth) + " levels", here());
    return true;
  }

  // or, xor, and: three levels alike.
  Index logic(std::size_t level) {
    static constexpr Op ops[] = {Op::logic_or, Op::logic_xor, Op::logic_and};
    if (level == 3) return negation();
    Index left = logic(level + 1);
    while (!error_ && is(ops[level])) {
      const Lexeme op = here();
      step();
      left = binary(Node::Kind::logic, op, left, logic(level + 1));
    }
    return left;
  }

  Index negation() {
    if (!is(Op::logic_not)) return test();
    if (too_deep()) return Tree::none;
    const Lexeme op = here();
    step();
    ++depth_;
    const Index child = negation();
    --depth_;
    if (error_) return Tree::none;
    return negate(op, child);
  }
  Index negate(const Lexeme& op, Index child) {
    Node node;
    node.kind = Node::Kind::logic;
    node.op = Op::logic_not;
    node.lexeme = op;
    node.children = {child};
    return add(std::move(node));
  }

  Index test() {
    if (here().token != Token::left_paren) return relation();
    if (too_deep()) return Tree::none;
    step();
    ++depth_;
    const Index inner = logic(0);
    --depth_;
    if (error_) return Tree::none;
    if (here().token != Token::right_paren) return unexpected(here().token == Token::end ? "a closing ) is missing" : "");
    step();
    if (here().token == Token::op && (is_comparison(here().op) || here().op >= Op::bit_and))
      return unexpected("arithmetic is grouped with { }, parentheses hold conditions");
    return inner;
  }

  Index relation() {
    Op quantifier = Op::none;
    const Lexeme first = here();
    if (is(Op::any) || is(Op::all)) {
      quantifier = here().op;
      step();
    }
    const Index left = arithmetic(0);
    if (error_) return Tree::none;
    if (is(Op::in)) return member(quantifier, left);
    if (is(Op::logic_not) && ahead().token == Token::op && ahead().op == Op::in) {
      const Lexeme op = here();
      step();
      const Index inside = member(quantifier, left);
      return error_ ? Tree::none : negate(op, inside);
    }
    if (here().token == Token::op && is_comparison(here().op)) return comparisons(quantifier, left);
    if (quantifier != Op::none)
      return here().token == Token::end ? unexpected("any and all stand before a comparison") : unexpected();
    Node node;
    node.kind = Node::Kind::exists;
    node.lexeme = first;
    node.children = {left};
    return add(std::move(node));
  }

  /// a < b < c means a < b and b < c.
  Index comparisons(Op quantifier, Index left) {
    Index all = Tree::none;
    while (!error_ && here().token == Token::op && is_comparison(here().op)) {
      const Lexeme op = here();
      step();
      const Index right = arithmetic(0);
      const Index one = binary(Node::Kind::compare, op, left, right);
      if (error_) return Tree::none;
      tree_.nodes[one].quantifier = quantifier;
      if (all == Tree::none) {
        all = one;
      } else {
        Lexeme both = op;
        both.op = Op::logic_and;
        all = binary(Node::Kind::logic, both, all, one);
      }
      left = right;
    }
    return error_ ? Tree::none : all;
  }

  Index member(Op quantifier, Index left) {
    Node node;
    node.kind = Node::Kind::member;
    node.op = Op::in;
    node.quantifier = quantifier;
    node.lexeme = here();
    node.children = {left};
    step();
    if (here().token != Token::left_brace) return unexpected("a set stands in braces: {80, 443, 8000..8100}");
    step();
    while (true) {
      const Index low = arithmetic(0);
      if (error_) return Tree::none;
      Index high = low;
      if (here().token == Token::dots) {
        step();
        high = arithmetic(0);
        if (error_) return Tree::none;
      }
      node.children.push_back(low);
      node.children.push_back(high);
      if (here().token == Token::right_brace) break;
      if (here().token != Token::comma) return unexpected("elements of a set are separated by commas");
      step();
    }
    step();
    return add(std::move(node));
  }

  Index arithmetic(std::size_t level) {
    if (level == 3) return sign();
    Index left = arithmetic(level + 1);
    std::size_t length = 0;
    while (!error_ && here().token == Token::op && level_of(here().op) == level) {
      const Lexeme op = here();
      if (++length > FilterLimits::most_depth) return fail("this calculation is too long", op);
      step();
      left = binary(Node::Kind::arithmetic, op, left, arithmetic(level + 1));
    }
    return left;
  }
  static constexpr std::size_t level_of(Op op) {
    switch (op) {
      case Op::bit_and:
        return 0;
      case Op::add:
      case Op::subtract:
        return 1;
      case Op::multiply:
      case Op::divide:
      case Op::remainder:
        return 2;
      default:
        return 9;
    }
  }

  Index sign() {
    if (!is(Op::subtract) && !is(Op::add)) return primary();
    if (too_deep()) return Tree::none;
    const Lexeme op = here();
    step();
    ++depth_;
    const Index child = sign();
    --depth_;
    if (error_ || op.op == Op::add) return child;
    Node node;
    node.kind = Node::Kind::arithmetic;
    node.op = Op::subtract;
    node.lexeme = op;
    node.children = {child};
    return add(std::move(node));
  }

  Index primary() {
    if (here().token == Token::left_brace) {
      if (too_deep()) return Tree::none;
      step();
      ++depth_;
      const Index inner = arithmetic(0);
      --depth_;
      if (error_) return Tree::none;
      if (here().token != Token::right_brace) return unexpected("{ } group arithmetic, ( ) group conditions");
      step();
      return slices(inner);
    }
    switch (here().token) {
      case Token::word:
        return ahead().token == Token::left_paren ? function() : name();
      case Token::field_word:
        return name();
      case Token::text:
      case Token::raw_text:
      case Token::character:
        return literal();
      case Token::reference:
        return reference();
      default:
        return unexpected();
    }
  }

  Index literal() {
    Node node;
    node.kind = Node::Kind::literal;
    node.lexeme = here();
    step();
    return add(std::move(node));
  }

  Index name() {
    const Field* field = find_field(here().text);
    if (field == nullptr && here().token == Token::field_word) {
      return fail("\"" + here().text + "\" is not the name of a field or protocol", here());
    }
    Node node;
    node.kind = field == nullptr ? Node::Kind::literal : Node::Kind::field;
    node.field = field;
    node.lexeme = here();
    step();
    if (field != nullptr && !layers(node)) return Tree::none;
    return slices(add(std::move(node)));
  }
  bool layers(Node& node) {
    if (here().token != Token::hash) return true;
    auto ranges = read_ranges(here().text, here().offset + (here().length - here().text.size()));
    if (!ranges) {
      error_ = ranges.error();
      return false;
    }
    node.ranges = std::move(*ranges);
    node.has_layers = true;
    step();
    return true;
  }
  Index reference() {
    Node node;
    node.kind = Node::Kind::reference;
    node.lexeme = here();
    node.field = find_field(here().text);
    if (node.field == nullptr) return fail("\"" + here().text + "\" is neither a field nor a protocol", here());
    step();
    return slices(add(std::move(node)));
  }

  Index slices(Index value) {
    std::size_t depth = 0;
    while (!error_ && here().token == Token::bracket) {
      if (++depth > 8) return fail("a part of a part of a part is too much", here());
      auto ranges = read_ranges(here().text, here().offset + 1);
      if (!ranges) {
        error_ = ranges.error();
        return Tree::none;
      }
      Node node;
      node.kind = Node::Kind::slice;
      node.lexeme = tree_.nodes[value].lexeme;
      node.children = {value};
      node.ranges = std::move(*ranges);
      step();
      value = add(std::move(node));
    }
    return error_ ? Tree::none : value;
  }

  Index function() {
    if (too_deep()) return Tree::none;
    Node node;
    node.kind = Node::Kind::function;
    node.lexeme = here();
    step();
    step();
    ++depth_;
    while (!error_ && here().token != Token::right_paren) {
      if (node.children.size() == 16) return fail("more arguments than any function takes", here());
      node.children.push_back(arithmetic(0));
      if (error_) return Tree::none;
      if (here().token == Token::comma)
        step();
      else if (here().token != Token::right_paren)
        return unexpected(here().token == Token::end ? "a closing ) is missing" : "");
    }
    --depth_;
    step();
    return slices(add(std::move(node)));
  }

  const std::vector<Lexeme>& lexemes_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  Tree tree_;
  std::optional<FilterError> error_;
};

}  // namespace

std::expected<Tree, FilterError> parse(const std::vector<Lexeme>& lexemes) { return Parser(lexemes).run(); }

}  // namespace ft::analysis::filter
