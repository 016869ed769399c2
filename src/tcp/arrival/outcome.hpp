// What an arriving segment led to: the steps of RFC 9293 3.10.7 write it, the stack counts, traces and answers by it.
#pragma once

#include "tcp/segment.hpp"
#include "tcp/why.hpp"

#include <optional>

namespace ft::tcp {

struct Arrival {
  DropReason dropped = DropReason::none;
  Effect effect = Effect::none;
  std::optional<Reply> reply;  // a RST to be sent
};

namespace arrival {

/// How telling an effect is: a segment may have several, one is reported.
constexpr int weight(Effect effect) {
  switch (effect) {
    case Effect::none:
      return 0;
    case Effect::ack_old:
      return 1;
    case Effect::ack_duplicate:
      return 2;
    case Effect::window_update:
      return 3;
    case Effect::ack_new:
    case Effect::keepalive_answered:
      return 4;
    case Effect::text_duplicate:
    case Effect::text_out_of_order:
    case Effect::text_in_order:
      return 5;
    case Effect::our_fin_acked:
      return 6;
    case Effect::fin_received:
      return 7;
    default:
      return 8;
  }
}

inline void note(Arrival& arrival, Effect effect) {
  if (weight(effect) >= weight(arrival.effect)) arrival.effect = effect;
}

/// What a step returns when the segment goes no further.
inline bool stop(Arrival& arrival, DropReason reason) {
  arrival.dropped = reason;
  return false;
}

}  // namespace arrival

}  // namespace ft::tcp
