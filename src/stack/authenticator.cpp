#include "stack/authenticator.hpp"

#include "base/assert.hpp"
#include "base/cursor.hpp"
#include "wire/tcp_option.hpp"

#include <algorithm>

namespace ft::stack {

namespace {

constexpr std::size_t checksum_at = 16;
constexpr std::uint8_t ao_mac_length = 12;
constexpr std::ptrdiff_t least_ao_length = 4;  // kind, length and two numbers of keys stand before the MAC
using Octets = std::span<const std::byte>;

/// The pseudo-header that both options cover: of IPv4 as RFC 9293 3.1, of IPv6 as RFC 8200 8.1.
class PseudoHeader {
 public:
  PseudoHeader(const IpAddress& source, const IpAddress& destination, std::size_t length) {
    std::byte* at = copy(source, copy_start());
    at = copy(destination, at);
    if (source.is_v4()) {
      store_be16(at, 6);
      store_be16(at + 2, static_cast<std::uint16_t>(length));
      size_ = 12;
    } else {
      store_be32(at, static_cast<std::uint32_t>(length));
      store_be32(at + 4, 6);
      size_ = 40;
    }
  }
  Octets octets() const { return Octets(octets_).first(size_); }

 private:
  std::byte* copy_start() { return octets_.data(); }
  static std::byte* copy(const IpAddress& address, std::byte* at) {
    for (const std::uint8_t octet : address.octets()) *at++ = std::byte{octet};
    return at;
  }
  std::array<std::byte, 40> octets_{};
  std::size_t size_ = 0;
};

/// A TCP header whose checksum and MAC are zero, as they are while it is signed.
class BlankHeader {
 public:
  explicit BlankHeader(Octets segment) {
    size_ = std::size_t{load_u8(&segment[12])} / 16 * 4;
    std::copy_n(segment.begin(), size_, octets_.begin());
    store_be16(&octets_[checksum_at], 0);
    wire::each_tcp_option(all().subspan(wire::tcp_min_header), [this](Octets option) {
      if (load_u8(option.data()) != wire::tcp_option::authentication || std::ssize(option) < least_ao_length) return;
      const std::ptrdiff_t at = option.data() - octets_.data();
      option_ = {static_cast<std::size_t>(at), option.size()};
      std::fill(octets_.begin() + at + least_ao_length, octets_.begin() + at + std::ssize(option), std::byte{});
    });
  }
  Octets all() const { return Octets(octets_).first(size_); }
  Octets fixed() const { return Octets(octets_).first(wire::tcp_min_header); }
  Octets option() const { return Octets(octets_).subspan(option_.first, option_.second); }
  std::size_t size() const { return size_; }

 private:
  std::array<std::byte, wire::tcp_max_header> octets_{};
  std::size_t size_ = 0;
  std::pair<std::size_t, std::size_t> option_{wire::tcp_min_header, 0};
};

std::size_t digest_length(MacProvider::Algorithm algorithm) { return algorithm == MacProvider::Algorithm::hmac_sha1 ? 20 : 16; }

/// Takes the same time wherever they differ.
bool same(Octets a, Octets b) {
  std::byte difference{};
  for (std::size_t i = 0; i < a.size(); ++i) difference |= a[i] ^ b[i];
  return a.size() == b.size() && difference == std::byte{};
}

}  // namespace

std::shared_ptr<Authenticator> Authenticator::make(const std::shared_ptr<const Authentication>& authentication,
                                                   const FourTuple& tuple) {
  if (authentication == nullptr || authentication->provider == nullptr) return nullptr;
  const PeerKeys* keys = authentication->find(tuple.remote.address);
  if (keys == nullptr) return nullptr;
  return std::shared_ptr<Authenticator>(new Authenticator(authentication, *keys, tuple));
}

void Authenticator::open(Seq local_isn) {
  local_isn_ = local_isn;
  sent_.open(local_isn);
}

void Authenticator::accept(Seq remote_isn, Seq local_isn) {
  open(local_isn);
  remote_isn_ = remote_isn;
  received_.open(remote_isn);
}

wire::Signature Authenticator::blank() const {
  if (!is_ao()) return wire::Signature{};
  return {
      .kind = wire::Signature::Kind::ao, .key_id = current_id(), .next_key_id = next_id(), .length = ao_mac_length, .mac = {}};
}

Authenticator::Direction Authenticator::outward(const wire::TcpHeader& header) const {
  const bool first = header.has(wire::tcp_flag::syn) && !header.has(wire::tcp_flag::ack);
  const Seq remote = remote_isn_.value_or(Seq{});
  return {tuple_.local, tuple_.remote, local_isn_.value(), first ? 0u : remote.value()};
}

Authenticator::Direction Authenticator::inward(const wire::TcpHeader& header) const {
  const bool syn = header.has(wire::tcp_flag::syn);
  const Seq remote = syn ? header.seq : remote_isn_.value_or(Seq{});
  return {tuple_.remote, tuple_.local, remote.value(), syn && !header.has(wire::tcp_flag::ack) ? 0u : local_isn_.value()};
}

Authenticator::Verdict Authenticator::check(const wire::TcpHeader& header, Octets segment) {
  const auto& signature = header.options.signature;
  const auto kind = is_ao() ? wire::Signature::Kind::ao : wire::Signature::Kind::md5;
  if (!signature || signature->kind != kind) return Verdict::missing;
  const auto way = inward(header);
  const bool syn = header.has(wire::tcp_flag::syn);
  Mac mac{};
  if (!is_ao()) {
    if (!md5(way, segment, mac) || !same(Octets(mac).first(16), signature->mac)) return Verdict::bad;
  } else {
    // RFC 5925 7.5: the key is the one whose id the segment names
    const auto named = std::ranges::find(keys().ao, signature->key_id, &AoKey::receive_id);
    if (named == keys().ao.end() || signature->length != ao_mac_length) return Verdict::bad;
    const std::uint32_t extension = syn ? 0 : received_.extension(header.seq);
    if (!ao(*named, way, extension, segment, mac)) return Verdict::bad;
    if (!same(Octets(mac).first(ao_mac_length), Octets(signature->mac).first(ao_mac_length))) return Verdict::bad;
    const auto wanted = std::ranges::find(keys().ao, signature->next_key_id, &AoKey::send_id);
    if (wanted != keys().ao.end()) current_ = static_cast<std::size_t>(wanted - keys().ao.begin());
  }
  if (syn && !remote_isn_) {
    remote_isn_ = header.seq;
    received_.open(header.seq);
  } else if (!syn) {
    received_.move_to(header.seq);
  }
  return Verdict::good;
}

std::optional<wire::Signature> Authenticator::sign(const wire::TcpHeader& header, Octets segment) {
  wire::Signature signature = blank();
  const auto way = outward(header);
  Mac mac{};
  const std::uint32_t extension = header.has(wire::tcp_flag::syn) ? 0 : sent_.extension(header.seq);
  const bool made = is_ao() ? ao(keys().ao[current_], way, extension, segment, mac) : md5(way, segment, mac);
  if (!made) return std::nullopt;
  sent_.move_to(header.seq);
  std::copy_n(mac.begin(), signature.length, signature.mac.begin());
  return signature;
}

bool Authenticator::use_key(std::uint8_t receive_id) {
  const auto found = std::ranges::find(keys().ao, receive_id, &AoKey::receive_id);
  if (found == keys().ao.end()) return false;
  next_ = static_cast<std::size_t>(found - keys().ao.begin());
  return true;
}

/// RFC 2385 2.0: pseudo-header, TCP header without options, text, key.
bool Authenticator::md5(const Direction& way, Octets segment, Mac& out) const {
  const PseudoHeader pseudo(way.source.address, way.destination.address, segment.size());
  const BlankHeader header(segment);
  const std::array<Octets, 4> parts{pseudo.octets(), header.fixed(), segment.subspan(header.size()), keys().md5};
  return authentication_->provider->compute(MacProvider::Algorithm::md5, {}, parts, out) == 16;
}

/// RFC 5926 3.1.1: 1, label, context, length of the key in bits, through the function of the MAC.
std::size_t Authenticator::traffic_key(const AoKey& key, const Direction& way, Mac& out) const {
  std::array<std::byte, 2 * 16 + 2 * 2 + 2 * 4> context{};
  std::size_t size = 0;
  for (const Endpoint* end : {&way.source, &way.destination})
    for (const std::uint8_t octet : end->address.octets()) context[size++] = std::byte{octet};
  for (const Endpoint* end : {&way.source, &way.destination}) {
    store_be16(&context[size], end->port);
    size += 2;
  }
  for (const std::uint32_t isn : {way.source_isn, way.destination_isn}) {
    store_be32(&context[size], isn);
    size += 4;
  }
  constexpr std::array begin{std::byte{1},   std::byte{'T'}, std::byte{'C'}, std::byte{'P'},
                             std::byte{'-'}, std::byte{'A'}, std::byte{'O'}};
  const std::size_t length = digest_length(key.algorithm);
  std::array<std::byte, 2> bits{};
  store_be16(bits.data(), static_cast<std::uint16_t>(8 * length));
  const std::array<Octets, 3> parts{begin, Octets(context).first(size), bits};
  const MacProvider& provider = *authentication_->provider;
  Octets secret = key.secret;
  Mac fitted{};
  if (key.algorithm == MacProvider::Algorithm::aes_128_cmac && secret.size() != 16) {
    // RFC 5926 3.1.1.2: a secret of another length goes through the function with a key of zeros first.
    constexpr std::array<std::byte, 16> zeros{};
    const std::array<Octets, 1> whole{secret};
    if (provider.compute(key.algorithm, zeros, whole, fitted) != 16) return 0;
    secret = Octets(fitted).first(16);
  }
  return provider.compute(key.algorithm, secret, parts, out);
}

/// RFC 5925 5.1: extension, pseudo-header, TCP header, text.
bool Authenticator::ao(const AoKey& key, const Direction& way, std::uint32_t extension, Octets segment, Mac& out) const {
  const std::size_t length = digest_length(key.algorithm);
  Mac traffic{};
  if (traffic_key(key, way, traffic) != length) return false;
  std::array<std::byte, 4> sne{};
  store_be32(sne.data(), extension);
  const PseudoHeader pseudo(way.source.address, way.destination.address, segment.size());
  const BlankHeader header(segment);
  const Octets text = segment.subspan(header.size());
  const auto compute = [&](std::span<const Octets> parts) {
    return authentication_->provider->compute(key.algorithm, Octets(traffic).first(length), parts, out) == length;
  };
  if (key.covers_options) return compute(std::array<Octets, 4>{sne, pseudo.octets(), header.all(), text});
  return compute(std::array<Octets, 5>{sne, pseudo.octets(), header.fixed(), header.option(), text});
}

}  // namespace ft::stack
