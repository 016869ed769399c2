#include "io/mapped_file.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <csignal>

namespace ft::io {

namespace {

/// What is mapped, for the signal handler: this is the one thing that a process has to have in common. A row whose `begin` is 0
/// is free.
struct Row {
  std::atomic<std::uintptr_t> begin = 0;
  std::atomic<std::uintptr_t> end = 0;
};
std::array<Row, 16> rows;
static_assert(std::atomic<std::uintptr_t>::is_always_lock_free, "a signal handler may not wait");

std::uintptr_t number_of(const void* at) { return reinterpret_cast<std::uintptr_t>(at); }

/// Puts zeros where the file has ended. A fault elsewhere is not ours: the default takes place when it happens again.
void on_bus_error(int number, siginfo_t* info, void*) {
  const std::uintptr_t at = number_of(info->si_addr);
  for (const Row& row : rows) {
    if (at < row.begin.load() || at >= row.end.load()) continue;
    const auto page = static_cast<std::uintptr_t>(::getpagesize());
    const std::uintptr_t from = at / page * page;
    void* zeros = ::mmap(reinterpret_cast<void*>(from), row.end.load() - from, PROT_READ,  // NOLINT(performance-no-int-to-ptr)
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
    if (zeros != MAP_FAILED) return;
  }
  ::signal(number, SIG_DFL);
}

bool guard(std::span<const std::byte> octets) {
  for (Row& row : rows) {
    std::uintptr_t none = 0;
    // Its end is 0 as long as it is free, so that half a row covers nothing.
    if (!row.begin.compare_exchange_strong(none, number_of(octets.data()))) continue;
    row.end = number_of(octets.data()) + octets.size();
    struct sigaction action{};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO;
    return ::sigaction(SIGBUS, &action, nullptr) == 0;
  }
  return false;
}

void release(std::span<const std::byte> octets) {
  for (Row& row : rows) {
    if (row.begin != number_of(octets.data())) continue;
    row.end = 0;
    row.begin = 0;
  }
}

void* address(std::span<const std::byte> octets) { return const_cast<std::byte*>(octets.data()); }

}  // namespace

std::optional<MappedFile> MappedFile::of(int file, std::size_t octets) {
  Descriptor own(::fcntl(file, F_DUPFD_CLOEXEC, 0));
  if (!own || octets == 0) return std::nullopt;
  void* at = ::mmap(nullptr, octets, PROT_READ, MAP_PRIVATE, own.get(), 0);
  if (at == MAP_FAILED) return std::nullopt;
  ::madvise(at, octets, MADV_SEQUENTIAL);
  MappedFile mapped(std::move(own), {static_cast<const std::byte*>(at), octets});
  if (!guard(mapped.octets_)) return std::nullopt;
  return mapped;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : file_(std::move(other.file_)),
      octets_(std::exchange(other.octets_, {})),
      next_ask_(other.next_ask_),
      giver_(std::move(other.giver_)) {}

MappedFile::~MappedFile() {
  if (octets_.empty()) return;
  if (giver_.joinable()) giver_.join();
  release(octets_);
  ::munmap(address(octets_), octets_.size());
}

std::uint64_t MappedFile::current_size() const {
  struct stat status{};
  return ::fstat(file_.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : octets_.size();
}

void MappedFile::rest() {
  constexpr std::size_t worth_it = 64U << 20;  // a thread costs as much as a few megabytes
  if (octets_.size() < worth_it || giver_.joinable()) return;
  giver_ = std::jthread([octets = octets_] { ::madvise(address(octets), octets.size(), MADV_DONTNEED); });
}

void MappedFile::ask(std::size_t at) {
#ifdef MADV_POPULATE_READ
  constexpr int populate = MADV_POPULATE_READ;
#else
  constexpr int populate = 22;  // Linux 5.14; an older one does not know it, and pages come when they are touched
#endif
  constexpr std::size_t step = 2U << 20, most_of_page = 64U << 10;
  next_ask_ = at + step;
  if (at >= octets_.size()) return;
  const auto piece = octets_.subspan(at / most_of_page * most_of_page);
  ::madvise(address(piece), std::min(piece.size(), step + most_of_page), populate);
}

}  // namespace ft::io
