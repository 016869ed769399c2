// Segments in the notation every TCP engineer reads, checked at compile time:
//   "S 0:0(0) win 65535 <mss 1460,sackOK,wscale 7>"_seg      "P. 1:101(100) ack 1"_seg      "R 1:1(0)"_seg
// Flags: S F R P U E W A (AE) and "." for ACK. "ce", "ect0", "ect1", "not-ect": the IP header's ECN field. Sequence numbers count
// from the sender's ISN (SYN = 0), acknowledgements from the receiver's. What a segment does not mention is not compared (window,
// options) or takes a usual value (when received).
#pragma once

#include "wire/tcp.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ft::test {

struct Seg {
  std::uint8_t flags = 0;
  std::uint32_t seq = 0;
  std::uint32_t length = 0;
  std::optional<std::uint32_t> ack{};
  std::optional<std::uint16_t> window{};
  std::optional<std::uint16_t> urgent{};
  std::optional<std::uint16_t> mss{};
  std::optional<std::uint8_t> wscale{};
  std::optional<std::uint16_t> user_timeout{};
  bool sack_ok = false;
  std::optional<std::array<std::uint32_t, 2>> timestamps{};
  std::uint8_t sack_count = 0;
  std::array<std::array<std::uint32_t, 2>, 4> sack{};
  bool ae = false;
  std::optional<std::uint8_t> ip_ecn{};
  std::optional<wire::AccEcnOption> accecn{};
  bool says_options = false;  // a <...> was written: options are compared
  std::string_view text;

  /// The same with other octets of text, or with another acknowledgement: for loops.
  constexpr Seg with_text(std::uint32_t from, std::uint32_t octets) const {
    Seg other = *this;
    other.seq = from;
    other.length = octets;
    return other;
  }
  constexpr Seg acking(std::uint32_t next) const {
    Seg other = *this;
    other.ack = next;
    return other;
  }
};

class SegParser {
 public:
  consteval explicit SegParser(std::string_view text) : text_(text) {}

  consteval Seg parse() {
    Seg seg;
    seg.text = text_;
    while (peek() != ' ') {
      if (peek() == 'A') {
        take();
        seg.ae = true;
      } else {
        seg.flags = static_cast<std::uint8_t>(seg.flags | flag(take()));
      }
    }
    skip(' ');
    seg.seq = number();
    skip(':');
    const std::uint32_t end = number();
    skip('(');
    seg.length = number();
    skip(')');
    if (end - seg.seq != seg.length) throw "the octets between the sequence numbers are not the length in parentheses";
    while (!done()) {
      skip(' ');
      clause(seg);
    }
    return seg;
  }

 private:
  static consteval std::uint8_t flag(char c) {
    using namespace wire::tcp_flag;
    switch (c) {
      case 'S':
        return syn;
      case 'F':
        return fin;
      case 'R':
        return rst;
      case 'P':
        return psh;
      case '.':
        return ack;
      case 'U':
        return urg;
      case 'E':
        return ece;
      case 'W':
        return cwr;
      default:
        throw "flags are made of S F R P . U E W A";
    }
  }
  consteval void clause(Seg& seg) {
    if (word("ack ")) {
      seg.ack = number();
    } else if (word("win ")) {
      seg.window = static_cast<std::uint16_t>(number());
    } else if (word("urg ")) {
      seg.urgent = static_cast<std::uint16_t>(number());
    } else if (word("ce")) {
      seg.ip_ecn = 3;
    } else if (word("ect0")) {
      seg.ip_ecn = 2;
    } else if (word("ect1")) {
      seg.ip_ecn = 1;
    } else if (word("not-ect")) {
      seg.ip_ecn = 0;
    } else if (word("<")) {
      seg.says_options = true;
      while (!word(">")) option(seg);
    } else {
      throw "expected ack N, win N, urg N, ce, ect0, ect1, not-ect or <options>";
    }
  }
  consteval void option(Seg& seg) {
    if (word(",")) return;
    if (word("mss ")) {
      seg.mss = static_cast<std::uint16_t>(number());
    } else if (word("wscale ")) {
      seg.wscale = static_cast<std::uint8_t>(number());
    } else if (word("uto ")) {
      seg.user_timeout = static_cast<std::uint16_t>(number());
    } else if (word("sackOK")) {
      seg.sack_ok = true;
    } else if (word("TS val ")) {
      const std::uint32_t val = number();
      skip(' ');
      if (!word("ecr ")) throw "expected TS val N ecr N";
      seg.timestamps = std::array<std::uint32_t, 2>{val, number()};
    } else if (word("sack ")) {
      do {
        const std::uint32_t left = number();
        skip(':');
        seg.sack.at(seg.sack_count++) = {left, number()};
      } while (word(" "));
    } else if (word("accecn0")) {
      seg.accecn = accecn(0);
    } else if (word("accecn1")) {
      seg.accecn = accecn(1);
    } else {
      throw "options are mss N, wscale N, uto N, sackOK, TS val N ecr N, sack A:B ..., accecn0 N N N, accecn1 N N N";
    }
  }
  consteval wire::AccEcnOption accecn(std::uint8_t order) {
    wire::AccEcnOption option{.order = order};
    while (word(" ")) option.octets.at(option.fields++) = number();
    return option;
  }
  consteval std::uint32_t number() {
    if (peek() < '0' || peek() > '9') throw "a number is missing";
    std::uint64_t n = 0;
    while (!done() && peek() >= '0' && peek() <= '9') n = n * 10 + static_cast<std::uint64_t>(take() - '0');
    if (n > 0xffff'ffff) throw "a number has more than 32 bits";
    return static_cast<std::uint32_t>(n);
  }
  consteval bool word(std::string_view w) {
    if (text_.substr(at_, w.size()) != w) return false;
    at_ += w.size();
    return true;
  }
  consteval void skip(char c) {
    if (done() || take() != c) throw "a character is missing; the form is FLAGS SEQ:END(LENGTH) [ack N] [win N] [<options>]";
  }
  consteval bool done() const { return at_ >= text_.size(); }
  consteval char peek() const { return done() ? '\0' : text_[at_]; }
  consteval char take() {
    if (done()) throw "the segment ends too early";
    return text_[at_++];
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

consteval Seg operator""_seg(const char* text, std::size_t length) { return SegParser({text, length}).parse(); }

}  // namespace ft::test
