#include "sockets/posix/errors.hpp"

namespace ft::posix {

int errno_of(Error error) {
  switch (error) {
    case Error::none:
      return 0;
    case Error::would_block:
      return EAGAIN;
    case Error::invalid_handle:
      return EBADF;
    case Error::invalid_argument:
      return EINVAL;
    case Error::not_connected:
      return ENOTCONN;
    case Error::already_shut_down:
      return EPIPE;
    case Error::address_in_use:
      return EADDRINUSE;
    case Error::address_not_local:
    case Error::no_ephemeral_port:
    case Error::four_tuple_in_use:
      return EADDRNOTAVAIL;
    case Error::no_route:
      return ENETUNREACH;
    case Error::too_many_connections:
    case Error::too_many_listeners:
    case Error::out_of_memory:
      return ENOBUFS;
    case Error::connection_refused:
      return ECONNREFUSED;
    case Error::connection_reset:
      return ECONNRESET;
    case Error::connection_aborted:
      return ECONNABORTED;
    case Error::timed_out:
      return ETIMEDOUT;
    case Error::host_unreachable:
      return EHOSTUNREACH;
    default:
      return EIO;  // an error this layer has not met
  }
}

}  // namespace ft::posix
