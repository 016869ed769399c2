#include "analysis/particulars.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace ft;
using namespace ft::analysis;

TEST_CASE("particulars are said in both languages") {
  Particulars p;
  CHECK(say(p, Lang::en).empty());
  p.add(Fact::sent_before, std::chrono::milliseconds(31));
  p.add(Fact::queued, 20u);
  CHECK(say(p, Lang::en) == "sent 31 ms before one that arrived, 20 octets wait");
  CHECK(say(p, Lang::zh) == "比一个已到达的早发 31 ms，20 字节在等待");
}

TEST_CASE("every particular has a phrase with a place for its number") {
  for (int i = 0; i < static_cast<int>(Fact::count_); ++i) {
    Particulars p;
    p.add(static_cast<Fact>(i), 1234u);
    for (const Lang lang : {Lang::en, Lang::zh}) CHECK(say(p, lang).find("1") != std::string::npos);
    CHECK(std::ranges::all_of(say(p, Lang::en), [](char c) { return c >= 0x20 && c < 0x7f; }));
  }
}
