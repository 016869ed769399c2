#include "analysis/text_width.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace ft::analysis;

TEST_CASE("a Chinese character takes two columns, a combining mark none") {
  CHECK(display_width("SYN") == 3);
  CHECK(display_width("客户端") == 6);
  CHECK(display_width("e\u0301") == 1);
  CHECK(display_width("│→…") == 3);
  CHECK(display_width("，。") == 4);
}

TEST_CASE("octets that are not UTF-8 count one each and end") {
  CHECK(display_width("a\xff\xfe"
                      "b") == 4);
  CHECK(display_width("\xe4\xb8") == 2);  // cut in the middle of a character
  CHECK(display_width("\xf0\x9f") == 2);
}

TEST_CASE("padding counts columns, not octets") {
  CHECK(pad_right("端", 4) == "端  ");
  CHECK(pad_left("端", 4) == "  端");
  CHECK(pad_right("abcdef", 4) == "abcdef");
}

TEST_CASE("cutting leaves room for the mark") {
  CHECK(cut("handshake", 9) == "handshake");
  CHECK(cut("handshake", 6) == "hands…");
  CHECK(cut("客户端请求", 6) == "客户…");
  CHECK(cut("handshake", 6, "...") == "han...");
}

TEST_CASE("English is wrapped at blanks") {
  const auto lines = wrap("the quick brown fox", 10);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "the quick");
  CHECK(lines[1] == "brown fox");
}

TEST_CASE("Chinese is wrapped anywhere, but no line begins with a full stop") {
  const auto lines = wrap("客户端请求连接。好", 14);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "客户端请求连");
  CHECK(lines[1] == "接。好");
  for (const auto& line : wrap("（甲）乙，丙。丁“戊”己：庚", 6)) {
    CHECK(display_width(line) <= 6);
    CHECK_FALSE(line.starts_with("，"));
    CHECK_FALSE(line.starts_with("。"));
    CHECK_FALSE(line.ends_with("（"));
  }
}

TEST_CASE("numbers inside Chinese text stay whole") {
  const auto lines = wrap("它的序号从 1483117554 开始，这里显示为零", 16);
  CHECK(std::ranges::count_if(lines, [](const auto& line) { return line.find("1483117554") != std::string::npos; }) == 1);
  for (const auto& line : lines) CHECK(display_width(line) <= 16);
}

TEST_CASE("a word longer than the line is split") {
  const auto lines = wrap("fd00:1234:5678:9abc", 8);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == "fd00:123");
}

TEST_CASE("ASCII stands for lines and arrows; letters are kept only when asked") {
  CHECK(to_ascii("├──→│ a … ✗") == "|-->| a ... X");
  CHECK(to_ascii("closed · 40 ms") == "closed - 40 ms");
  CHECK(to_ascii("端") == "?");
  CHECK(to_ascii("端→", true) == "端>");
}
