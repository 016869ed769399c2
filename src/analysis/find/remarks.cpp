// Diagnoses 51 and 52: congestion that was told, and what is only worth a remark.
#include "analysis/dissect/segment.hpp"
#include "analysis/find/case.hpp"

#include <algorithm>

namespace ft::analysis {

namespace {

void marks(const Case& c, Findings& out) {
  const std::uint64_t ce = std::uint64_t{c.client().ce} + c.server().ce;
  const std::uint64_t ece = std::uint64_t{c.client().ece} + c.server().ece;
  const std::uint64_t cwr = std::uint64_t{c.client().cwr} + c.server().cwr;
  const bool accurate = (c.client().offer.has & c.server().offer.has & SegmentOptions::accecn) != 0;
  // With Accurate ECN these flags are a counter and say nothing by themselves.
  const bool echoed = ece > 0 && !accurate;
  if (ce == 0 && !echoed) return;
  const std::uint8_t marked = c.client().ce > c.server().ce || (ce == 0 && c.server().ece > 0) ? 0 : 1;
  Draft draft("ecn-congestion", marked);
  const Side& sender = c.side(marked);
  draft.frame(sender.first_text_frame).frame(sender.last_text_frame).between(sender.first_text, sender.last_text);
  // Where the marks themselves are not seen: each CWR answers one or more of them (RFC 3168 6.1.2).
  const std::uint64_t marked_packets = ce > 0 ? ce : std::max<std::uint64_t>(accurate ? 0 : cwr, 1);
  draft.count("marks", marked_packets).flag("least", ce == 0).times(marked_packets);
  if (ce > 0) draft.count("ce", ce);
  if (ece > 0) draft.count("ece", ece);
  if (cwr > 0) draft.count("cwr", cwr);
  draft.flag("sep", ce > 0 && ece + cwr > 0).flag("sep2", ece > 0 && cwr > 0).flag("accurate", accurate);
  out.push_back(draft.sure(ce > 0 ? 0.97f : 0.9f).done());
}

void wrapped(const Case& c, std::uint8_t side, Findings& out) {
  const Side& sender = c.side(side);
  if (!sender.isn_known || sender.unique_text == 0) return;
  const std::uint64_t wraps = (std::uint64_t{sender.isn.value()} + sender.unique_text) >> 32;
  if (wraps == 0) return;
  Draft draft("seq-wrap", side);
  draft.frame(sender.first_text_frame).frame(sender.last_text_frame).between(sender.first_text, sender.last_text);
  out.push_back(draft.times(wraps).done());
}

void urgent(const Case& c, std::uint8_t side, Findings& out) {
  const Side& sender = c.side(side);
  if (sender.urgent == 0) return;
  Draft draft("urgent", side);
  draft.frame(sender.first_text_frame).frame(sender.last_text_frame).between(sender.first_text, sender.last_text);
  out.push_back(draft.times(sender.urgent).done());
}

}  // namespace

void find_remarks(const Case& c, Findings& out) {
  marks(c, out);
  for (std::uint8_t side = 0; side < 2; ++side) {
    wrapped(c, side, out);
    urgent(c, side, out);
  }
}

}  // namespace ft::analysis
