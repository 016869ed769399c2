// A judge from outside: tshark reads what we wrote. Where tshark is not installed the test says so and passes.
#include "pcap/writer.hpp"
#include "wire/checksum.hpp"
#include "wire/tcp.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/cursor.hpp"

using namespace ft;

namespace {

struct Outcome {
  std::string output;  // standard output and standard error
  int status = -1;
};

Outcome run(const std::string& command) {
  Outcome outcome;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 512> buffer{};
  while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe) != nullptr) {
    const std::string line = buffer.data();
    if (!line.starts_with("Running as user")) outcome.output += line;  // what tshark tells root
  }
  outcome.status = pclose(pipe);
  return outcome;
}

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::vector<std::byte>& content) {
    std::string name = (std::filesystem::temp_directory_path() / "fourtuple-XXXXXX").string();
    const int fd = mkstemp(name.data());
    REQUIRE(fd >= 0);
    FILE* file = fdopen(fd, "wb");
    REQUIRE(file != nullptr);
    const std::size_t written = std::fwrite(content.data(), 1, content.size(), file);
    REQUIRE(std::fclose(file) == 0);
    path_ = name;
    REQUIRE(written == content.size());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A SYN in an IPv4 packet, checksums right.
std::vector<std::byte> syn_packet() {
  const auto source = IpAddress::v4(10, 0, 0, 1);
  const auto destination = IpAddress::v4(10, 0, 0, 2);
  wire::TcpHeader header;
  header.source_port = 49152;
  header.destination_port = 80;
  header.seq = Seq{1000};
  header.flags = wire::tcp_flag::syn;
  header.window = 65535;
  header.options.mss = 1460;
  header.options.sack_permitted = true;
  header.options.timestamps = wire::Timestamps{.val = 7, .ecr = 0};
  header.options.window_scale = 7;
  const std::size_t length = wire::tcp_header_length(header);
  std::vector<std::byte> packet(20 + length);
  ByteWriter ip{packet};
  ip.u16(0x4500);
  ip.u16(static_cast<std::uint16_t>(packet.size()));
  ip.u32(0x00004000);  // do not fragment
  ip.u16(0x4006);      // TTL 64, TCP
  ip.u16(0);
  ip.bytes(source.octets());
  ip.bytes(destination.octets());
  store_be16(&packet[10], wire::finish(wire::add_octets(0, std::span{packet}.first(20))));
  const auto tcp = std::span{packet}.subspan(20);
  wire::write_tcp(header, tcp);
  const auto sum = wire::pseudo_header(source, destination, 6, static_cast<std::uint32_t>(length));
  store_be16(&tcp[16], wire::finish(wire::add_octets(sum, tcp)));
  return packet;
}

bool tshark_is_missing() {
  if (run("tshark --version").status == 0) return false;
  MESSAGE("skipped: tshark is not installed");
  return true;
}

const std::string fields =
    " -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE -T fields -E separator=, -e frame.time_epoch -e frame.interface_name "
    "-e frame.packet_flags_direction -e ip.checksum.status -e tcp.checksum.status -e tcp.options.mss_val -e frame.comment";

}  // namespace

TEST_CASE("tshark reads our pcapng without a complaint") {
  if (tshark_is_missing()) return;
  std::vector<std::byte> file;
  pcap::append_section_header(file, "fourtuple", "two interfaces");
  pcap::append_interface(file, {.link_type = pcap::LinkType::raw_ip, .name = "client", .description = "10.0.0.1"});
  pcap::append_interface(file, {.link_type = pcap::LinkType::ethernet, .name = "server", .description = "10.0.0.2"});
  const auto packet = syn_packet();
  auto frame = packet;
  const std::array<std::uint8_t, 14> ethernet{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0};
  frame.insert(frame.begin(), std::as_bytes(std::span{ethernet}).begin(), std::as_bytes(std::span{ethernet}).end());
  pcap::append_packet(file, {.at = Instant{Duration{1'700'000'000'000'000'001}},
                             .interface = 0,
                             .direction = pcap::Direction::outbound,
                             .octets = packet,
                             .comments = {"call-connect (RFC 9293 3.10.1)"}});
  pcap::append_packet(file, {.at = Instant{Duration{1'700'000'000'020'000'001}},
                             .interface = 1,
                             .direction = pcap::Direction::inbound,
                             .octets = frame});
  const TemporaryFile stored{file};
  const Outcome told = run("tshark -2 -r " + stored.path() + fields);
  CHECK(told.status == 0);
  CHECK(told.output ==
        "1700000000.000000001,client,0x00000002,1,1,1460,call-connect (RFC 9293 3.10.1)\n"
        "1700000000.020000001,server,0x00000001,1,1,1460,\n");
}

TEST_CASE("tshark reads our classic pcap without a complaint") {
  if (tshark_is_missing()) return;
  std::vector<std::byte> file;
  pcap::append_classic_header(file, pcap::LinkType::raw_ip);
  const auto packet = syn_packet();
  pcap::append_classic_packet(file, {.at = Instant{Duration{1'700'000'000'000'000'001}}, .octets = packet});
  const TemporaryFile stored{file};
  const Outcome told = run("tshark -2 -r " + stored.path() + fields);
  CHECK(told.status == 0);
  CHECK(told.output == "1700000000.000000001,,,1,1,1460,\n");
}
