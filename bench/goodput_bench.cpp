// The goodput tables, in virtual time: how much of a path one connection uses, for every controller, over loss, round trip and
// rate; then reordering, bursts of loss and tiny queues; then how evenly two and eight connections share. The same on every
// machine (docs/reference/goodput.md; a part is golden and played again by the tests).
//
//   goodput_bench              the tables
//   goodput_bench row KEY      one row, as the table has it ("goodput_bench row cubic/10/20/1")
#include "sim/goodput.hpp"

#include <cstdio>
#include <string>

using namespace ft::sim;

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "row") {
    for (const GoodputCase& one : goodput_cases()) {
      if (one.key != argv[2]) continue;
      std::printf("%s\n", goodput_row(one).c_str());
      return 0;
    }
    std::fprintf(stderr, "goodput_bench: no row %s; the table's first column has them all\n", argv[2]);
    return 2;
  }
  if (argc != 1) return std::fprintf(stderr, "expected: goodput_bench, or goodput_bench row KEY\n"), 2;
  std::printf("%s\n", goodput_heading().c_str());
  for (const GoodputCase& one : goodput_cases()) {
    std::printf("%s\n", goodput_row(one).c_str());
    std::fflush(stdout);
  }
  return 0;
}
