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

/// A capture of many connections several times over, longer than what is read at a time; it may be spoilt, and is gone at the
/// end.
struct Copy {
  std::string path = "/tmp/fourtuple-examine-XXXXXX";
  Copy() {
    const int file = ::mkstemp(path.data());
    REQUIRE(file >= 0);
    ::close(file);
    std::ifstream from(FT_SOURCE_DIR "/tests/captures/many_conns.client.pcap", std::ios::binary);
    const std::string capture{std::istreambuf_iterator<char>(from), {}};
    constexpr std::size_t header = 24;
    std::ofstream to(path, std::ios::binary);
    to << capture;
    for (int i = 0; i < 4; ++i) to << capture.substr(header);
  }
  ~Copy() { ::unlink(path.c_str()); }
  void shorten() const { REQUIRE(::truncate(path.c_str(), 300'000) == 0); }
};

std::unique_ptr<Examination> opened(const Copy& copy) {
  auto examined = Examination::open(copy.path, analysis::Lang::en, {});
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
