// The words of a filter and the tree that they make.
#pragma once

#include "analysis/filter/filter.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace ft::analysis::filter {

enum class Token : std::uint8_t {
  end,
  word,        // a name, a number, an address: which one is told later
  field_word,  // with a dot before it: a name and nothing else
  text,        // "quoted", escapes resolved
  raw_text,    // r"quoted"
  character,   // 'c'
  left_paren,
  right_paren,
  left_brace,
  right_brace,
  bracket,  // [a:b,c]: all of it, to be read by who knows what it is
  comma,
  semicolon,
  dots,       // ..
  hash,       // #n or #[n-m]
  reference,  // ${field}
  op,         // an operator; Op says which
};

enum class Op : std::uint8_t {
  none,
  any_equal,    // ==
  all_unequal,  // !=
  all_equal,    // ===
  any_unequal,  // !==
  greater,
  less,
  greater_equal,
  less_equal,
  contains,
  matches,
  in,
  logic_not,
  logic_and,
  logic_or,
  logic_xor,
  bit_and,
  add,
  subtract,
  multiply,
  divide,
  remainder,
  any,
  all,
};

struct Lexeme {
  Token token = Token::end;
  Op op = Op::none;
  std::size_t offset = 0;
  std::size_t length = 0;
  std::string text{};  // a word as written; a string without its quotes
};

/// The last lexeme is `end`.
std::expected<std::vector<Lexeme>, FilterError> split(std::string_view text);

/// Part of a sequence: first to last octet, or a count; negative counts from the end.
struct Range {
  std::int32_t first = 0;
  std::int32_t last = 0;
  std::int32_t length = 0;
  enum class Until : std::uint8_t { end, last, length } until = Until::end;
};
/// "0:2", "0-1", "3", ":4", "5:", several with commas. nullopt: the text at `bad` is none.
std::expected<std::vector<Range>, FilterError> read_ranges(std::string_view text, std::size_t offset);

struct Node {
  enum class Kind : std::uint8_t {
    // tests
    logic,    // op: not, and, or, xor
    compare,  // op, quantifier
    member,   // op in; children: left, then pairs low and high (the same node twice for a single one); negated by logic_not
    exists,   // one child: a value
    // values
    field,      // with layers, perhaps
    literal,    // word, text or character
    reference,  // ${field}
    slice,
    function,
    arithmetic,  // op; one child: negation
  };
  Kind kind = Kind::literal;
  Op op = Op::none;
  Op quantifier = Op::none;  // any, all
  Lexeme lexeme;             // what errors point at
  std::vector<std::uint32_t> children;
  std::vector<Range> ranges;  // of a slice, or of layers
  bool has_layers = false;
  const Field* field = nullptr;
};

struct Tree {
  std::vector<Node> nodes;
  std::uint32_t root = none;
  static constexpr std::uint32_t none = 0xffffffff;
};

/// Words to a tree; names of fields are resolved here.
std::expected<Tree, FilterError> parse(const std::vector<Lexeme>& lexemes);

/// `tree` in words.
std::string explain(const Tree& tree);
/// An operator as written: "==".
std::string_view spelling(Op op);

/// When `text` looks like one for tcpdump (BPF): the same as a display filter, as far as it can be said; "" when it does not look
/// so.
std::string display_filter_of(std::string_view capture_filter);
/// The other way round, for the part that both languages have; "" when something cannot be said.
std::string capture_filter_of(const Tree& tree);

}  // namespace ft::analysis::filter
