#include "tcp/segment.hpp"

namespace ft::tcp {

Reply make_reset(const Segment& segment, Cause cause) {
  Reply reply;
  reply.cause = cause;
  if (segment.has_ack()) {
    reply.header.seq = segment.ack();
    reply.header.flags = wire::tcp_flag::rst;
  } else {
    reply.header.ack = segment.seq() + segment.length();
    reply.header.flags = wire::tcp_flag::rst | wire::tcp_flag::ack;
  }
  //= rfc7323 5.2-2
  //= rfc7323 5.2-3
  //= rfc7323 5.2-4
  if (segment.header.options.timestamps)
    reply.header.options.timestamps = wire::Timestamps{0, segment.header.options.timestamps->val};
  return reply;
}

}  // namespace ft::tcp
