// gzip (RFC 1952) by zlib and Zstandard (RFC 8878) by libzstd, a piece at a time.
#include "io/octet_stream.hpp"

#include <algorithm>

#define ZLIB_CONST  // input is not written to
#include <zlib.h>
#include <zstd.h>

namespace ft::io {
namespace {

constexpr std::size_t input_room = 128 * 1024;

/// What both have in common: compressed octets in a buffer, refilled from below.
class Decompressor : public OctetStream {
 public:
  explicit Decompressor(std::unique_ptr<OctetStream> from) : from_(std::move(from)), input_(input_room) {}

  std::expected<std::size_t, std::string> read(std::span<std::byte> into) final {
    while (!into.empty()) {
      if (begin_ == end_ && !at_end_) {
        const auto got = from_->read(input_);
        if (!got) return got;
        begin_ = 0;
        end_ = *got;
        at_end_ = *got == 0;
      }
      const auto made = decompress(into);
      if (!made || *made > 0) return made;
      if (at_end_ || finished_) return finish();
    }
    return 0u;
  }
  bool rewind() final {
    if (!from_->rewind()) return false;
    begin_ = end_ = 0;
    at_end_ = finished_ = false;
    restart();
    return true;
  }
  std::uint64_t position() const final { return from_->position() - (end_ - begin_); }

 protected:
  /// Takes some of input(), fills the beginning of `into`.
  virtual std::expected<std::size_t, std::string> decompress(std::span<std::byte> into) = 0;
  virtual std::expected<std::size_t, std::string> finish() = 0;
  virtual void restart() = 0;

  std::span<const std::byte> input() const { return std::span(input_).subspan(begin_, end_ - begin_); }
  void take(std::size_t octets) { begin_ += octets; }
  std::string place() const { return " at octet " + std::to_string(position()) + " of the compressed file"; }
  bool finished_ = false;

 private:
  std::unique_ptr<OctetStream> from_;
  std::vector<std::byte> input_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool at_end_ = false;
};

class GzipStream final : public Decompressor {
 public:
  explicit GzipStream(std::unique_ptr<OctetStream> from) : Decompressor(std::move(from)) {
    constexpr int gzip_only = 16;
    ready_ = ::inflateInit2(&stream_, MAX_WBITS + gzip_only) == Z_OK;
  }
  ~GzipStream() override {
    if (ready_) ::inflateEnd(&stream_);
  }

 protected:
  std::expected<std::size_t, std::string> decompress(std::span<std::byte> into) override {
    if (!ready_) return std::unexpected("no memory to decompress");
    if (between_ && !input().empty()) {  // another member may follow, or padding that gzip ignores as well
      if (input().front() != std::byte{0x1f}) {
        finished_ = true;
        return 0u;
      }
      between_ = false;
      ::inflateReset(&stream_);
    }
    const auto in = input();
    stream_.next_in = reinterpret_cast<const Bytef*>(in.data());
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(into.data());
    stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(into.size(), 1u << 30));
    const uInt room = stream_.avail_out;
    const int result = ::inflate(&stream_, Z_NO_FLUSH);
    take(in.size() - stream_.avail_in);
    const std::size_t made = room - stream_.avail_out;
    if (result == Z_STREAM_END) between_ = true;
    if (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR || made > 0) return made;
    return std::unexpected("the gzip data are damaged" + place());
  }
  std::expected<std::size_t, std::string> finish() override {
    if (between_) return 0u;
    return std::unexpected("the gzip data end early" + place());
  }
  void restart() override {
    between_ = false;
    ::inflateReset(&stream_);
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
  bool between_ = false;  // a member has ended
};

class ZstdStream final : public Decompressor {
 public:
  explicit ZstdStream(std::unique_ptr<OctetStream> from) : Decompressor(std::move(from)), context_(::ZSTD_createDCtx()) {}
  ~ZstdStream() override { ::ZSTD_freeDCtx(context_); }

 protected:
  std::expected<std::size_t, std::string> decompress(std::span<std::byte> into) override {
    if (context_ == nullptr) return std::unexpected("no memory to decompress");
    ZSTD_inBuffer in{input().data(), input().size(), 0};
    ZSTD_outBuffer out{into.data(), into.size(), 0};
    const std::size_t result = ::ZSTD_decompressStream(context_, &out, &in);
    take(in.pos);
    if (::ZSTD_isError(result) != 0) {
      return std::unexpected("the zstd data are damaged" + place() + " (" + ::ZSTD_getErrorName(result) + ")");
    }
    if (in.pos > 0 || out.pos > 0) between_ = result == 0;  // after the last frame it only says what it would like next
    return out.pos;
  }
  std::expected<std::size_t, std::string> finish() override {
    if (between_) return 0u;
    return std::unexpected("the zstd data end early" + place());
  }
  void restart() override {
    between_ = false;
    ::ZSTD_DCtx_reset(context_, ZSTD_reset_session_only);
  }

 private:
  ZSTD_DCtx* context_;
  bool between_ = false;  // a frame has ended
};

}  // namespace

std::unique_ptr<OctetStream> make_gzip_stream(std::unique_ptr<OctetStream> from) {
  return std::make_unique<GzipStream>(std::move(from));
}
std::unique_ptr<OctetStream> make_zstd_stream(std::unique_ptr<OctetStream> from) {
  return std::make_unique<ZstdStream>(std::move(from));
}

}  // namespace ft::io
