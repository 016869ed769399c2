// Reading and writing the TCP header: RFC 9293 3.1 and 3.2, RFC 7323 2.2 and 3.2, RFC 2018 2 and 3, RFC 9768 3.2,
// RFC 7413 4.1.1, RFC 2385 3.0, RFC 5925 2.2.
#include "wire/tcp.hpp"

#include "base/assert.hpp"
#include "base/cursor.hpp"
#include "wire/tcp_option.hpp"

#include <algorithm>

namespace ft::wire {
namespace {

using namespace tcp_option;

// Lengths, with the kind and length octets, of the options that we read and write.
constexpr std::size_t mss_length = 4, window_scale_length = 3, sack_permitted_length = 2, timestamps_length = 10;
constexpr std::size_t user_timeout_length = 4;
constexpr std::size_t md5_length = 18, least_authentication_length = 4;
constexpr std::size_t sack_block_length = 8;
constexpr std::size_t accecn_field_length = 3;
constexpr std::size_t max_options = tcp_max_header - tcp_min_header;
constexpr std::size_t padded_timestamps_length = 12;

constexpr std::uint32_t word(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  return (std::uint32_t{a} << 24) | (std::uint32_t{b} << 16) | (std::uint32_t{c} << 8) | d;
}

void read_sack(std::span<const std::byte> blocks, TcpOptions& options) {
  const std::size_t count = blocks.size() / sack_block_length;
  if (count == 0 || count > options.sack.size() || blocks.size() % sack_block_length != 0) return;
  options.sack = {};
  options.sack_count = static_cast<std::uint8_t>(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::byte* p = blocks.data() + i * sack_block_length;
    options.sack[i] = {.left = Seq{load_be32(p)}, .right = Seq{load_be32(p + 4)}};
  }
}

/// Whole fields count, whatever follows them is padding (RFC 9768 3.2.3).
void read_accecn(std::uint8_t order, std::span<const std::byte> value, TcpOptions& options) {
  AccEcnOption accecn{.order = order};
  accecn.fields = static_cast<std::uint8_t>(std::min<std::size_t>(value.size() / accecn_field_length, accecn.octets.size()));
  for (std::size_t i = 0; i < accecn.fields; ++i) {
    const std::byte* p = value.data() + i * accecn_field_length;
    accecn.octets[i] = std::uint32_t{load_u8(p)} << 16 | load_be16(p + 1);
  }
  options.accecn = accecn;
}

void read_fast_open(std::span<const std::byte> value, TcpOptions& options) {
  FastOpenCookie cookie;
  const bool legal = value.empty() || (value.size() >= 4 && value.size() <= cookie.octets.size() && value.size() % 2 == 0);
  if (!legal) return;
  cookie.length = static_cast<std::uint8_t>(value.size());
  std::copy(value.begin(), value.end(), cookie.octets.begin());
  options.fast_open = cookie;
}

void read_signature(Signature::Kind kind, std::span<const std::byte> value, TcpOptions& options) {
  Signature signature{.kind = kind};
  if (kind == Signature::Kind::ao) {
    signature.key_id = load_u8(value.data());
    signature.next_key_id = load_u8(value.data() + 1);
    value = value.subspan(2);
  }
  if (value.size() > signature.mac.size()) return;
  signature.length = static_cast<std::uint8_t>(value.size());
  std::copy(value.begin(), value.end(), signature.mac.begin());
  options.signature = signature;
}

/// One whole option; a known kind of the wrong length is passed over like an unknown kind (RFC 9293 MUST-6).
//= rfc9293 MUST-4
//= rfc9293 MUST-6
void read_option(std::uint8_t kind, std::span<const std::byte> value, TcpOptions& options) {
  const std::size_t length = value.size() + 2;
  switch (kind) {
    case max_segment_size:
      if (length == mss_length) options.mss = load_be16(value.data());
      break;
    case window_scale:
      if (length == window_scale_length) options.window_scale = load_u8(value.data());
      break;
    case sack_permitted:
      if (length == sack_permitted_length) options.sack_permitted = true;
      break;
    case sack:
      read_sack(value, options);
      break;
    case timestamps:
      if (length == timestamps_length)
        options.timestamps = Timestamps{.val = load_be32(value.data()), .ecr = load_be32(value.data() + 4)};
      break;
    case user_timeout:
      if (length == user_timeout_length) options.user_timeout = load_be16(value.data());
      break;
    case accecn_0:
    case accecn_1:
      read_accecn(kind == accecn_0 ? 0 : 1, value, options);
      break;
    case fast_open:
      read_fast_open(value, options);
      break;
    case md5:
      if (length == md5_length) read_signature(Signature::Kind::md5, value, options);
      break;
    case authentication:
      if (length >= least_authentication_length) read_signature(Signature::Kind::ao, value, options);
      break;
    default:
      break;
  }
}

/// False when an option's length is illegal: nothing behind it can be found (RFC 9293 MUST-7).
//= rfc9293 MUST-5
//= rfc9293 MUST-7
//= rfc9293 MUST-64
//= rfc9293 MUST-68
bool read_options(std::span<const std::byte> list, TcpOptions& options) {
  return TcpOptionsEnd::proper == each_tcp_option(list, [&options](std::span<const std::byte> option) {
           if (option.size() > 1) read_option(load_u8(option.data()), option.subspan(2), options);
         });
}

/// The same, with the way that nearly every segment takes.
bool read_list(std::span<const std::byte> list, TcpOptions& options) {
  if (list.empty()) return true;
  if (list.size() != padded_timestamps_length || load_be32(list.data()) != padded_timestamps) return read_options(list, options);
  options.timestamps = Timestamps{.val = load_be32(list.data() + 4), .ecr = load_be32(list.data() + 8)};
  return true;
}

//= rfc9293 MUST-1
void read_fields(const std::byte* p, TcpHeader& h) {
  h.source_port = load_be16(p);
  h.destination_port = load_be16(p + 2);
  h.seq = Seq{load_be32(p + 4)};
  h.ack = Seq{load_be32(p + 8)};
  h.ae = (load_u8(p + 12) & 1) != 0;
  h.flags = load_u8(p + 13);
  h.window = load_be16(p + 14);
  h.urgent = load_be16(p + 18);
}

/// Octets of an option that takes `room`, behind `used` others; 0 where it does not fit.
constexpr std::size_t fitting(std::size_t used, std::size_t room) { return used + room <= max_options ? room : 0; }

std::size_t signature_room(const TcpOptions& o, std::size_t used) { return o.signature ? fitting(used, o.signature->room()) : 0; }

std::size_t fast_open_room(const TcpOptions& o, std::size_t used) {
  return o.fast_open ? fitting(used, (2u + o.fast_open->length + 3u) / 4u * 4u) : 0;
}

std::size_t length_of_fixed(const TcpOptions& o) {
  std::size_t length = o.mss ? mss_length : 0;
  if (o.timestamps) {
    length += padded_timestamps_length;  // sack-permitted takes the place of the two nops
  } else if (o.sack_permitted) {
    length += 4;
  }
  return length + (o.window_scale ? 4u : 0u) + (o.user_timeout ? user_timeout_length : 0u);
}

/// Octets of the AccECN option behind `used` others; 0 where it does not fit.
std::size_t accecn_room(const TcpOptions& o, std::size_t used) {
  if (!o.accecn) return 0;
  return fitting(used, AccEcnOption::room(o.accecn->fields));
}

/// Behind the options that are always written.
std::size_t length_without_accecn(const TcpOptions& o) {
  std::size_t used = length_of_fixed(o);
  used += signature_room(o, used);
  return used + fast_open_room(o, used);
}

std::size_t length_without_sack(const TcpOptions& o) {
  const std::size_t used = length_without_accecn(o);
  return used + accecn_room(o, used);
}

std::size_t sack_blocks_that_fit(const TcpOptions& o, std::size_t used) {
  constexpr std::size_t overhead = 4;  // nop, nop, kind, length
  if (o.sack_count == 0 || used + overhead + sack_block_length > max_options) return 0;
  return std::min<std::size_t>(o.sack_count, (max_options - used - overhead) / sack_block_length);
}

std::byte* put(std::byte* p, std::uint32_t value) {
  store_be32(p, value);
  return p + 4;
}

std::byte* write_accecn(const AccEcnOption& option, std::byte* p) {
  const std::size_t length = 2 + accecn_field_length * option.fields;
  std::byte* const end = p + AccEcnOption::room(option.fields);
  std::byte* at = std::fill_n(p, AccEcnOption::room(option.fields) - length, std::byte{no_operation});
  store_u8(at, option.order == 0 ? accecn_0 : accecn_1);
  store_u8(at + 1, static_cast<std::uint8_t>(length));
  at += 2;
  for (std::size_t i = 0; i < option.fields; ++i, at += accecn_field_length) {
    store_u8(at, static_cast<std::uint8_t>(option.octets[i] >> 16));
    store_be16(at + 1, static_cast<std::uint16_t>(option.octets[i]));
  }
  return end;
}

std::byte* write_option(std::byte* p, std::uint8_t kind, std::span<const std::byte> value) {
  store_u8(p, kind);
  store_u8(p + 1, static_cast<std::uint8_t>(2 + value.size()));
  return std::copy(value.begin(), value.end(), p + 2);
}

/// Padded in front with no-operations to `room` octets.
std::byte* write_padded(std::byte* p, std::size_t room, std::uint8_t kind, std::span<const std::byte> value) {
  return write_option(std::fill_n(p, room - 2 - value.size(), std::byte{no_operation}), kind, value);
}

/// Padded behind.
std::byte* write_fast_open(const FastOpenCookie& cookie, std::byte* p, std::size_t room) {
  std::byte* const end = write_option(p, fast_open, std::span(cookie.octets).first(cookie.length));
  return std::fill_n(end, static_cast<std::ptrdiff_t>(room) - (end - p), std::byte{no_operation});
}

std::byte* write_signature(const Signature& s, std::byte* p) {
  std::array<std::byte, 18> value{static_cast<std::byte>(s.key_id), static_cast<std::byte>(s.next_key_id)};
  const bool ao = s.kind == Signature::Kind::ao;
  const std::size_t before = ao ? 2 : 0;
  std::copy_n(s.mac.begin(), s.length, value.begin() + static_cast<std::ptrdiff_t>(before));
  return write_padded(p, s.room(), ao ? authentication : md5, std::span(value).first(before + s.length));
}

//= rfc9293 MUST-68
//= rfc9293 MUST-69
std::byte* write_options(const TcpOptions& o, std::byte* p) {
  if (o.mss) p = put(p, word(max_segment_size, mss_length, 0, 0) | *o.mss);
  if (o.timestamps) {
    p = put(p, o.sack_permitted ? word(sack_permitted, sack_permitted_length, timestamps, timestamps_length) : padded_timestamps);
    p = put(p, o.timestamps->val);
    p = put(p, o.timestamps->ecr);
  } else if (o.sack_permitted) {
    p = put(p, word(no_operation, no_operation, sack_permitted, sack_permitted_length));
  }
  if (o.window_scale) p = put(p, word(no_operation, window_scale, window_scale_length, *o.window_scale));
  if (o.user_timeout) p = put(p, word(user_timeout, user_timeout_length, 0, 0) | *o.user_timeout);
  std::size_t used = length_of_fixed(o);
  if (const std::size_t room = signature_room(o, used); room != 0) p = write_signature(*o.signature, p);
  used += signature_room(o, used);
  if (const std::size_t room = fast_open_room(o, used); room != 0) p = write_fast_open(*o.fast_open, p, room);
  if (accecn_room(o, length_without_accecn(o)) != 0) p = write_accecn(*o.accecn, p);
  if (const std::size_t count = sack_blocks_that_fit(o, length_without_sack(o)); count != 0) {
    p = put(p, word(no_operation, no_operation, sack, static_cast<std::uint8_t>(2 + count * sack_block_length)));
    for (std::size_t i = 0; i < count; ++i) {
      p = put(p, o.sack[i].left.value());
      p = put(p, o.sack[i].right.value());
    }
  }
  return p;
}

}  // namespace

DropReason read_tcp(std::span<const std::byte> segment, TcpHeader& header, std::span<const std::byte>& text,
                    bool& options_malformed) {
  if (segment.size() < tcp_min_header) return DropReason::too_short;
  const std::size_t header_length = std::size_t{load_u8(&segment[12])} / 16 * 4;
  if (header_length < tcp_min_header || header_length > segment.size()) return DropReason::bad_header_length;
  read_fields(segment.data(), header);
  options_malformed = !read_list(segment.subspan(tcp_min_header, header_length - tcp_min_header), header.options);
  text = segment.subspan(header_length);
  return DropReason::none;
}

std::expected<ParsedTcp, DropReason> parse_tcp(std::span<const std::byte> segment) {
  std::expected<ParsedTcp, DropReason> result;
  const DropReason reason = read_tcp(segment, result->header, result->text, result->options_malformed);
  if (reason != DropReason::none) result = std::unexpected(reason);
  return result;
}

std::size_t tcp_header_length(const TcpHeader& header) {
  const TcpOptions& o = header.options;
  const std::size_t used = length_without_sack(o);
  const std::size_t blocks = sack_blocks_that_fit(o, used);
  return tcp_min_header + used + (blocks != 0 ? 4 + blocks * sack_block_length : 0);
}

std::size_t write_tcp(const TcpHeader& header, std::span<std::byte> out) {
  const std::size_t length = tcp_header_length(header);
  write_tcp(header, out, length);
  return length;
}

void write_tcp(const TcpHeader& header, std::span<std::byte> out, std::size_t length) {
  FT_ASSERT(header.options.sack_count <= header.options.sack.size());
  FT_ASSERT(out.size() >= length);
  std::byte* p = out.data();
  store_be16(p, header.source_port);
  store_be16(p + 2, header.destination_port);
  store_be32(p + 4, header.seq.value());
  store_be32(p + 8, header.ack.value());
  store_u8(p + 12, static_cast<std::uint8_t>(length / 4 * 16 | (header.ae ? 1 : 0)));
  store_u8(p + 13, header.flags);
  store_be16(p + 14, header.window);
  store_be16(p + 16, 0);  // the checksum, filled in when the text is there
  store_be16(p + 18, header.urgent);
  if (length == tcp_min_header) return;
  const std::byte* end = write_options(header.options, p + tcp_min_header);
  FT_ASSERT(end == p + length);
}

}  // namespace ft::wire
