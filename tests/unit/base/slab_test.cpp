#include "base/slab.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

namespace {

using ft::Slab;

TEST_CASE("a slab gives an object back by its handle") {
  Slab<std::string> slab(10);
  const auto handle = slab.emplace("first");
  REQUIRE(handle);
  CHECK(handle->generation != 0);
  REQUIRE(slab.get(*handle) != nullptr);
  CHECK(*slab.get(*handle) == "first");
  CHECK(slab.at(handle->index) == "first");
  CHECK(slab.handle_of(handle->index) == *handle);
  CHECK(slab.size() == 1);
}

TEST_CASE("a stale handle finds nothing, also after its place was used again") {
  Slab<int> slab(10);
  const auto old = *slab.emplace(1);
  slab.erase(old.index);
  CHECK(slab.get(old) == nullptr);
  CHECK_FALSE(slab.alive(old.index));
  const auto young = *slab.emplace(2);
  CHECK(young.index == old.index);
  CHECK(young.generation != old.generation);
  CHECK(slab.get(old) == nullptr);
  CHECK(*slab.get(young) == 2);
}

TEST_CASE("the handle with generation 0 and handles out of range name nothing") {
  Slab<int> slab(10);
  CHECK(slab.get({0, 0}) == nullptr);
  const auto handle = *slab.emplace(1);
  CHECK(slab.get({handle.index, 0}) == nullptr);
  slab.erase(handle.index);
  CHECK(slab.get({handle.index, 2}) == nullptr);  // the generation of the free place itself
  CHECK(slab.get({12345, 1}) == nullptr);
}

TEST_CASE("a slab refuses more objects than its limit and takes them again after an erase") {
  Slab<int> slab(2);
  const auto a = slab.emplace(1);
  CHECK(slab.emplace(2));
  CHECK_FALSE(slab.emplace(3));
  slab.erase(a->index);
  CHECK(slab.emplace(3));
  CHECK_FALSE(slab.emplace(4));
  CHECK_FALSE(Slab<int>(0).emplace(1));
}

TEST_CASE("objects of a slab keep their addresses while it grows") {
  Slab<std::uint64_t> slab(5000);
  std::vector<std::uint64_t*> addresses;
  for (std::uint64_t i = 0; i < 5000; ++i) addresses.push_back(slab.get(*slab.emplace(i)));
  for (std::uint32_t i = 0; i < 5000; ++i) {
    CHECK(&slab.at(i) == addresses[i]);
    CHECK(*addresses[i] == i);
  }
}

TEST_CASE("a slab destroys what it holds, once") {
  auto witness = std::make_shared<int>(0);
  {
    Slab<std::shared_ptr<int>> slab(1000);
    for (int i = 0; i < 600; ++i) slab.emplace(witness);
    for (std::uint32_t i = 0; i < 600; i += 2) slab.erase(i);
    CHECK(witness.use_count() == 301);
  }
  CHECK(witness.use_count() == 1);
}

TEST_CASE("for_each of a slab meets the living in order of index and may erase them") {
  Slab<int> slab(10);
  for (int i = 0; i < 6; ++i) slab.emplace(i * 10);
  slab.erase(2);
  std::vector<int> met;
  slab.for_each([&](std::uint32_t index, int& value) {
    met.push_back(value);
    if (index % 2 == 1) slab.erase(index);
  });
  CHECK(met == std::vector<int>{0, 10, 30, 40, 50});
  CHECK(slab.size() == 2);
}

}  // namespace
