#include "analysis/filter/program.hpp"

#include "analysis/fields/text.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace ft::analysis::filter {
namespace {

int sign(auto a, auto b) { return a < b ? -1 : a > b ? 1 : 0; }

int octet_order(const std::byte* a, const std::byte* b, std::size_t size) { return size == 0 ? 0 : std::memcmp(a, b, size); }

/// Equal as far as the shorter prefix goes.
int address_order(const Occurrence& a, const Occurrence& b) {
  const std::uint32_t size = std::min(a.size, b.size);
  const auto prefix = [](const Occurrence& one) {
    return one.number == 0 ? one.size * 8 : static_cast<std::uint32_t>(one.number - 1);
  };
  const std::uint32_t bits = std::min(prefix(a), prefix(b));
  const std::uint32_t whole = std::min(bits / 8, size);
  if (const int order = octet_order(a.data, b.data, whole); order != 0) return order;
  if (bits % 8 == 0 || whole == size) return 0;
  const unsigned mask = 0xff00u >> (bits % 8) & 0xff;
  return sign(std::to_integer<unsigned>(a.data[whole]) & mask, std::to_integer<unsigned>(b.data[whole]) & mask);
}

bool holds(Op relation, int order) {
  switch (relation) {
    case Op::any_equal:
      return order == 0;
    case Op::all_unequal:
      return order != 0;
    case Op::greater:
      return order > 0;
    case Op::less:
      return order < 0;
    case Op::greater_equal:
      return order >= 0;
    default:
      return order <= 0;
  }
}

bool is_zero(const Occurrence& value) {
  if (value.data == nullptr) return value.number == 0 && value.real == 0;
  return std::ranges::all_of(value.octets(), [](std::byte octet) { return octet == std::byte{0}; });
}

bool found(std::span<const std::byte> in, std::span<const std::byte> what) {
  if (what.empty()) return true;
  if (what.size() > in.size()) return false;
  return std::search(in.begin(), in.end(), what.begin(), what.end()) != in.end();
}
std::span<const std::byte> reach(const Occurrence& value, bool whole) { return {value.data, whole ? value.whole : value.size}; }

/// The octets of a range, clipped to nothing when it leaves the value.
std::span<const std::byte> part(std::span<const std::byte> octets, const Range& range) {
  const auto size = static_cast<std::int64_t>(octets.size());
  const std::int64_t first = range.first < 0 ? size + range.first : range.first;
  std::int64_t end = size;
  if (range.until == Range::Until::last) end = (range.last < 0 ? size + range.last : range.last) + 1;
  if (range.until == Range::Until::length) end = first + range.length;
  if (first < 0 || end > size || first >= end) return {};
  return octets.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(end - first));
}

bool in_layers(std::uint8_t nth, int total, std::span<const Range> ranges) {
  return std::ranges::any_of(ranges, [&](const Range& range) {
    const int first = range.first < 0 ? total + range.first + 1 : range.first;
    int last = 255;
    if (range.until == Range::Until::last) last = range.last < 0 ? total + range.last + 1 : range.last;
    if (range.until == Range::Until::length) last = first + range.length - (first == 0 && range.length > 1 ? 0 : 1);
    return nth >= first && nth <= last;
  });
}

/// nullopt when the result does not fit, or does not exist: then there is no value.
std::optional<std::uint64_t> computed(Op op, std::uint64_t a, std::uint64_t b, std::uint64_t most) {
  switch (op) {
    case Op::add:
      return b > most || a > most - b ? std::nullopt : std::optional(a + b);
    case Op::subtract:
      return a < b ? std::nullopt : std::optional(a - b);
    case Op::multiply:
      return b != 0 && a > most / b ? std::nullopt : std::optional(a * b);
    case Op::divide:
      return b == 0 ? std::nullopt : std::optional(a / b);
    case Op::remainder:
      return b == 0 ? std::nullopt : std::optional(a % b);
    default:
      return a & b;
  }
}
std::optional<std::int64_t> computed(Op op, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  switch (op) {
    case Op::add:
      return __builtin_add_overflow(a, b, &result) ? std::nullopt : std::optional(result);
    case Op::subtract:
      return __builtin_sub_overflow(a, b, &result) ? std::nullopt : std::optional(result);
    case Op::multiply:
      return __builtin_mul_overflow(a, b, &result) ? std::nullopt : std::optional(result);
    case Op::divide:
    case Op::remainder:
      if (b == 0 || (b == -1 && a == std::numeric_limits<std::int64_t>::min())) return std::nullopt;
      return op == Op::divide ? a / b : a % b;
    default:
      return a & b;
  }
}

}  // namespace

int three_way(const Occurrence& a, const Occurrence& b, Comparison how) {
  switch (how) {
    case Comparison::number:
      return sign(a.number, b.number);
    case Comparison::integer:
      return sign(a.integer(), b.integer());
    case Comparison::real:
      return sign(a.real, b.real);
    case Comparison::address:
      return address_order(a, b);
    case Comparison::octets:
      if (a.size != b.size) return sign(a.size, b.size);
      return octet_order(a.data, b.data, a.size);
    case Comparison::id:
      if (a.size > b.size && a.text().starts_with(b.text()) && a.text()[b.size] == '-') return 0;
      [[fallthrough]];
    case Comparison::text:
      if (const int order = octet_order(a.data, b.data, std::min(a.size, b.size)); order != 0) return order;
      return sign(a.size, b.size);
  }
  return 0;
}

bool Machine::run(const FrameContext& context) {
  bool flag = true;
  for (std::size_t at = 0; at < code.size(); ++at) {
    const Instruction& i = code[at];
    switch (i.code) {
      case Instruction::Code::load:
        load(i, context);
        break;
      case Instruction::Code::slice:
        slice(i);
        break;
      case Instruction::Code::call:
        apply(i, registers);
        break;
      case Instruction::Code::compute:
        compute(i);
        break;
      case Instruction::Code::exists:
        flag = !registers[i.a].empty();
        break;
      case Instruction::Code::nonzero:
        flag = std::ranges::any_of(registers[i.a].items(), [](const Occurrence& one) { return !is_zero(one); });
        break;
      case Instruction::Code::compare:
        flag = compare(i);
        break;
      case Instruction::Code::contains:
        flag = contains(i);
        break;
      case Instruction::Code::matches:
        flag = matches(i);
        break;
      case Instruction::Code::member:
        flag = member(i);
        break;
      case Instruction::Code::invert:
        flag = !flag;
        break;
      case Instruction::Code::jump_if_false:
        if (!flag) at = i.target - 1;
        break;
      case Instruction::Code::jump_if_true:
        if (flag) at = i.target - 1;
        break;
      case Instruction::Code::save:
        slots[i.a] = flag;
        break;
      case Instruction::Code::differs:
        flag = flag != slots[i.a];
        break;
    }
  }
  return flag;
}

void Machine::load(const Instruction& i, const FrameContext& context) {
  Occurrences& into = registers[i.into];
  read_field(*i.field, context, into);
  if (i.ranges.empty() || into.empty()) return;
  struct Wanted {
    const Instruction& i;
    int total;
  };
  const auto layers = context.frame.layers();
  const auto total = std::ranges::count(layers, i.field->protocol, &Layer::protocol);
  const Wanted wanted{i, i.field->of_frame ? 1 : static_cast<int>(total)};
  into.drop_if_not(
      [](const Occurrence& one, const void* with) {
        const auto& w = *static_cast<const Wanted*>(with);
        return in_layers(one.nth, w.total, w.i.ranges);
      },
      &wanted);
}

void Machine::slice(const Instruction& i) {
  Occurrences& into = registers[i.into];
  into.clear();
  for (const Occurrence& one : registers[i.a].items()) {
    std::span<const std::byte> octets;
    if (i.ranges.size() == 1) {
      octets = part(one.octets(), i.ranges.front());
      if (octets.empty()) continue;
    } else {
      std::string& words = into.words();
      words.clear();
      bool whole = true;
      for (const Range& range : i.ranges) {
        const std::span<const std::byte> piece = part(one.octets(), range);
        whole = whole && !piece.empty();
        words.append(reinterpret_cast<const char*>(piece.data()), piece.size());
      }
      if (!whole) continue;
      const std::string_view kept = into.keep(words);
      octets = std::as_bytes(std::span(kept.data(), kept.size()));
    }
    Occurrence& result = into.add();
    result.data = octets.data();
    result.size = result.whole = static_cast<std::uint32_t>(octets.size());
    result.nth = one.nth;
  }
}

void Machine::compute(const Instruction& i) {
  Occurrences& into = registers[i.into];
  into.clear();
  const std::uint64_t most = i.wide ? std::numeric_limits<std::uint64_t>::max() : 0xffffffffu;
  for (const Occurrence& a : registers[i.a].items()) {
    for (const Occurrence& b : registers[i.b].items()) {
      if (a.data != nullptr) {  // octets: bit by bit, over the length of the first
        std::string& words = into.words();
        words.clear();
        for (std::uint32_t n = 0; n < a.size && n < b.size; ++n)
          words += static_cast<char>(std::to_integer<unsigned>(a.data[n] & b.data[n]));
        Occurrence& result = into.add_text(words);
        result.nth = a.nth;
      } else if (i.comparison == Comparison::real) {
        Occurrence& result = into.add();
        result.real = i.op == Op::add        ? a.real + b.real
                      : i.op == Op::subtract ? a.real - b.real
                      : i.op == Op::multiply ? a.real * b.real
                                             : a.real / b.real;
      } else if (i.is_signed) {
        if (const auto value = computed(i.op, a.integer(), b.integer())) into.add().number = static_cast<std::uint64_t>(*value);
      } else if (i.op == Op::subtract && i.all) {  // a sign: below zero wraps, as in Wireshark
        into.add().number = (0 - b.number) & most;
      } else if (const auto value = computed(i.op, a.number, b.number, most)) {
        into.add().number = *value;
      }
    }
  }
}

bool Machine::compare(const Instruction& i) {
  const std::span<const Occurrence> left = registers[i.a].items();
  const std::span<const Occurrence> right = registers[i.b].items();
  if (left.empty() || right.empty()) return false;
  for (const Occurrence& a : left)
    for (const Occurrence& b : right)
      if (holds(i.op, three_way(a, b, i.comparison)) != i.all) return !i.all;
  return i.all;
}

bool Machine::contains(const Instruction& i) {
  const std::span<const Occurrence> left = registers[i.a].items();
  const std::span<const Occurrence> right = registers[i.b].items();
  if (left.empty() || right.empty()) return false;
  for (const Occurrence& a : left)
    for (const Occurrence& b : right)
      if (found(reach(a, i.searched), reach(b, false)) != i.all) return !i.all;
  return i.all;
}

bool Machine::matches(const Instruction& i) {
  const std::span<const Occurrence> left = registers[i.a].items();
  if (left.empty()) return false;
  for (const Occurrence& a : left)
    if (patterns[i.target]->found_in(reach(a, i.searched)) != i.all) return !i.all;
  return i.all;
}

bool Machine::member(const Instruction& i) {
  const std::span<const Occurrence> left = registers[i.a].items();
  if (left.empty()) return false;
  const auto inside = [&](const Occurrence& a) {
    for (std::size_t n = 0; n + 1 < i.arguments.size(); n += 2) {
      const std::span<const Occurrence> low = registers[i.arguments[n]].items();
      const std::span<const Occurrence> high = registers[i.arguments[n + 1]].items();
      const bool single = i.arguments[n] == i.arguments[n + 1];
      for (const Occurrence& b : low) {
        const int order = three_way(a, b, i.comparison);
        if (single ? order == 0 : order >= 0 && !high.empty() && three_way(a, high.front(), i.comparison) <= 0) return true;
      }
    }
    return false;
  };
  return i.all ? std::ranges::all_of(left, inside) : std::ranges::any_of(left, inside);
}

}  // namespace ft::analysis::filter
