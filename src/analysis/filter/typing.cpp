#include "analysis/filter/typing.hpp"

namespace ft::analysis::filter {

std::optional<Comparison> comparable(const Value& a, const Value& b) {
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

bool takes(const FunctionRule& rule, const Value& value) {
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

FieldType given(const FunctionRule& rule, const Value& first) {
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

Op mirrored(Op op) {
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

std::string quoted(const Lexeme& at) {
  std::string text = "\"";
  text += at.text;
  return text + "\"";
}

bool looks_like_value(const Lexeme& at) { return at.text.find_first_not_of("0123456789.:/-") == std::string::npos; }

}  // namespace ft::analysis::filter
