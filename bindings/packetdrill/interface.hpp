// The table of functions through which packetdrill drives a stack in a shared library (--so_filename). Its layout is a fact of
// the tool: 33 pointers in this order. Every function takes `userdata` first and is otherwise the POSIX call of its name.
#pragma once

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstddef>

extern "C" {

struct packetdrill_interface {
  void* userdata;
  void (*free)(void*);
  int (*socket)(void*, int, int, int);
  int (*bind)(void*, int, const sockaddr*, socklen_t);
  int (*listen)(void*, int, int);
  int (*accept)(void*, int, sockaddr*, socklen_t*);
  int (*connect)(void*, int, const sockaddr*, socklen_t);
  ssize_t (*read)(void*, int, void*, size_t);
  ssize_t (*readv)(void*, int, const iovec*, int);
  ssize_t (*recv)(void*, int, void*, size_t, int);
  ssize_t (*recvfrom)(void*, int, void*, size_t, int, sockaddr*, socklen_t*);
  ssize_t (*recvmsg)(void*, int, msghdr*, int);
  ssize_t (*write)(void*, int, const void*, size_t);
  ssize_t (*writev)(void*, int, const iovec*, int);
  ssize_t (*send)(void*, int, const void*, size_t, int);
  ssize_t (*sendto)(void*, int, const void*, size_t, int, const sockaddr*, socklen_t);
  ssize_t (*sendmsg)(void*, int, const msghdr*, int);
  int (*fcntl)(void*, int, int, ...);            // a third argument is an int
  int (*ioctl)(void*, int, unsigned long, ...);  // a third argument is an int*
  int (*close)(void*, int);
  int (*shutdown)(void*, int, int);
  int (*getsockopt)(void*, int, int, int, void*, socklen_t*);
  int (*setsockopt)(void*, int, int, int, const void*, socklen_t);
  int (*poll)(void*, pollfd*, nfds_t, int);
  int (*netdev_send)(void*, const void* ip_packet, size_t octets);                           // into the stack
  int (*netdev_receive)(void*, void* buffer, size_t* octets, long long* time_microseconds);  // out of the stack
  int (*usleep)(void*, useconds_t);
  int (*gettimeofday)(void*, timeval*, struct timezone*);
  int (*epoll_create)(void*, int);
  int (*epoll_ctl)(void*, int, int, int, epoll_event*);
  int (*epoll_wait)(void*, int, epoll_event*, int, int);
  int (*pipe)(void*, int[2]);
  ssize_t (*splice)(void*, int, loff_t*, int, loff_t*, size_t, unsigned);
};
static_assert(sizeof(packetdrill_interface) == 33 * sizeof(void*));

/// Fills `out`. `flags` is the text of --so_flags (flags.hpp), or null.
void packetdrill_interface_init(const char* flags, packetdrill_interface* out);

}  // extern "C"
