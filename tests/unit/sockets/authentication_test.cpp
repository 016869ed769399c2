// TCP-MD5 and TCP-AO: the test vectors of RFC 9235, and two stacks that hold each other's keys.
#include "covers.hpp"
#include "fourtuple/openssl_mac.hpp"
#include "stack/authenticator.hpp"
#include "unit/stack/attacker.hpp"
#include "unit/stack/pair.hpp"

#include <doctest/doctest.h>

#include <utility>

using namespace ft;
using namespace ft::test;
using stack::Authenticator;

namespace {

std::vector<std::byte> octets_of(std::string_view hex) {
  std::vector<std::byte> octets;
  std::string digits;
  for (const char c : hex)
    if (c != ' ') digits += c;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    octets.push_back(static_cast<std::byte>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  return octets;
}

std::vector<std::byte> secret(std::string_view text) {
  const auto octets = std::as_bytes(std::span(text));
  return {octets.begin(), octets.end()};
}

using Algorithm = MacProvider::Algorithm;

struct Vector {
  Algorithm algorithm;
  bool covers_options;
  bool from_client;
  std::uint32_t client_isn;
  std::uint32_t server_isn;
  const char* packet;
};

constexpr const char* text_of_client =
    "ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff 00 43 01 04 da bf 00 b4 0a 0b 0c 0d 26 02 06 01 04 00 01 00 01 02 02 80 00 "
    "02 "
    "02 02 00 02 02 42 00 02 06 41 04 00 00 da bf 02 08 40 06 00 64 00 01 01 00";
constexpr const char* text_of_server =
    "ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff 00 43 01 04 da c0 00 b4 ac 1b 1c 1d 26 02 06 01 04 00 01 00 01 02 02 80 00 "
    "02 "
    "02 02 00 02 02 42 00 02 06 41 04 00 00 da c0 02 08 40 06 00 64 00 01 01 00";

// RFC 9235 4.1, 4.2, 5.1, 5.2 and the first two of 6.1. The text of segments that have some stands above.
constexpr Vector vectors[] = {
    {Algorithm::hmac_sha1, true, true, 0xfbfbab5a, 0,
     "45 e0 00 4c dd 0f 40 00 ff 06 bf 6b 0a 0b 0c 0d ac 1b 1c 1d e9 d7 00 b3 fb fb ab 5a 00 00 00 00 e0 02 ff ff ca c4 00 00 02 "
     "04 "
     "05 b4 01 03 03 08 04 02 08 0a 00 15 5a b7 00 00 00 00 1d 10 3d 54 2e e4 37 c6 f8 ed e6 d7 c4 d6 02 e7"},
    {Algorithm::hmac_sha1, true, false, 0xfbfbab5a, 0x11c14261,
     "45 e0 00 4c 65 06 40 00 ff 06 37 75 ac 1b 1c 1d 0a 0b 0c 0d 00 b3 e9 d7 11 c1 42 61 fb fb ab 5b e0 12 ff ff 37 76 00 00 02 "
     "04 "
     "05 b4 01 03 03 08 04 02 08 0a 84 a5 0b eb 00 15 5a b7 1d 10 54 3d ee ab 0f e2 4c 30 10 81 51 16 b3 be"},
    {Algorithm::hmac_sha1, true, true, 0xfbfbab5a, 0x11c14261,
     "45 e0 00 87 36 a1 40 00 ff 06 65 9f 0a 0b 0c 0d ac 1b 1c 1d e9 d7 00 b3 fb fb ab 5b 11 c1 42 62 c0 18 01 04 a1 62 00 00 01 "
     "01 "
     "08 0a 00 15 5a c1 84 a5 0b eb 1d 10 3d 54 70 64 cf 99 8c c6 c3 15 c2 c2 e2 bf"},
    {Algorithm::hmac_sha1, true, false, 0xfbfbab5a, 0x11c14261,
     "45 e0 00 87 1f a9 40 00 ff 06 7c 97 ac 1b 1c 1d 0a 0b 0c 0d 00 b3 e9 d7 11 c1 42 62 fb fb ab 9e c0 18 01 00 40 0c 00 00 01 "
     "01 "
     "08 0a 84 a5 0b f5 00 15 5a c1 1d 10 54 3d a6 3f 0e cb bb 2e 63 5c 95 4d ea c7"},
    {Algorithm::hmac_sha1, false, true, 0xcb0efbee, 0,
     "45 e0 00 4c 53 99 40 00 ff 06 48 e2 0a 0b 0c 0d ac 1b 1c 1d ff 12 00 b3 cb 0e fb ee 00 00 00 00 e0 02 ff ff 54 1f 00 00 02 "
     "04 "
     "05 b4 01 03 03 08 04 02 08 0a 00 02 4c ce 00 00 00 00 1d 10 3d 54 80 af 3c fe b8 53 68 93 7b 8f 9e c2"},
    {Algorithm::hmac_sha1, false, false, 0xcb0efbee, 0xacd5b5e1,
     "45 e0 00 4c 32 84 40 00 ff 06 69 f7 ac 1b 1c 1d 0a 0b 0c 0d 00 b3 ff 12 ac d5 b5 e1 cb 0e fb ef e0 12 ff ff 38 8e 00 00 02 "
     "04 "
     "05 b4 01 03 03 08 04 02 08 0a 57 67 72 f3 00 02 4c ce 1d 10 54 3d 09 30 6f 9a ce a6 3a 8c 68 cb 9a 70"},
    {Algorithm::hmac_sha1, false, true, 0xcb0efbee, 0xacd5b5e1,
     "45 e0 00 87 a8 f5 40 00 ff 06 f3 4a 0a 0b 0c 0d ac 1b 1c 1d ff 12 00 b3 cb 0e fb ef ac d5 b5 e2 c0 18 01 04 6c 45 00 00 01 "
     "01 "
     "08 0a 00 02 4c ce 57 67 72 f3 1d 10 3d 54 71 06 08 cc 69 6c 03 a2 71 c9 3a a5"},
    {Algorithm::hmac_sha1, false, false, 0xcb0efbee, 0xacd5b5e1,
     "45 e0 00 87 54 37 40 00 ff 06 48 09 ac 1b 1c 1d 0a 0b 0c 0d 00 b3 ff 12 ac d5 b5 e2 cb 0e fc 32 c0 18 01 00 46 b6 00 00 01 "
     "01 "
     "08 0a 57 67 72 f3 00 02 4c ce 1d 10 54 3d 97 76 6e 48 ac 26 2d e9 ae 61 b4 f9"},
    {Algorithm::aes_128_cmac, true, true, 0x787a1ddf, 0,
     "45 e0 00 4c 7b 9f 40 00 ff 06 20 dc 0a 0b 0c 0d ac 1b 1c 1d c4 fa 00 b3 78 7a 1d df 00 00 00 00 e0 02 ff ff 5a 0f 00 00 02 "
     "04 "
     "05 b4 01 03 03 08 04 02 08 0a 00 01 7e d0 00 00 00 00 1d 10 3d 54 e4 77 e9 9c 80 40 76 54 98 e5 50 91"},
    {Algorithm::aes_128_cmac, true, false, 0x787a1ddf, 0xfadd6de9,
     "45 e0 00 4c 4b ad 40 00 ff 06 50 ce ac 1b 1c 1d 0a 0b 0c 0d 00 b3 c4 fa fa dd 6d e9 78 7a 1d e0 e0 12 ff ff f3 f2 00 00 02 "
     "04 "
     "05 b4 01 03 03 08 04 02 08 0a 93 f4 e9 e8 00 01 7e d0 1d 10 54 3d d6 ad a7 bc 4c dd 53 6d 17 69 db 5f"},
    {Algorithm::aes_128_cmac, true, true, 0x787a1ddf, 0xfadd6de9,
     "45 e0 00 87 fb 4f 40 00 ff 06 a0 f0 0a 0b 0c 0d ac 1b 1c 1d c4 fa 00 b3 78 7a 1d e0 fa dd 6d ea c0 18 01 04 95 05 00 00 01 "
     "01 "
     "08 0a 00 01 7e d0 93 f4 e9 e8 1d 10 3d 54 77 41 27 42 fa 4d c4 33 ef f0 97 3e"},
    {Algorithm::aes_128_cmac, true, false, 0x787a1ddf, 0xfadd6de9,
     "45 e0 00 87 b9 14 40 00 ff 06 e3 2b ac 1b 1c 1d 0a 0b 0c 0d 00 b3 c4 fa fa dd 6d ea 78 7a 1e 23 c0 18 01 00 e7 db 00 00 01 "
     "01 "
     "08 0a 93 f4 e9 e8 00 01 7e d0 1d 10 54 3d f6 d9 65 a7 83 82 a7 48 45 f7 2d ac"},
    {Algorithm::aes_128_cmac, false, true, 0x389bed71, 0,
     "45 e0 00 4c f2 2e 40 00 ff 06 aa 4c 0a 0b 0c 0d ac 1b 1c 1d da 1c 00 b3 38 9b ed 71 00 00 00 00 e0 02 ff ff 70 bf 00 00 02 "
     "04 "
     "05 b4 01 03 03 08 04 02 08 0a 00 01 85 e1 00 00 00 00 1d 10 3d 54 c4 4e 60 cb 31 f7 c0 b1 de 3d 27 49"},
    {Algorithm::aes_128_cmac, false, false, 0x389bed71, 0xd3844a6f,
     "45 e0 00 4c 6c c0 40 00 ff 06 2f bb ac 1b 1c 1d 0a 0b 0c 0d 00 b3 da 1c d3 84 4a 6f 38 9b ed 72 e0 12 ff ff e4 45 00 00 02 "
     "04 "
     "05 b4 01 03 03 08 04 02 08 0a ce 45 98 38 00 01 85 e1 1d 10 54 3d 3a 6a bb 20 7e 49 b1 be 71 36 db 90"},
    {Algorithm::aes_128_cmac, false, true, 0x389bed71, 0xd3844a6f,
     "45 e0 00 87 ee 91 40 00 ff 06 ad ae 0a 0b 0c 0d ac 1b 1c 1d da 1c 00 b3 38 9b ed 72 d3 84 4a 70 c0 18 01 04 88 51 00 00 01 "
     "01 "
     "08 0a 00 01 85 e1 ce 45 98 38 1d 10 3d 54 75 85 e9 e9 d5 c3 ec 85 7b 96 f8 37"},
    {Algorithm::aes_128_cmac, false, false, 0x389bed71, 0xd3844a6f,
     "45 e0 00 87 6a 21 40 00 ff 06 32 1f ac 1b 1c 1d 0a 0b 0c 0d 00 b3 da 1c d3 84 4a 70 38 9b ed 72 c0 18 01 00 04 49 00 00 01 "
     "01 "
     "08 0a ce 45 98 38 00 01 85 e1 1d 10 54 3d 5c 04 0f d9 23 33 04 76 5c 09 82 f4"},
    {Algorithm::hmac_sha1, true, true, 0x176a833f, 0,
     "6e 08 91 dc 00 38 06 40 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 02 f7 "
     "e4 "
     "00 b3 17 6a 83 3f 00 00 00 00 e0 02 ff ff 47 21 00 00 02 04 05 a0 01 03 03 08 04 02 08 0a 00 41 d0 87 00 00 00 00 1d 10 3d "
     "54 "
     "90 33 ec 3d 73 34 b6 4c 5e dd 03 9f"},
    {Algorithm::hmac_sha1, true, false, 0x176a833f, 0x3f51994b,
     "6e 01 00 9e 00 38 06 40 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 02 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 00 "
     "b3 "
     "f7 e4 3f 51 99 4b 17 6a 83 40 e0 12 ff ff bf ec 00 00 02 04 05 a0 01 03 03 08 04 02 08 0a bd 33 12 9b 00 41 d0 87 1d 10 54 "
     "3d "
     "f1 cb a3 46 c3 52 61 63 f7 1f 1f 55"},
};

std::shared_ptr<const Authentication> with(const IpAddress& peer, std::vector<AoKey> ao, std::string_view md5 = {}) {
  auto authentication = std::make_shared<Authentication>();
  authentication->provider = openssl_mac_provider();
  authentication->peers.push_back({peer, secret(md5), std::move(ao)});
  return authentication;
}

AoKey ao_key(std::uint8_t send, std::uint8_t receive, std::string_view text, Algorithm algorithm = Algorithm::hmac_sha1) {
  return {send, receive, algorithm, secret(text), true};
}

/// A pair whose ends hold keys of each other.
struct Keyed : Pair {
  Keyed(bool v6, const std::vector<AoKey>& ours, const std::vector<AoKey>& theirs, std::string_view md5 = {},
        std::string_view other_md5 = {})
      : Pair(v6) {
    listener = *stacks[1].listen(at(1, 80), {.authentication = with(address(0), theirs, other_md5.empty() ? md5 : other_md5)});
    client = *stacks[0].connect(now, at(1, 80), {.authentication = with(address(1), ours, md5)});
  }
  void talks() {
    run(100ms);
    const auto accepted = stacks[1].accept(listener);
    REQUIRE(accepted);
    server = *accepted;
    exchange();
  }
  void exchange() {
    std::string text(20'000, 'k');
    CHECK(write(0, client, text) == text.size());
    run(500ms);
    CHECK(read_all(1, server) == text);
    CHECK(write(1, server, text) == text.size());
    run(500ms);
    CHECK(read_all(0, client) == text);
  }
  std::uint64_t dropped(int side, DropReason why) const {
    return stacks[static_cast<std::size_t>(side)].counters().dropped[static_cast<std::size_t>(why)];
  }
};

}  // namespace

TEST_CASE("the vectors of RFC 9235: every MAC is made, and taken at the other end") {
  for (const Vector& v : vectors) {
    auto packet = octets_of(v.packet);
    const bool v6 = std::to_integer<int>(packet[0]) >> 4 == 6;
    const std::size_t ip = v6 ? 40 : 20;
    const bool has_text = !v6 && packet[3] == std::byte{0x87};
    if (has_text) {
      const auto text = octets_of(v.from_client ? text_of_client : text_of_server);
      packet.insert(packet.end(), text.begin(), text.end());
    }
    const auto segment = std::span<const std::byte>(packet).subspan(ip);
    const auto header = wire::parse_tcp(segment)->header;
    const auto from_octets = [&](std::size_t at) {
      const auto* p = reinterpret_cast<const std::uint8_t*>(packet.data() + at);
      return v6 ? IpAddress::from_octets(Family::ipv6, {p, 16}) : IpAddress::from_octets(Family::ipv4, {p, 4});
    };
    const Endpoint source{from_octets(v6 ? 8 : 12), header.source_port};
    const Endpoint destination{from_octets(v6 ? 24 : 16), header.destination_port};
    AoKey key{61, 84, v.algorithm, secret("testvector"), v.covers_options};
    if (!v.from_client) std::swap(key.send_id, key.receive_id);

    const auto sender = Authenticator::make(with(destination.address, {key}), {source, destination});
    const Seq ours{v.from_client ? v.client_isn : v.server_isn};
    const Seq theirs{v.from_client ? v.server_isn : v.client_isn};
    sender->open(ours);
    if (header.has(wire::tcp_flag::ack)) sender->accept(theirs, ours);
    CHECK(sender->sign(header, segment) == header.options.signature);

    std::swap(key.send_id, key.receive_id);
    const auto receiver = Authenticator::make(with(source.address, {key}), {destination, source});
    receiver->open(theirs);
    if (!header.has(wire::tcp_flag::syn)) receiver->accept(ours, theirs);
    CHECK(receiver->check(header, segment) == Authenticator::Verdict::good);
    packet.back() ^= std::byte{1};
    const auto changed = wire::parse_tcp(segment)->header;
    CHECK(receiver->check(changed, segment) == Authenticator::Verdict::bad);
  }
}

TEST_CASE("sequence numbers are extended over the wrap, whichever way a segment strays") {
  stack::ExtendedSeq seq;
  seq.open(Seq{0xffff'ff00});
  CHECK(seq.extension(Seq{0xffff'ffff}) == 0);
  CHECK(seq.extension(Seq{5}) == 1);
  seq.move_to(Seq{5});
  CHECK(seq.extension(Seq{0xffff'fff0}) == 0);  // an old one comes again
  seq.move_to(Seq{0xffff'fff0});
  CHECK(seq.extension(Seq{6}) == 1);
  for (std::uint32_t at = 0; at < 8; ++at) seq.move_to(Seq{at * 0x4000'0000});
  CHECK(seq.extension(Seq{0xc000'0000}) == 2);
}

TEST_CASE("two stacks with the same key talk, over both families and with every algorithm") {
  for (const bool v6 : {false, true}) {
    Keyed md5(v6, {}, {}, "a shared secret");
    md5.talks();
    CHECK(md5.stacks[0].info(md5.client)->mss == (v6 ? 1440 : 1460) - 12 - 20);
    for (const auto algorithm : {Algorithm::hmac_sha1, Algorithm::aes_128_cmac}) {
      Keyed ao(v6, {ao_key(1, 2, "a shared secret", algorithm)}, {ao_key(2, 1, "a shared secret", algorithm)});
      ao.talks();
      CHECK(ao.stacks[0].info(ao.client)->mss == (v6 ? 1440 : 1460) - 12 - 16);
    }
  }
}

TEST_CASE("another key, or none, is met with silence and counted") {
  Keyed md5(false, {}, {}, "one", "other");
  md5.run(5s);
  CHECK(md5.state(0, md5.client) == "SYN-SENT");
  CHECK(md5.dropped(1, DropReason::signature_bad) == 3);
  CHECK(md5.sent[1] == 0);

  Keyed ao(false, {ao_key(1, 2, "one")}, {ao_key(2, 1, "other")});
  ao.run(5s);
  CHECK(ao.dropped(1, DropReason::signature_bad) == 3);
  CHECK(ao.sent[1] == 0);

  Pair plain;
  plain.listener = *plain.stacks[1].listen(plain.at(1, 80), {.authentication = with(plain.address(0), {}, "key")});
  plain.client = *plain.stacks[0].connect(plain.now, plain.at(1, 80));
  plain.run(5s);
  CHECK(plain.stacks[1].counters().dropped[static_cast<std::size_t>(DropReason::signature_missing)] == 3);
  CHECK(plain.sent[1] == 0);

  Pair unexpected;
  unexpected.listener = *unexpected.stacks[1].listen(unexpected.at(1, 80));
  unexpected.client = *unexpected.stacks[0].connect(unexpected.now, unexpected.at(1, 80),
                                                    {.authentication = with(unexpected.address(1), {}, "key")});
  unexpected.run(5s);
  CHECK(unexpected.stacks[1].counters().dropped[static_cast<std::size_t>(DropReason::signature_unexpected)] == 3);
}

TEST_CASE("a peer that no key names needs none, beside one that does") {
  Pair pair;
  pair.listener = *pair.stacks[1].listen(pair.at(1, 80), {.authentication = with(IpAddress::v4(10, 9, 9, 9), {}, "key")});
  pair.client = *pair.stacks[0].connect(pair.now, pair.at(1, 80));
  pair.run(100ms);
  CHECK(pair.stacks[1].accept(pair.listener));
}

TEST_CASE("an unsigned RST with the right number does not end a signed connection; a signed one does") {
  Keyed pair(false, {ao_key(1, 2, "k")}, {ao_key(2, 1, "k")});
  pair.talks();
  const auto client = *pair.stacks[0].info(pair.client);
  wire::TcpHeader rst;
  rst.seq = Seq{client.snd_nxt};
  rst.flags = wire::tcp_flag::rst;
  pair.stacks[1].on_packet(pair.now, segment_packet(client.tuple, rst));
  CHECK(pair.dropped(1, DropReason::signature_missing) == 1);
  CHECK(pair.state(1, pair.server) == "ESTABLISHED");
  REQUIRE(pair.stacks[0].abort(pair.client));
  pair.run(100ms);
  CHECK(pair.close_reason(1) == CloseReason::reset);
}

TEST_CASE("keys change in the middle: one side asks, the other follows, and no segment is lost (RFC 5925 7.5)") {
  Keyed pair(false, {ao_key(1, 1, "old"), ao_key(2, 2, "new", Algorithm::aes_128_cmac)},
             {ao_key(1, 1, "old"), ao_key(2, 2, "new", Algorithm::aes_128_cmac)});
  pair.talks();
  std::vector<int> ids;
  pair.filter = [&](int from, std::vector<std::byte>& packet) {
    const auto header = wire::parse_tcp(std::span(packet).subspan(20))->header;
    if (from == 1) ids.push_back(header.options.signature->key_id);
    return true;
  };
  REQUIRE(pair.stacks[0].use_key(pair.client, 2));
  CHECK(pair.stacks[0].use_key(pair.client, 9).error() == Error::invalid_argument);
  pair.exchange();
  CHECK(ids.front() == 2);
  CHECK(ids.back() == 2);
  CHECK(pair.dropped(0, DropReason::signature_bad) == 0);
  CHECK(pair.dropped(1, DropReason::signature_bad) == 0);
}

TEST_CASE("TIME-WAIT answers with signatures too, and what was kept for a connection goes with it") {
  Keyed pair(false, {ao_key(1, 2, "k")}, {ao_key(2, 1, "k")});
  pair.talks();
  REQUIRE(pair.stacks[0].close(pair.client));
  pair.run(100ms);
  bool lost = false;
  pair.filter = [&](int from, auto&) { return from != 0 || std::exchange(lost, true); };  // the last ACK
  REQUIRE(pair.stacks[1].close(pair.server));
  pair.run(5s);  // the FIN comes again, and TIME-WAIT answers it
  CHECK(pair.stacks[1].ports(80).size() == 1);
  CHECK(pair.dropped(1, DropReason::signature_missing) == 0);
  pair.run(61s);
  CHECK(pair.stacks[0].ports().empty());
}

TEST_CASE("a signed connection lives on when the stack's secrets change") {
  Keyed pair(false, {ao_key(1, 2, "k")}, {ao_key(2, 1, "k")});
  pair.talks();
  std::array<std::uint8_t, 32> fresh{7};
  pair.stacks[0].rotate_secrets(pair.now, fresh);
  pair.stacks[1].rotate_secrets(pair.now, fresh);
  pair.exchange();
}
