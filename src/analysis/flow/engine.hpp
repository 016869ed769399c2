// All streams of a capture: finds the stream of a segment, begins new ones, takes and gives back their live parts, and sends each
// segment through the steps of passing.hpp.
#pragma once

#include "analysis/flow/analysis.hpp"
#include "analysis/flow/chunks.hpp"
#include "analysis/flow/live.hpp"
#include "analysis/flow/notebook.hpp"
#include "analysis/flow/passing.hpp"
#include "analysis/flow/record.hpp"
#include "analysis/flow/sent.hpp"
#include "analysis/flow/table.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace ft::analysis::flow {

class Engine {
 public:
  Engine(AnalysisLimits limits, SeriesSink* series);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  Judgement judge(const Segment& segment);
  /// Many at a time (batch.cpp).
  void judge_all(std::span<const Segment> segments);
  /// At most most_at_once.
  static constexpr std::size_t most_at_once = 256;
  void judge_all(std::span<const Segment> segments, std::span<const Prepared> prepared);
  void prepare(const Segment& segment, Prepared& into) const;
  std::optional<std::uint32_t> on_error(const IcmpError& error);
  void finish();

  std::uint32_t hash_of(const Segment& s) const {
    return tuple_hash(s.source, s.source_port, s.destination, s.destination_port, seed_);
  }

  const Record& record(std::uint32_t stream) const { return records_[stream]; }
  /// Counters of the stream; nullptr when it has none or they had to go.
  const Extra* extra(std::uint32_t stream) const;
  const Live* live(std::uint32_t stream) const;
  Endpoint endpoint(const Record& record, std::uint8_t side) const;
  enum class Wanted : std::uint8_t { everything, outline };
  /// Fetches what will be wanted of the streams after this one.
  void expect(std::uint32_t stream, Wanted wanted) const;
  std::uint32_t streams() const { return records_.size(); }
  const Notebook& notes() const { return notes_; }
  const CaptureFacts& facts() const { return facts_; }
  CaptureFacts& facts() { return facts_; }
  std::optional<IpAddress> reporter(std::uint64_t frame) const;
  std::uint64_t seed() const { return seed_; }
  std::size_t memory() const;

 private:
  static constexpr std::uint32_t tend_every = 1024;  // segments

  struct Place {
    std::uint32_t stream = none;
    std::uint8_t side = 0;
  };
  /// What is found of a segment before its turn comes.
  struct Ahead {
    Record* record;  // of the stream
    std::uint32_t stream, live;
    std::uint8_t side;
  };
  /// The side of the segment's sender: 2 when the record has another four-tuple.
  std::uint8_t side_of(const Record& record, const IpAddress& source, std::uint16_t source_port, const IpAddress& destination,
                       std::uint16_t destination_port) const {
    if (record.any(Record::ipv6)) return side_of_v6(record, source, source_port, destination, destination_port);
    if (source.is_v6() || destination.is_v6()) return 2;
    const std::uint32_t from = v4_word(source), to = v4_word(destination);
    const auto sends = [&](std::size_t side) {  // all four numbers in one comparison
      const std::uint32_t addresses = (record.address[side] ^ from) | (record.address[side ^ 1] ^ to);
      const int ports = (record.port[side] ^ source_port) | (record.port[side ^ 1] ^ destination_port);
      return (addresses | static_cast<std::uint32_t>(ports)) == 0;
    };
    return sends(0) ? std::uint8_t{0} : sends(1) ? std::uint8_t{1} : std::uint8_t{2};
  }
  std::uint8_t side_of_v6(const Record& record, const IpAddress& source, std::uint16_t source_port, const IpAddress& destination,
                          std::uint16_t destination_port) const;
  static std::uint32_t v4_word(const IpAddress& address) { return static_cast<std::uint32_t>(address.words()[0]); }
  Place find(const Segment& segment, std::uint32_t hash, bool& fresh);
  void begin_capture(const Segment& segment);
  void pass(const Segment& segment, Place place, bool fresh, Judgement* judged);
  bool pass_plain(const Segment& segment, const Prepared& prepared, Record& record, std::uint8_t side);
  template <std::uint8_t side>
  bool pass_plain(const Segment& segment, const Prepared& prepared, Record& record);
  template <std::uint8_t side>
  void take_text(Record& record, Live& live, const Segment& segment, std::uint16_t way, std::int64_t at, std::uint32_t frame);
  std::uint32_t begin(const Segment& segment, std::uint32_t hash, std::uint32_t before);
  Live& liven(std::uint32_t stream, Record& record);
  std::uint32_t make_room();
  void put_away(std::uint32_t live);
  std::uint32_t room_for_extra();
  void retire(std::uint32_t live);
  void tend();
  void look_at_clock(const Segment& segment);
  void outlive(Passing& p);
  void show(Passing& p, const Judgement& judged);
  void judge_ahead(const Segment& segment, const Prepared& prepared, const Ahead& found);
  void fetch_live(std::uint32_t number, std::size_t side) const;
  void fetch_pieces(std::uint32_t number, std::size_t side) const;

  AnalysisLimits limits_;
  SeriesSink* series_;
  std::uint64_t seed_ = 0;
  StreamTable table_;
  AddressTable addresses_;
  Chunks<Record, 1024> records_;
  Pool<Live, 64> lives_;
  Pool<Extra, 256> extras_;
  PieceStore pieces_;
  Notebook notes_;
  CaptureFacts facts_;
  Instant previous_{};
  std::deque<std::uint32_t> closed_;  // live parts of streams that have closed, oldest first
  std::uint32_t sweep_ = 0;
  std::uint32_t extra_sweep_ = 0;
  std::uint32_t since_tended_ = 0;
  std::vector<std::pair<std::uint64_t, IpAddress>> reporters_;
};

}  // namespace ft::analysis::flow
