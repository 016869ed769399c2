#include "cli/packet_ladder.hpp"

#include <fmt/format.h>

#include <utility>

namespace ft::cli {

namespace {
constexpr std::size_t most_alike = 6;  // rows of a transfer that are shown before the rest is only counted
}

bool PacketLadder::print(const std::vector<analysis::Line>& lines) {
  std::string out;
  for (const analysis::Line& line : lines) out += analysis::paint(line, style_);
  return out_.write(out);
}

/// The names over the lifelines: of the first connection, and again of each that is new.
bool PacketLadder::begin(const analysis::Row& row) {
  ++connections_;
  if (!text_) {
    std::vector<analysis::Actor> actors{{.name = "client", .on_the_right = false, .addresses = {}, .note = {}},
                                        {.name = "server", .on_the_right = true, .addresses = {}, .note = {}}};
    text_.emplace(std::move(actors), row.at, style_);
  }
  const std::string number = connections_ > 1 ? fmt::format("#{} ", row.connection) : "";
  const std::string left = analysis::name_as_heading("client", style_.lang),
                    right = analysis::name_as_heading("server", style_.lang);
  const Endpoint& opener = row.from == 0 ? row.tuple.local : row.tuple.remote;
  const Endpoint& other = row.from == 0 ? row.tuple.remote : row.tuple.local;
  if (connections_ > 1) {
    text_->name_connections(true);
    if (!print(text_->tail())) return false;
  }
  return print(text_->head(number + left + " " + opener.to_string(), right + " " + other.to_string(), "", ""));
}

bool PacketLadder::tell_gap() {
  if (hidden_.rows == 0) return true;
  return print(text_->gap(std::exchange(hidden_, {})));
}

bool PacketLadder::tell(const analysis::IcmpError& error) {
  if (!tell_gap()) return false;
  const bool zh = style_.lang == analysis::Lang::zh;
  const Endpoint from{error.quoted_source, error.quoted_source_port}, to{error.quoted_destination, error.quoted_destination_port};
  std::string line = fmt::format("  {} {} {} {}/{}", error.ipv6 ? "ICMPv6" : "ICMP", zh ? "来自" : "from",
                                 error.reporter.to_string(), error.type, error.code);
  if (error.mtu != 0) line += fmt::format(", MTU {}", error.mtu);
  line += fmt::format(" ({} {} -> {})", zh ? "关于" : "about", from.to_string(), to.to_string());
  return print({{{line, analysis::Ink::rst}}});
}

bool PacketLadder::show(const analysis::Frame& frame) {
  if (frame.has_icmp_error) return tell(frame.icmp_error);
  if (!frame.has_segment) return true;
  const auto [row, begins] = rows_.on(frame.segment);
  if (begins && (!tell_gap() || !begin(row))) return false;
  routine_ = analysis::is_routine(row) ? routine_ + 1 : 0;
  if (routine_ > most_alike) {
    hidden_.add(row);
    return true;
  }
  return tell_gap() && print(text_->row(row));
}

bool PacketLadder::pause() { return tell_gap() && !out_.finish(); }

void PacketLadder::finish() {
  if (text_ && tell_gap()) print(text_->tail());
}

}  // namespace ft::cli
