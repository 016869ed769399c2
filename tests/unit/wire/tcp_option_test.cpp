#include "wire/tcp_option.hpp"

#include "octets.hpp"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

using namespace ft;
using namespace ft::wire;

namespace {

using Options = std::vector<std::pair<int, std::size_t>>;  // kind and octets

struct Walked {
  Options options;
  TcpOptionsEnd end{};
};

Walked walk(std::string_view hex) {
  const std::vector<std::byte> list = test::from_hex(hex);
  Walked walked;
  walked.end = each_tcp_option(
      list, [&walked](std::span<const std::byte> option) { walked.options.emplace_back(load_u8(option.data()), option.size()); });
  return walked;
}

}  // namespace

TEST_CASE("a list of options is walked to its end, with those of one octet") {
  CHECK(walk("").options.empty());
  CHECK(walk("").end == TcpOptionsEnd::proper);
  const Walked syn = walk("02 04 05 b4  01 03 03 07  04 02 01 01");
  CHECK(syn.end == TcpOptionsEnd::proper);
  CHECK(syn.options == Options{{2, 4}, {1, 1}, {3, 3}, {4, 2}, {1, 1}, {1, 1}});
}

TEST_CASE("nothing follows the end-of-list option") {
  const Walked padded = walk("04 02 00 02 04 05");
  CHECK(padded.end == TcpOptionsEnd::proper);
  CHECK(padded.options == Options{{4, 2}, {0, 1}});
}

TEST_CASE("the walk ends before an option of a wrong length, and says in which way it was wrong") {
  for (const std::string_view bad : {"04 02 08 00", "04 02 08 01 00"}) {
    CHECK(walk(bad).end == TcpOptionsEnd::bad_length);
    CHECK(walk(bad).options == Options{{4, 2}});
  }
  for (const std::string_view beyond : {"04 02 08", "04 02 08 03", "04 02 08 0a 00 00"}) {
    CHECK(walk(beyond).end == TcpOptionsEnd::overrun);
    CHECK(walk(beyond).options == Options{{4, 2}});
  }
}
