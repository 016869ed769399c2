#include "analysis/report/json_text.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace ft::analysis::report;

TEST_CASE("objects, arrays and commas come out as JSON, indented or flat") {
  JsonText json;
  json.begin_object().member("a", 1).key("b").begin_array(true).value(true).null().end_array();
  json.key("c").begin_object().end_object().end_object();
  CHECK(json.take() == "{\n  \"a\": 1,\n  \"b\": [true, null],\n  \"c\": {}\n}\n");
}

TEST_CASE("hostile text cannot end a JSON string") {
  JsonText json;
  json.begin_array(true).value("\"\\\n\x01\x7f\xff</script>").end_array();
  CHECK(json.take() == "[\"\\\"\\\\\\n\\u0001\\u007f\xEF\xBF\xBD</script>\"]\n");
}

TEST_CASE("numbers are JSON's: what is none is null") {
  JsonText json;
  json.begin_array(true).value(0.5).value(1e-9).value(-0.0).value(std::numeric_limits<double>::infinity());
  json.value(18446744073709551615ULL).end_array();
  CHECK(json.take() == "[0.5, 0, 0, null, 18446744073709551615]\n");
}

TEST_CASE("a long document can be taken piece by piece") {
  JsonText json(0);
  json.begin_array(true).value(1);
  const std::string first = json.take();
  json.value(2).end_array();
  CHECK(first + json.take() == "[1, 2]\n");
}
