// A filter in words: conditions of their own lines, indented as they belong together.
#include "analysis/fields/field.hpp"
#include "analysis/filter/syntax.hpp"

namespace ft::analysis::filter {
namespace {

class Explainer {
 public:
  explicit Explainer(const Tree& tree) : tree_(tree) {}

  std::string run() {
    if (tree_.root == Tree::none) return "every packet\n";
    text_ = "packets where\n";
    condition(tree_.root, 1, false);
    return std::move(text_);
  }

 private:
  const Node& node(std::uint32_t i) const { return tree_.nodes[i]; }
  void line(std::size_t depth, std::string_view words) {
    text_.append(2 * std::min<std::size_t>(depth, 20), ' ');
    text_ += words;
    text_ += '\n';
  }

  void condition(std::uint32_t i, std::size_t depth, bool negated) {
    const Node& n = node(i);
    if (n.kind == Node::Kind::logic && n.op == Op::logic_not) return condition(n.children[0], depth, !negated);
    if (n.kind == Node::Kind::logic) return logic(i, depth, negated);
    if (negated) line(depth, "it is not so that");
    line(negated ? depth + 1 : depth, simple(n));
  }

  void logic(std::uint32_t i, std::size_t depth, bool negated) {
    const Op op = node(i).op;
    std::vector<std::uint32_t> operands;
    std::uint32_t at = i;
    while (node(at).kind == Node::Kind::logic && node(at).op == op) {
      operands.push_back(node(at).children[1]);
      at = node(at).children[0];
    }
    operands.push_back(at);
    const std::string_view word = op == Op::logic_and ? "and" : op == Op::logic_or ? "or" : "or, but not both,";
    if (negated) line(depth, "it is not so that");
    const std::size_t below = negated ? depth + 1 : depth;
    for (std::size_t k = operands.size(); k-- > 0;) {
      const Node& one = node(operands[k]);
      const bool nested = one.kind == Node::Kind::logic && one.op != Op::logic_not;
      condition(operands[k], nested ? below + 1 : below, false);
      if (k > 0) line(below, word);
    }
  }

  std::string simple(const Node& n) const {
    if (n.kind == Node::Kind::exists) return exists(node(n.children[0]));
    if (n.kind == Node::Kind::member) return member(n);
    const bool all = n.op == Op::all_equal || n.quantifier == Op::all || (n.op == Op::all_unequal && n.quantifier != Op::any);
    return quantity(node(n.children[0]), all) + value(n.children[0]) + " " + std::string(verb(n.op)) + " " + value(n.children[1]);
  }
  static std::string quantity(const Node& left, bool all) {
    if (left.kind != Node::Kind::field && left.kind != Node::Kind::slice) return "";
    return all ? "every " : "a ";
  }
  std::string exists(const Node& what) const {
    if (what.kind == Node::Kind::arithmetic) return value_of(what) + " is not zero";
    if (what.kind == Node::Kind::function) return value_of(what) + " is true";
    if (what.field != nullptr && what.field->type == FieldType::protocol && what.kind == Node::Kind::field)
      return "there is " + std::string(what.field->label) + layers(what);
    return "there is a " + value_of(what);
  }
  std::string member(const Node& n) const {
    std::string text = quantity(node(n.children[0]), n.quantifier == Op::all) + value(n.children[0]) + " is one of";
    for (std::size_t k = 1; k + 1 < n.children.size(); k += 2) {
      text += (k > 1 ? ", " : " ") + value(n.children[k]);
      if (n.children[k + 1] != n.children[k]) text += " to " + value(n.children[k + 1]);
    }
    return text;
  }
  static std::string_view verb(Op op) {
    switch (op) {
      case Op::any_equal:
      case Op::all_equal:
        return "is";
      case Op::all_unequal:
      case Op::any_unequal:
        return "is not";
      case Op::greater:
        return "is greater than";
      case Op::less:
        return "is less than";
      case Op::greater_equal:
        return "is at least";
      case Op::less_equal:
        return "is at most";
      case Op::contains:
        return "contains";
      default:
        return "matches the pattern";
    }
  }

  std::string value(std::uint32_t i) const { return value_of(node(i)); }
  std::string value_of(const Node& n) const {
    switch (n.kind) {
      case Node::Kind::field:
        return std::string(n.field->name) + layers(n) + " (" + std::string(n.field->description) + ")";
      case Node::Kind::reference:
        return "the selected packet's " + n.lexeme.text;
      case Node::Kind::slice:
        return "part [" + ranges(n.ranges) + "] of " + value(n.children[0]);
      case Node::Kind::function: {
        std::string text = n.lexeme.text + "(";
        for (std::size_t k = 0; k < n.children.size(); ++k) text += (k > 0 ? ", " : "") + value(n.children[k]);
        return text + ")";
      }
      case Node::Kind::arithmetic:
        if (n.children.size() == 1) return "-" + value(n.children[0]);
        return value(n.children[0]) + " " + std::string(spelling(n.op)) + " " + value(n.children[1]);
      default:
        break;
    }
    const bool text = n.lexeme.token == Token::text || n.lexeme.token == Token::raw_text;
    return text ? "\"" + n.lexeme.text + "\"" : n.lexeme.text;
  }
  static std::string layers(const Node& n) { return n.has_layers ? " of header " + ranges(n.ranges) + " of its kind" : ""; }
  static std::string ranges(const std::vector<Range>& all) {
    std::string text;
    for (const Range& one : all) {
      if (!text.empty()) text += ", ";
      text += std::to_string(one.first);
      if (one.until == Range::Until::last) text += "-" + std::to_string(one.last);
      if (one.until == Range::Until::length && one.length != 1) text += ":" + std::to_string(one.length);
      if (one.until == Range::Until::end) text += ":";
    }
    return text;
  }

  const Tree& tree_;
  std::string text_;
};

}  // namespace

std::string explain(const Tree& tree) { return Explainer(tree).run(); }

}  // namespace ft::analysis::filter
