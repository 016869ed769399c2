#include "pcap/stream_reader.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <cstring>

namespace ft::pcap {

namespace {
constexpr std::size_t first_room = 256 * 1024;
}

StreamReader::StreamReader() : buffer_(first_room) {}

std::span<std::byte> StreamReader::room() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (begin_ > 0 && buffer_.size() - end_ < buffer_.size() / 4) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
  return std::span(buffer_).subspan(end_);
}

void StreamReader::put(std::size_t octets) {
  FT_ASSERT(octets <= buffer_.size() - end_);
  end_ += octets;
}

void StreamReader::skip() {
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(to_skip_, end_ - begin_));
  begin_ += n;
  to_skip_ -= n;
}

Decoder::Step StreamReader::decode(Packet& packet) {
  const auto window = std::span<const std::byte>(buffer_).subspan(begin_, end_ - begin_);
  const Decoder::Step step = decoder_.decode(window, last_, packet);
  if (step == Decoder::Step::passed) to_skip_ = decoder_.taken();
  if (step == Decoder::Step::packet) begin_ += decoder_.taken();
  if (step == Decoder::Step::packet || step == Decoder::Step::passed) position_ += decoder_.taken();
  return step;
}

std::expected<void, ReadError> StreamReader::begin() {
  Packet none;
  if (!decoder_.is_open() && decode(none) == Decoder::Step::failed) return std::unexpected(decoder_.error());
  return {};
}

StreamReader::Step StreamReader::next(Packet& packet) {
  while (true) {
    skip();
    if (to_skip_ > 0) {
      if (!last_) return Step::need_more;
      decoder_.fail_truncated();
      return Step::failed;
    }
    switch (decode(packet)) {
      case Decoder::Step::packet:
        return Step::packet;
      case Decoder::Step::passed:
        break;
      case Decoder::Step::need_more:
        return Step::need_more;
      case Decoder::Step::end:
        return Step::end;
      case Decoder::Step::failed:
        return Step::failed;
    }
  }
}

}  // namespace ft::pcap
