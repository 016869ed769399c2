#include "cli/filter_text.hpp"

#include <array>
#include <cstdint>
#include <cstdio>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace ft::cli {

namespace {

constexpr std::uint32_t most_steps = 100'000;    // of one search
constexpr std::uint32_t most_memory = 4 * 1024;  // KiB

struct CodeDeleter {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct DataDeleter {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};
struct ContextDeleter {
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};

class Pcre final : public analysis::Pattern {
 public:
  explicit Pcre(pcre2_code* code)
      : code_(code), data_(pcre2_match_data_create_from_pattern(code, nullptr)), context_(pcre2_match_context_create(nullptr)) {
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);  // without it the search is only slower
    if (context_ != nullptr) {
      pcre2_set_match_limit(context_.get(), most_steps);
      pcre2_set_heap_limit(context_.get(), most_memory);
    }
  }
  bool found_in(std::span<const std::byte> octets) override {
    const auto* subject =
        reinterpret_cast<PCRE2_SPTR>(octets.data() == nullptr ? "" : reinterpret_cast<const char*>(octets.data()));
    return pcre2_match(code_.get(), subject, octets.size(), 0, 0, data_.get(), context_.get()) >= 0;
  }

 private:
  std::unique_ptr<pcre2_code, CodeDeleter> code_;
  std::unique_ptr<pcre2_match_data, DataDeleter> data_;
  std::unique_ptr<pcre2_match_context, ContextDeleter> context_;
};

class PcreMaker final : public analysis::PatternMaker {
 public:
  std::expected<std::unique_ptr<analysis::Pattern>, Error> make(std::string_view pattern) override {
    int number = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                     PCRE2_CASELESS | PCRE2_NEVER_UTF, &number, &offset, nullptr);
    if (code != nullptr) return std::make_unique<Pcre>(code);
    std::array<PCRE2_UCHAR, 200> words{};
    pcre2_get_error_message(number, words.data(), words.size());
    return std::unexpected(Error{reinterpret_cast<const char*>(words.data()), offset});
  }
};

}  // namespace

std::unique_ptr<analysis::PatternMaker> make_patterns() { return std::make_unique<PcreMaker>(); }

std::optional<analysis::Filter> compile_filter(const std::string& command, const std::string& text) {
  const auto patterns = make_patterns();
  auto filter = analysis::Filter::compile(text, {.patterns = patterns.get()});
  if (!filter) {
    std::fprintf(stderr, "fourtuple %s: display filter: %s\n", command.c_str(), analysis::to_text(text, filter.error()).c_str());
    return std::nullopt;
  }
  for (const analysis::FilterRemark& warning : filter->warnings())
    std::fprintf(stderr, "fourtuple %s: display filter, a warning: %s\n", command.c_str(),
                 analysis::to_text(text, warning).c_str());
  return std::move(*filter);
}

}  // namespace ft::cli
