#include "cli/packet_files.hpp"
#include "cli/until.hpp"
#include "io/capture_source.hpp"
#include "told.hpp"

#include <array>

#include <unistd.h>

using namespace ft;
using namespace ft::cli;
namespace flag = wire::tcp_flag;

namespace {

const std::vector<pcap::Interface> interfaces{{.link_type = pcap::LinkType::ethernet, .name = "lo", .filter = "tcp"}};

int packets_in(const std::string& path) {
  auto source = io::open_capture(path);
  REQUIRE_MESSAGE(source, (source ? "" : source.error()));
  pcap::Packet packet;
  int count = 0;
  io::CaptureSource::Step step;
  while ((step = (*source)->next(packet)) == io::CaptureSource::Step::packet) ++count;
  CHECK(step == io::CaptureSource::Step::end);
  return count;
}

analysis::Segment segment(bool from_client, std::uint8_t flags, std::uint32_t seq, std::uint32_t ack) {
  analysis::Segment s;
  s.source = s.destination = IpAddress::v4(10, 0, 0, 1);
  s.source_port = from_client ? 40000 : 80;
  s.destination_port = from_client ? 80 : 40000;
  s.flags = flags;
  s.seq = Seq{seq};
  s.ack = Seq{ack};
  return s;
}

}  // namespace

TEST_CASE("a ring is so many files of so large a size or so long a time") {
  CHECK(parse_ring("10x100MB")->files == 10);
  CHECK(parse_ring("10x100MB")->octets == 100'000'000);
  CHECK(parse_ring("24x1h")->time == std::chrono::hours(1));
  for (const char* bad : {"", "10", "10x", "x1MB", "1x1MB", "10x5", "10x10ms", "ax1MB"}) CHECK_FALSE(parse_ring(bad));
  CHECK(parse_ring("7").error() == "\"7\": expected FILESxSIZE or FILESxTIME, as in 10x100MB or 24x1h");
  CHECK(ring_name("/a.b/trace.pcapng", 7) == "/a.b/trace_00007.pcapng");
  CHECK(ring_name("/a.b/trace", 12345) == "/a.b/trace_12345");
}

TEST_CASE("a ring keeps its newest files, each a capture of its own, none larger than asked for") {
  std::string folder = "/tmp/fourtuple-ring-XXXXXX";
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  auto files = PacketFiles::create(folder + "/t.pcapng", interfaces, RingSpec{.files = 3, .octets = 64 * 1024, .time = {}});
  REQUIRE(files);
  const std::array<std::byte, 1000> octets{};
  for (int i = 0; i < 500; ++i) REQUIRE(files->append({.at = Instant{Duration{i}}, .octets = octets}));
  REQUIRE(files->close(500, 7));
  REQUIRE(files->names().size() == 3);
  int sum = 0;
  for (const std::string& name : files->names()) {
    const int count = packets_in(name);
    sum += count;
    CHECK(count > 0);
    CHECK(count * 1032 < 64 * 1024);
  }
  CHECK(sum > 60);
  CHECK(sum < 200);
  CHECK(::access((folder + "/t_00001.pcapng").c_str(), F_OK) != 0);
  const auto last = io::open_capture(files->names().back());
  pcap::Packet packet;
  while ((*last)->next(packet) == io::CaptureSource::Step::packet) {
  }
  CHECK((*last)->dropped() == 7);
  CHECK((*last)->interfaces()[0].filter == "tcp");
  CHECK(std::system(("rm -r " + folder).c_str()) == 0);
}

TEST_CASE("a capture waits for a handshake of which all three segments came") {
  UntilWatch watch(Until::handshake);
  CHECK_FALSE(watch.on(segment(true, flag::ack, 5, 5)));
  CHECK_FALSE(watch.on(segment(true, flag::syn, 100, 0)));
  CHECK_FALSE(watch.on(segment(true, flag::syn, 100, 0)));
  CHECK_FALSE(watch.on(segment(false, flag::syn | flag::ack, 900, 101)));
  CHECK_FALSE(watch.on(segment(false, flag::ack, 901, 101)));
  CHECK(watch.on(segment(true, flag::ack, 101, 901)));
}

TEST_CASE("a capture waits for both FINs and their acknowledgements, or for a RST") {
  UntilWatch watch(Until::close);
  CHECK_FALSE(watch.on(segment(true, flag::fin | flag::ack, 101, 901)));
  CHECK_FALSE(watch.on(segment(false, flag::ack, 901, 102)));
  CHECK_FALSE(watch.on(segment(false, flag::fin | flag::ack, 901, 102)));
  CHECK_FALSE(watch.on(segment(true, flag::ack, 102, 901)));
  CHECK(watch.on(segment(true, flag::ack, 102, 902)));
  CHECK(UntilWatch(Until::close).on(segment(true, flag::rst, 1, 0)));
  CHECK_FALSE(UntilWatch(Until::stopped).on(segment(true, flag::rst, 1, 0)));
}

TEST_CASE("capture refuses wrong words with one line") {
  const auto complaint = [](const std::string& arguments, int status, std::string_view expected) {
    const Ran ran = Ran::program("capture " + arguments);
    CAPTURE(ran.output);
    CHECK(ran.status == status);
    CHECK(ran.output.find(expected) != std::string::npos);
  };
  complaint("--ring 10x1MB", 2, "--ring needs -w FILE");
  complaint("-w x.pcapng --ring 1x1MB", 2, "expected FILESxSIZE");
  complaint("--until dawn", 2, "--until");
  complaint("--buffer 3", 2, "expected 64KiB to 1GiB");
  complaint("-i lo tcp.port == 80", 2, "or say it in the capture filter's language: 'tcp port 80'");
  complaint("-i no-such-interface", 1, "cannot capture on no-such-interface: ");
}
