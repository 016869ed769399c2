#include "cli/examine.hpp"

#include "analysis/quantity.hpp"
#include "cli/analysis_feed.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <future>
#include <semaphore>
#include <utility>

namespace ft::cli {

namespace {

using analysis::count_text;

constexpr std::uint64_t between_looks = 8192;  // packets

}  // namespace

std::string base_name(const std::string& path) {
  if (path == "-") return "standard input";
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::optional<std::string> overwrites(const std::string& output, std::initializer_list<std::string> inputs) {
  std::error_code ignored;  // a file that is not there is no other's
  for (const std::string& input : inputs)
    if (std::filesystem::is_regular_file(output, ignored) && std::filesystem::equivalent(output, input, ignored))
      return output + " is read and would be overwritten; write to another file";
  return std::nullopt;
}

std::expected<std::unique_ptr<Examination>, std::string> Examination::open(const std::string& path, analysis::Lang lang,
                                                                           ExamineOptions options) {
  auto source = io::open_capture(path, {.read_twice = options.twice});
  if (!source) return std::unexpected(source.error());
  analysis::report::CaptureFile file;
  file.name = base_name(path);
  return std::unique_ptr<Examination>(new Examination(std::move(*source), std::move(file), lang, options));
}

void Examination::read(analysis::report::Timeline* timeline) {
  const Interruption interruption;
  Progress progress((lang_ == analysis::Lang::zh ? "读取 " : "reading ") + file_.name, source_->size());
  const bool verify = options_.verify && analysis::verify_by_default(source_->size().value_or(0));
  analysis::Dissector dissector({.verify_checksums = verify});
  pcap::Packet packet;
  auto step = io::CaptureSource::Step::packet;
  bool stopped = false;
  {
    AnalysisFeed feed(analysis_);
    while (!stopped && (step = source_->next(packet)) == io::CaptureSource::Step::packet) {
      if (analysis::Segment& segment = feed.room(); dissector.read_segment(packet, segment)) {
        file_.unreadable += segment.text.size() < segment.length ? 1U : 0U;
        feed.take();
      } else {
        const analysis::Frame& frame = dissector.dissect(packet);
        file_.unreadable += frame.problem != analysis::Problem::none ? 1U : 0U;
        feed.take(frame);
      }
      const std::uint32_t octets = std::max(packet.original_length, static_cast<std::uint32_t>(packet.octets.size()));
      file_.octets += octets;
      if (timeline != nullptr) timeline->add(dissector.at(), octets);
      if (file_.packets == 0) file_.first = dissector.at();
      file_.last = dissector.at();
      if (++file_.packets % between_looks != 0) continue;
      progress.show(source_->position(), file_.packets);
      stopped = Interruption::asked();
    }
  }
  if (!options_.twice || analysis_.streams() > 1) source_->rest();  // a connection alone is told segment by segment
  analysis_.finish();
  file_.segments = analysis_.capture().segments;
  file_.format = source_->format();
  note_end(step, stopped);
}

/// As far as the first pass came, and no further: a file may have grown meanwhile.
void Examination::walk_again(analysis::Analysis& analysis, const PerFrame& each) {
  const Interruption interruption;
  Progress progress((lang_ == analysis::Lang::zh ? "再次读取 " : "reading again ") + file_.name, source_->size());
  const bool verify = options_.verify && analysis::verify_by_default(source_->size().value_or(0));
  analysis::Dissector dissector({.verify_checksums = verify});
  pcap::Packet packet;
  std::uint64_t packets = 0;
  while (packets < file_.packets && source_->next(packet) == io::CaptureSource::Step::packet) {
    const analysis::Frame& frame = dissector.dissect(packet);
    if (frame.has_segment) analysis.on(frame.segment);
    if (frame.has_icmp_error) analysis.on(frame.icmp_error);
    if (each) each(frame, packet);
    if (++packets % between_looks != 0) continue;
    progress.show(source_->position(), packets);
    if (Interruption::asked()) break;
  }
  analysis.finish();
  if (packets < file_.packets) note_second_end(packets);
}

/// Somebody asked for an end, or shortened the file meanwhile.
void Examination::note_second_end(std::uint64_t packets) {
  file_.partial = true;
  const std::string count = count_text(packets), all = count_text(file_.packets);
  file_.remarks.push_back(lang_ == analysis::Lang::zh
                              ? "第二遍读取提前结束：逐个报文段的内容只涉及 " + all + " 个分组中的前 " + count + " 个。"
                              : "The second reading ended early: what is told segment by segment is true of the first " + count +
                                    " packets of " + all + ".");
}

void Examination::note_end(io::CaptureSource::Step step, bool stopped) {
  const bool zh = lang_ == analysis::Lang::zh;
  const std::string count = count_text(file_.packets);
  if (stopped) {
    file_.partial = true;
    file_.remarks.push_back(zh ? "读取被中断：以下内容只涉及前 " + count + " 个分组。"
                               : "The reading was interrupted: what follows is true of the first " + count + " packets.");
  } else if (step == io::CaptureSource::Step::failed) {
    file_.partial = true;
    file_.remarks.push_back(zh ? "文件到此为止可读（" + source_->problem() + "）：以下内容只涉及它之前的 " + count + " 个分组。"
                               : "The file could be read up to here only (" + source_->problem() +
                                     "): what follows is true of the " + count + " packets before.");
  }
  if (const std::uint64_t lost = source_->dropped(); lost > 0)
    file_.remarks.push_back(zh ? "抓包系统自称漏掉了 " + count_text(lost) + " 个分组。"
                               : "The capturing system says that it missed " + count_text(lost) + " packets.");
}

bool Examination::read_again(analysis::SeriesSink& sink, const PerFrame& each) {
  if (!source_->rewind()) return false;
  analysis::Analysis again(unpredictable(), &sink);
  walk_again(again, each);
  return true;
}

const analysis::Finder& Examination::finder() const {
  if (!finder_) finder_.emplace(analysis_);
  return *finder_;
}

void Examination::each_connection(const std::function<bool(std::uint32_t)>& wanted,
                                  const std::function<void(const analysis::Connection&)>& take) const {
  constexpr std::uint32_t piece = 512;  // connections
  constexpr std::size_t ahead = 2;      // pieces of the second thread that may wait to be taken
  const auto tell = [&](std::vector<analysis::Connection>& into, std::uint32_t from) {
    into.clear();  // its room is used again and again
    for (std::uint32_t stream = from; stream < std::min(streams(), from + piece); ++stream)
      if (wanted(stream)) into.push_back(connection(stream));
  };
  std::vector<analysis::Connection> first;
  std::array<std::vector<analysis::Connection>, ahead> second;
  std::counting_semaphore<ahead> room(ahead), told(0);
  static_cast<void>(finder());  // it is made before two ask it
  const auto helper = std::async(streams() > piece ? std::launch::async : std::launch::deferred, [&] {
    for (std::uint32_t from = piece, i = 0; from < streams(); from += 2 * piece, ++i) {
      room.acquire();
      tell(second[i % ahead], from);
      told.release();
    }
  });
  for (std::uint32_t from = 0, i = 0; from < streams(); from += 2 * piece, ++i) {
    tell(first, from);
    for (const analysis::Connection& one : first) take(one);
    if (streams() - from <= piece) break;
    told.acquire();
    for (const analysis::Connection& one : second[i % ahead]) take(one);
    room.release();
  }
}

void Examination::settle(analysis::report::FlowSteps& steps) const { steps.settle(connection(steps.stream()), analysis_); }

}  // namespace ft::cli
