// What explain, why, stats and report read a capture with.
#include "cli/examine.hpp"

#include "analysis/quantity.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

#include <unistd.h>

using namespace ft;
using namespace ft::cli;

namespace {

constexpr std::size_t header = 24;  // of the file

std::string capture(const std::string& name) {
  std::ifstream from(FT_SOURCE_DIR "/tests/captures/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(from), {}};
}

/// A file that is gone at the end.
struct Temporary {
  std::string path = "/tmp/fourtuple-examine-XXXXXX";
  explicit Temporary(const std::string& octets) {
    const int file = ::mkstemp(path.data());
    REQUIRE(file >= 0);
    ::close(file);
    std::ofstream(path, std::ios::binary) << octets;
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() { ::unlink(path.c_str()); }
};

/// A capture of many connections several times over, longer than what is read at a time; it may be spoilt.
struct Copy : Temporary {
  Copy() : Temporary(several()) {}
  static std::string several() {
    std::string all = capture("many_conns.client.pcap");
    const std::string once = all.substr(header);
    for (int i = 0; i < 4; ++i) all += once;
    return all;
  }
  void shorten() const { REQUIRE(::truncate(path.c_str(), 300'000) == 0); }
};

/// A SYN from each of so many ports.
std::string calls(std::uint16_t count) {
  constexpr std::size_t record = 16, to_port = record + 14 + 20;
  const std::string normal = capture("normal.client.pcap");
  const auto length = static_cast<unsigned char>(normal[header + 8]);  // of the first packet, which is a SYN
  std::string all = normal.substr(0, header);
  for (std::uint16_t port = 1; port <= count; ++port) {
    std::string call = normal.substr(header, record + length);
    call[to_port] = static_cast<char>(port >> 8);
    call[to_port + 1] = static_cast<char>(port);
    all += call;
  }
  return all;
}

std::unique_ptr<Examination> opened(const Temporary& copy, ExamineOptions options = {}) {
  auto examined = Examination::open(copy.path, analysis::Lang::en, options);
  REQUIRE(examined);
  return std::move(*examined);
}

struct Everything final : analysis::SeriesSink {
  bool wants(std::uint32_t) override { return true; }
  void on_sample(const analysis::Sample&) override {}
};

bool remarks_on(const Examination& examined, std::string_view text) {
  for (const std::string& remark : examined.file().remarks)
    if (remark.find(text) != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("a capture that is shortened under its reader is told as far as it goes") {
  const Copy copy;
  const auto examined = opened(copy);
  copy.shorten();
  examined->read();
  CHECK(examined->file().partial);
  CHECK(remarks_on(*examined, "truncated at octet "));
  CHECK(examined->file().packets > 10);
}

TEST_CASE("a capture that is shortened between the readings says how far the second came") {
  const Copy copy;
  const auto examined = opened(copy);
  examined->read();
  CHECK_FALSE(examined->file().partial);
  copy.shorten();
  Everything sink;
  std::uint64_t frames = 0;
  CHECK(examined->read_again(sink, [&frames](const analysis::Frame&, const pcap::Packet&) { ++frames; }));
  CHECK(frames > 10);
  CHECK(examined->file().partial);
  using analysis::count_text;
  CHECK(remarks_on(*examined, "the first " + count_text(frames) + " packets of " + count_text(examined->file().packets)));
}

TEST_CASE("connections are told in order and once each, also when there are so many that two threads make them") {
  const auto examined = opened(Temporary(calls(3000)), {.verify = false});  // a changed port makes the checksum wrong
  examined->read();
  REQUIRE(examined->streams() == 3000);
  const auto wanted = [](std::uint32_t stream) { return stream % 3 != 1; };
  std::uint32_t next = 0;
  examined->each_connection(wanted, [&](const analysis::Connection& connection) {
    while (!wanted(next)) ++next;
    CHECK(connection.stream == next);
    CHECK(connection.sides[0].endpoint.port == next + 1);
    CHECK(connection.first_frame == next + 1);
    const analysis::Connection alone = examined->connection(next);
    CHECK(connection.verdict == alone.verdict);
    REQUIRE(connection.findings.size() == alone.findings.size());
    for (std::size_t i = 0; i < alone.findings.size(); ++i) CHECK(connection.findings[i].id == alone.findings[i].id);
    ++next;
  });
  CHECK(next == 3000);
}
