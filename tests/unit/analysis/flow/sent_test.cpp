#include "analysis/flow/sent.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>

using namespace ft::analysis;

TEST_CASE("a full ring of pieces keeps its history, and need not be asked for room often") {
  constexpr std::uint32_t history = 6, waiting = 3, many = 1000;
  flow::PieceStore store(1 << 20);
  flow::SentLog sent;
  std::uint32_t asked = 0;
  for (std::uint32_t i = 0; i < many; ++i) {
    asked += sent.has_room(1) ? 0U : 1U;
    CHECK(sent.reserve(store, 1, history, flow::PieceStore::most));
    CHECK(sent.unacked() - sent.first() >= std::min(sent.unacked(), history));
    flow::Piece& piece = sent.append();
    piece.seq = i * 100;
    piece.end = piece.seq + 100;
    if (i >= waiting) sent.set_unacked(sent.last() - waiting);
    CHECK(sent[sent.last() - 1].seq == i * 100);
  }
  CHECK(sent.capacity() == 16);
  CHECK(asked < many / 3);
  sent.release(store);
}
