// The TCP codec: what is written is read again, and no octets at all lead the reader astray.
#include "wire/tcp.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <vector>

using ft::Seq;
using namespace ft::wire;

namespace {

template <typename T>
T any() {
  return *rc::gen::arbitrary<T>();
}

Seq any_seq() { return Seq{any<std::uint32_t>()}; }

TcpHeader any_header() {
  TcpHeader h;
  h.source_port = any<std::uint16_t>();
  h.destination_port = any<std::uint16_t>();
  h.seq = any_seq();
  h.ack = any_seq();
  h.flags = any<std::uint8_t>();
  h.ae = any<bool>();
  h.window = any<std::uint16_t>();
  h.urgent = any<std::uint16_t>();
  if (any<bool>()) h.options.mss = any<std::uint16_t>();
  if (any<bool>()) h.options.window_scale = any<std::uint8_t>();
  h.options.sack_permitted = any<bool>();
  if (any<bool>()) h.options.user_timeout = any<std::uint16_t>();
  if (any<bool>()) h.options.timestamps = Timestamps{.val = any<std::uint32_t>(), .ecr = any<std::uint32_t>()};
  if (any<bool>()) {
    h.options.accecn =
        AccEcnOption{.order = *rc::gen::inRange<std::uint8_t>(0, 2), .fields = *rc::gen::inRange<std::uint8_t>(0, 4)};
    for (std::size_t i = 0; i < h.options.accecn->fields; ++i)
      h.options.accecn->octets[i] = *rc::gen::inRange<std::uint32_t>(0, 1u << 24);
  }
  if (any<bool>()) {
    FastOpenCookie cookie{.length = static_cast<std::uint8_t>(2 * *rc::gen::inRange(1, 9))};
    if (cookie.length == 2) cookie.length = 0;  // asks for one
    for (std::size_t i = 0; i < cookie.length; ++i) cookie.octets[i] = std::byte{any<std::uint8_t>()};
    h.options.fast_open = cookie;
  }
  if (any<bool>()) {
    Signature signature{.kind = any<bool>() ? Signature::Kind::ao : Signature::Kind::md5};
    if (signature.kind == Signature::Kind::ao) {
      signature.key_id = any<std::uint8_t>();
      signature.next_key_id = any<std::uint8_t>();
      signature.length = *rc::gen::inRange<std::uint8_t>(0, 17);
    }
    for (std::size_t i = 0; i < signature.length; ++i) signature.mac[i] = std::byte{any<std::uint8_t>()};
    h.options.signature = signature;
  }
  h.options.sack_count = *rc::gen::inRange<std::uint8_t>(0, 5);
  for (std::size_t i = 0; i < h.options.sack_count; ++i) h.options.sack[i] = {.left = any_seq(), .right = any_seq()};
  return h;
}

/// `read` holds the first of the blocks that `written` has, a signature and a cookie where there was room, and all else alike.
bool same_but_for_what_was_left_out(const TcpHeader& read, TcpHeader written) {
  if (!read.options.signature) written.options.signature.reset();
  if (!read.options.fast_open) written.options.fast_open.reset();
  if (!read.options.accecn) written.options.accecn.reset();
  if (read.options.sack_count > written.options.sack_count) return false;
  std::fill(written.options.sack.begin() + read.options.sack_count, written.options.sack.end(), SackBlock{});
  written.options.sack_count = read.options.sack_count;
  return read == written;
}

}  // namespace

TEST_CASE("a header that was written is read as the same value") {
  CHECK(rc::check([] {
    const TcpHeader header = any_header();
    std::array<std::byte, tcp_max_header> out{};
    const std::size_t length = write_tcp(header, out);
    RC_ASSERT(length == tcp_header_length(header));
    RC_ASSERT(length % 4 == 0 && length <= tcp_max_header);
    const auto parsed = parse_tcp(std::span{out}.first(length));
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(!parsed->options_malformed);
    RC_ASSERT(parsed->text.empty());
    RC_ASSERT(same_but_for_what_was_left_out(parsed->header, header));
  }));
}

TEST_CASE("SACK blocks are left out only when they do not fit") {
  CHECK(rc::check([] {
    TcpHeader header = any_header();
    const std::size_t with_all = header.options.sack_count;
    std::array<std::byte, tcp_max_header> out{};
    const std::size_t length = write_tcp(header, out);
    const auto parsed = parse_tcp(std::span{out}.first(length));
    RC_ASSERT(parsed.has_value());
    if (parsed->header.options.sack_count < with_all)
      RC_ASSERT(tcp_max_header - length < 8 + (parsed->header.options.sack_count == 0 ? 4u : 0u));
  }));
}

TEST_CASE("any octets are refused or read within their bounds") {
  CHECK(rc::check([] {
    auto octets = *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::arbitrary<std::uint8_t>());
    if (octets.size() > 12 && any<bool>()) octets[12] = static_cast<std::uint8_t>(octets.size() / 4 * 16);
    const auto parsed = parse_tcp(std::as_bytes(std::span{octets}));
    if (!parsed) return;
    RC_ASSERT(parsed->text.size() + tcp_min_header <= octets.size());
    RC_ASSERT(parsed->header.options.sack_count <= 4);
    RC_ASSERT(tcp_header_length(parsed->header) <= tcp_max_header);
  }));
}
