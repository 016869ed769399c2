#include "analysis/flow/engine.hpp"

#include <algorithm>
#include <array>

namespace ft::analysis::flow {

namespace {
namespace flag = wire::tcp_flag;

constexpr std::int64_t silence = 2'000'000'000;  // worth a note
constexpr std::size_t closed_kept = 256;         // live parts of closed streams, for their last echoes
constexpr std::uint32_t swept_at_once = 32;      // live parts
constexpr std::uint32_t least_lives = 64;

std::uint32_t share(std::size_t octets, std::size_t each, std::uint32_t least) {
  return static_cast<std::uint32_t>(std::clamp<std::size_t>(octets / each, least, 0x7fffffff));
}

}  // namespace

Engine::Engine(AnalysisLimits limits, SeriesSink* series)
    : limits_(limits),
      series_(series),
      seed_(limits.hash_seed),
      lives_(share(limits.live_octets / 2, sizeof(Live), least_lives)),
      extras_(share(limits.extra_octets, sizeof(Extra), 16)),
      pieces_(std::max<std::size_t>(limits.live_octets / 2, 1u << 20)),
      notes_(limits.note_octets, limits.notes_a_stream) {}

/// What the live parts still hold goes back to the store, which frees it.
Engine::~Engine() {
  for (std::uint32_t i = 0; i < lives_.size(); ++i)
    for (auto& side : lives_[i].sides) side.sent.release(pieces_);
}

std::uint8_t Engine::side_of_v6(const Record& record, const IpAddress& source, std::uint16_t source_port,
                                const IpAddress& destination, std::uint16_t destination_port) const {
  const auto is = [&](std::size_t side, const IpAddress& address, std::uint16_t port) {
    return record.port[side] == port && addresses_[record.address[side]] == address;
  };
  if (is(0, source, source_port) && is(1, destination, destination_port)) return 0;
  return is(1, source, source_port) && is(0, destination, destination_port) ? 1 : 2;
}

std::uint32_t Engine::begin(const Segment& segment, std::uint32_t hash, std::uint32_t before) {
  if (records_.size() >= limits_.streams) {
    ++facts_.streams_refused;
    return none;
  }
  const std::uint32_t stream = records_.size();
  Record& record = records_.push();
  // Side 0 called. A SYN-ACK without its SYN comes from the one who was called.
  const bool turned = segment.has(flag::syn) && segment.has(flag::ack);
  const IpAddress& first = turned ? segment.destination : segment.source;
  const IpAddress& second = turned ? segment.source : segment.destination;
  record.port = {turned ? segment.destination_port : segment.source_port,
                 turned ? segment.source_port : segment.destination_port};
  if (first.is_v6() || second.is_v6()) {
    record.set(Record::ipv6);
    record.address = {addresses_.number_of(first, seed_), addresses_.number_of(second, seed_)};
  } else {
    record.address = {v4_word(first), v4_word(second)};
  }
  record.first = record.last = segment.at;
  record.first_frame = segment.frame;
  record.reused_from = before;
  if (!segment.has(flag::syn)) record.doubt(Doubt::midstream);
  if (before == none) table_.insert(hash, stream);
  if (series_ != nullptr && series_->wants(stream)) record.set(Record::watched);
  return stream;
}

Engine::Place Engine::find(const Segment& segment, std::uint32_t hash, bool& fresh) {
  Place place;
  StreamTable::Slot* slot = table_.find(hash, [&](std::uint32_t stream) {
    place.side = side_of(records_[stream], segment.source, segment.source_port, segment.destination, segment.destination_port);
    return place.side != 2;
  });
  if (slot != nullptr) {
    place.stream = slot->stream_after - 1;
    const Record& old = records_[place.stream];
    const SideRecord& own = old.sides[place.side];
    const bool calls = (segment.flags & (flag::syn | flag::ack)) == flag::syn;
    // Who acknowledged before it called showed its initial number with the ACK (a handshake in four or five steps).
    const bool announced = !own.any(SideRecord::isn_seen) && own.base + 1 == segment.seq.value();
    if (!calls || !own.any(SideRecord::based) || own.base == segment.seq.value() || announced) return place;
    // A SYN with another initial number: the four-tuple is used again (RFC 9293 3.4.1; RFC 6191).
    const bool newer = ahead(segment.seq.value(), own.max) > 0;
    const std::uint32_t stream = begin(segment, hash, place.stream);
    if (stream == none) return place;
    if (newer) records_[stream].set(Record::newer_isn);
    records_[place.stream].set(Record::superseded);
    slot->stream_after = stream + 1;
    place.stream = stream;
  } else {
    place.stream = begin(segment, hash, none);
    if (place.stream == none) return place;
  }
  fresh = true;
  place.side = segment.has(flag::syn) && segment.has(flag::ack) ? 1 : 0;
  return place;
}

Live& Engine::liven(std::uint32_t stream, Record& record) {
  if (record.live != none) return lives_[record.live];
  const std::uint32_t number = make_room();
  Live& live = lives_[number];
  live.stream = stream;
  record.live = number;
  if (record.extra != none) {
    live.extra = extras_[record.extra];
    extras_.give_back(record.extra);
    record.extra = none;
  }
  live.extra.stream = stream;
  for (std::size_t i = 0; i < 2; ++i) {
    SideLive& side = live.sides[i];
    if (!record.sides[i].any(SideRecord::based)) continue;
    side.placed = true;
    side.known_from = record.sides[i].max;
    side.fin_seq = record.sides[i].max - 1;
    side.largest = live.extra.sides[i].largest_text;
  }
  return live;
}

std::uint32_t Engine::make_room() {
  while (lives_.full() && !closed_.empty()) {
    const std::uint32_t oldest = closed_.front();
    closed_.pop_front();
    if (lives_[oldest].closing) put_away(oldest);
  }
  if (lives_.full()) {
    // Of a few in a row, the one that has been silent for longest.
    constexpr int looked_at = 16;
    std::uint32_t victim = none;
    for (int looked = 0; looked < looked_at || victim == none; ++looked) {
      const std::uint32_t i = sweep_;
      sweep_ = (sweep_ + 1) % lives_.size();
      if (lives_[i].stream == none) continue;
      if (victim == none || records_[lives_[i].stream].last < records_[lives_[victim].stream].last) victim = i;
    }
    Record& record = records_[lives_[victim].stream];
    if (record.sides[0].in_flight() + record.sides[1].in_flight() != 0) {
      record.doubt(Doubt::forgotten);
      ++facts_.forgotten;
    }
    put_away(victim);
  }
  return lives_.take();
}

std::uint32_t Engine::room_for_extra() {
  if (!extras_.full()) return extras_.take();
  // Those of streams that carried nothing and had nothing odd go first, then those that had nothing odd.
  for (int pass = 0; pass < 2; ++pass) {
    for (std::uint32_t looked = 0; looked < 64; ++looked) {
      const std::uint32_t i = extra_sweep_;
      extra_sweep_ = (extra_sweep_ + 1) % extras_.size();
      if (extras_[i].stream == none) continue;
      Record& record = records_[extras_[i].stream];
      if (record.note_count != 0 || (pass == 0 && record.sides[0].text + record.sides[1].text != 0)) continue;
      record.extra = none;
      extras_[i] = Extra{};
      return i;
    }
  }
  return none;
}

void Engine::put_away(std::uint32_t number) {
  Live& live = lives_[number];
  Record& record = records_[live.stream];
  for (std::size_t i = 0; i < 2; ++i) {
    if (live.sides[i].ids.kind() != IpIds::unknown) live.extra.sides[i].ip_ids = live.sides[i].ids.kind();
    live.sides[i].sent.release(pieces_);
  }
  const std::uint32_t place = room_for_extra();
  record.extra = place;
  record.live = none;
  if (place != none) extras_[place] = live.extra;
  live.stream = none;
  live.closing = false;
  lives_.give_back(number);
}

void Engine::retire(std::uint32_t number) {
  Live& live = lives_[number];
  if (live.closing) return;
  live.closing = true;
  closed_.push_back(number);
  while (closed_.size() > closed_kept) {
    const std::uint32_t oldest = closed_.front();
    closed_.pop_front();
    if (lives_[oldest].closing) put_away(oldest);
  }
}

/// Now and then a few live parts are looked at: those of streams that have been quiet for long go.
void Engine::tend() {
  since_tended_ = 0;
  if (lives_.size() == 0) return;
  constexpr std::int64_t quiet = 60'000'000'000;
  for (std::uint32_t looked = 0; looked < swept_at_once && looked < lives_.size(); ++looked) {
    const std::uint32_t i = sweep_;
    sweep_ = (sweep_ + 1) % lives_.size();
    Live& live = lives_[i];
    if (live.stream == none || live.closing) continue;
    const Record& record = records_[live.stream];
    if (record.sides[0].in_flight() + record.sides[1].in_flight() != 0) continue;
    if ((facts_.last - record.last).count() > quiet && live.sides[0].probe_note == none && live.sides[1].probe_note == none &&
        live.sides[0].shut_note == none && live.sides[1].shut_note == none)
      put_away(i);
  }
}

void Engine::look_at_clock(const Segment& segment) {
  if (segment.at < previous_) {
    ++facts_.time_steps;
    if (facts_.time_step_frame == 0) facts_.time_step_frame = segment.frame;
    facts_.largest_time_step = std::max(facts_.largest_time_step, previous_ - segment.at);
  }
  previous_ = segment.at;
  facts_.last = std::max(facts_.last, segment.at);
}

/// Who sent an RST and goes on with new text or new acknowledgements did not send that RST, or the RST was old.
void Engine::outlive(Passing& p) {
  if (p.fresh == 0 && p.acked == 0) return;
  if (p.label == Label::reordered || p.place == IdWindow::Place::late) return;
  Note& note = p.notes[p.own_live.reset_note];
  if (note.label == Label::original && note.any(Note::exact | Note::other_ttl | Note::other_id)) {
    note.label = Label::injected;
    ++p.own_extra.injected;
  }
  p.own_live.reset_note = none;
  p.own.set(SideRecord::silly_reset);
  p.record.clear(Record::ended_by_reset);
  if (p.record.closer == p.side && !p.own.any(SideRecord::fin)) p.record.closer = 2;
}

void Engine::show(Passing& p, const Judgement& judged) {
  Sample sample;
  sample.segment = &p.segment;
  sample.judged = judged;
  sample.in_flight = p.own.in_flight();
  sample.window = window_of(p.record, p.side);
  sample.peer_window = window_of(p.record, p.side ^ 1);
  sample.acked = p.acked;
  sample.fresh = p.fresh;
  sample.dsack = p.dsack;
  sample.rtt = p.rtt;
  series_->on_sample(sample);
}

void Engine::begin_capture(const Segment& segment) {
  facts_.first = facts_.last = previous_ = segment.at;
  facts_.first_frame = segment.frame;
}

Judgement Engine::judge(const Segment& segment) {
  bool fresh = false;
  Judgement judged;
  const Place place = find(segment, hash_of(segment), fresh);
  pass(segment, place, fresh, &judged);
  return judged;
}

/// `judged` may be null: nobody asks.
void Engine::pass(const Segment& segment, Place place, bool fresh, Judgement* judged) {
  if (facts_.segments++ == 0) begin_capture(segment);
  facts_.octets += segment.packet_length;
  facts_.last_frame = segment.frame;
  look_at_clock(segment);
  if (++since_tended_ == tend_every) tend();
  if (judged != nullptr) *judged = {.stream = place.stream, .side = place.side, .new_stream = fresh};
  if (place.stream == none) return;
  Record& record = records_[place.stream];
  Live& live = liven(place.stream, record);
  Passing p{.segment = segment,
            .record = record,
            .live = live,
            .notes = notes_,
            .pieces = pieces_,
            .facts = facts_,
            .side = place.side};

  const std::int64_t gap = (segment.at - record.last).count();
  if (gap < 0) [[unlikely]]
    record.doubt(Doubt::clock_step);
  count(p);
  if (gap > silence) {
    Note note = p.draft(Note::Kind::silence);
    note.waited = Duration(gap);
    p.write(note);
  }
  record.last = segment.at;
  record.frames = p.frame - 1;

  if (!is_damaged(p) && !is_copy(p)) {
    if (p.has(flag::rst)) {
      on_reset(p);
    } else {
      if (p.has(flag::syn)) on_syn(p);
      if (!is_of_another(p)) {
        on_text(p);
        on_ack(p);
        on_window(p);
      }
      if (p.own_live.reset_note != none) outlive(p);
    }
    if (p.acked != 0 || p.fresh != 0 || live.sides[p.side ^ 1].busy) keep_clock(record, live, p.side ^ 1, p.at);
    if (p.fresh != 0 || live.sides[p.side].busy) keep_clock(record, live, p.side, p.at);
  }
  tell_history(p);
  if (judged != nullptr) {
    judged->label = p.label;
    judged->cause = p.cause;
  }
  if (record.any(Record::watched))
    show(p, {.stream = place.stream, .side = place.side, .label = p.label, .cause = p.cause, .new_stream = fresh});
  if ((record.sides[0].any(SideRecord::fin_acked) && record.sides[1].any(SideRecord::fin_acked)) ||
      record.any(Record::ended_by_reset))
    retire(record.live);
}

}  // namespace ft::analysis::flow
