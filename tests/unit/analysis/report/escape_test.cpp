#include "analysis/report/escape.hpp"

#include <doctest/doctest.h>

using namespace ft::analysis::report;

TEST_CASE("a terminal is given no control characters, no turned text and no octets that are not UTF-8") {
  CHECK(terminal_text("plain äöü 中文") == "plain äöü 中文");
  CHECK(terminal_text("\x1b[31mred\x07") == "\\x1b[31mred\\x07");
  CHECK(terminal_text("line\nline\r") == "line\\x0aline\\x0d");
  CHECK(terminal_text("\xC2\x9B") == "\\xc2\\x9b");  // CSI as one character of C1
  CHECK(terminal_text("a\xE2\x80\xAE"
                      "b") == "a\\xe2\\x80\\xaeb");  // right-to-left override
  CHECK(terminal_text("\xff\xC0\x80") == "\\xff\\xc0\\x80");
  CHECK(terminal_text("\xED\xA0\x80") == "\\xed\\xa0\\x80");  // half of a surrogate pair
}

TEST_CASE("markup from packets is text in HTML and SVG") {
  CHECK(markup_text("<script>alert('x')</script>") == "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
  CHECK(markup_text("\" onload=\"x") == "&quot; onload=&quot;x");
  CHECK(markup_text("a&b") == "a&amp;b");
  CHECK(markup_text(std::string_view("\0\x1b", 2)) == "\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(markup_text("\xff") == "\xEF\xBF\xBD");
}

TEST_CASE("Markdown from packets stays one line and means nothing") {
  CHECK(markdown_text("| a\nb *c* [d](e) <f>") == "\\| a b \\*c\\* \\[d\\](e) &lt;f&gt;");
  CHECK(markdown_text("`x` # y") == "\\`x\\` \\# y");
}

TEST_CASE("a cell of CSV is quoted where it must be and is never a formula") {
  CHECK(csv_cell("plain") == "plain");
  CHECK(csv_cell("a,b") == "\"a,b\"");
  CHECK(csv_cell("say \"x\"") == "\"say \"\"x\"\"\"");
  CHECK(csv_cell("=cmd()") == "'=cmd()");
  CHECK(csv_cell("two\nlines") == "two\\x0alines");
}
