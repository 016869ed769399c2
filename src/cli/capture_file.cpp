#include "cli/capture_file.hpp"

#include "analysis/ladder_text.hpp"
#include "analysis/particulars.hpp"
#include "pcap/writer.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace ft::cli {

namespace {
constexpr std::size_t buffer_size = 64 * 1024;  // octets
}

std::expected<RecordFile, std::string> RecordFile::create(const std::string& path) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) return std::unexpected("cannot write " + path + ": " + std::strerror(errno));
  return RecordFile(descriptor, path);
}

RecordFile RecordFile::on_output() { return RecordFile(dup(STDOUT_FILENO), "standard output"); }

RecordFile::RecordFile(RecordFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::move(other.path_)),
      buffer_(std::move(other.buffer_)),
      ends_(std::move(other.ends_)),
      whole_(other.whole_),
      size_(other.size_),
      error_(std::move(other.error_)),
      gone_(other.gone_) {}

RecordFile& RecordFile::operator=(RecordFile&& other) noexcept {
  if (this != &other) {
    if (descriptor_ >= 0) static_cast<void>(close());
    std::destroy_at(this);
    std::construct_at(this, std::move(other));
  }
  return *this;
}

RecordFile::~RecordFile() {
  if (descriptor_ >= 0) static_cast<void>(close());
}

void RecordFile::append(const std::vector<std::byte>& record) {
  if (is_done()) return;
  buffer_.insert(buffer_.end(), record.begin(), record.end());
  size_ += record.size();
  ends_.push_back(buffer_.size());
  if (buffer_.size() >= buffer_size) flush();
}

void RecordFile::flush() {
  std::size_t done = 0;
  while (done < buffer_.size() && !is_done()) {
    const ssize_t n = write(descriptor_, buffer_.data() + done, buffer_.size() - done);
    if (n > 0) {
      done += static_cast<std::size_t>(n);
    } else if (errno == EPIPE) {
      gone_ = true;
    } else if (errno != EINTR) {
      error_ = "cannot write " + path_ + ": " + std::strerror(errno);
      fail(done);
    }
  }
  whole_ += static_cast<long long>(done);
  buffer_.clear();
  ends_.clear();
}

/// Cuts the record that did not fit, so that the file stays readable. A pipe or device cannot be cut, and needs not be.
void RecordFile::fail(std::size_t written) {
  long long end = whole_;
  for (const std::size_t e : ends_)
    if (e <= written) end = whole_ + static_cast<long long>(e);
  if (ftruncate(descriptor_, end) != 0) return;
}

std::expected<void, std::string> RecordFile::close() {
  if (descriptor_ < 0) return {};
  if (error_.empty()) flush();
  const int closed = ::close(std::exchange(descriptor_, -1));
  if (closed != 0 && error_.empty()) error_ = "cannot write " + path_ + ": " + std::strerror(errno);
  if (!error_.empty()) return std::unexpected(error_);
  return {};
}

std::expected<CaptureFile, std::string> CaptureFile::create(const std::string& path, std::vector<analysis::Actor> actors,
                                                            analysis::Lang lang, Duration epoch, pcap::LinkType link_type) {
  auto file = RecordFile::create(path);
  if (!file) return std::unexpected(file.error());
  return CaptureFile(std::move(*file), std::move(actors), lang, epoch, link_type);
}

CaptureFile::CaptureFile(RecordFile file, std::vector<analysis::Actor> actors, analysis::Lang lang, Duration epoch,
                         pcap::LinkType link_type)
    : file_(std::move(file)), actors_(std::move(actors)), lang_(lang), epoch_(epoch), link_type_(link_type) {
  std::vector<std::byte> header;
  pcap::append_section_header(header);
  for (const analysis::Actor& actor : actors_) {
    const std::string address = actor.addresses.empty() ? "" : actor.addresses.front().to_string();
    pcap::append_interface(header, {.link_type = link_type_, .snap_length = 0, .name = actor.name, .description = address});
  }
  file_.append(header);
}

/// Numbers are relative, as capture programs show them too.
std::string CaptureFile::comment_of(const trace::Event& event, const trace::SegmentSent& sent) {
  analysis::Row row;
  row.from = event.host;
  row.to = event.host == 0 ? 1 : 0;
  row.tuple = sent.tuple;
  row.segment = sent.segment;
  numbering_.number(row);
  std::string text = std::string(sent.why.id) + ": " + analysis::say(sent.why.id, lang_, analysis::facts_of(row, actors_));
  const std::string numbers = analysis::say(sent.why.particulars, lang_);
  const std::string clause(sent.why.clause);
  if (!clause.empty() || !numbers.empty())
    text += " (" + clause + (clause.empty() || numbers.empty() ? "" : "; ") + numbers + ")";
  return text;
}

void CaptureFile::on_event(const trace::Event& event) {
  if (const auto* lost = std::get_if<trace::LinkLost>(&event.what)) {
    if (held_ && held_->from == lost->from && held_->to == lost->to && held_->packet == lost->packet) {
      const std::string id = "lost-" + std::string(lost->why);
      held_->comment += (held_->comment.empty() ? "" : " ") + analysis::say(id, lang_, {});
    }
    return;
  }
  if (const auto* sent = std::get_if<trace::SegmentSent>(&event.what)) why_ = comment_of(event, *sent);
  if (const auto* made = std::get_if<trace::PacketMade>(&event.what)) why_ = std::string(made->why.id);
  if (const auto* link = std::get_if<trace::LinkSent>(&event.what)) {
    write_held();
    held_ = Held{.at = event.at,
                 .from = link->from,
                 .to = link->to,
                 .packet = link->packet,
                 .octets = {link->octets.begin(), link->octets.end()},
                 .comment = std::exchange(why_, {})};
  }
}

void CaptureFile::write_held() {
  if (!held_) return;
  pcap::Packet packet;
  packet.at = held_->at + epoch_;
  packet.interface = held_->from < actors_.size() ? held_->from : 0U;
  packet.link_type = link_type_;
  packet.direction = pcap::Direction::outbound;
  packet.octets = held_->octets;
  if (!held_->comment.empty()) packet.comments.push_back(held_->comment);
  std::vector<std::byte> record;
  pcap::append_packet(record, packet);
  file_.append(record);
  held_.reset();
}

std::expected<void, std::string> CaptureFile::close() {
  write_held();
  return file_.close();
}

}  // namespace ft::cli
