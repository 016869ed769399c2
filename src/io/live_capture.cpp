#include "io/live_capture.hpp"

#include "io/failure.hpp"
#include "io/interfaces.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <pcap.h>

namespace ft::io {
namespace {

constexpr int milliseconds_to_gather = 10;  // where immediate mode is not to be had

/// libpcap's number for raw IP differs from the files' (LINKTYPE_RAW).
pcap::LinkType link_type_of(int datalink) {
  if (datalink == DLT_RAW) return pcap::LinkType::raw_ip;
  return static_cast<pcap::LinkType>(datalink);
}

std::string names_of_interfaces() {
  std::string names;
  if (const auto all = list_capture_interfaces()) {
    for (const CaptureInterface& one : *all) names += (names.empty() ? "" : ", ") + one.name;
  }
  return names;
}

std::string explain_activation(int result, const std::string& interface, const char* words) {
  const std::string what = "cannot capture on " + interface + ": ";
  switch (result) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
      return what +
             "no right to see packets. Give it to the program once: sudo setcap cap_net_raw+ep \"$(command -v fourtuple)\" "
             "(or run it with sudo)";
    case PCAP_ERROR_NO_SUCH_DEVICE:
      return what + "there is no such interface. There are: " + names_of_interfaces();
    case PCAP_ERROR_IFACE_NOT_UP:
      return what + "it is down. Bring it up first: sudo ip link set " + interface + " up";
    default:
      return what + (words != nullptr && *words != '\0' ? words : ::pcap_statustostr(result));
  }
}

std::string refuse_filter(const LiveOptions& options, const std::string& words) {
  std::string line = "capture filter \"" + options.filter + "\": " + words;
  const std::string hint = hint_for_capture_filter(options.filter);
  if (!hint.empty()) line += "; " + hint;
  return line;
}

}  // namespace

struct LiveCapture::Handle {
  pcap_t* pcap = nullptr;
  bool nanoseconds = false;
  ~Handle() {
    if (pcap != nullptr) ::pcap_close(pcap);
  }
};

LiveCapture::LiveCapture(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
LiveCapture::~LiveCapture() = default;

std::expected<std::unique_ptr<LiveCapture>, std::string> LiveCapture::open(const LiveOptions& options) {
  // The filter first: a wrong one is wrong without any right to capture.
  std::unique_ptr<pcap_t, decltype(&::pcap_close)> trial(::pcap_open_dead(DLT_EN10MB, 65535), ::pcap_close);
  bpf_program program{};
  if (trial && !options.filter.empty()) {
    if (::pcap_compile(trial.get(), &program, options.filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
      return std::unexpected(refuse_filter(options, ::pcap_geterr(trial.get())));
    }
    ::pcap_freecode(&program);
  }
  std::array<char, PCAP_ERRBUF_SIZE> words{};
  auto handle = std::make_unique<Handle>();
  handle->pcap = ::pcap_create(options.interface.c_str(), words.data());
  if (handle->pcap == nullptr) return std::unexpected("cannot capture on " + options.interface + ": " + words.data());
  pcap_t* p = handle->pcap;
  ::pcap_set_snaplen(p, static_cast<int>(options.snap_length));
  ::pcap_set_promisc(p, options.promiscuous ? 1 : 0);
  ::pcap_set_immediate_mode(p, 1);
  ::pcap_set_timeout(p, milliseconds_to_gather);
  ::pcap_set_buffer_size(p, static_cast<int>(options.buffer_octets));
  handle->nanoseconds = ::pcap_set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO) == 0;
  const int activated = ::pcap_activate(p);
  if (activated < 0) return std::unexpected(explain_activation(activated, options.interface, ::pcap_geterr(p)));
  if (options.interface == "any") ::pcap_set_datalink(p, DLT_LINUX_SLL2);  // tells each packet's interface; else the older form
  if (!options.filter.empty()) {
    const bool compiled = ::pcap_compile(p, &program, options.filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0;
    const bool set = compiled && ::pcap_setfilter(p, &program) == 0;
    if (compiled) ::pcap_freecode(&program);
    if (!set) return std::unexpected(refuse_filter(options, ::pcap_geterr(p)));
  }
  if (::pcap_setnonblock(p, 1, words.data()) != 0) {
    return std::unexpected("cannot capture on " + options.interface + ": " + words.data());
  }
  auto live = std::unique_ptr<LiveCapture>(new LiveCapture(std::move(handle)));
  live->interfaces_.push_back({.link_type = link_type_of(::pcap_datalink(p)),
                               .snap_length = options.snap_length,
                               .name = options.interface,
                               .filter = options.filter});
  live->mac_ = mac_of(options.interface);
  return live;
}

/// On Ethernet the source address says whose packet it is; cooked packets say it themselves.
pcap::Direction LiveCapture::direction_of(std::span<const std::byte> octets) const {
  if (!mac_ || interfaces_.front().link_type != pcap::LinkType::ethernet || octets.size() < 12) return pcap::Direction::unknown;
  const bool ours = std::ranges::equal(mac_->octets, octets.subspan(6, 6), {}, {},
                                       [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
  return ours ? pcap::Direction::outbound : pcap::Direction::inbound;
}

CaptureSource::Step LiveCapture::next(pcap::Packet& packet) {
  pcap_pkthdr* header = nullptr;
  const u_char* octets = nullptr;
  const int got = ::pcap_next_ex(handle_->pcap, &header, &octets);
  if (got == 0) return Step::none;
  if (got < 0) {
    problem_ = interfaces_.front().name + ": " + ::pcap_geterr(handle_->pcap);
    return Step::failed;
  }
  const auto fraction = static_cast<std::int64_t>(header->ts.tv_usec) * (handle_->nanoseconds ? 1 : 1000);
  packet.at = Instant{std::chrono::seconds(header->ts.tv_sec) + Duration{fraction}};
  packet.timed = true;
  packet.interface = 0;
  packet.link_type = interfaces_.front().link_type;
  packet.original_length = header->len;
  packet.dropped_before = 0;
  packet.fcs_length = 0;
  packet.octets = std::as_bytes(std::span(octets, header->caplen));
  packet.direction = direction_of(packet.octets);
  packet.comments.clear();
  return Step::packet;
}

std::uint64_t LiveCapture::dropped() const {
  pcap_stat stats{};
  return ::pcap_stats(handle_->pcap, &stats) == 0 ? std::uint64_t{stats.ps_drop} + stats.ps_ifdrop : 0;
}

std::uint64_t LiveCapture::received() const {
  pcap_stat stats{};
  return ::pcap_stats(handle_->pcap, &stats) == 0 ? stats.ps_recv : 0;
}

int LiveCapture::descriptor() const { return ::pcap_get_selectable_fd(handle_->pcap); }

}  // namespace ft::io
