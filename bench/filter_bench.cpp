// What a display filter costs: frames a second that are taken apart, and that a filter is asked about, on one core.
//
//   build/release/bench/filter_bench [FILE.pcap]     without a file: packets of its own
#include "analysis/dissect/dissector.hpp"
#include "analysis/fields/context.hpp"
#include "analysis/fields/numbers.hpp"
#include "analysis/filter/filter.hpp"
#include "io/capture_source.hpp"
#include "measure.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

using namespace ft;
using namespace ft::analysis;

namespace {

std::uint64_t allocations = 0;

constexpr std::array filters{"tcp",
                             "tcp.port == 443",
                             "ip.addr == 10.0.0.0/8 and tcp.flags.syn == 1",
                             "tcp.len > 0 and !(tcp.port in {22, 80, 443})",
                             "ip.src == 10.0.0.1 && (tcp.srcport == 80 || tcp.dstport == 80)",
                             "tcp[13] & 2",
                             "tcp.seq > 1000 and tcp.window_size < 64KiB",
                             "frame contains \"GET\"",
                             "tcp.options.sack_le"};

/// Ethernet, IPv4 and TCP with timestamps, of a few hundred connections.
std::vector<std::vector<std::byte>> packets_of_our_own() {
  constexpr std::array<unsigned char, 66> model{2,    0,    0, 0,    0, 2,  2,  0,    0, 0,  0, 1, 8,    0,    0x45, 0, 0,
                                                52,   0,    7, 0x40, 0, 64, 6,  0,    0, 10, 9, 0, 1,    10,   9,    0, 2,
                                                0x9c, 0x40, 1, 0xbb, 0, 0,  3,  0xe9, 0, 0,  0, 1, 0x80, 0x10, 1,    0, 0,
                                                0,    0,    0, 1,    1, 8,  10, 0,    0, 0,  1, 0, 0,    0,    2};
  std::vector<std::vector<std::byte>> packets;
  for (unsigned i = 0; i < 4096; ++i) {
    std::vector<std::byte> octets;
    for (const unsigned char octet : model) octets.push_back(std::byte{octet});
    octets[35] = static_cast<std::byte>(i);
    octets[41] = static_cast<std::byte>(i >> 4);
    if (i % 16 == 0) octets[37] = std::byte{80};
    packets.push_back(std::move(octets));
  }
  return packets;
}

struct Result {
  double seconds = 0;
  std::uint64_t frames = 0, passed = 0, allocated = 0;
};

template <typename Each>
Result walk(const char* path, const std::vector<std::vector<std::byte>>& own, Each each) {
  Dissector dissector({.verify_checksums = false, .reassembly = {}});
  Result result;
  pcap::Packet packet;
  const auto one = [&] {
    ++result.frames;
    if (each(dissector.dissect(packet))) ++result.passed;
  };
  std::unique_ptr<io::CaptureSource> source;
  if (path != nullptr) {
    auto opened = io::open_capture(path);
    if (!opened) {
      std::fprintf(stderr, "filter_bench: %s\n", opened.error().c_str());
      std::exit(1);
    }
    source = std::move(*opened);
  }
  const double begun = bench::cpu_seconds();
  const std::uint64_t before = allocations;
  if (source) {
    while (source->next(packet) == io::CaptureSource::Step::packet) one();
  } else {
    packet.link_type = pcap::LinkType::ethernet;
    for (int round = 0; round < 366; ++round)
      for (const auto& octets : own) {
        packet.octets = octets;
        packet.original_length = static_cast<std::uint32_t>(octets.size());
        one();
      }
  }
  result.seconds = bench::cpu_seconds() - begun;
  result.allocated = allocations - before;
  return result;
}

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size)) return p;
  std::abort();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

int main(int argc, char** argv) {
  const char* path = argc > 1 ? argv[1] : nullptr;
  const auto own = packets_of_our_own();
  const Result bare = walk(path, own, [](const Frame&) { return true; });
  std::printf("%-66s %10.2f million frames a second of CPU\n", "(only taken apart)",
              static_cast<double>(bare.frames) / bare.seconds / 1e6);
  for (const char* text : filters) {
    auto filter = Filter::compile(text);
    if (!filter) {
      std::fprintf(stderr, "filter_bench: %s\n", to_text(text, filter.error()).c_str());
      return 1;
    }
    const bool streams = filter->needs(Need::streams);
    StreamNumbers numbers;
    const Result result = walk(path, own, [&](const Frame& frame) {
      FrameContext context{.frame = frame};
      if (streams && frame.has_segment) context.tcp = &numbers.on(frame.segment, 0);
      return filter->matches(context);
    });
    std::printf("%-66s %10.2f million frames a second, %.0f ns for the filter, %.4f allocations a frame, %llu passed\n", text,
                static_cast<double>(result.frames) / result.seconds / 1e6,
                (result.seconds - bare.seconds) * 1e9 / static_cast<double>(result.frames),
                static_cast<double>(result.allocated) / static_cast<double>(result.frames),
                static_cast<unsigned long long>(result.passed));
  }
  return 0;
}
