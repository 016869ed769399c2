#include "cli/explain_slice.hpp"

#include "analysis/find/words.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace ft::cli {

namespace {

/// Comments by frame: the whole finding where its evidence begins, its id on the other frames.
class Comments {
 public:
  explicit Comments(analysis::Lang lang) : lang_(lang) {}

  void add(const analysis::Finding& finding) {
    if (finding.frames.empty() || by_frame_.size() >= most_frames) return;
    std::string whole =
        std::string(finding.id) + " (" + analysis::severity_words(finding.severity, lang_) + "): " + say(finding, lang_);
    if (const std::string how = how_known(finding, lang_); !how.empty()) whole += " " + how;
    by_frame_[finding.frames.front()].push_back(std::move(whole));
    const bool zh = lang_ == analysis::Lang::zh;
    const std::string first = std::to_string(finding.frames.front());
    for (const std::uint64_t frame : std::span(finding.frames).subspan(1)) {
      by_frame_[frame].push_back(std::string(finding.id) + (zh ? "：见第 " + first + " 帧" : ": see frame " + first));
    }
  }
  std::span<const std::string> of(std::uint64_t frame) const {
    const auto found = by_frame_.find(frame);
    return found == by_frame_.end() ? std::span<const std::string>{} : std::span<const std::string>(found->second);
  }

 private:
  static constexpr std::size_t most_frames = 100'000;
  analysis::Lang lang_;
  std::map<std::uint64_t, std::vector<std::string>> by_frame_;
};

/// Tells of the frame under work whether it belongs to a chosen connection.
class Chosen final : public analysis::SeriesSink {
 public:
  Chosen(const Examination& examined, std::span<const std::uint32_t> streams) : streams_(streams) {
    for (const std::uint32_t stream : streams) {
      const analysis::Connection connection = examined.connection(stream);
      ends_.push_back({connection.sides[0].endpoint, connection.sides[1].endpoint});
    }
  }
  bool wants(std::uint32_t stream) override { return std::ranges::find(streams_, stream) != streams_.end(); }
  void on_sample(const analysis::Sample& sample) override { latest_ = sample.segment->frame; }

  bool has(const analysis::Frame& frame) const {
    if (streams_.empty() || latest_ == frame.number) return true;
    if (!frame.has_icmp_error) return false;
    const analysis::IcmpError& error = frame.icmp_error;
    const Endpoint from{error.quoted_source, error.quoted_source_port},
        to{error.quoted_destination, error.quoted_destination_port};
    return std::ranges::any_of(ends_, [&](const FourTuple& t) { return t == FourTuple{from, to} || t == FourTuple{to, from}; });
  }

 private:
  std::span<const std::uint32_t> streams_;
  std::vector<FourTuple> ends_;
  std::uint64_t latest_ = 0;
};

}  // namespace

std::expected<std::uint64_t, std::string> write_slice(Examination& examined, std::span<const std::uint32_t> streams,
                                                      const SliceOptions& options, analysis::Lang lang) {
  Comments comments(lang);
  const auto comment_on = [&](std::uint32_t stream) {
    for (const analysis::Finding& finding : examined.connection(stream).findings) comments.add(finding);
  };
  for (std::uint32_t stream = 0; streams.empty() && stream < examined.streams(); ++stream) comment_on(stream);
  for (const std::uint32_t stream : streams) comment_on(stream);
  for (const analysis::Finding& finding : examined.finder().findings()) comments.add(finding);

  auto slice = Slice::create(options);
  if (!slice) return std::unexpected(slice.error());
  Chosen chosen(examined, streams);
  std::string problem;
  const bool again = examined.read_again(chosen, [&](const analysis::Frame& frame, const pcap::Packet& packet) {
    if (!problem.empty() || !chosen.has(frame)) return;
    const auto added = slice->add(packet, frame, examined.source().interfaces(), comments.of(frame.number));
    if (!added) problem = added.error();
  });
  if (!again) return std::unexpected("cannot read the capture a second time");
  if (!problem.empty()) return std::unexpected(problem);
  if (const auto closed = slice->close(); !closed) return std::unexpected(closed.error());
  return slice->packets();
}

}  // namespace ft::cli
