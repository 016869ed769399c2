// Records and counters to the Connection that others read.
#include "analysis/flow/connection.hpp"

#include "analysis/flow/engine.hpp"
#include "analysis/flow/states.hpp"
#include "analysis/flow/vantage.hpp"

#include <algorithm>

namespace ft::analysis {

struct Analysis::State {
  State(AnalysisLimits limits, SeriesSink* series) : engine(limits, series) {}
  flow::Engine engine;
};

namespace {

using flow::from_ticks;
using flow::Record;
using flow::SideExtra;
using flow::SideRecord;
using Is = SideRecord;

Instant instant(std::int64_t nanoseconds) { return Instant(Duration(nanoseconds)); }
std::uint64_t full_frame(const Record& r, std::uint32_t counted) { return counted == 0 ? 0 : r.first_frame + counted - 1; }

void tell_record(const Record& r, std::uint8_t number, Side& side) {
  const SideRecord& s = r.sides[number];
  side.packets = s.packets;
  side.octets = s.octets;
  side.text = s.text;
  side.unique_text = s.text - std::min<std::uint64_t>(s.text, s.repeated_text);
  side.data_segments = s.data_segments;
  side.syns = s.syns;
  side.fins = s.fins;
  side.resets = s.resets;
  side.zero_windows = s.zero_windows;
  side.isn = Seq{s.base};
  side.isn_known = s.any(Is::isn_seen);
  side.ttl = s.ttl;
  side.mss = s.mss;
  side.sack_permitted = s.any(Is::sack_offered);
  side.timestamps = s.any(Is::stamps);
  const std::uint8_t shift = flow::scaled(r) ? s.shift : 0;
  if (r.sides[0].any(Is::isn_seen) && r.sides[1].any(Is::isn_seen)) side.shift = shift;
  if (s.any(Is::acks)) {
    side.least_window = std::uint64_t{s.least_window} << shift;
    side.most_window = std::uint64_t{s.most_window} << shift;
    side.last_window = std::uint64_t{s.window} << shift;
  }
  side.most_in_flight = s.most_in_flight;
  side.in_flight_at_end = s.in_flight();
  side.rtt_samples = s.rtt_samples;
  if (s.rtt_samples != 0) {
    side.rtt_least = Duration(from_ticks(s.rtt_least));
    side.rtt_most = Duration(from_ticks(s.rtt_most));
    side.rtt_mean = from_ticks(static_cast<double>(s.rtt_total) / s.rtt_samples);
  }
  side.state = flow::tcp_state(r, number);
  side.fin_acked = s.any(Is::fin_acked);
}

void tell_counters(const SideExtra& e, Side& side) {
  side.retransmissions = e.retransmissions;
  side.needless = e.needless;
  side.reordered = e.reordered;
  side.network_duplicates = e.network_duplicates;
  side.capture_duplicates = e.capture_duplicates;
  side.duplicates = std::uint64_t{e.network_duplicates} + e.capture_duplicates;
  side.offer = e.offer;
  side.repeats = e.repeats;
  side.probes = e.probes;
  side.keep_alives = e.keep_alives;
  side.injected = e.injected;
  side.pure_acks = e.pure_acks;
  side.duplicate_acks = e.duplicate_acks;
  side.ack_jumps = e.ack_jumps;
  side.sack_segments = e.sack_segments;
  side.dsacks = e.dsacks;
  side.checksums_bad = e.checksums_bad;
  side.checksums_partial = e.checksums_partial;
  side.checksums_good = e.checksums_good;
  side.ect = e.ect;
  side.ce = e.ce;
  side.ece = e.ece;
  side.cwr = e.cwr;
  side.urgent = e.urgent;
  side.pushes = e.pushes;
  side.dont_fragment = e.dont_fragment;
  side.largest_text = e.largest_text;
  side.largest_acked_text = e.largest_acked_text;
  side.unseen_acked = e.unseen_acked;
  side.ip_ids = e.ip_ids;
  side.turns = e.turns;
  side.text_after_close = e.text_after_close;
}

void tell_times(const Record& r, const SideExtra& e, Side& side) {
  side.window_limited = Duration(e.window_limited);
  side.busy = Duration(e.busy);
  if (e.last_text > e.first_text) side.idle = std::max(Duration(e.last_text - e.first_text) - side.busy, Duration::zero());
  side.think_total = Duration(e.think_total);
  side.think_most = Duration(e.think_most);
  side.think_most_frame = full_frame(r, e.think_most_frame);
  side.think_most_at = instant(e.think_most_at);
  side.rtt_most_frame = full_frame(r, e.rtt_most_frame);
  side.first_text_frame = full_frame(r, e.first_text_frame);
  side.last_text_frame = full_frame(r, e.last_text_frame);
  side.first_text = instant(e.first_text);
  side.last_text = instant(e.last_text);
  side.last_packet = instant(e.last_packet);
  side.fin_frame = full_frame(r, e.fin_frame);
  side.fin_at = instant(e.fin_at);
  side.fin_acked_frame = full_frame(r, e.fin_acked_frame);
  side.reset_frame = full_frame(r, e.reset_frame);
  side.reset_at = instant(e.reset_at);
  for (std::size_t band = 0; band < side.rtt_bands.size(); ++band) {
    side.rtt_bands[band].samples = e.band_samples[band];
    if (e.band_samples[band] != 0)
      side.rtt_bands[band].mean = from_ticks(static_cast<double>(e.band_total[band]) / e.band_samples[band]);
  }
}

std::uint64_t handshake_frame(const Record& r, std::size_t i) {
  if (i == 0 && r.handshake[0] == 0 && r.sides[0].any(Is::isn_seen)) return r.first_frame;
  return full_frame(r, r.handshake[i]);
}

void tell_handshake(const Record& r, Connection& c) {
  if (r.syn_to_syn_ack != flow::unknown_time) c.syn_to_syn_ack = Duration(from_ticks(r.syn_to_syn_ack));
  if (r.syn_ack_to_ack != flow::unknown_time) c.syn_ack_to_ack = Duration(from_ticks(r.syn_ack_to_ack));
  if (r.handshake_took >= 0) c.handshake = Duration(r.handshake_took);
  if (r.connect_took >= 0) c.connect_time = Duration(r.connect_took);
  for (std::size_t i = 0; i < 3; ++i) c.handshake_frames[i] = handshake_frame(r, i);
}

}  // namespace

Connection Analysis::connection(std::uint32_t stream) const {
  const flow::Engine& engine = state_->engine;
  engine.expect(stream, flow::Engine::Wanted::everything);
  const Record& r = engine.record(stream);
  const flow::Extra* extra = engine.extra(stream);
  const flow::Live* live = engine.live(stream);
  Connection c;
  c.stream = stream;
  for (std::uint8_t i = 0; i < 2; ++i) {
    c.sides[i].endpoint = engine.endpoint(r, i);
    tell_record(r, i, c.sides[i]);
    if (extra == nullptr) continue;
    tell_counters(extra->sides[i], c.sides[i]);
    tell_times(r, extra->sides[i], c.sides[i]);
    if (live != nullptr && live->sides[i].ids.kind() != IpIds::unknown) c.sides[i].ip_ids = live->sides[i].ids.kind();
  }
  c.first = r.first;
  c.last = r.last;
  c.first_frame = r.first_frame;
  c.last_frame = r.first_frame + r.frames;
  c.state = flow::flow_state(r);
  for (const char letter : r.history)
    if (letter != 0) c.history += letter;
  tell_handshake(r, c);
  c.closer = r.closer;
  c.opening = flow::opening_of(r);
  c.ipv6 = r.any(Record::ipv6);
  c.doubts = r.doubts;
  c.time_wait_holder = flow::time_wait_holder(r);
  if (c.state == FlowState::half_closed && extra != nullptr)
    c.half_closed_since = instant(extra->sides[r.sides[0].any(Is::fin_acked) ? 0 : 1].fin_acked_at);
  if (r.reused_from != flow::none) {
    const Record& before = engine.record(r.reused_from);
    c.reused_from = r.reused_from;
    c.reused_after = r.first - before.last;
    c.reused_state = flow::flow_state(before);
    c.reused_newer_isn = r.any(Record::newer_isn);
  }
  if (extra != nullptr) c.icmp_errors = extra->icmp_errors;
  const flow::VantageEstimate vantage = flow::estimate_vantage(c);
  c.vantage = vantage.where;
  c.vantage_confidence = vantage.confidence;
  return c;
}

Outline Analysis::outline(std::uint32_t stream) const {
  const flow::Engine& engine = state_->engine;
  engine.expect(stream, flow::Engine::Wanted::outline);
  const Record& r = engine.record(stream);
  Outline o;
  for (std::uint8_t i = 0; i < 2; ++i) {
    const SideRecord& side = r.sides[i];
    o.sides[i] = {.endpoint = engine.endpoint(r, i), .text = side.text, .syns = side.syns, .ttl = side.ttl};
  }
  o.first = r.first;
  o.last = r.last;
  o.first_frame = r.first_frame;
  for (std::size_t i = 0; i < 3; ++i) o.handshake_frames[i] = handshake_frame(r, i);
  if (r.syn_to_syn_ack != flow::unknown_time) o.syn_to_syn_ack = Duration(from_ticks(r.syn_to_syn_ack));
  o.state = flow::flow_state(r);
  if (const flow::Extra* extra = engine.extra(stream)) o.answer = extra->sides[1].offer;
  return o;
}

Analysis::Analysis(AnalysisLimits limits, SeriesSink* series) : state_(std::make_unique<State>(limits, series)) {}
Analysis::~Analysis() = default;
Analysis::Analysis(Analysis&&) noexcept = default;
Analysis& Analysis::operator=(Analysis&&) noexcept = default;

Judgement Analysis::on(const Segment& segment) { return state_->engine.judge(segment); }
void Analysis::on(std::span<const Segment> segments) { state_->engine.judge_all(segments); }
void Analysis::on(std::span<const Segment> segments, std::span<const Prepared> prepared) {
  state_->engine.judge_all(segments, prepared);
}
void Analysis::prepare(const Segment& segment, Prepared& into) const { state_->engine.prepare(segment, into); }
std::optional<std::uint32_t> Analysis::on(const IcmpError& error) { return state_->engine.on_error(error); }
void Analysis::finish() { state_->engine.finish(); }
std::uint32_t Analysis::streams() const { return state_->engine.streams(); }
std::vector<Note> Analysis::notes(std::uint32_t stream) const { return state_->engine.notes().of(state_->engine.record(stream)); }
const CaptureFacts& Analysis::capture() const { return state_->engine.facts(); }
std::optional<IpAddress> Analysis::reporter(std::uint64_t frame) const { return state_->engine.reporter(frame); }
std::uint64_t Analysis::hash_seed() const { return state_->engine.seed(); }
std::size_t Analysis::memory() const { return state_->engine.memory(); }

Analysis::FrameLabel Analysis::label_of(std::uint64_t frame) const {
  const Note* note = state_->engine.notes().label_of(frame);
  if (note == nullptr) return {};
  return {.label = note->label, .cause = note->cause, .of_frame = note->of_frame};
}

}  // namespace ft::analysis
