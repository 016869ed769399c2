// What explain and report say about four captures, octet for octet, as it stands in tests/golden/explain. When it changes on
// purpose: UPDATE_GOLDEN=1 ./unit_cli --test-case="*golden*", then read the difference in git before you commit it.
#include "told.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

using namespace ft::cli;

namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string first_difference(const std::string& expected, const std::string& found) {
  std::istringstream a(expected), b(found);
  std::string x, y;
  for (int line = 1; std::getline(a, x) && std::getline(b, y); ++line)
    if (x != y) return "line " + std::to_string(line) + "\n  expected: " + x + "\n  found:    " + y;
  return "one is longer";
}

}  // namespace

TEST_CASE("what explain and report say about a capture is the golden text") {
  struct Form {
    const char* name;
    const char* command;
  };
  constexpr Form forms[] = {
      {"en.txt", "explain --unicode --color never"},
      {"zh.txt", "explain --unicode --color never --lang zh"},
      {"md", "explain --md"},
      {"report.txt", "report --unicode --color never"},
  };
  const std::string source = FT_SOURCE_DIR;
  const char* update = std::getenv("UPDATE_GOLDEN");
  for (const char* capture : {"port_closed.client", "filtered_drop.client", "rst_unread.client", "half_close.client"}) {
    for (const auto& [name, command] : forms) {
      const std::string path = source + "/tests/golden/explain/" + capture + "." + name;
      const Ran ran = Ran::program(std::string(command) + " " + source + "/tests/captures/" + capture + ".pcap");
      if (update != nullptr && *update == '1') {
        std::filesystem::create_directories(source + "/tests/golden/explain");
        std::ofstream(path, std::ios::binary) << ran.output;
      }
      const std::string golden = read_file(path);
      INFO(path, ": ", first_difference(golden, ran.output));
      CHECK(golden == ran.output);
    }
  }
}
