// What users of filters see: from text to program, and remarks as people read them.
#include "analysis/filter/filter.hpp"

#include "analysis/filter/compiler.hpp"
#include "analysis/filter/program.hpp"

#include <algorithm>

namespace ft::analysis {

using namespace filter;

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
