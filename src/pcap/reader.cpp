#include "pcap/reader.hpp"

namespace ft::pcap {

std::expected<Reader, ReadError> Reader::open(std::span<const std::byte> file) {
  Reader reader{file};
  Packet none;
  if (reader.decoder_.decode(file, true, none) == Decoder::Step::failed) return std::unexpected(reader.decoder_.error());
  reader.at_ = reader.decoder_.taken();
  return reader;
}

std::expected<bool, ReadError> Reader::next(Packet& packet) {
  while (true) {
    switch (decoder_.decode(file_.subspan(at_), true, packet)) {
      case Decoder::Step::packet:
        at_ += decoder_.taken();
        return true;
      case Decoder::Step::passed:
        at_ += decoder_.taken();
        break;
      case Decoder::Step::end:
        return false;
      case Decoder::Step::need_more:  // never: the window is all there is
      case Decoder::Step::failed:
        return std::unexpected(decoder_.error());
    }
  }
}

std::expected<std::optional<Packet>, ReadError> Reader::next() {
  Packet packet;
  const auto found = next(packet);
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::nullopt;
  return packet;
}

}  // namespace ft::pcap
