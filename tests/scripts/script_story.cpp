// What left is compared with what was expected; where they differ, the story so far is told, and a capture stands beside it.
#include "script.hpp"

#include "pcap/writer.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>

namespace ft::test {

namespace {

std::string flags_of(const wire::TcpHeader& header) {
  using namespace wire::tcp_flag;
  std::string text;
  for (const auto& [bit, letter] :
       {std::pair{syn, 'S'}, {fin, 'F'}, {rst, 'R'}, {psh, 'P'}, {ack, '.'}, {urg, 'U'}, {ece, 'E'}, {cwr, 'W'}})
    if (header.has(bit)) text += letter;
  return header.ae ? text + 'A' : text;
}

}  // namespace

void Script::compare(const Sent& sent, const Seg& seg) {
  const auto& h = sent.header;
  last_sent_ = h;
  const auto differs = [&](const char* what) {
    fail(fmt::format("{} differs: expected \"{}\", got {}", what, seg.text, render(h, sent.length, true)));
  };
  if (h.flags != seg.flags || h.ae != seg.ae) differs("flags");
  if (seg.ip_ecn && sent.ip_ecn != *seg.ip_ecn) differs("the IP header's ECN field");
  const std::uint32_t base = our_isn_ ? our_isn_->value() : 0;
  if (h.seq.value() != base + seg.seq) differs("seq");
  if (sent.length != seg.length) differs("length");
  if (seg.ack && h.ack.value() != peer_isn_.value() + *seg.ack) differs("ack");
  if (seg.window && h.window != *seg.window) differs("window");
  if (seg.urgent && h.urgent != *seg.urgent) differs("urgent pointer");
  if (seg.says_options) {
    if (h.options.mss != seg.mss) differs("mss");
    if (h.options.window_scale != seg.wscale) differs("window scale");
    if (h.options.sack_permitted != seg.sack_ok) differs("sackOK");
    if (h.options.user_timeout != seg.user_timeout) differs("user timeout");
    if (h.options.timestamps.has_value() != seg.timestamps.has_value()) differs("timestamps");
    if (h.options.accecn != seg.accecn) differs("AccECN option");
    if (h.options.sack_count != seg.sack_count) differs("number of SACK blocks");
    for (std::uint8_t i = 0; i < seg.sack_count; ++i)
      if (h.options.sack[i] != wire::SackBlock{peer_isn_ + seg.sack[i][0], peer_isn_ + seg.sack[i][1]}) differs("SACK block");
  }
  check_text(sent);
}

void Script::check_text(const Sent& sent) {
  const std::uint32_t from = sent.header.seq.value() - (our_isn_ ? our_isn_->value() : 0);
  for (std::uint32_t i = 0; i < sent.length; ++i)
    if (sent.text[i] != text_octet(from + i)) fail(fmt::format("octet {} of the text is not what the application wrote", i));
}

std::string Script::render(const wire::TcpHeader& h, std::uint32_t length, bool ours) const {
  const std::uint32_t mine = ours ? (our_isn_ ? our_isn_->value() : 0) : peer_isn_.value();
  const std::uint32_t theirs = ours ? peer_isn_.value() : (our_isn_ ? our_isn_->value() : 0);
  std::string text = fmt::format("{} {}:{}({})", flags_of(h), h.seq.value() - mine, h.seq.value() - mine + length, length);
  if (h.has(wire::tcp_flag::ack)) text += fmt::format(" ack {}", h.ack.value() - theirs);
  text += fmt::format(" win {}", h.window);
  if (h.has(wire::tcp_flag::urg)) text += fmt::format(" urg {}", h.urgent);
  if (h.options.mss) text += fmt::format(" mss {}", *h.options.mss);
  if (h.options.window_scale) text += fmt::format(" wscale {}", *h.options.window_scale);
  if (h.options.sack_permitted) text += " sackOK";
  if (h.options.user_timeout) text += fmt::format(" uto {}", *h.options.user_timeout);
  if (h.options.timestamps) text += fmt::format(" TS val {} ecr {}", h.options.timestamps->val, h.options.timestamps->ecr);
  for (std::uint8_t i = 0; i < h.options.sack_count; ++i)
    text += fmt::format(" sack {}:{}", h.options.sack[i].left.value() - theirs, h.options.sack[i].right.value() - theirs);
  if (const auto& accecn = h.options.accecn) {
    text += fmt::format(" accecn{}", accecn->order);
    for (std::uint8_t f = 0; f < accecn->fields; ++f) text += fmt::format(" {}", accecn->octets[f]);
  }
  return text;
}

void Script::tell(std::string line) {
  const double ms = static_cast<double>((now_ - last_step_) / 1us) / 1000.0;
  story_.push_back(fmt::format("  +{:9.3f} ms  {}", ms, line));
  last_step_ = now_;
}

std::string Script::story() const {
  std::string text =
      fmt::format("\n{} ({}{})\n", name_, variant_.v6 ? "IPv6" : "IPv4", variant_.wrap ? ", sequence numbers about to wrap" : "");
  for (const auto& line : story_) text += line + "\n";
  return text;
}

void Script::fail(const std::string& what) {
  std::vector<std::byte> capture;
  pcap::append_section_header(capture);
  pcap::append_interface(capture, {.link_type = pcap::LinkType::raw_ip, .name = "script"});
  for (const Packet& packet : packets_) pcap::append_packet(capture, {.at = packet.at, .octets = packet.octets});
  const std::string file = "script-failure.pcapng";
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(capture.data()), static_cast<std::streamsize>(capture.size()));
  const std::string report = story() + "  => " + what + "\n  packets: " + file;
  FAIL(report);
  std::abort();  // FAIL throws
}

}  // namespace ft::test
