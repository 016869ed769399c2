// What a filter is compiled to: instructions on registers, each a list of values. A test leaves true or false in the flag; `and`
// and `or` are jumps over what need not be asked.
#pragma once

#include "analysis/fields/field.hpp"
#include "analysis/filter/syntax.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ft::analysis::filter {

/// How two values are compared.
enum class Comparison : std::uint8_t {
  number,   // unsigned
  integer,  // signed; times too
  real,
  octets,   // the longer one is greater, then octet by octet: as Wireshark 4.0 does
  text,     // octet by octet, then the longer one is greater
  address,  // under the shorter prefix of both
  id,       // text; equal also when it begins with the other one and a hyphen
};

enum class Function : std::uint8_t {
  upper,
  lower,
  len,
  count,
  string,
  max,
  min,
  abs,
  dec,
  hex,
  ip_linklocal,
  ip_multicast,
  ip_rfc1918,
  ip_ula,
  ip_special_name,
  ip_special_mask,
  vals,
  real,
};

struct Instruction {
  enum class Code : std::uint8_t {
    load,     // field -> into, of the layers in `ranges`
    slice,    // a -> into
    call,     // function of `arguments` -> into
    compute,  // a op b -> into
    exists,   // flag: a has a value
    nonzero,  // flag: a has a value that is not zero
    compare,  // flag: a relation b
    contains,
    matches,
    member,  // flag: a in the ranges of registers that `arguments` name in pairs
    invert,
    jump_if_false,
    jump_if_true,
    save,     // flag -> slot a
    differs,  // flag = flag != slot a
  };
  Code code = Code::exists;
  Op op = Op::none;  // of compare: any_equal for equal, all_unequal for unequal, greater...; of compute
  Comparison comparison = Comparison::number;
  Function function = Function::len;
  bool all = false;   // every pair, not only one
  bool wide = false;  // compute: 64 bits
  bool is_signed = false;
  bool searched = false;  // contains, matches: a protocol is searched with what it carries
  std::uint16_t a = 0, b = 0, into = 0;
  std::uint32_t target = 0;  // of a jump; index of a pattern
  const Field* field = nullptr;
  std::vector<Range> ranges;
  std::vector<std::uint16_t> arguments;
};

/// Runs the instructions on a frame.
class Machine {
 public:
  std::vector<Instruction> code;
  std::vector<Occurrences> registers;  // those of constants and references are filled beforehand
  std::vector<bool> slots;
  std::vector<std::unique_ptr<Pattern>> patterns;

  bool run(const FrameContext& context);

 private:
  void load(const Instruction& i, const FrameContext& context);
  void slice(const Instruction& i);
  void compute(const Instruction& i);
  bool compare(const Instruction& i);
  bool contains(const Instruction& i);
  bool matches(const Instruction& i);
  bool member(const Instruction& i);
};

/// What functions take and give.
struct FunctionRule {
  std::string_view name;
  Function function;
  std::size_t least = 1, most = 1;  // arguments
  enum class Takes : std::uint8_t { text, any, integer, numeric, address, alike } takes = Takes::any;
  enum class Gives : std::uint8_t { text, count, truth, real, same } gives = Gives::same;
};
std::span<const FunctionRule> function_rules();
/// Applies a function to the registers of its arguments. `field`: whose values they are, where that matters.
void apply(const Instruction& i, std::vector<Occurrences>& registers);

int three_way(const Occurrence& a, const Occurrence& b, Comparison how);

}  // namespace ft::analysis::filter

namespace ft::analysis {

struct Filter::Program {
  std::string text;
  filter::Tree tree;
  filter::Machine machine;
  std::vector<std::unique_ptr<std::string>> storage;  // of constants
  std::vector<FilterRemark> warnings;
  std::vector<const Field*> fields;
  std::vector<std::pair<const Field*, std::uint16_t>> references;
  std::uint8_t needs = 0;
};

}  // namespace ft::analysis
