// The five algorithms of RFC 6056 3.3: never a port in use, none forgotten while one is free, and each as spread or as orderly as
// the RFC says.
#include "stack/ephemeral.hpp"

#include "covers.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <set>
#include <vector>

using namespace ft;
using stack::EphemeralPorts;
using stack::Secrets;

namespace {

constexpr PortAlgorithm algorithms[] = {PortAlgorithm::random_start, PortAlgorithm::random, PortAlgorithm::hash,
                                        PortAlgorithm::double_hash, PortAlgorithm::random_increments};
const IpAddress here = IpAddress::v4(10, 0, 0, 1);
Endpoint peer(std::uint8_t last, std::uint16_t port = 80) { return {IpAddress::v4(10, 0, 1, last), port}; }
constexpr auto anything = [](std::uint16_t) { return true; };

Secrets secrets_of(std::uint8_t seed) {
  std::array<std::uint8_t, 32> secret;
  secret.fill(seed);
  return Secrets(secret);
}

}  // namespace

TEST_CASE("every algorithm finds every free port of the range, and none that is held, until there is none") {
  FT_COVERS("rfc6056 3.2-3");
  CHECK(rc::check([] {
    const auto algorithm = *rc::gen::elementOf(std::vector<PortAlgorithm>(std::begin(algorithms), std::end(algorithms)));
    auto secrets = secrets_of(*rc::gen::arbitrary<std::uint8_t>());
    const auto first = static_cast<std::uint16_t>(*rc::gen::inRange(1, 65000));
    const auto count = *rc::gen::inRange(1, 300);
    const auto last = static_cast<std::uint16_t>(first + count - 1);
    EphemeralPorts ports({first, last}, algorithm);
    std::set<std::uint16_t> held;
    const bool one_peer = *rc::gen::arbitrary<bool>();
    for (int i = 0; i < count; ++i) {
      const auto to = peer(one_peer ? 1 : *rc::gen::arbitrary<std::uint8_t>());
      const auto port = ports.choose(secrets, here, to, [&](std::uint16_t p) { return !held.contains(p); });
      RC_ASSERT(port.has_value());
      RC_ASSERT(*port >= first);
      RC_ASSERT(*port <= last);
      RC_ASSERT(held.insert(*port).second);
    }
    RC_ASSERT(!ports.choose(secrets, here, peer(1), [&](std::uint16_t p) { return !held.contains(p); }));
  }));
}

TEST_CASE("the random algorithms use all ports alike") {
  FT_COVERS("rfc6056 3.3-1");
  for (const auto algorithm : {PortAlgorithm::random_start, PortAlgorithm::random, PortAlgorithm::random_increments}) {
    auto secrets = secrets_of(3);
    EphemeralPorts ports({1000, 1063}, algorithm);
    std::array<double, 64> seen{};
    constexpr int draws = 64 * 1000;
    for (int i = 0; i < draws; ++i) ++seen[*ports.choose(secrets, here, peer(1), anything) - 1000u];
    double chi_squared = 0;
    for (const double n : seen) chi_squared += (n - 1000) * (n - 1000) / 1000;
    CHECK(chi_squared < 120);  // 63 degrees of freedom: above 120 once in a hundred thousand tables
  }
}

TEST_CASE("where the hashes begin is spread over the range for different peers") {
  for (const auto algorithm : {PortAlgorithm::hash, PortAlgorithm::double_hash}) {
    auto secrets = secrets_of(3);
    std::array<double, 64> seen{};
    for (int i = 0; i < 64 * 1000; ++i) {
      EphemeralPorts ports({1000, 1063}, algorithm);
      const auto to = peer(static_cast<std::uint8_t>(i), static_cast<std::uint16_t>(i / 256 + 1));
      ++seen[*ports.choose(secrets, here, to, anything) - 1000u];
    }
    double chi_squared = 0;
    for (const double n : seen) chi_squared += (n - 1000) * (n - 1000) / 1000;
    CHECK(chi_squared < 120);
  }
}

TEST_CASE("towards one peer the hashes go from port to port, so that a port rests as long as can be") {
  for (const auto algorithm : {PortAlgorithm::hash, PortAlgorithm::double_hash}) {
    auto secrets = secrets_of(5);
    EphemeralPorts ports({1000, 1999}, algorithm);
    std::uint16_t before = *ports.choose(secrets, here, peer(1), anything);
    for (int i = 0; i < 2000; ++i) {
      const std::uint16_t port = *ports.choose(secrets, here, peer(1), anything);
      CHECK(port == (before == 1999 ? 1000 : before + 1));
      before = port;
    }
  }
}

TEST_CASE("with the double hash another peer's connections do not disturb the order, with the single hash they do") {
  auto secrets = secrets_of(5);
  // A peer whose counter lies elsewhere in the table.
  std::uint8_t other = 2;
  while (secrets.port_slot(here, peer(other)) % 256 == secrets.port_slot(here, peer(1)) % 256) ++other;
  for (const auto algorithm : {PortAlgorithm::hash, PortAlgorithm::double_hash}) {
    EphemeralPorts ports({1000, 60000}, algorithm);
    const auto before = *ports.choose(secrets, here, peer(1), anything);
    for (int i = 0; i < 10; ++i) REQUIRE(ports.choose(secrets, here, peer(other), anything));
    const auto after = *ports.choose(secrets, here, peer(1), anything);
    const int step = (after - before + 59001) % 59001;
    CHECK(step == (algorithm == PortAlgorithm::double_hash ? 1 : 11));
  }
}

TEST_CASE("random increments are 1 to 500, and all of them happen") {
  auto secrets = secrets_of(5);
  EphemeralPorts ports({1, 65535}, PortAlgorithm::random_increments);
  std::set<int> steps;
  int before = *ports.choose(secrets, here, peer(1), anything);
  for (int i = 0; i < 10000; ++i) {
    const int port = *ports.choose(secrets, here, peer(1), anything);
    steps.insert((port - before + 65535) % 65535);
    before = port;
  }
  CHECK(*steps.begin() == 1);
  CHECK(*steps.rbegin() == 500);
  CHECK(steps.size() == 500);
}
