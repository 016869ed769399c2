#include "io/live_capture.hpp"

#include <doctest/doctest.h>

#include <string>

#include <pcap.h>

using namespace ft;

namespace {

bool compiles(const std::string& filter) {
  pcap_t* trial = pcap_open_dead(DLT_EN10MB, 65535);
  bpf_program program{};
  const bool well = pcap_compile(trial, &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0;
  if (well) pcap_freecode(&program);
  pcap_close(trial);
  return well;
}

/// What the hint offers between its last quotes; empty: nothing.
std::string offered(std::string_view display) {
  const std::string hint = io::hint_for_capture_filter(display);
  const std::size_t from = hint.find(": '");
  return from == std::string::npos ? "" : hint.substr(from + 3, hint.size() - from - 4);
}

}  // namespace

TEST_CASE("a display filter given for a capture filter is said in the other language, and libpcap takes it") {
  CHECK(offered("tcp.port == 80") == "tcp port 80");
  CHECK(offered("ip.addr == 10.0.0.1 && tcp.dstport eq 443") == "host 10.0.0.1 and tcp dst port 443");
  CHECK(offered("!(ip.src==10.0.0.0/8) or tcp.srcport != 22") == "not (src net 10.0.0.0/8) or not tcp src port 22");
  CHECK(offered("tcp.flags.syn == 1 and tcp.flags.ack == 0") == "tcp[tcpflags] & tcp-syn != 0 and tcp[tcpflags] & tcp-ack == 0");
  CHECK(offered("ipv6.addr == fd00::1") == "host fd00::1");
  CHECK(offered("eth.addr == 02:00:00:00:00:01 and ipv6") == "ether host 02:00:00:00:00:01 and ip6");
  CHECK(offered("ip.ttl == 64") == "ip[8] = 64");
  for (const char* display : {"tcp.port == 80", "ip.addr == 10.0.0.1 && tcp.dstport eq 443",
                              "!(ip.src==10.0.0.0/8) or tcp.srcport != 22", "tcp.flags.syn == 1 and tcp.flags.ack == 0",
                              "ipv6.addr == fd00::1", "ip.ttl == 64", "eth.addr == 02:00:00:00:00:01 and ipv6", "vlan.id == 7"}) {
    CAPTURE(offered(display));
    CHECK(compiles(offered(display)));
  }
}

TEST_CASE("what a capture filter cannot say is left to -Y, and what is no display filter gets no hint") {
  CHECK(io::hint_for_capture_filter("conn.rtt > 100ms") == "this looks like a display filter: give it with -Y");
  CHECK(io::hint_for_capture_filter("tcp.port ==") == "this looks like a display filter: give it with -Y");
  CHECK(io::hint_for_capture_filter("tcp prot 80").empty());
  CHECK(io::hint_for_capture_filter("").empty());
}

TEST_CASE("a wrong capture filter is refused in libpcap's words before any right is asked for") {
  const auto live = io::LiveCapture::open({.interface = "no-such-interface", .filter = "tcp prot 80"});
  REQUIRE_FALSE(live);
  CHECK(live.error().starts_with("capture filter \"tcp prot 80\": "));
}

TEST_CASE("the interfaces of this machine are listed, and one of them is chosen") {
  const auto interfaces = io::list_capture_interfaces();
  REQUIRE_MESSAGE(interfaces, (interfaces ? "" : interfaces.error()));
  const std::string chosen = io::choose_interface(*interfaces);
  CHECK_FALSE(chosen.empty());
  CHECK(io::choose_interface({}) != "");
}
