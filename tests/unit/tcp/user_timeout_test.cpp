#include "tcp/user_timeout.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::tcp;
using namespace std::chrono_literals;

TEST_CASE("seconds are written as seconds up to nine hours, then minutes, never the reserved zero") {
  CHECK(encode_user_timeout(0s) == 1);
  CHECK(encode_user_timeout(1500ms) == 2);
  CHECK(encode_user_timeout(300s) == 300);
  CHECK(encode_user_timeout(32767s) == 0x7fff);
  CHECK(encode_user_timeout(32768s) == (0x8000 | 547));
  CHECK(encode_user_timeout(100'000h) == 0xffff);
}

TEST_CASE("what was written is read as no less") {
  for (const Duration timeout : {Duration(1s), Duration(90s), Duration(9h), Duration(10h), Duration(500h)}) {
    const auto read = decode_user_timeout(encode_user_timeout(timeout));
    REQUIRE(read);
    CHECK(*read >= timeout);
    CHECK(*read < timeout + 60s);
  }
  CHECK_FALSE(decode_user_timeout(0));
  CHECK_FALSE(decode_user_timeout(0x8000));
}

TEST_CASE("the longer timeout wins, within our limits, and only where the peer may have a say") {
  TcpOptions ours;
  ours.user_timeout = 5min;
  CHECK(adopt_user_timeout(ours, 30min) == 5min);
  ours.user_timeout_option = true;
  CHECK(adopt_user_timeout(ours, 30min) == 30min);
  CHECK(adopt_user_timeout(ours, 10s) == 5min);
  CHECK(adopt_user_timeout(ours, 48h) == 1h);
  ours.user_timeout = 10s;
  CHECK(adopt_user_timeout(ours, 20s) == 100s);
  ours.user_timeout_changeable = false;
  CHECK(adopt_user_timeout(ours, 30min) == 10s);
}
