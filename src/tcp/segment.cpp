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
  return reply;
}

}  // namespace ft::tcp
