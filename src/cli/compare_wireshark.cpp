#include "cli/compare_wireshark.hpp"

#include "io/descriptor.hpp"
#include "wire/tcp.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ft::cli {

namespace {

using namespace std::chrono_literals;
namespace report = analysis::report;
using report::WiresharkWord;

// In this order in each of tshark's lines; see Line.
constexpr std::array fields{
    "frame.number",
    "frame.encap_type",
    "tcp.stream",
    "ip.src",
    "ipv6.src",
    "tcp.srcport",
    "ip.dst",
    "ipv6.dst",
    "tcp.dstport",
    "tcp.len",
    "tcp.flags",
    "icmp.type",
    "icmpv6.type",
    "tcp.analysis.initial_rtt",
    "tcp.analysis.spurious_retransmission",
    "tcp.analysis.fast_retransmission",
    "tcp.analysis.retransmission",
    "tcp.analysis.out_of_order",
    "tcp.analysis.keep_alive",
    "tcp.analysis.zero_window_probe",
};
enum Column : std::size_t {
  encapsulation = 1,
  stream,
  source4,
  source6,
  source_port,
  destination4,
  destination6,
  destination_port,
  length,
  flags,
  icmp,
  icmpv6,
  round_trip,
  first_word,
};
constexpr std::array words{WiresharkWord::spurious_retransmission,
                           WiresharkWord::fast_retransmission,
                           WiresharkWord::retransmission,
                           WiresharkWord::out_of_order,
                           WiresharkWord::keep_alive,
                           WiresharkWord::zero_window_probe};
constexpr int not_there = 127;  // a shell's status for it, too

struct Tshark {
  io::Descriptor output;
  pid_t process = -1;
};

std::expected<Tshark, std::string> start(const std::string& path) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return std::unexpected(std::string("no pipe: ") + std::strerror(errno));
  Tshark tshark{io::Descriptor(ends[0]), -1};
  const io::Descriptor input(ends[1]);
  std::vector<std::string> arguments{"tshark", "-n", "-2", "-r", path, "-T", "fields"};
  for (const char* field : fields) arguments.insert(arguments.end(), {"-e", field});
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  tshark.process = fork();
  if (tshark.process < 0) return std::unexpected(std::string("cannot fork: ") + std::strerror(errno));
  if (tshark.process == 0) {
    const int silence = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(input.get(), STDOUT_FILENO);
    if (silence >= 0) dup2(silence, STDERR_FILENO);
    execvp(pointers[0], pointers.data());
    _exit(not_there);
  }
  return tshark;
}

/// Of several occurrences, as in a tunnel, the innermost is the last.
std::string_view last_of(std::string_view field) {
  const std::size_t comma = field.rfind(',');
  return comma == std::string_view::npos ? field : field.substr(comma + 1);
}

template <typename Number>
Number number(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
    base = 16;
  }
  Number value{};
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

std::optional<Duration> seconds(std::string_view text) {
  double value = 0;
  if (text.empty() || std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{}) return std::nullopt;
  return Duration(std::llround(value * 1e9));
}

class Reader {
 public:
  Reader(const Examination& examined, report::WiresharkComparison& comparison) : examined_(examined), comparison_(comparison) {}

  void line(std::string_view text) {
    std::array<std::string_view, fields.size()> f{};
    for (std::size_t i = 0; i < f.size(); ++i) {
      const std::size_t tab = text.find('\t');
      f[i] = last_of(text.substr(0, tab));
      text = tab == std::string_view::npos ? std::string_view{} : text.substr(tab + 1);
    }
    if (f[encapsulation].empty()) return;  // a block of the file that is no packet; tshark numbers those as well
    ++packets_;
    if (f[stream].empty() || f[length].empty() || !f[icmp].empty() || !f[icmpv6].empty()) return;
    segment(f);
    WiresharkWord word = WiresharkWord::nothing;
    for (std::size_t i = words.size(); i-- > 0;)
      if (!f[first_word + i].empty()) word = words[i];
    comparison_.frame(packets_, word, examined_.analysis().label_of(packets_).label);
  }

  void finish() {
    comparison_.streams(examined_.streams(), streams_.size());
    for (std::uint32_t i = 0; i < examined_.streams(); ++i)
      comparison_.stream(examined_.connection(i), i < streams_.size() ? &streams_[i] : nullptr);
  }

 private:
  static constexpr std::size_t most_streams = 1u << 22;

  void segment(const std::array<std::string_view, fields.size()>& f) {
    const auto index = number<std::size_t>(f[stream]);
    if (index >= most_streams) return;
    const Endpoint from = endpoint(f[source4], f[source6], f[source_port]);
    if (index >= streams_.size()) streams_.resize(index + 1);
    auto& sides = streams_[index].sides;
    if (sides[0].packets + sides[1].packets == 0) {
      sides[0].endpoint = from;
      sides[1].endpoint = endpoint(f[destination4], f[destination6], f[destination_port]);
    }
    report::WiresharkSide& side = sides[sides[0].endpoint == from ? 0 : 1];
    ++side.packets;
    side.text += number<std::uint64_t>(f[length]);
    const auto bits = number<std::uint32_t>(f[flags]);
    side.syns += (bits & wire::tcp_flag::syn) != 0 ? 1U : 0U;
    side.fins += (bits & wire::tcp_flag::fin) != 0 ? 1U : 0U;
    side.resets += (bits & wire::tcp_flag::rst) != 0 ? 1U : 0U;
    if (!f[round_trip].empty()) streams_[index].handshake = seconds(f[round_trip]);
  }

  static Endpoint endpoint(std::string_view v4, std::string_view v6, std::string_view port) {
    const auto address = IpAddress::parse(v4.empty() ? v6 : v4);
    return {address.value_or(IpAddress{}), number<std::uint16_t>(port)};
  }

  const Examination& examined_;
  report::WiresharkComparison& comparison_;
  std::vector<report::WiresharkStream> streams_;
  std::uint64_t packets_ = 0;
};

void read_lines(int descriptor, Reader& reader) {
  std::string waiting;
  std::array<char, 65536> piece{};
  while (true) {
    const ssize_t n = ::read(descriptor, piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    waiting.append(piece.data(), static_cast<std::size_t>(n));
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = waiting.find('\n', begin)) != std::string::npos; begin = end + 1)
      reader.line(std::string_view(waiting).substr(begin, end - begin));
    waiting.erase(0, begin);
  }
}

}  // namespace

std::expected<report::Document, std::string> compare_with_wireshark(const Examination& examined, const std::string& path,
                                                                    analysis::Lang lang) {
  if (path == "-") return std::unexpected("--compare-wireshark needs a file: tshark has to read it as well");
  auto tshark = start(path);
  if (!tshark) return std::unexpected(tshark.error());
  report::WiresharkComparison comparison;
  Reader reader(examined, comparison);
  read_lines(tshark->output.get(), reader);
  int status = 0;
  while (waitpid(tshark->process, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == not_there)
    return std::unexpected("--compare-wireshark asks tshark, which is not installed (package tshark)");
  reader.finish();
  return comparison.document(examined.file().name, lang);
}

}  // namespace ft::cli
