#include "fourtuple/trace_json.hpp"

#include "unit/trace/example_events.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace ft;
using namespace ft::trace;
using namespace ft::trace::examples;

namespace {

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string time_of(std::int64_t nanoseconds) {
  const std::string line = to_json(event(nanoseconds, 0, TimerFired{}));
  return line.substr(8, line.find(',') - 8);
}

}  // namespace

TEST_CASE("a segment sent is a line with its header as numbers and its reason") {
  CHECK(to_json(syn_sent()) ==
        R"({"time":0,"name":"transport:packet_sent","data":{"host":0,"local":"10.0.0.1:49152","remote":"10.0.0.2:80",)"
        R"("segment":{"seq":1000,"ack":0,"flags":["SYN"],"window":65535,"urgent":0,"length":0,"mss":1460,"window_scale":7,)"
        R"("sack_permitted":true,"timestamps":[7,0]},"why":{"id":"call-connect","clause":"RFC 9293 3.10.1"},)"
        R"("state_before":"CLOSED","state_after":"SYN-SENT"}})");
}

TEST_CASE("a segment received tells its effect and the reason of its drop") {
  CHECK(
      to_json(data_dropped()) ==
      R"({"time":40.000001,"name":"transport:packet_dropped","data":{"host":1,"local":"[2001:db8::2]:80",)"
      R"("remote":"[2001:db8::1]:49152","segment":{"seq":5,"ack":4294967295,"flags":["PSH","ACK","URG"],"window":100,"urgent":3,)"
      R"("length":10,"sack":[[1,2],[3,4]]},"effect":{"id":"paws","clause":"RFC 7323 5"},"dropped":"paws",)"
      R"("state_before":"ESTABLISHED","state_after":"ESTABLISHED"}})");
}

TEST_CASE("the other kinds of events have lines of their own") {
  const std::string both = R"("host":0,"local":"10.0.0.1:49152","remote":"10.0.0.2:80",)";
  CHECK(to_json(event(0, 0, StateChanged{tuple(), "TIME-WAIT", "CLOSED", {}})) ==
        R"({"time":0,"name":"connectivity:connection_state_updated","data":{)" + both + R"("old":"TIME-WAIT","new":"CLOSED"}})");
  CHECK(to_json(event(0, 0, Call{tuple(), "write", 12345678901, "would_block"})) ==
        R"({"time":0,"name":"application:call","data":{)" + both +
            R"("call":"write","octets":12345678901,"error":"would_block"}})");
  CHECK(to_json(event(0, 0, TimerFired{tuple(), "persist"})) ==
        R"({"time":0,"name":"recovery:timer_updated","data":{)" + both + R"("timer":"persist","event_type":"expired"}})");
  CHECK(to_json(event(0, 2, PacketDropped{DropReason::too_short, 3})) ==
        R"({"time":0,"name":"network:packet_dropped","data":{"host":2,"reason":"too_short","length":3}})");
  CHECK(to_json(event(0, 2, PacketMade{{"arp-request", ""}, 42})) ==
        R"({"time":0,"name":"network:packet_made","data":{"host":2,"why":{"id":"arp-request"},"length":42}})");
  CHECK(to_json(event(0, 0, LinkSent{1, 0, 1, {}})) ==
        R"({"time":0,"name":"link:packet_sent","data":{"host":0,"packet":1,"from":0,"to":1,"length":0}})");
  CHECK(to_json(event(0, 0, LinkDelivered{1, 0, 1, true, false})) ==
        R"({"time":0,"name":"link:packet_delivered","data":{"host":0,"packet":1,"from":0,"to":1,"duplicate":true}})");
  CHECK(to_json(event(0, 0, LinkLost{1, 0, 1, "chosen"})) ==
        R"({"time":0,"name":"link:packet_lost","data":{"host":0,"packet":1,"from":0,"to":1,"why":"chosen"}})");
}

TEST_CASE("what a sender decides between segments has lines of its own, with the numbers that made it so") {
  const std::string both = R"("host":0,"local":"10.0.0.1:49152","remote":"10.0.0.2:80")";
  Why nagle{"hold-nagle", "RFC 9293 3.7.4"};
  nagle.particulars.add(Fact::queued, 20u);
  nagle.particulars.add(Fact::unacknowledged, 1460u);
  CHECK(to_json(event(0, 0, SegmentHeld{tuple(), nagle})) ==
        R"({"time":0,"name":"transport:packet_delayed","data":{)" + both +
            R"(,"why":{"id":"hold-nagle","clause":"RFC 9293 3.7.4","particulars":{"queued":20,"unacknowledged":1460}}}})");
  Why rack{"lost-rack", "RFC 8985 6.2"};
  rack.particulars.add(Fact::sent_before, std::chrono::microseconds(31'250));
  CHECK(
      to_json(event(0, 0, SegmentLost{tuple(), 1001, 1460, rack})) ==
      R"({"time":0,"name":"recovery:packet_lost","data":{)" + both +
          R"(,"seq":1001,"length":1460,"why":{"id":"lost-rack","clause":"RFC 8985 6.2","particulars":{"sent_before":31.25}}}})");
  CHECK(to_json(event(0, 0, CongestionChanged{tuple(), "slow start", "recovery", {"recovery-rack", ""}})) ==
        R"({"time":0,"name":"recovery:congestion_state_updated","data":{)" + both +
            R"(,"old":"slow start","new":"recovery","why":{"id":"recovery-rack"}}})");
  MetricsUpdated metrics{.tuple = tuple()};
  metrics.cwnd = 14600;
  metrics.srtt = std::chrono::milliseconds(20);
  CHECK(to_json(event(0, 0, metrics)) ==
        R"({"time":0,"name":"recovery:metrics_updated","data":{)" + both + R"(,"congestion_window":14600,"smoothed_rtt":20}})");
  CHECK(to_json(event(1'000'000, 0, TimerChanged{tuple(), "retransmit", Instant{Duration{201'000'000}}, "RFC 6298 5.1"})) ==
        R"({"time":1,"name":"recovery:timer_updated","data":{)" + both +
            R"(,"timer":"retransmit","event_type":"set","delta":200,"clause":"RFC 6298 5.1"}})");
  CHECK(to_json(event(0, 0, TimerChanged{tuple(), "retransmit", std::nullopt, ""})) ==
        R"({"time":0,"name":"recovery:timer_updated","data":{)" + both + R"(,"timer":"retransmit","event_type":"cancelled"}})");
}

TEST_CASE("the first line says what the rest is") {
  const std::string_view hosts[] = {"client", "server"};
  const auto header = nlohmann::json::parse(
      json_header({.title = "a \"title\"", .vantage = "network", .epoch = Duration{1'500'000}, .hosts = hosts}));
  CHECK(header["format"] == "fourtuple-trace");
  CHECK(header["version"] == trace_version);
  CHECK(header["qlog_format"] == "NDJSON");
  CHECK(header["title"] == "a \"title\"");
  CHECK(header["trace"]["vantage_point"]["type"] == "network");
  CHECK(header["trace"]["common_fields"]["reference_time"] == 1.5);
  CHECK(header["hosts"] == nlohmann::json{"client", "server"});
}

TEST_CASE("times are milliseconds without rounding") {
  CHECK(time_of(0) == "0");
  CHECK(time_of(1) == "0.000001");
  CHECK(time_of(1'500'000) == "1.5");
  CHECK(time_of(-250'000) == "-0.25");
  CHECK(time_of(60'000'000'000) == "60000");
  CHECK(time_of(INT64_MAX) == "9223372036854.775807");
  CHECK(time_of(INT64_MIN) == "-9223372036854.775808");
}

TEST_CASE("strings are escaped so that every reader gets them back") {
  CHECK(json_string("plain") == "\"plain\"");
  CHECK(json_string("a\"b\\c/\n\r\t") == R"("a\"b\\c/\n\r\t")");
  CHECK(json_string(std::string_view("\0\x1f\x7f", 3)) == "\"\\u0000\\u001f\x7f\"");
  CHECK(json_string("\xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x8c\x8d \xc3\xbc") ==
        "\"\xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x8c\x8d \xc3\xbc\"");
  for (int i = 0; i < 0x80; ++i) {
    const std::string text(1, static_cast<char>(i));
    CHECK(nlohmann::json::parse(json_string(text)).get<std::string>() == text);
  }
}

TEST_CASE("octets that are no UTF-8 become the replacement character") {
  const std::string r = "\xef\xbf\xbd";
  CHECK(json_string("\xff") == "\"" + r + "\"");
  CHECK(json_string("a\xc3") == "\"a" + r + "\"");                        // cut off
  CHECK(json_string("\xc0\xaf") == "\"" + r + r + "\"");                  // overlong
  CHECK(json_string("\xe0\x80\x80") == "\"" + r + r + r + "\"");          // overlong
  CHECK(json_string("\xed\xa0\x80") == "\"" + r + r + r + "\"");          // a surrogate
  CHECK(json_string("\xf4\x90\x80\x80") == "\"" + r + r + r + r + "\"");  // past U+10FFFF
  CHECK(json_string("\xed\x9f\xbf") == "\"\xed\x9f\xbf\"");
  CHECK(json_string("\xf4\x8f\xbf\xbf") == "\"\xf4\x8f\xbf\xbf\"");
}

TEST_CASE("a JSON parser finds what went in") {
  const auto line = nlohmann::json::parse(to_json(data_dropped()));
  CHECK(line["time"] == 40.000001);
  CHECK(line["data"]["segment"]["ack"] == 4294967295u);
  CHECK(line["data"]["segment"]["flags"] == nlohmann::json{"PSH", "ACK", "URG"});
}
