// truth_teller CAPTURE...: what the analyser makes of each capture, one JSON object a line, for whoever compares it (facts.py):
// the facts and findings of each stream, and the stream and label of each frame. The program says the same in its own words; here
// are all numbers.
#include "analysis/dissect/dissector.hpp"
#include "analysis/find/find.hpp"
#include "analysis/flow/analysis.hpp"
#include "pcap/reader.hpp"

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

using namespace ft;
using nlohmann::json;

namespace {

json seconds(const std::optional<Duration>& duration) {
  return duration ? json(std::chrono::duration<double>(*duration).count()) : json();
}

json told(const analysis::Side& side) {
  return {{"address", side.endpoint.address.to_string()},
          {"port", side.endpoint.port},
          {"packets", side.packets},
          {"text", side.text},
          {"syns", side.syns},
          {"fins", side.fins},
          {"resets", side.resets}};
}

json told(const std::vector<analysis::Finding>& findings) {
  json out = json::array();
  for (const auto& finding : findings)
    out.push_back({{"id", finding.id}, {"severity", analysis::to_string(finding.severity)}, {"frames", finding.frames}});
  return out;
}

json told(const analysis::Connection& connection) {
  return {{"stream", connection.stream},
          {"sides", {told(connection.sides[0]), told(connection.sides[1])}},
          {"first_frame", connection.first_frame},
          {"last_frame", connection.last_frame},
          {"state", analysis::to_string(connection.state)},
          {"history", connection.history},
          {"vantage", analysis::to_string(connection.vantage)},
          {"verdict", connection.verdict},
          {"findings", told(connection.findings)},
          {"handshake", seconds(connection.handshake)}};
}

std::optional<json> tell(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::vector<char> octets(std::istreambuf_iterator<char>(in), {});
  auto reader = pcap::Reader::open(std::as_bytes(std::span{octets}));
  if (!reader) return std::nullopt;
  analysis::Dissector dissector;
  analysis::Analysis analysis;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> streams;
  pcap::Packet packet;
  while (true) {
    const auto more = reader->next(packet);
    if (!more || !*more) break;
    const analysis::Frame& frame = dissector.dissect(packet);
    if (frame.has_segment) streams.emplace_back(frame.number, analysis.on(frame.segment).stream);
    if (frame.has_icmp_error) analysis.on(frame.icmp_error);
  }
  analysis.finish();
  const analysis::Finder finder{analysis};
  json out{{"file", path}, {"streams", json::array()}, {"frames", json::array()}, {"findings", told(finder.findings())}};
  for (std::uint32_t i = 0; i < analysis.streams(); ++i) out["streams"].push_back(told(finder.connection(i)));
  for (const auto& [frame, stream] : streams) {
    const auto label = analysis.label_of(frame);
    out["frames"].push_back({frame, stream, analysis::to_string(label.label), analysis::to_string(label.cause)});
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  int status = argc > 1 ? 0 : 2;
  for (int i = 1; i < argc; ++i) {
    const auto text = tell(argv[i]);
    if (!text) {
      std::cerr << argv[i] << ": not a capture\n";
      status = 1;
      continue;
    }
    std::cout << *text << '\n';
  }
  return status;
}
