// The JSON of `fourtuple stats --json` (docs/reference/stats-json.md).
#include "analysis/report/stats.hpp"

#include "analysis/quantity.hpp"

namespace ft::analysis::report {

namespace {

void add_side(JsonText& json, const Side& s) {
  json.begin_object(true).member("packets", s.packets).member("octets", s.octets).member("text", s.unique_text);
  json.member("retransmissions", s.retransmissions).member("needless", s.needless).member("reordered", s.reordered);
  json.member("most_in_flight", s.most_in_flight).member("least_window", s.least_window).member("most_window", s.most_window);
  if (s.rtt_samples > 0)
    json.member("rtt_least", in_seconds(s.rtt_least))
        .member("rtt_mean", in_seconds(s.rtt_mean))
        .member("rtt_most", in_seconds(s.rtt_most));
  json.end_object();
}

}  // namespace

void StatsJson::begin(const CaptureFile& file) {
  json_.begin_object().member("format", "fourtuple-stats").member("version", 1);
  json_.key("capture")
      .begin_object()
      .member("name", std::string_view(file.name))
      .member("file_format", std::string_view(file.format));
  json_.member("packets", file.packets).member("octets", file.octets).member("segments", file.segments);
  if (file.first && file.last)
    json_.member("first_ns", file.first->time_since_epoch().count()).member("last_ns", file.last->time_since_epoch().count());
  json_.member("partial", file.partial).end_object();
  json_.key("connections").begin_array();
}

void StatsJson::connection(const Connection& c) {
  json_.begin_object(true).member("stream", c.stream).key("tuple").begin_object();
  json_.member("source", std::string_view(c.sides[0].endpoint.address.to_string()))
      .member("source_port", int{c.sides[0].endpoint.port});
  json_.member("destination", std::string_view(c.sides[1].endpoint.address.to_string()));
  json_.member("destination_port", int{c.sides[1].endpoint.port}).end_object();
  json_.member("state", to_string(c.state)).member("history", std::string_view(c.history));
  json_.member("first_ns", c.first.time_since_epoch().count()).member("duration", in_seconds(c.last - c.first));
  if (c.handshake) json_.member("handshake", in_seconds(*c.handshake));
  json_.key("sides").begin_array();
  for (const Side& side : c.sides) add_side(json_, side);
  json_.end_array().end_object();
}

void StatsJson::end(const Stats& stats) {
  json_.end_array().key("addresses").begin_array();
  for (const auto& [address, s] : stats.addresses()) {
    json_.begin_object(true).member("address", std::string_view(address.to_string())).member("connections", s.connections);
    json_.member("packets_sent", s.packets_sent).member("octets_sent", s.octets_sent);
    json_.member("packets_received", s.packets_received).member("octets_received", s.octets_received).end_object();
  }
  json_.end_array().key("ports").begin_array();
  for (const auto& [port, s] : stats.ports()) {
    json_.begin_object(true).member("port", int{port}).member("connections", s.connections);
    json_.member("packets", s.packets).member("octets", s.octets).end_object();
  }
  json_.end_array()
      .key("timeline")
      .begin_object()
      .member("interval", in_seconds(stats.timeline().width()))
      .key("packets")
      .begin_array(true);
  for (const Timeline::Bin& bin : stats.timeline().bins()) json_.value(bin.packets);
  json_.end_array().key("octets").begin_array(true);
  for (const Timeline::Bin& bin : stats.timeline().bins()) json_.value(bin.octets);
  json_.end_array().end_object().end_object();
}

}  // namespace ft::analysis::report
