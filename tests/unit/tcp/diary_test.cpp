#include "tcp/diary.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::tcp;

TEST_CASE("what goes again is counted under its cause, in octets and in segments") {
  Diary diary;
  diary.on_repeat(Cause::retransmit_rto, 1000, 1000);
  diary.on_repeat(Cause::retransmit_rto, 2500, 1000);  // a super-segment is as many segments as it is cut into
  diary.on_repeat(Cause::retransmit_fin, 0, 1000);
  CHECK(diary.retransmitted[Repeat::timeout].segments == 4);
  CHECK(diary.retransmitted[Repeat::timeout].octets == 3500);
  CHECK(diary.retransmitted[Repeat::fin].segments == 1);
  CHECK(diary.retransmitted[Repeat::fin].octets == 0);
  CHECK(diary.retransmitted[Repeat::fast].segments == 0);
}

TEST_CASE("every cause of a retransmission has a heading of its own") {
  for (auto i = 0; i < static_cast<int>(Cause::count_); ++i) {
    const auto cause = static_cast<Cause>(i);
    const std::string_view id = describe(cause).id;
    CAPTURE(id);
    CHECK((repeat_of(cause) != Repeat::other) ==
          (id.starts_with("retransmit-") || id == "window-probe" || id == "tail-loss-probe"));
  }
}
