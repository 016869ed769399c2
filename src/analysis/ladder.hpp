// From what happened (trace::Event) to a ladder of rows. The builder puts together what belongs together: a segment's
// departure with its arrival, a call with the change of state that it made. It draws one arrow where nothing that matters
// happened between the two, else a departure and an arrival.
#pragma once

#include "analysis/numbering.hpp"
#include "analysis/row.hpp"

#include <map>
#include <optional>
#include <tuple>
#include <vector>

namespace ft::analysis {

/// A segment read from the octets of an IP packet; nullopt when there is no TCP in it. `local` of the tuple is the sender.
struct SeenSegment {
  FourTuple tuple;
  trace::SegmentFields segment;
};
std::optional<SeenSegment> read_segment(std::span<const std::byte> packet);

class LadderBuilder final : public trace::Sink {
 public:
  explicit LadderBuilder(std::vector<Actor> actors) : actors_(std::move(actors)) {}

  void on_event(const trace::Event& event) override;

  /// The rows so far, in order. Event strings are static, so the rows may outlive the builder.
  Ladder finish() const;

 private:
  struct Arrival {
    Instant at{};
    bool duplicate = false;
    bool corrupted = false;
    bool late = false;     // something sent later in the same direction was there before it
    std::size_t item = 0;  // its place in items_
    StateStep state{};
    trace::Why effect{};
    DropReason dropped = DropReason::none;
    std::optional<std::uint8_t> ip_ecn{};  // as it arrived, where its stack tells
  };
  struct Flight {
    Row row;
    bool linked = false;
    std::vector<Arrival> arrivals{};
  };
  enum class ItemKind : std::uint8_t { departure, arrival, plain };
  struct Item {
    ItemKind kind;
    std::size_t index;        // of the flight, or of the plain row
    std::size_t arrival = 0;  // which of the flight's arrivals
  };
  struct Place {  // an arrival that the receiving stack has not yet spoken about
    std::size_t flight;
    std::size_t arrival;
  };

  void on(const trace::Event&, const trace::SegmentSent&);
  void on(const trace::Event&, const trace::SegmentReceived&);
  void on(const trace::Event&, const trace::StateChanged&);
  void on(const trace::Event&, const trace::Call&);
  void on(const trace::Event&, const trace::TimerFired&);
  void on(const trace::Event&, const trace::PacketDropped&);
  void on(const trace::Event&, const trace::PacketMade&);
  void on(const trace::Event&, const trace::LinkSent&);
  void on(const trace::Event&, const trace::LinkDelivered&);
  void on(const trace::Event&, const trace::LinkLost&);
  // what a sender thinks between two segments: for traces, too much for a ladder
  void on(const trace::Event&, const trace::SegmentHeld&) {}
  void on(const trace::Event&, const trace::SegmentLost&) {}
  void on(const trace::Event&, const trace::CongestionChanged&) {}
  void on(const trace::Event&, const trace::MetricsUpdated&) {}
  void on(const trace::Event&, const trace::TimerChanged&) {}

  std::size_t add_flight(Row row);
  void add_plain(Row row);
  Row* last_plain(const trace::Event& event);
  std::uint8_t host_of(const IpAddress& address, std::uint8_t otherwise) const;

  bool is_disturbed(std::size_t departure, const Arrival& arrival) const;
  void emit_departure(std::size_t item, std::vector<Row>& rows, std::vector<bool>& merged) const;
  static void tell_arrival(Row& row, const Arrival& arrival);
  Row arrival_row(const Flight& flight, const Arrival& arrival) const;

  std::vector<Actor> actors_;
  std::vector<Flight> flights_;
  std::vector<Row> plain_;
  std::vector<Item> items_;
  std::map<std::uint8_t, std::size_t> waiting_for_link_;  // host -> its flight that no link has taken yet
  std::map<std::uint8_t, trace::Why> made_;               // host -> what it made below TCP just now
  std::map<std::uint8_t, Place> waiting_for_stack_;       // host -> what was delivered to it just now
  std::map<std::tuple<std::uint8_t, std::uint8_t, std::uint64_t>, std::size_t> by_packet_;
  std::map<std::pair<std::uint8_t, std::uint8_t>, std::size_t> newest_there_;  // direction -> latest flight delivered, plus 1
  Numbering numbering_;
  std::optional<Instant> origin_;
};

}  // namespace ft::analysis
