#include "io/netns.hpp"

#include "io/descriptor.hpp"
#include "io/netdevice.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <array>

namespace ft::io {
namespace {

Result<> write_file(const char* path, const std::string& text) {
  const Descriptor file(::open(path, O_WRONLY | O_CLOEXEC));
  if (!file || ::write(file.get(), text.data(), text.size()) < 0) {
    return std::unexpected(failed_call(std::string("write ") + path, errno));
  }
  return {};
}

/// The first octet of a sysctl's file; 0 when there is no such file.
char first_octet(const char* path) {
  const Descriptor file(::open(path, O_RDONLY | O_CLOEXEC));
  char octet = 0;
  if (!file || ::read(file.get(), &octet, 1) != 1) return 0;
  return octet;
}

std::string what_forbids_it() {
  if (first_octet("/proc/sys/kernel/unprivileged_userns_clone") == '0') {
    return "the system forbids user namespaces to ordinary users: run as root, or sysctl kernel.unprivileged_userns_clone=1";
  }
  if (first_octet("/proc/sys/user/max_user_namespaces") == '0') {
    return "the system allows no user namespaces: run as root, or sysctl user.max_user_namespaces=1000";
  }
  if (first_octet("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == '1') {
    return "AppArmor restricts user namespaces of ordinary users: run as root, or sysctl "
           "kernel.apparmor_restrict_unprivileged_userns=0";
  }
  return "needs CAP_SYS_ADMIN or user namespaces, and this system grants neither: run as root; in a container, "
         "with --cap-add SYS_ADMIN --cap-add NET_ADMIN --device /dev/net/tun";
}

std::string refused(int error) {
  std::string line = failed_call("make a network namespace", error);
  if (error == EPERM || error == EACCES) return line + " (" + what_forbids_it() + ")";
  if (error == ENOSPC) return line + " (too many namespaces: see sysctl user.max_user_namespaces and user.max_net_namespaces)";
  if (error == EINVAL) return line + " (this kernel has no network or user namespaces, or the program has several threads)";
  return line;
}

Result<> become_root_inside(uid_t uid, gid_t gid) {
  // Without setgroups denied an unprivileged process may not map its group (user_namespaces(7)).
  if (auto done = write_file("/proc/self/setgroups", "deny"); !done) return done;
  if (auto done = write_file("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1"); !done) return done;
  return write_file("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1");
}

}  // namespace

Result<> enter_own_network() {
  if (::unshare(CLONE_NEWNET) != 0) {
    if (errno != EPERM) return std::unexpected(refused(errno));
    const uid_t uid = ::geteuid();
    const gid_t gid = ::getegid();
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return std::unexpected(refused(errno));
    if (auto mapped = become_root_inside(uid, gid); !mapped) {
      return std::unexpected(mapped.error() + " (" + what_forbids_it() + ")");
    }
  }
  // Some systems let the namespace be made and then grant no rights inside; the first device tells.
  if (auto up = bring_device_up("lo"); !up) return std::unexpected(up.error() + " (" + what_forbids_it() + ")");
  return {};
}

}  // namespace ft::io
