// The two ends of a story against this machine's kernel, behind one door: our stack and the kernel's sockets do the same things,
// so that one player plays both.
#pragma once

#include "fourtuple/stack.hpp"
#include "io/descriptor.hpp"

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <poll.h>

namespace ft::cli {

struct Refused {
  Error code = Error::none;
  std::optional<Instant> free_at;
  std::string why;
};

class StoryHost {
 public:
  using Handle = std::size_t;
  struct Progress {
    bool connected = false;
    CloseReason closed = CloseReason::none;
    bool restless = false;  // the other end owes an answer
  };

  virtual ~StoryHost() = default;
  virtual std::expected<void, Refused> listen(Endpoint local, std::uint32_t backlog) = 0;
  /// `local.port` 0: any.
  virtual std::expected<Handle, Refused> connect(Instant now, Endpoint local, Endpoint remote) = 0;
  virtual std::optional<Handle> accept() = 0;
  virtual FourTuple tuple(Handle handle) const = 0;
  virtual Progress progress(Handle handle) = 0;
  /// Octets taken, 0 when there is no room yet; nullopt when nothing can be written any more.
  virtual std::optional<std::size_t> write(Handle handle, std::span<const std::byte> octets) = 0;
  /// nullopt: nothing now; 0: the end.
  virtual std::optional<std::size_t> read(Handle handle, std::span<std::byte> into) = 0;
  virtual void shutdown(Handle handle) = 0;
  virtual void close(Handle handle) = 0;
  virtual void abort(Handle handle) = 0;
  /// What the loop is to poll for this connection; fd -1 = nothing.
  virtual pollfd watch(Handle handle, bool reads, bool writes) const = 0;
};

class StackHost final : public StoryHost {
 public:
  explicit StackHost(Stack& stack) : stack_(stack) {}
  std::expected<void, Refused> listen(Endpoint local, std::uint32_t backlog) override;
  std::expected<Handle, Refused> connect(Instant now, Endpoint local, Endpoint remote) override;
  std::optional<Handle> accept() override;
  FourTuple tuple(Handle handle) const override;
  Progress progress(Handle handle) override;
  std::optional<std::size_t> write(Handle handle, std::span<const std::byte> octets) override;
  std::optional<std::size_t> read(Handle handle, std::span<std::byte> into) override;
  void shutdown(Handle handle) override { (void)stack_.shutdown(ids_[handle]); }
  void close(Handle handle) override { (void)stack_.close(ids_[handle]); }
  void abort(Handle handle) override { (void)stack_.abort(ids_[handle]); }
  pollfd watch(Handle, bool, bool) const override { return {-1, 0, 0}; }

 private:
  Stack& stack_;
  std::vector<ConnectionId> ids_;
  std::vector<ListenerId> listeners_;
};

class KernelHost final : public StoryHost {
 public:
  std::expected<void, Refused> listen(Endpoint local, std::uint32_t backlog) override;
  std::expected<Handle, Refused> connect(Instant now, Endpoint local, Endpoint remote) override;
  std::optional<Handle> accept() override;
  FourTuple tuple(Handle handle) const override { return sockets_[handle].tuple; }
  Progress progress(Handle handle) override;
  std::optional<std::size_t> write(Handle handle, std::span<const std::byte> octets) override;
  std::optional<std::size_t> read(Handle handle, std::span<std::byte> into) override;
  void shutdown(Handle handle) override;
  void close(Handle handle) override { sockets_[handle].file.reset(); }
  void abort(Handle handle) override;
  pollfd watch(Handle handle, bool reads, bool writes) const override;

 private:
  struct Connection {
    io::Descriptor file;
    FourTuple tuple;
    bool connected = false;
    bool over = false;
    int error = 0;
  };
  Handle keep(io::Descriptor file, const FourTuple& tuple, bool connected);

  std::vector<Connection> sockets_;
  std::vector<io::Descriptor> listeners_;
};

}  // namespace ft::cli
