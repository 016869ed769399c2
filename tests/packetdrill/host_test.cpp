// Plays through the door for packetdrill as the tool does: opens the library, takes its table of functions, sends packets in,
// takes packets out, sleeps in virtual time, and lets a second thread sit in a blocking call.
#include "packetdrill/interface.hpp"

#include "wire/checksum.hpp"
#include "wire/ipv4.hpp"
#include "wire/tcp.hpp"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace ft;
using namespace ft::wire::tcp_flag;

namespace {

const IpAddress ours = IpAddress::v4(192, 168, 0, 1);
const IpAddress theirs = IpAddress::v4(192, 0, 2, 1);
constexpr std::uint16_t our_port = 8080;
constexpr std::uint16_t their_port = 40'000;

using Init = void (*)(const char*, packetdrill_interface*);

void* library() {
  static void* const handle = ::dlopen(FT_PACKETDRILL_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  return handle;
}

sockaddr_in name_of(const IpAddress& address, std::uint16_t port) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  std::memcpy(&name.sin_addr, address.octets().data(), 4);
  return name;
}

struct Out {
  wire::TcpHeader header;
  std::size_t text = 0;
  long long at = 0;  // microseconds
};

/// The tool's place: one script's worth of calls.
struct Player {
  explicit Player(const char* flags = nullptr) {
    REQUIRE(library() != nullptr);
    const auto init = reinterpret_cast<Init>(::dlsym(library(), "packetdrill_interface_init"));
    REQUIRE((init != nullptr));
    init(flags, &door);
  }
  ~Player() { door.free(door.userdata); }
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  void* me() const { return door.userdata; }

  long long clock() const {
    timeval time{};
    door.gettimeofday(me(), &time, nullptr);
    return time.tv_sec * 1'000'000LL + time.tv_usec;
  }
  void sleep(std::chrono::microseconds pause) const { door.usleep(me(), static_cast<useconds_t>(pause.count())); }

  void receives(std::uint8_t flags, std::uint32_t seq, std::uint32_t ack, std::size_t text = 0, std::uint16_t window = 60'000) {
    wire::TcpHeader header;
    header.source_port = their_port;
    header.destination_port = port;
    header.seq = Seq{seq};
    header.ack = Seq{ack};
    header.flags = flags;
    header.window = window;
    if ((flags & syn) != 0) {
      header.options.mss = 1000;
      header.options.sack_permitted = true;
    }
    const std::size_t length = wire::tcp_header_length(header) + text;
    std::vector<std::byte> packet(wire::ipv4_min_header + length);
    wire::Ipv4Header ip;
    ip.source = theirs;
    ip.destination = ours;
    ip.protocol = wire::protocol::tcp;
    ip.total_length = static_cast<std::uint16_t>(packet.size());
    wire::write_ipv4(ip, packet);
    const auto segment = std::span(packet).subspan(wire::ipv4_min_header);
    wire::write_tcp(header, segment);
    const auto sum = wire::finish(
        wire::add_octets(wire::pseudo_header(theirs, ours, wire::protocol::tcp, static_cast<std::uint32_t>(length)), segment));
    segment[16] = static_cast<std::byte>(sum >> 8);
    segment[17] = static_cast<std::byte>(sum & 0xff);
    CHECK(door.netdev_send(me(), packet.data(), packet.size()) == 0);
  }

  std::optional<Out> sends() const {
    std::array<std::byte, 65'536> buffer{};
    std::size_t octets = buffer.size();
    Out out;
    REQUIRE(door.netdev_receive(me(), buffer.data(), &octets, &out.at) == 0);
    if (octets == 0) return std::nullopt;
    const auto ip = wire::parse_ipv4(std::span(buffer).first(octets));
    REQUIRE(ip.has_value());
    const auto tcp = wire::parse_tcp(ip->payload);
    REQUIRE(tcp.has_value());
    out.header = tcp->header;
    out.text = tcp->text.size();
    return out;
  }

  int listener() const {
    const int fd = door.socket(me(), AF_INET, SOCK_STREAM, IPPROTO_TCP);
    const sockaddr_in name = name_of(ours, our_port);
    CHECK(door.bind(me(), fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
    CHECK(door.listen(me(), fd, 1) == 0);
    return fd;
  }
  /// The handshake with `their_port`; returns our initial sequence number.
  std::uint32_t handshake() {
    receives(syn, 0, 0);
    const auto answer = sends();
    REQUIRE(answer.has_value());
    CHECK(answer->header.flags == (syn | ack));
    CHECK(answer->header.ack == Seq{1});
    const std::uint32_t iss = answer->header.seq.value();
    receives(ack, 1, iss + 1);
    return iss;
  }

  packetdrill_interface door{};
  std::uint16_t port = our_port;
};

}  // namespace

TEST_CASE("the door plays a passive open, data both ways and a close") {
  Player player;
  const auto& door = player.door;
  const int listening = player.listener();
  const std::uint32_t iss = player.handshake();
  sockaddr_in peer{};
  socklen_t length = sizeof peer;
  const int fd = door.accept(player.me(), listening, reinterpret_cast<sockaddr*>(&peer), &length);
  CHECK(fd > listening);
  CHECK(ntohs(peer.sin_port) == their_port);
  CHECK(::fcntl(fd, F_GETFD) != -1);  // a real descriptor

  player.receives(ack | psh, 1, iss + 1, 1000);
  auto out = player.sends();
  CHECK(out->header.ack == Seq{1001});
  int unread = 0;
  CHECK(door.ioctl(player.me(), fd, FIONREAD, &unread) == 0);
  CHECK(unread == 1000);
  std::array<char, 4000> text{};
  CHECK(door.read(player.me(), fd, text.data(), text.size()) == 1000);
  CHECK(door.fcntl(player.me(), fd, F_SETFL, O_RDWR | O_NONBLOCK) == 0);
  CHECK(door.read(player.me(), fd, text.data(), text.size()) == -1);
  CHECK(errno == EAGAIN);

  CHECK(door.write(player.me(), fd, text.data(), 2500) == 2500);
  out = player.sends();
  CHECK(out->text == 2000);  // a super-segment; the rest waits for its acknowledgement (Nagle)
  CHECK(out->header.flags == (ack | psh));
  player.receives(ack, 1001, iss + 2001);
  CHECK(player.sends()->text == 500);
  player.receives(ack, 1001, iss + 2501);

  CHECK(door.close(player.me(), fd) == 0);
  out = player.sends();
  CHECK(out->header.flags == (fin | ack));
  player.receives(ack | fin, 1001, iss + 2502);
  out = player.sends();
  CHECK(out->header.ack == Seq{1002});
  CHECK(::fcntl(fd, F_GETFD) == -1);
}

TEST_CASE("timers fire in virtual time to the microsecond, and a silent stack says so") {
  Player player;
  const auto& door = player.door;
  const auto began = std::chrono::steady_clock::now();
  const int fd = door.socket(player.me(), AF_INET, SOCK_STREAM, 0);
  CHECK(door.fcntl(player.me(), fd, F_SETFL, O_RDWR | O_NONBLOCK) == 0);
  CHECK_FALSE(player.sends());
  const sockaddr_in peer = name_of(theirs, their_port);
  CHECK(door.connect(player.me(), fd, reinterpret_cast<const sockaddr*>(&peer), sizeof peer) == -1);
  CHECK(errno == EINPROGRESS);
  const auto first = player.sends();
  CHECK(first->header.flags == syn);
  const auto second = player.sends();
  const auto third = player.sends();
  const long long tick = 5'000;  // the stack's timers may be this late
  CHECK(second->at - first->at >= 1'000'000);
  CHECK(second->at - first->at <= 1'000'000 + tick);
  CHECK(third->at - second->at >= 2'000'000);
  CHECK(third->at - second->at <= 2'000'000 + tick);
  CHECK(player.clock() >= third->at);
  player.sleep(std::chrono::seconds(3));
  const long long now = player.clock();
  CHECK(now - third->at >= 3'000'000);
  CHECK(now - third->at <= 3'000'100);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(2));
}

TEST_CASE("a thread that blocks in accept is woken by the packet and measures that moment") {
  Player player;
  const auto& door = player.door;
  const int listening = player.listener();
  int accepted = -2;
  long long woken_at = 0;
  std::thread blocked([&] {
    accepted = door.accept(player.me(), listening, nullptr, nullptr);
    woken_at = player.clock();
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // until it sleeps: the tool looks into /proc for that
  player.sleep(std::chrono::milliseconds(100));
  const std::uint32_t iss = player.handshake();
  CHECK(iss != 0);
  const long long arrived = player.clock();
  player.sleep(std::chrono::hours(1));
  blocked.join();
  CHECK(accepted >= 0);
  CHECK(arrived - woken_at >= 0);
  CHECK(arrived - woken_at < 100);
}

TEST_CASE("a blocking read with a time limit gives up at that moment") {
  Player player;
  const auto& door = player.door;
  const int listening = player.listener();
  player.handshake();
  const int fd = door.accept(player.me(), listening, nullptr, nullptr);
  const timeval limit{0, 250'000};
  CHECK(door.setsockopt(player.me(), fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
  const long long before = player.clock();
  char octet = 0;
  CHECK(door.read(player.me(), fd, &octet, 1) == -1);  // on the main thread: virtual time runs on
  CHECK(errno == EAGAIN);
  CHECK(player.clock() - before >= 250'000);
  CHECK(player.clock() - before < 250'100);
}

TEST_CASE("flags set what sysctls set, and getsockopt of the library answers for its descriptors") {
  Player player("mtu=600,net.ipv4.tcp_sack=0,tcp_congestion_control=reno");
  const auto& door = player.door;
  const int listening = player.listener();
  player.receives(syn, 0, 0);
  const auto answer = player.sends();
  CHECK(answer->header.options.mss == 560);
  CHECK_FALSE(answer->header.options.sack_permitted);
  player.receives(ack, 1, answer->header.seq.value() + 1);
  const int fd = door.accept(player.me(), listening, nullptr, nullptr);

  const auto ask = reinterpret_cast<int (*)(int, int, int, void*, socklen_t*)>(::dlsym(library(), "getsockopt"));
  REQUIRE((ask != nullptr));
  tcp_info info{};
  socklen_t length = sizeof info;
  CHECK(ask(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0);
  CHECK(info.tcpi_state == TCP_ESTABLISHED);
  CHECK(info.tcpi_snd_mss == 560);
  char name[16] = {};
  length = sizeof name;
  CHECK(door.getsockopt(player.me(), fd, IPPROTO_TCP, TCP_CONGESTION, name, &length) == 0);
  CHECK(std::string(name) == "reno");
  const int kernels = ::socket(AF_INET, SOCK_STREAM, 0);
  int type = 0;
  length = sizeof type;
  CHECK(ask(kernels, SOL_SOCKET, SO_TYPE, &type, &length) == 0);
  CHECK(type == SOCK_STREAM);
  ::close(kernels);
}

TEST_CASE("splice moves octets from a pipe to the network and back") {
  Player player;
  const auto& door = player.door;
  const int listening = player.listener();
  const std::uint32_t iss = player.handshake();
  const int fd = door.accept(player.me(), listening, nullptr, nullptr);
  int ends[2] = {-1, -1};
  CHECK(door.pipe(player.me(), ends) == 0);
  CHECK(door.write(player.me(), ends[1], "twelve bytes", 12) == 12);
  CHECK(door.splice(player.me(), ends[0], nullptr, fd, nullptr, 12, 0) == 12);
  CHECK(player.sends()->text == 12);
  player.receives(ack | psh, 1, iss + 13, 300);
  CHECK(door.splice(player.me(), fd, nullptr, ends[1], nullptr, 4096, 0) == 300);
  std::array<char, 400> text{};
  CHECK(door.read(player.me(), ends[0], text.data(), text.size()) == 300);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("epoll and poll see what packets bring") {
  Player player;
  const auto& door = player.door;
  const int listening = player.listener();
  const std::uint32_t iss = player.handshake();
  const int fd = door.accept(player.me(), listening, nullptr, nullptr);
  const int epoll = door.epoll_create(player.me(), 1);
  epoll_event event{EPOLLIN | EPOLLOUT | EPOLLET, {.fd = fd}};
  CHECK(door.epoll_ctl(player.me(), epoll, EPOLL_CTL_ADD, fd, &event) == 0);
  CHECK(door.epoll_wait(player.me(), epoll, &event, 1, 0) == 1);
  CHECK(std::uint32_t{event.events} == EPOLLOUT);
  CHECK(door.epoll_wait(player.me(), epoll, &event, 1, 0) == 0);
  player.receives(ack | psh, 1, iss + 1, 10);
  CHECK(door.epoll_wait(player.me(), epoll, &event, 1, 0) == 1);
  CHECK(std::uint32_t{event.events} == (EPOLLIN | EPOLLOUT));
  pollfd polled{fd, POLLIN, 0};
  CHECK(door.poll(player.me(), &polled, 1, 0) == 1);
  CHECK(polled.revents == POLLIN);
}
