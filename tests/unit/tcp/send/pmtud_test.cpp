#include "tcp/send/pmtud.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace ft;
using namespace ft::tcp;
using namespace std::chrono_literals;
using Verdict = Pmtud::Verdict;

namespace {

constexpr Instant start{1000s};

/// A path that swallows packets larger than `takes`, and a sender that always has data: one packet a step.
struct Path {
  explicit Path(std::uint16_t mtu, const PmtudConfig& config = {}) : takes(mtu) { pmtud.open(start, config); }

  /// Sends one segment of a full packet and repeats it until it gets through. The timeouts that this took.
  unsigned send_until_acked() {
    for (unsigned timeouts = 0;; ++timeouts) {
      const std::uint16_t size = pmtud.size();
      pmtud.on_sent(next, next + size, size);
      if (size <= takes) {
        next += size;
        pmtud.on_ack(now, next);
        return timeouts;
      }
      now += 1s;
      pmtud.on_timeout(now, timeouts + 1, size);
      if (timeouts > 20) return timeouts;
    }
  }

  /// Lets the search run to its end; returns the sizes that were probed.
  std::vector<std::uint16_t> search() {
    std::vector<std::uint16_t> probed;
    while (const auto size = pmtud.probe_size(now)) {
      probed.push_back(*size);
      const Seq begin = next;
      next += *size;
      pmtud.on_probe_sent(begin, next, *size);
      pmtud.on_sent(begin, next, *size);
      now += 50ms;
      if (*size <= takes) {
        pmtud.on_ack(now, next);
      } else {
        CHECK(pmtud.is_probe(begin));
        pmtud.on_probe_lost(now);
        pmtud.on_ack(now, next);  // its octets in smaller segments
      }
      if (probed.size() > 100) break;
    }
    return probed;
  }

  Pmtud pmtud;
  std::uint16_t takes;
  Seq next{1};
  Instant now = start;
};

constexpr PmtudConfig ipv6{.start = 1500, .ceiling = 1500, .least = 1280, .floor = 1280};

}  // namespace

TEST_CASE("a path that takes everything is never probed and never shrinks") {
  Path path(1500);
  for (int i = 0; i < 100; ++i) CHECK(path.send_until_acked() == 0);
  CHECK(path.pmtud.size() == 1500);
  CHECK(path.pmtud.proven() == 1500);
  CHECK(path.search().empty());
  CHECK_FALSE(path.pmtud.take_finding());
}

TEST_CASE("two timeouts of a size that never got through are a black hole: 1280 follows, then what the path takes") {
  Path path(1400);
  CHECK(path.send_until_acked() == 2);
  CHECK(path.pmtud.size() == 1280);
  CHECK(path.search() == std::vector<std::uint16_t>{1472, 1472, 1472, 1420, 1420, 1420, 1400});
  CHECK(path.pmtud.size() == 1400);
  CHECK(path.pmtud.probes_lost() == 6);
  CHECK(path.pmtud.take_finding() == 1400);
  CHECK_FALSE(path.pmtud.take_finding());
}

TEST_CASE("every path MTU from 1280 to 1500 is found to within one step") {
  for (std::uint16_t mtu = 1280; mtu <= 1500; ++mtu) {
    CAPTURE(mtu);
    Path path(mtu);
    path.send_until_acked();
    CHECK(path.search().size() <= 24);
    CHECK(path.pmtud.size() <= mtu);
    CHECK(path.pmtud.size() + Pmtud::step > mtu);
  }
}

TEST_CASE("a black hole below 1280 leads to 576 and 296 over IPv4, and never below 1280 over IPv6") {
  Path narrow(600);
  CHECK(narrow.send_until_acked() == 3);
  CHECK(narrow.pmtud.size() == 576);
  narrow.search();
  CHECK(narrow.pmtud.size() + Pmtud::step > 600);

  Path slow(300);
  CHECK(slow.send_until_acked() == 4);
  CHECK(slow.pmtud.size() == 296);

  Path broken(600, ipv6);
  CHECK(broken.send_until_acked() > 20);
  CHECK(broken.pmtud.size() == 1280);
}

TEST_CASE("a size that got through needs three timeouts, and an outage leaves the search to find it again") {
  Path path(1500);
  path.send_until_acked();
  path.takes = 1280;
  CHECK(path.send_until_acked() == 3);
  CHECK(path.pmtud.size() == 1280);
  path.takes = 1500;  // it was an outage
  path.search();
  CHECK(path.pmtud.size() == 1500);
  CHECK_FALSE(path.pmtud.take_finding());
}

TEST_CASE("timeouts of small segments say nothing about sizes") {
  Path path(1500);
  path.pmtud.on_sent(Seq{1}, Seq{501}, 540);
  for (unsigned i = 1; i < 10; ++i) CHECK_FALSE(path.pmtud.on_timeout(start, i, 540));
  CHECK(path.pmtud.size() == 1500);
}

TEST_CASE("with the search off no timeout makes packets smaller") {
  Path path(1400, {.search = PathSearch::off});
  CHECK(path.send_until_acked() > 20);
  CHECK(path.pmtud.size() == 1500);
}

TEST_CASE("a search that is always on begins at 1280 and climbs") {
  Path path(9000, {.start = 9000, .ceiling = 9000, .search = PathSearch::always});
  CHECK(path.pmtud.size() == 1280);
  path.send_until_acked();
  path.search();
  CHECK(path.pmtud.size() == 9000);
}

TEST_CASE("nothing is probed before something got through, nor while timeouts go on") {
  Path path(1400);
  path.pmtud.on_sent(Seq{1}, Seq{1461}, 1500);
  CHECK_FALSE(path.pmtud.on_timeout(path.now, 1, 1500));
  CHECK(path.pmtud.on_timeout(path.now, 2, 1500));
  CHECK_FALSE(path.pmtud.probe_size(path.now + 1min));
  path.pmtud.on_sent(Seq{1}, Seq{1241}, 1280);
  path.pmtud.on_ack(path.now, Seq{1241});
  CHECK(path.pmtud.probe_size(path.now));
}

TEST_CASE("one probe at a time, and one that a timeout sweeps away counts for nothing") {
  Path path(1400);
  path.send_until_acked();
  const auto size = path.pmtud.probe_size(path.now);
  REQUIRE(size);
  path.pmtud.on_probe_sent(path.next, path.next + *size, *size);
  CHECK_FALSE(path.pmtud.probe_size(path.now));
  CHECK_FALSE(path.pmtud.is_probe(path.next + 1));
  path.pmtud.on_timeout(path.now, 1, 1280);
  CHECK_FALSE(path.pmtud.has_probe_out());
  path.pmtud.on_ack(path.now, path.next + *size);
  CHECK(path.pmtud.size() == 1280);
  CHECK_FALSE(path.pmtud.probe_size(path.now));
  CHECK(path.pmtud.probe_size(path.now + 1s) == size);
  CHECK(path.pmtud.probes_lost() == 0);
}

TEST_CASE("ten minutes after a search or a router's word, larger sizes are tried again") {
  Path path(1400);
  path.send_until_acked();
  path.search();
  path.takes = 1500;
  path.now += 9min;
  CHECK_FALSE(path.pmtud.probe_size(path.now));
  path.now += 61s;
  path.search();
  CHECK(path.pmtud.size() == 1500);

  Path told(1400);
  told.pmtud.on_sent(Seq{1}, Seq{1461}, 1500);
  CHECK(told.pmtud.on_too_big(start, Seq{1}, 1400) == Verdict::shrunk);
  told.send_until_acked();
  CHECK_FALSE(told.pmtud.probe_size(start + 9min));
  CHECK(told.pmtud.probe_size(start + 10min));
}

// --- routers (RFC 5927 7.2) ---------------------------------------------------------------------------------------

TEST_CASE("while a size is unproven a router is believed at once, and its word is kept for the path") {
  Path path(1400);
  path.pmtud.on_sent(Seq{1}, Seq{1461}, 1500);
  CHECK(path.pmtud.on_too_big(start, Seq{1}, 1400) == Verdict::shrunk);
  CHECK(path.pmtud.size() == 1400);
  CHECK(path.pmtud.take_finding() == 1400);
}

TEST_CASE("a claim against a size that works waits, and the next ACK proves it wrong") {
  Path path(1500);
  path.send_until_acked();
  path.pmtud.on_sent(path.next, path.next + 1460, 1500);
  CHECK(path.pmtud.on_too_big(start, path.next, 600) == Verdict::waits);
  CHECK(path.pmtud.size() == 1500);
  path.pmtud.on_ack(start, path.next + 1460);
  CHECK_FALSE(path.pmtud.on_timeout(start, 1, 1500));
  CHECK(path.pmtud.size() == 1500);
}

TEST_CASE("a claim against a size that works is right when a timeout follows") {
  Path path(1500);
  path.send_until_acked();
  path.pmtud.on_sent(path.next, path.next + 1460, 1500);
  CHECK(path.pmtud.on_too_big(start, path.next, 1492) == Verdict::waits);
  CHECK(path.pmtud.on_timeout(start, 1, 1500));
  CHECK(path.pmtud.size() == 1492);
  CHECK(path.pmtud.take_finding() == 1492);
  // And one that comes after the timeout needs not wait for another.
  path.pmtud.on_sent(path.next, path.next + 1452, 1492);
  CHECK(path.pmtud.on_too_big(start, path.next, 1400) == Verdict::shrunk);
}

TEST_CASE("nothing that was sent can have been too big for a larger number") {
  Path path(1500);
  path.pmtud.on_sent(Seq{1}, Seq{101}, 140);
  CHECK(path.pmtud.on_too_big(start, Seq{1}, 150) == Verdict::ignored);
  CHECK(path.pmtud.on_too_big(start, Seq{1}, 68) == Verdict::ignored);  // raised to 576, and no such packet left
  CHECK(path.pmtud.size() == 1500);
}

TEST_CASE("claims below the protocol's least are raised to it") {
  Path v4(1500);
  v4.pmtud.on_sent(Seq{1}, Seq{1461}, 1500);
  CHECK(v4.pmtud.on_too_big(start, Seq{1}, 68) == Verdict::shrunk);
  CHECK(v4.pmtud.size() == 576);
  Path v6(1500, ipv6);
  v6.pmtud.on_sent(Seq{1}, Seq{1441}, 1500);
  CHECK(v6.pmtud.on_too_big(start, Seq{1}, 1000) == Verdict::shrunk);
  CHECK(v6.pmtud.size() == 1280);
  v6.pmtud.on_sent(Seq{1}, Seq{1221}, 1280);
  CHECK(v6.pmtud.on_too_big(start, Seq{1}, 1000) == Verdict::ignored);
}

TEST_CASE("a router that says no number leads down the plateaus") {
  Path path(1500);
  std::vector<std::uint16_t> sizes;
  for (int i = 0; i < 6; ++i) {
    path.pmtud.on_sent(Seq{1}, Seq{2}, path.pmtud.size());
    if (path.pmtud.on_too_big(start, Seq{1}, 0) == Verdict::shrunk) sizes.push_back(path.pmtud.size());
  }
  CHECK(sizes == std::vector<std::uint16_t>{1492, 1280, 1006, 576});
}

TEST_CASE("what a router says about a probe is the next size to be tried") {
  Path path(1432);
  path.send_until_acked();
  const auto size = path.pmtud.probe_size(path.now);
  REQUIRE(size == 1472);
  path.pmtud.on_probe_sent(path.next, path.next + *size, *size);
  CHECK(path.pmtud.on_too_big(path.now, path.next, 1432) == Verdict::ignored);
  CHECK(path.pmtud.is_probe(path.next));
  path.pmtud.on_probe_lost(path.now);
  CHECK(path.search() == std::vector<std::uint16_t>{1432});
  CHECK(path.pmtud.size() == 1432);
}

TEST_CASE("octets that were cut smaller prove nothing about the size they first had") {
  Path path(1500);
  path.pmtud.on_sent(Seq{1}, Seq{1461}, 1500);
  path.pmtud.on_sent(Seq{1}, Seq{537}, 576);
  path.pmtud.on_sent(Seq{537}, Seq{1073}, 576);
  path.pmtud.on_ack(start, Seq{1461});
  CHECK(path.pmtud.proven() <= 576);
}
