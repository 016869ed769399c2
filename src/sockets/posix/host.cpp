// A world that is real: a thread turns the driver whenever packets or deadlines come, and whoever waits is woken. The thread
// sleeps without the lock, so calls go ahead meanwhile and send what they have to say themselves.
#include "fourtuple/posix.hpp"
#include "io/descriptor.hpp"
#include "io/driver.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <thread>

namespace ft::posix {

class Host::Impl final : public World {
 public:
  Impl(StackConfig config, std::unique_ptr<Link> link)
      : link_(std::move(link)),
        stack_(std::move(config)),
        driver_(stack_, *link_),
        sockets_(stack_, *this),
        bell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    driver_.set_handler([this](const Event& event) { sockets_.on_event(event); });
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }

  ~Impl() override {
    sockets_.close_all();
    {
      std::unique_lock lock(sockets_.mutex());
      wait(lock, driver_.read_clock() + std::chrono::seconds(1), [this] {
        return std::ranges::all_of(stack_.ports(),
                                   [](const PortEntry& entry) { return entry.state == "LISTEN" || entry.state == "TIME-WAIT"; });
      });
    }
    thread_.request_stop();
    ring();
    thread_.join();
  }

  Instant now() override { return driver_.read_clock(); }

  void flush() override {
    driver_.read_clock();
    if (auto sent = driver_.flush(); !sent && failure_.empty()) failure_ = sent.error();
    while (const auto event = stack_.poll_event()) sockets_.on_event(*event);
    changed_.notify_all();
    ring();  // a deadline may be earlier now
  }

  bool wait(std::unique_lock<std::mutex>& lock, Instant until, const Ready& ready) override {
    for (;;) {
      if (ready()) return true;
      if (!failure_.empty()) return false;
      if (until == never) {
        changed_.wait(lock);
        continue;
      }
      const Instant now = driver_.read_clock();
      if (now >= until) return false;
      changed_.wait_for(lock, until - now);
    }
  }

  Sockets& sockets() { return sockets_; }
  std::string failure() const {
    const std::lock_guard lock(sockets_.mutex());
    return failure_;
  }

 private:
  void ring() const {
    const std::uint64_t once = 1;
    (void)!::write(bell_.get(), &once, sizeof once);
  }

  void serve(const std::stop_token& stop) {
    std::unique_lock lock(sockets_.mutex());
    while (!stop.stop_requested() && failure_.empty()) {
      if (auto turned = driver_.turn(driver_.read_clock()); !turned) failure_ = turned.error();
      const auto left = driver_.flush();
      changed_.notify_all();
      if (failure_.empty()) sleep(lock, left && !*left);
    }
    changed_.notify_all();
  }

  void sleep(std::unique_lock<std::mutex>& lock, bool wants_room) {
    constexpr Duration longest = std::chrono::hours(1);
    const Instant now = driver_.read_clock();
    Instant wake = now + longest;
    for (const auto& deadline : {stack_.next_deadline(), link_->next_deadline()})
      if (deadline) wake = std::min(wake, *deadline);
    const Duration pause = std::max(wake - now, Duration::zero());
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(pause);
    const timespec timeout{static_cast<time_t>(seconds.count()), static_cast<long>((pause - seconds).count())};
    const bool room = wants_room || link_->wants_room();
    pollfd polled[] = {{bell_.get(), POLLIN, 0}, {link_->descriptor(), static_cast<short>(POLLIN | (room ? POLLOUT : 0)), 0}};
    lock.unlock();
    ::ppoll(polled, std::size(polled), &timeout, nullptr);
    std::uint64_t rung = 0;
    (void)!::read(bell_.get(), &rung, sizeof rung);
    lock.lock();
  }

  std::unique_ptr<Link> link_;
  Stack stack_;
  io::Driver driver_;
  Sockets sockets_;
  io::Descriptor bell_;
  std::condition_variable changed_;
  std::string failure_;
  std::jthread thread_;
};

std::expected<std::unique_ptr<Host>, std::string> Host::open(std::string_view link) {
  const auto spec = parse_link(link);
  if (!spec) return std::unexpected(spec.error());
  auto opened = open_link(*spec);
  if (!opened) return std::unexpected(opened.error());
  StackConfig config = stack_config(*spec, **opened);
  return std::make_unique<Host>(std::move(config), std::move(*opened));
}

Host::Host(StackConfig config, std::unique_ptr<Link> link) : impl_(std::make_unique<Impl>(std::move(config), std::move(link))) {}
Host::~Host() = default;

Sockets& Host::sockets() { return impl_->sockets(); }
std::string Host::link_failure() const { return impl_->failure(); }

}  // namespace ft::posix
