// Any text as a scenario file: it is a scenario, or an error that begins with the file's name and a line. The small
// languages inside, sentences, durations, rates and sizes, get the same text.
#include "base/assert.hpp"
#include "sim/scenario.hpp"
#include "sim/sentence.hpp"
#include "sim/units.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

using namespace ft;

namespace {

template <typename Result>
void check_told(const Result& result) {
  FT_ASSERT(result.has_value() || !result.error().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto scenario = sim::parse_scenario("story.toml", text);
  FT_ASSERT(scenario.has_value() || scenario.error().starts_with("story.toml:"));
  check_told(sim::parse_step(text));
  check_told(sim::parse_event(text));
  check_told(sim::parse_expectation(text));
  check_told(sim::parse_duration(text));
  check_told(sim::parse_rate(text));
  check_told(sim::parse_size(text));
  const auto probability = sim::parse_probability(text);
  FT_ASSERT(!probability || (*probability >= 0 && *probability <= 1));
  const auto count = sim::parse_count(text, 1000);
  FT_ASSERT(!count || *count <= 1000);
  return 0;
}
