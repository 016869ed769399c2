// What the benchmarks measure with: wall clock, processor time, memory of this process.
#pragma once

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace bench {

inline double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Seconds of processor, user and system. On a shared machine this moves less than the wall clock.
inline double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Octets of resident memory.
inline std::int64_t resident() {
  long total = 0;
  long pages = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%ld %ld", &total, &pages) != 2) pages = 0;
    std::fclose(file);
  }
  return std::int64_t{pages} * sysconf(_SC_PAGESIZE);
}

/// Octets that malloc has handed out.
inline std::int64_t heap() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<std::int64_t>(info.uordblks + info.hblkhd);
}

/// From the end of the warm-up on: wall and processor time, and how far some counters moved.
struct Mark {
  double wall = wall_seconds();
  double cpu = cpu_seconds();
  std::uint64_t octets = 0;
  std::uint64_t segments = 0;
  std::uint64_t done = 0;
};

// The lines that bench/run reads: WHO WHAT key=value ...; every program prints the same keys.
inline void print_bulk(const char* who, int flows, const Mark& from, const Mark& to) {
  const double bits = static_cast<double>(to.octets - from.octets) * 8;
  const double segments = static_cast<double>(to.segments - from.segments);
  std::printf("%s bulk flows=%d gbit_s=%.3f gbit_cpu_s=%.3f segments_s=%.0f ns_segment=%.1f\n", who, flows,
              bits / (to.wall - from.wall) / 1e9, bits / (to.cpu - from.cpu) / 1e9, segments / (to.wall - from.wall),
              (to.cpu - from.cpu) * 1e9 / segments);
}
inline void print_crr(const char* who, int concurrent, std::uint64_t failed, const Mark& from, const Mark& to) {
  const double done = static_cast<double>(to.done - from.done);
  std::printf("%s crr concurrent=%d conn_s=%.0f conn_cpu_s=%.0f failed=%llu\n", who, concurrent, done / (to.wall - from.wall),
              done / (to.cpu - from.cpu), static_cast<unsigned long long>(failed));
}
inline void print_idle(const char* who, std::int64_t connections, std::int64_t resident_octets, std::int64_t heap_octets,
                       double seconds) {
  // Both ends live in this process: an end is half of a pair.
  const double ends = 2.0 * static_cast<double>(connections);
  std::printf("%s idle connections=%lld resident_octets_an_end=%.1f heap_octets_an_end=%.1f connect_s=%.0f\n", who,
              static_cast<long long>(connections), static_cast<double>(resident_octets) / ends,
              static_cast<double>(heap_octets) / ends, static_cast<double>(connections) / seconds);
  std::fflush(stdout);
}

/// What a program does in each of its three modes.
struct Modes {
  void (*bulk)(double seconds, int flows);
  void (*crr)(double seconds, int concurrent);
  void (*idle)(std::int64_t connections, std::int64_t step);
};

/// main() of such a program: `name` bulk SECONDS [FLOWS] | crr SECONDS [CONCURRENT] | idle CONNECTIONS [STEP].
inline int run(const char* name, int argc, char** argv, const Modes& modes) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  const double amount = argc > 2 ? std::atof(argv[2]) : 0;
  const int number = argc > 3 ? std::atoi(argv[3]) : 0;
  const bool possible = amount > 0 && argc <= 4 && (argc < 4 || number > 0);
  if (possible && mode == "bulk") {
    modes.bulk(amount, std::max(number, 1));
  } else if (possible && mode == "crr") {
    modes.crr(amount, std::max(number, 1));
  } else if (possible && mode == "idle") {
    const auto connections = static_cast<std::int64_t>(amount);
    modes.idle(connections, number > 0 ? number : connections);
  } else {
    std::fprintf(stderr, "usage: %s bulk SECONDS [FLOWS] | crr SECONDS [CONCURRENT] | idle CONNECTIONS [STEP]\n", name);
    return 2;
  }
  return 0;
}

}  // namespace bench
