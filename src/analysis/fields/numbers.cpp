#include "analysis/fields/numbers.hpp"

#include "base/cursor.hpp"

#include <algorithm>

namespace ft::analysis {
namespace {

namespace flag = wire::tcp_flag;

constexpr std::int8_t not_used = -2;

IpAddress address_at(std::span<const std::byte> octets, std::size_t at, std::size_t size) {
  const auto* p = reinterpret_cast<const std::uint8_t*>(octets.data() + at);
  return IpAddress::from_octets(size == 4 ? Family::ipv4 : Family::ipv6, {p, size});
}

}  // namespace

void StreamNumbers::restart() {
  again_ = true;
  for (Record& record : records_) record.begun = false;
  udp_.clear();
}

/// Where each side's numbers begin: at its SYN, else right before the first that is known of it.
void StreamNumbers::learn(Record& record, const Segment& segment, std::size_t way) {
  const bool syn = segment.has(flag::syn);
  if (!record.based[way]) {
    record.based[way] = true;
    record.base[way] = syn ? segment.seq.value() : segment.seq.value() - 1;
  }
  if (segment.has(flag::ack) && !record.based[1 - way]) {
    record.based[1 - way] = true;
    record.base[1 - way] = segment.ack.value() - 1;
  }
  if (syn) {
    record.syn[way] = true;
    const bool offered = segment.options.any(SegmentOptions::window_scale);
    record.shift[way] = offered ? static_cast<std::int8_t>(std::min<std::uint8_t>(segment.options.shift, 14)) : not_used;
    // RFC 7323 2.2: both have to offer it.
    if (record.syn[0] && record.syn[1] && (record.shift[0] == not_used || record.shift[1] == not_used))
      record.shift = {not_used, not_used};
  }
  std::uint8_t seen = 0;
  if (syn) seen = segment.has(flag::ack) ? 2 : 1;
  if (!syn && segment.has(flag::ack)) seen |= 4;
  if (segment.length > 0) seen |= 8;
  if (segment.has(flag::fin)) seen |= 16;
  if (segment.has(flag::rst)) seen |= 32;
  record.completeness |= seen;
}

const TcpNumbers& StreamNumbers::on(const Segment& segment, std::uint32_t stream) {
  if (stream >= records_.size())
    records_.resize(std::max<std::size_t>(stream + std::size_t{1}, records_.size() + records_.size() / 2));
  Record& record = records_[stream];
  const Endpoint from{segment.source, segment.source_port};
  const Endpoint to{segment.destination, segment.destination_port};
  const std::size_t way = from < to ? 0 : 1;
  if (!again_) learn(record, segment, way);
  if (!record.begun) {
    record.begun = true;
    record.first = record.last = segment.at;
  }
  const bool syn = segment.has(flag::syn);
  numbers_.stream = stream;
  numbers_.seq = segment.seq.value() - record.base[way];
  numbers_.ack = segment.has(flag::ack) ? segment.ack.value() - record.base[1 - way] : segment.ack.value();
  numbers_.next = numbers_.seq + segment.sequence_length();
  const std::int8_t shift = record.shift[way];
  numbers_.scale = shift >= 0 ? std::int32_t{1} << shift : shift;
  numbers_.scale_told = !syn;
  numbers_.window = std::uint32_t{segment.window} << (syn || shift < 0 ? 0 : shift);
  numbers_.completeness = record.completeness;
  numbers_.since_first = segment.at - record.first;
  numbers_.since_previous = segment.at - record.last;
  record.last = segment.at;
  return numbers_;
}

const TcpNumbers& StreamNumbers::on(const IcmpError& error, std::uint32_t stream) {
  numbers_ = {};
  numbers_.stream = stream;
  if (stream >= records_.size()) return numbers_;
  Record& record = records_[stream];
  const Endpoint from{error.quoted_source, error.quoted_source_port};
  const Endpoint to{error.quoted_destination, error.quoted_destination_port};
  const std::int8_t shift = record.shift[from < to ? 0 : 1];
  numbers_.scale = shift >= 0 ? std::int32_t{1} << shift : shift;
  numbers_.scale_told = true;
  numbers_.completeness = record.completeness;
  numbers_.since_first = error.at - record.first;
  numbers_.since_previous = error.at - record.last;
  record.last = error.at;
  return numbers_;
}

std::optional<std::uint32_t> StreamNumbers::on_udp(const Frame& frame) {
  const std::span<const Layer> layers = frame.layers();
  const auto udp = std::ranges::find(layers, Protocol::udp, &Layer::protocol);
  if (udp == layers.end()) return std::nullopt;
  for (auto ip = udp; ip != layers.begin();) {
    --ip;
    if (ip->protocol != Protocol::ipv4 && ip->protocol != Protocol::ipv6) continue;
    const bool four = ip->protocol == Protocol::ipv4;
    const std::span<const std::byte> network = frame.header_of(*ip);
    const std::span<const std::byte> transport = frame.header_of(*udp);
    if (network.size() < (four ? 20u : 40u) || transport.size() < 4) return std::nullopt;
    const std::size_t size = four ? 4 : 16;
    const std::size_t at = four ? 12 : 8;
    Pair pair{{address_at(network, at, size), load_be16(&transport[0])},
              {address_at(network, at + size, size), load_be16(&transport[2])}};
    if (pair.high < pair.low) std::swap(pair.low, pair.high);
    const auto known = udp_.find(pair);
    if (known != udp_.end()) return known->second;
    if (udp_.size() >= most_udp) return std::nullopt;
    const auto number = static_cast<std::uint32_t>(udp_.size());
    udp_.emplace(pair, number);
    return number;
  }
  return std::nullopt;
}

}  // namespace ft::analysis
