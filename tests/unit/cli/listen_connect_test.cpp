// The words that `fourtuple listen` and `fourtuple connect` refuse, each with one line that says what was expected.
#include "told.hpp"

#include <unistd.h>

using ft::cli::Ran;

namespace {

struct Case {
  const char* arguments;
  const char* says;
};

void check_refused(const Case& c) {
  CAPTURE(std::string(c.arguments));
  const Ran ran = Ran::program(c.arguments);
  CAPTURE(ran.output);
  CHECK(ran.status == 2);
  CHECK(ran.output.find(c.says) != std::string::npos);
  CHECK(ran.output.find('\n') == ran.output.size() - 1);
}

}  // namespace

TEST_CASE("wrong arguments of listen and connect: one line, exit status 2") {
  const Case cases[] = {
      {"listen 80", "--link is required"},
      {"connect --link tun:ft0,10.9.0.2/24,10.9.0.1 10.9.0.1", "PORT is required"},
      {"listen --link tun:ft0,10.9.0.2/24,10.9.0.1", "ENDPOINT is required"},
      {"listen --link tun:ft0,10.9.0.2/24,10.9.0.1 0", "expected one as in 9000"},
      {"listen --link tun:ft0,10.9.0.2/24,10.9.0.1 70000", "expected one as in 9000"},
      {"listen --link tun:ft0,10.9.0.2/24,10.9.0.1 here:80", "expected one as in 9000"},
      {"connect --link tun:ft0,10.9.0.2/24,10.9.0.1 10.9.0.1 0", "PORT"},
      {"connect --link tun:ft0,10.9.0.2/24,10.9.0.1 nowhere 80", "is no address"},
      {"listen --link wire:ft0 80", "expected tun:NAME,OURS/LEN[,KERNEL]"},
      {"listen --link tun:ft0,10.9.0.2/24,10.8.0.1 80", "not inside 10.9.0.2/24"},
      {"listen --link tun:ft0,10.9.0.2/24 --address 10.9.0.3/24 80", "second address of the same family"},
      {"listen --link udp:127.0.0.1:7001,127.0.0.1:7002,10.9.0.2/24 --impair losss=2% 80", "losss"},
      {"listen --link udp:127.0.0.1:7001,127.0.0.1:7002,10.9.0.2/24 --mtu 100 80", "--mtu"},
      {"connect --link udp:127.0.0.1:7001,127.0.0.1:7002,10.9.0.2/24 --timeout soon 10.9.0.1 80", "--timeout"},
      {"connect --link udp:127.0.0.1:7001,127.0.0.1:7002,10.9.0.2/24 --local-port 0 10.9.0.1 80", "--local-port"},
      {"listen --link udp:127.0.0.1:7001,127.0.0.1:7002,10.9.0.2/24 --keeep 80", "--keep"},
      {"listen --link udp:127.0.0.1:7001,127.0.0.1:7002,10.9.0.2/24 --md5 abc 80", "--md5: expected PEER=SECRET"},
      {"listen --link udp:127.0.0.1:7001,127.0.0.1:7002,10.9.0.2/24 --md5 10.9.0.1= 80", "--md5: the secret is empty"},
      {"listen --link udp:127.0.0.1:7001,127.0.0.1:7002,10.9.0.2/24 --md5 10.9.0.1=@/nowhere/x 80", "/nowhere/x"},
      {"connect --link udp:127.0.0.1:7001,127.0.0.1:7002,10.9.0.2/24 --ao 10.9.0.1=1:abc 10.9.0.1 80",
       "--ao: expected PEER=SENDID"},
      {"connect --link udp:127.0.0.1:7001,127.0.0.1:7002,10.9.0.2/24 --ao fd00::1=1:256:abc fd00::1 80", "each ID from 0 to 255"},
  };
  for (const Case& c : cases) check_refused(c);
}

TEST_CASE("a link that cannot be opened is a failure with its reason, exit status 1") {
  const Ran ran = Ran::program("listen --link udp:192.0.2.1:7001,192.0.2.2:7002,10.9.0.2/24 80");
  CHECK(ran.status == 1);
  CHECK(ran.output.find("192.0.2.1:7001") != std::string::npos);
}

TEST_CASE("a capture that cannot be written is a failure with the file's name, exit status 1") {
  // Any port of loopback that is free will do: the tunnel is opened before the capture.
  Ran ran;
  for (int port = 20'000 + static_cast<int>(getpid() % 20'000);
       ran.status == -1 || ran.output.find("in use") != std::string::npos; ++port) {
    const std::string local = "127.0.0.1:" + std::to_string(port);
    ran = Ran::program("listen --link udp:" + local + ",127.0.0.1:9,10.9.0.2/24 --pcap /nowhere/x.pcapng 80");
  }
  CHECK(ran.status == 1);
  CHECK(ran.output.find("/nowhere/x.pcapng") != std::string::npos);
}
