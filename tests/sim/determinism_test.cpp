// One seed decides everything: the same seed gives the same trace and the same capture, octet by octet.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "fourtuple/trace_json.hpp"
#include "pcap/writer.hpp"
#include "sim/embedded.hpp"
#include "sim/story.hpp"

using namespace ft;
using namespace ft::sim;

namespace {

/// Writes down all that it sees: JSON lines and a pcapng file.
struct Notes final : trace::Sink {
  std::string lines;
  std::vector<std::byte> capture;

  Notes() {
    pcap::append_section_header(capture);
    pcap::append_interface(capture, {.name = "client"});
    pcap::append_interface(capture, {.name = "server"});
  }
  void on_event(const trace::Event& event) override {
    lines += trace::to_json(event) + "\n";
    if (const auto* sent = std::get_if<trace::LinkSent>(&event.what))
      pcap::append_packet(capture, {.at = event.at, .interface = sent->from, .octets = sent->octets});
  }
};

Notes notes_of(std::string_view name, std::uint64_t seed) {
  Notes notes;
  Overrides overrides;
  overrides.seed = seed;
  overrides.impairment = "jitter=3ms,duplicate=10%,reorder=10%";
  REQUIRE(run(embedded_scenario(name).value(), overrides, notes).has_value());
  return notes;
}

}  // namespace

TEST_CASE("the same seed gives the same trace and the same pcapng octets, another seed others") {
  for (const EmbeddedScenario& story : embedded_scenarios()) {
    CAPTURE(story.name);
    const Notes first = notes_of(story.name, 1), again = notes_of(story.name, 1), other = notes_of(story.name, 2);
    CHECK(first.lines == again.lines);
    CHECK(first.capture == again.capture);
    CHECK(first.lines != other.lines);
    CHECK(first.capture != other.capture);
    CHECK(first.capture.size() > 200);
  }
}
