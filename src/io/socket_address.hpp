// ft::Endpoint as the sockaddr of a system call, and back.
#pragma once

#include "fourtuple/address.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

namespace ft::io {

class SocketAddress {
 public:
  explicit SocketAddress(const Endpoint& endpoint);
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  int family() const { return storage_.ss_family; }

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

Endpoint to_endpoint(const sockaddr_storage& address);
/// The local end of a socket of this machine's kernel (getsockname).
Endpoint local_endpoint(int socket);

}  // namespace ft::io
