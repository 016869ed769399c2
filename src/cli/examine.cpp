#include "cli/examine.hpp"

#include "analysis/report/quantity.hpp"

#include <utility>

namespace ft::cli {

namespace {

using analysis::report::count_text;

constexpr std::uint64_t between_looks = 8192;  // packets

std::string base_name(const std::string& path) {
  if (path == "-") return "standard input";
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

}  // namespace

std::expected<std::unique_ptr<Examination>, std::string> Examination::open(const std::string& path, analysis::Lang lang,
                                                                           bool twice) {
  auto source = io::open_capture(path, {.read_twice = twice});
  if (!source) return std::unexpected(source.error());
  analysis::report::CaptureFile file;
  file.name = base_name(path);
  return std::unique_ptr<Examination>(new Examination(std::move(*source), std::move(file), lang));
}

void Examination::walk(analysis::Analysis& analysis, const PerFrame& each, bool first) {
  const Interruption interruption;
  Progress progress((lang_ == analysis::Lang::zh ? "读取 " : "reading ") + file_.name, source_->size());
  analysis::Dissector dissector({.verify_checksums = analysis::verify_by_default(source_->size().value_or(0))});
  pcap::Packet packet;
  auto step = io::CaptureSource::Step::packet;
  std::uint64_t packets = 0;
  bool stopped = false;
  while ((step = source_->next(packet)) == io::CaptureSource::Step::packet) {
    const analysis::Frame& frame = dissector.dissect(packet);
    if (frame.has_segment) analysis.on(frame.segment);
    if (frame.has_icmp_error) analysis.on(frame.icmp_error);
    if (first) {
      file_.octets += frame.original_length;
      file_.unreadable += frame.problem != analysis::Problem::none ? 1U : 0U;
      if (!file_.first) file_.first = frame.at;
      file_.last = frame.at;
    }
    if (each) each(frame, packet);
    if (++packets % between_looks != 0) continue;
    progress.show(source_->position(), packets);
    stopped = Interruption::asked();
    if (stopped) break;
  }
  analysis.finish();
  if (!first) return;
  file_.packets = packets;
  note_end(step, stopped);
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

void Examination::read(const PerFrame& each) {
  walk(analysis_, each, true);
  file_.segments = analysis_.capture().segments;
  file_.format = source_->format();
  finder_.emplace(analysis_);
}

bool Examination::read_again(analysis::SeriesSink& sink, const PerFrame& each) {
  if (!source_->rewind()) return false;
  analysis::Analysis again({}, &sink);
  walk(again, each, false);
  return true;
}

void Examination::settle(analysis::report::FlowSteps& steps) const {
  steps.settle(finder_->connection(steps.stream()), analysis_);
}

}  // namespace ft::cli
