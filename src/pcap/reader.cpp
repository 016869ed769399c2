#include "pcap/reader.hpp"

namespace ft::pcap {

std::expected<Reader, ReadError> Reader::open(std::span<const std::byte> file) {
  Reader reader{file};
  Packet none;
  if (reader.decoder_.decode(file, true, none) == Decoder::Step::failed) return std::unexpected(reader.decoder_.error());
  reader.at_ = reader.decoder_.taken();
  return reader;
}

std::expected<std::optional<Packet>, ReadError> Reader::next() {
  Packet packet;
  const auto found = next(packet);
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::nullopt;
  return packet;
}

}  // namespace ft::pcap
