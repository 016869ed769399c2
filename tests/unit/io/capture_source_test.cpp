#include "io/capture_source.hpp"

#include "pcap/writer.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

using namespace ft;
using io::CaptureSource;
using Octets = std::vector<std::byte>;

namespace {

/// A folder that is gone at the end.
struct Folder {
  std::string path = "/tmp/fourtuple-capture-XXXXXX";
  Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~Folder() { CHECK(std::system(("rm -r " + path).c_str()) == 0); }
  std::string write(const std::string& name, const Octets& octets) const {
    const std::string file = path + "/" + name;
    std::ofstream out(file, std::ios::binary);
    out.write(reinterpret_cast<const char*>(octets.data()), static_cast<std::streamsize>(octets.size()));
    return file;
  }
};

Octets capture(int packets, bool classic = false) {
  Octets file;
  if (classic) pcap::append_classic_header(file, pcap::LinkType::raw_ip);
  if (!classic) pcap::append_section_header(file);
  if (!classic) pcap::append_interface(file, {.name = "a"});
  Octets data(1000);
  for (int i = 0; i < packets; ++i) {
    data[0] = static_cast<std::byte>(i);
    const pcap::Packet packet{.at = Instant{Duration{i}}, .octets = data};
    classic ? pcap::append_classic_packet(file, packet) : pcap::append_packet(file, packet);
  }
  return file;
}

Octets gzip(const Octets& from) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  Octets out(from.size() + 1000);
  stream.next_in = reinterpret_cast<const Bytef*>(from.data());
  stream.avail_in = static_cast<uInt>(from.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

Octets zstd(const Octets& from) {
  Octets out(ZSTD_compressBound(from.size()));
  out.resize(ZSTD_compress(out.data(), out.size(), from.data(), from.size(), 3));
  return out;
}

std::unique_ptr<CaptureSource> opened(const std::string& path, bool twice = false) {
  auto source = io::open_capture(path, {.read_twice = twice});
  REQUIRE_MESSAGE(source, (source ? "" : source.error()));
  return std::move(*source);
}

struct Told {
  int packets = 0;
  bool in_order = true;
  std::string problem;
};

Told read_all(CaptureSource& source) {
  Told told;
  pcap::Packet packet;
  CaptureSource::Step step;
  while ((step = source.next(packet)) == CaptureSource::Step::packet) {
    told.in_order = told.in_order && packet.octets.size() == 1000 && packet.octets[0] == static_cast<std::byte>(told.packets);
    ++told.packets;
  }
  if (step == CaptureSource::Step::failed) told.problem = source.problem();
  return told;
}

std::string error_of(const std::string& path) {
  const auto source = io::open_capture(path);
  REQUIRE_FALSE(source);
  return source.error();
}

}  // namespace

TEST_CASE("a capture is read plain, with gzip and with zstd, twice, whatever it is called") {
  const Folder folder;
  for (const bool classic : {false, true}) {
    const Octets file = capture(300, classic);
    const std::vector<std::string> paths{folder.write("plain", file), folder.write("a.gz", gzip(file)),
                                         folder.write("odd.txt", zstd(file))};
    for (const std::string& path : paths) {
      CAPTURE(path);
      const auto source = opened(path);
      REQUIRE(source->size());
      for (int pass = 0; pass < 2; ++pass) {
        const Told told = read_all(*source);
        CHECK(told.packets == 300);
        CHECK(told.in_order);
        CHECK(told.problem.empty());
        CHECK(source->position() == *source->size());
        CHECK(source->interfaces().size() == 1);
        CHECK(source->rewind());
      }
    }
  }
}

TEST_CASE("compressed members one after the other are one file, and octets that follow are padding") {
  const Folder folder;
  const Octets file = capture(20);
  const auto cut = static_cast<std::ptrdiff_t>(file.size() / 3);
  const Octets first(file.begin(), file.begin() + cut), second(file.begin() + cut, file.end());
  Octets gz = gzip(first), zst = zstd(first);
  for (const std::byte b : gzip(second)) gz.push_back(b);
  for (const std::byte b : zstd(second)) zst.push_back(b);
  gz.resize(gz.size() + 512);
  for (const std::string& path : {folder.write("gz", gz), folder.write("zst", zst)}) {
    const Told told = read_all(*opened(path));
    CHECK(told.packets == 20);
    CHECK(told.problem.empty());
  }
}

TEST_CASE("a compressed file that ends early or is damaged gives its whole packets and a sentence") {
  const Folder folder;
  // Not compressible, so that half the file is half the packets.
  Octets file = capture(100, true);
  std::uint64_t state = 7;
  for (std::size_t i = 24 + 16; i < file.size(); ++i) {
    if ((i - 24) % 1016 < 17) continue;
    state = state * 6364136223846793005u + 1442695040888963407u;
    file[i] = static_cast<std::byte>(state >> 56);
  }
  for (const bool gz : {true, false}) {
    Octets packed = gz ? gzip(file) : zstd(file);
    packed.resize(packed.size() * 3 / 4);
    const Told early = read_all(*opened(folder.write("early", packed)));
    CHECK(early.packets > 20);
    CHECK(early.packets < 100);
    CHECK(early.in_order);
    CHECK(early.problem.find("end early at octet") != std::string::npos);
  }
  Octets packed = gzip(file);
  for (std::size_t i = packed.size() / 2; i < packed.size(); ++i) packed[i] = std::byte{0xff};
  const Told damaged = read_all(*opened(folder.write("damaged", packed)));
  CHECK(damaged.packets > 10);
  CHECK(damaged.problem.find("damaged at octet") != std::string::npos);
}

TEST_CASE("a file that somebody shortens while it is read gives its whole packets and a sentence, also on the second pass") {
  const Folder folder;
  const Octets file = capture(2000, true);  // far more than is read at a time
  constexpr std::size_t header = 24, each = 16 + 1000;
  for (const std::size_t end : {header + 1500 * each, header + 1500 * each + 500}) {
    CAPTURE(end);
    const std::string path = folder.write("shrinks", file);
    const auto source = opened(path);
    pcap::Packet packet;
    REQUIRE(source->next(packet) == CaptureSource::Step::packet);
    REQUIRE(::truncate(path.c_str(), static_cast<off_t>(end)) == 0);
    Told told = read_all(*source);
    CHECK(1 + told.packets == 1500);
    const std::string sentence = "truncated at octet " + std::to_string(end) + ": the file had " + std::to_string(file.size()) +
                                 " octets, and was shortened while it was read";
    CHECK(told.problem == sentence);
    REQUIRE(source->rewind());
    told = read_all(*source);
    CHECK(told.packets == 1500);
    CHECK(told.in_order);
    CHECK(told.problem == sentence);
  }
}

TEST_CASE("a file that is emptied under its reader's eyes ends the reading and not the process") {
  const Folder folder;
  constexpr std::size_t each = 16 + 1000;
  const Octets file = capture(2000, true);
  for (const std::size_t end : {std::size_t{0}, std::size_t{24}, std::size_t{5000}}) {
    CAPTURE(end);
    const std::string path = folder.write("empties", file);
    const auto source = opened(path);
    pcap::Packet packet;
    REQUIRE(source->next(packet) == CaptureSource::Step::packet);
    REQUIRE(::truncate(path.c_str(), static_cast<off_t>(end)) == 0);  // before the next look at its size
    const Told told = read_all(*source);
    CHECK(told.packets <= end / each);  // the one that was cut may be among them: nobody has looked since
    CHECK(told.problem == "truncated at octet " + std::to_string(end) + ": the file had " + std::to_string(file.size()) +
                              " octets, and was shortened while it was read");
    CHECK(source->next(packet) == CaptureSource::Step::failed);
  }
}

TEST_CASE("a bus error that is not a mapped capture's still ends the process") {
  const pid_t child = ::fork();
  if (child == 0) {
    const Folder folder;
    const auto source = opened(folder.write("any", capture(10, true)));  // from here on there is a handler
    const std::string other = folder.write("other", capture(20, true));
    const int file = ::open(other.c_str(), O_RDONLY);
    const auto* at = static_cast<const volatile char*>(::mmap(nullptr, 8192, PROT_READ, MAP_PRIVATE, file, 0));
    (void)::truncate(other.c_str(), 0);
    ::_exit(at[4096] == 0 ? 1 : 2);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS));
}

TEST_CASE("a file that grows while it is read is read as far as it reached at first") {
  const Folder folder;
  const Octets file = capture(600, true);
  const std::string path = folder.write("grows", {file.begin(), file.begin() + 24 + 400 * 1016 + 100});
  const auto source = opened(path);
  folder.write("grows", file);
  for (int pass = 0; pass < 2; ++pass) {
    const Told told = read_all(*source);
    CHECK(told.packets == 400);
    CHECK(told.problem.find("truncated at octet") != std::string::npos);
    REQUIRE(source->rewind());
    CHECK(source->interfaces().size() == 1);
  }
}

TEST_CASE("a pipe is read once, or twice when that was asked for") {
  const Folder folder;
  const std::string file = folder.write("file", gzip(capture(50)));
  for (const bool twice : {false, true}) {
    const std::string pipe = folder.path + "/pipe" + (twice ? "2" : "1");
    REQUIRE(std::system(("mkfifo " + pipe + " && cat " + file + " > " + pipe + " &").c_str()) == 0);
    while (::access(pipe.c_str(), F_OK) != 0) ::usleep(1000);
    const auto source = opened(pipe, twice);
    CHECK_FALSE(source->size());
    CHECK(read_all(*source).packets == 50);
    CHECK(source->rewind() == twice);
    if (twice) CHECK(read_all(*source).packets == 50);
  }
}

TEST_CASE("what is no capture is refused with what it is and what to do") {
  const Folder folder;
  const auto text = [](std::string_view s) {
    return Octets(std::as_bytes(std::span(s)).begin(), std::as_bytes(std::span(s)).end());
  };
  CHECK(error_of(folder.path + "/none") == "cannot open " + folder.path + "/none: No such file or directory");
  CHECK(error_of(folder.path) == folder.path + " is a directory; expected a capture file");
  CHECK(error_of(folder.write("empty", {})).find("the file is empty") != std::string::npos);
  CHECK(error_of(folder.write("text", text("hello world"))).find("begins like neither pcapng nor pcap") != std::string::npos);
  CHECK(error_of(folder.write("xz", text("\xfd"
                                         "7zXZ  ")))
            .find("xz -dc FILE | fourtuple") != std::string::npos);
  CHECK(error_of(folder.write("gz", gzip(text("hello world")))).find("begins like neither") != std::string::npos);
}

TEST_CASE("a bomb stays small in memory: a gigabyte of zeros is no capture after four octets") {
  const Folder folder;
  const std::string path = folder.path + "/bomb.gz";
  REQUIRE(std::system(("head -c 200000000 /dev/zero | gzip -1 > " + path).c_str()) == 0);
  CHECK(error_of(path).find("begins like neither") != std::string::npos);
}
