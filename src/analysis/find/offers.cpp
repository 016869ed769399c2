// Diagnoses 14 to 17, and what of 52 stands in the SYN: what the sides offered each other, and what became of it.
#include "analysis/dissect/segment.hpp"
#include "analysis/find/case.hpp"

#include <algorithm>

namespace ft::analysis {

namespace {

bool offers(const Side& side, SegmentOptions::Has option) { return side.offer.seen && (side.offer.has & option) != 0; }

void fast_open(const Case& c, Findings& out) {
  const Offer& syn = c.client().offer;
  if (!syn.seen || (!offers(c.client(), SegmentOptions::fast_open) && syn.text == 0)) return;
  const bool granted = offers(c.server(), SegmentOptions::fast_open) && c.server().offer.fast_open_length > 0;
  const bool asked = syn.text == 0 && syn.fast_open_length == 0;
  const bool taken = c.connection.opening == Opening::fast_open;
  Draft draft("tfo", 0);
  draft.frames(c.connection.handshake_frames).between(c.connection.first, c.connection.first);
  draft.flag("asked", asked);
  if (asked && c.server().offer.seen) draft.flag(granted ? "granted" : "refused");
  if (syn.text > 0) draft.octets("octets", syn.text);
  if (syn.text > 0 && c.server().offer.seen) {
    draft.flag(taken ? "taken" : "ignored").octets("acked", taken ? syn.text : 0);
    if (!taken) draft.severity(Severity::note).cost(round_trip(c.connection), 1, syn.text);
  }
  // A cookie without text says nothing to anybody.
  if (asked || syn.text > 0) out.push_back(draft.done());
}

struct Agreed {
  SegmentOptions::Has option;
  std::string_view name;
};
constexpr std::array<Agreed, 3> agreed_options{{{SegmentOptions::window_scale, "window-scale"},
                                                {SegmentOptions::sack_permitted, "sack"},
                                                {SegmentOptions::timestamps, "timestamps"}}};

constexpr std::uint8_t telling_nops = 4;  // a device that removes an option writes NOPs over it

/// Already the SYN came without: only what stands in its place tells.
void missing_in_syn(const Case& c, Findings& out) {
  const Offer& syn = c.client().offer;
  if (!syn.seen || syn.nops < telling_nops) return;
  std::string missing;
  for (const auto& [option, name] : agreed_options) {
    if (offers(c.client(), option)) continue;
    if (!missing.empty()) missing += ", ";
    missing += name;
  }
  if (missing.empty()) return;
  Draft draft("options-stripped", 0);
  draft.frame(c.connection.handshake_frames[0]).text("options", missing).count("nops", syn.nops).flag("syn");
  draft.between(c.connection.first, c.connection.first);
  out.push_back(draft.sure(0.7f).instead("peer-does-not-offer").done());
}

void missing_options(const Case& c, Findings& out) {
  if (!c.client().offer.seen || !c.server().offer.seen) return;
  const Listener* listener = c.hosts.listener(c.server().endpoint);
  std::string missing;
  std::uint64_t elsewhere = 0;
  for (std::size_t i = 0; i < agreed_options.size(); ++i) {
    const auto [option, name] = agreed_options[i];
    if (!offers(c.client(), option) || offers(c.server(), option)) continue;
    if (!missing.empty()) missing += ", ";
    missing += name;
    if (listener != nullptr) elsewhere = std::max<std::uint64_t>(elsewhere, listener->offered[i]);
  }
  if (missing.empty()) return;
  const std::uint8_t nops = c.server().offer.nops;
  const bool evidence = elsewhere > 0 || nops >= telling_nops;
  Draft draft("options-stripped", 1);
  draft.frame(c.connection.handshake_frames[0]).frame(c.connection.handshake_frames[1]).text("options", missing);
  draft.between(c.connection.first, c.connection.first).flag("unanswered");
  if (nops >= telling_nops) draft.count("nops", nops);
  if (elsewhere > 0) draft.count("elsewhere", elsewhere);
  draft.sure(evidence ? 0.7f : 0.3f).severity(evidence ? Severity::note : Severity::info);
  out.push_back(draft.instead("peer-does-not-offer").done());
}

void small_mss(const Case& c, Findings& out) {
  const std::uint16_t ethernet = c.connection.ipv6 ? 1440 : 1460;
  const std::uint16_t least = c.connection.ipv6 ? 1220 : 536;  // what who knows nothing announces (RFC 9293 3.7.1)
  for (std::uint8_t i = 0; i < 2; ++i) {
    const Offer& offer = c.side(i).offer;
    if (!offer.seen || offer.mss <= least || offer.mss >= ethernet) continue;
    if (i == 1 && c.client().offer.seen && c.client().offer.mss == offer.mss && found(out, "mss-clamped")) return;
    Draft draft("mss-clamped", i);
    draft.frame(c.connection.handshake_frames[i]).number("mss", offer.mss, Fact::Unit::octets);
    draft.text("hint", ethernet - offer.mss == 8 ? "pppoe" : "tunnel").between(c.connection.first, c.connection.first);
    out.push_back(draft.sure(0.5f).instead("small-mss-by-choice").done());
  }
}

/// One SYN had window scaling and the answer, as captured here, has not; yet its sender behaves as if it had.
void scale_mismatch(const Case& c, Findings& out) {
  for (std::uint8_t i = 0; i < 2; ++i) {
    const Side& quiet = c.side(i);
    const Side& offering = c.side(other(i));
    if (!quiet.offer.seen || !offers(offering, SegmentOptions::window_scale) || offers(quiet, SegmentOptions::window_scale))
      continue;
    constexpr std::uint64_t shrunk = 16;
    const bool tiny = quiet.offer.window >= 4096 && quiet.most_window > 0 && quiet.most_window * shrunk <= quiet.offer.window;
    if (!tiny || quiet.packets < 4 || offering.text == 0) continue;
    Draft draft("window-scale-mismatch", i);
    draft.frame(c.connection.handshake_frames[0]).frame(c.connection.handshake_frames[1]).frame(offering.first_text_frame);
    draft.octets("window", quiet.most_window).octets("scaled", quiet.offer.window);
    draft.between(c.connection.first, c.connection.last).cost(offering.window_limited);
    out.push_back(draft.sure(0.85f).instead("receive-window-limited").done());
  }
}

void other_protocols(const Case& c, Findings& out) {
  if (offers(c.client(), SegmentOptions::mptcp) && c.server().offer.seen && !offers(c.server(), SegmentOptions::mptcp)) {
    Draft draft("mptcp-fallback", 0);
    draft.frame(c.connection.handshake_frames[0]).frame(c.connection.handshake_frames[1]);
    out.push_back(draft.between(c.connection.first, c.connection.first).instead("peer-does-not-offer").done());
  }
  const bool ao = offers(c.client(), SegmentOptions::ao) || offers(c.server(), SegmentOptions::ao);
  const bool signed_client = offers(c.client(), SegmentOptions::md5) || offers(c.client(), SegmentOptions::ao);
  const bool signed_server = offers(c.server(), SegmentOptions::md5) || offers(c.server(), SegmentOptions::ao);
  if (!signed_client && !signed_server) return;
  Draft draft("md5", signed_client ? 0 : 1);
  draft.frame(c.connection.handshake_frames[0]).frame(c.connection.handshake_frames[1]).text("kind", ao ? "TCP-AO" : "MD5");
  const bool both_seen = c.client().offer.seen && c.server().offer.seen;
  draft.flag("one_side", both_seen && signed_client != signed_server);
  out.push_back(draft.between(c.connection.first, c.connection.first).done());
}

}  // namespace

void find_offers(const Case& c, Findings& out) {
  fast_open(c, out);
  missing_in_syn(c, out);
  missing_options(c, out);
  small_mss(c, out);
  scale_mismatch(c, out);
  other_protocols(c, out);
}

}  // namespace ft::analysis
