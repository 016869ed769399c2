// The byte ring against a plain string.
#include "base/byte_ring.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <span>
#include <string>

namespace {

using ft::BufferPool;
using ft::ByteRing;

TEST_CASE("the byte ring agrees with a string under any writes, growth and consumption") {
  CHECK(rc::check([] {
    BufferPool pool(1 << 15);
    ByteRing ring;
    std::string model;  // what lies at offset 0 and on; '\0' where nothing was written
    const int steps = *rc::gen::inRange(1, 60);
    unsigned counter = 0;
    for (int step = 0; step < steps; ++step) {
      switch (*rc::gen::inRange(0, 4)) {
        case 0: {
          const auto wanted = *rc::gen::inRange<std::uint32_t>(0, 20'000);
          const auto before = ring.capacity();
          const bool grown = ring.ensure(pool, wanted);
          RC_ASSERT((grown ? ring.capacity() >= wanted : ring.capacity() == before));
          RC_ASSERT(pool.used() == ring.capacity());
          break;
        }
        case 1: {
          const auto n = *rc::gen::inRange<std::uint32_t>(0, static_cast<std::uint32_t>(model.size()) + 1);
          ring.advance(n);
          model.erase(0, n);
          break;
        }
        case 2: {
          if (model.empty() && ring.capacity() > 0) {
            ring.release(pool);
            RC_ASSERT(pool.used() == 0u);
          }
          break;
        }
        default: {
          // Up to what was written before: the owner never reads a hole.
          const auto offset = *rc::gen::inRange<std::uint32_t>(0, static_cast<std::uint32_t>(model.size()) + 1);
          const auto room = ring.capacity() - offset;
          const auto length = *rc::gen::inRange<std::uint32_t>(0, room + 1);
          std::string text(length, ' ');
          for (char& c : text) c = static_cast<char>('A' + counter++ % 50);
          ring.write_at(offset, std::as_bytes(std::span(text)));
          if (model.size() < offset + length) model.resize(offset + length);
          model.replace(offset, length, text);
        }
      }
      std::string whole;
      for (const auto part : ring.view(0, static_cast<std::uint32_t>(model.size()))) {
        whole.append(reinterpret_cast<const char*>(part.data()), part.size());
      }
      RC_ASSERT(whole == model);
      if (!model.empty()) {
        const auto offset = *rc::gen::inRange<std::uint32_t>(0, static_cast<std::uint32_t>(model.size()));
        std::string piece(model.size() - offset, '?');
        ring.copy_out(offset, std::as_writable_bytes(std::span(piece)));
        RC_ASSERT(piece == model.substr(offset));
      }
    }
    ring.release(pool);
  }));
}

}  // namespace
