#include "io/output.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string>

namespace ft::io {

Output::Output(int fd) : file_(fd) {
  struct stat what{};
  if (::fstat(fd, &what) != 0) return;
  if (S_ISSOCK(what.st_mode)) {
    kind_ = Kind::socket;
  } else if (S_ISFIFO(what.st_mode)) {
    kind_ = Kind::pipe;
    // A pipe opened anew has a mode of its own; the description that we were given stays as it is.
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    if (const int own = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC); own >= 0) {
      file_ = Descriptor(own);
    } else {
      may_block_ = true;
    }
  }
}

long Output::write(std::span<const std::byte> octets) {
  // A pipe that polls as writable has room for PIPE_BUF octets at least: so much does not block.
  const std::size_t most = may_block_ ? PIPE_BUF : octets.size();
  const std::size_t length = std::min(octets.size(), most);
  const ssize_t done = kind_ == Kind::socket ? ::send(file_.get(), octets.data(), length, MSG_DONTWAIT | MSG_NOSIGNAL)
                                             : ::write(file_.get(), octets.data(), length);
  if (done >= 0) return done;
  return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

void Output::finish() {
  if (kind_ == Kind::socket) ::shutdown(file_.get(), SHUT_WR);
  file_.reset();
}

}  // namespace ft::io
