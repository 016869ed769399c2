#include "cli/second_capture.hpp"

#include "analysis/compare/comparer.hpp"
#include "analysis/compare/places.hpp"

namespace ft::cli {

namespace {

class Nobody final : public analysis::SeriesSink {
  bool wants(std::uint32_t) override { return false; }
  void on_sample(const analysis::Sample&) override {}
};

bool feed(Examination& examined, analysis::Comparer& comparer, unsigned capture) {
  Nobody nobody;
  return examined.read_again(nobody, [&](const analysis::Frame& frame, const pcap::Packet&) {
    if (frame.has_segment) comparer.on(capture, frame.segment);
  });
}

}  // namespace

std::expected<std::unique_ptr<SecondCapture>, std::string> SecondCapture::compare(Examination& examined, const std::string& path,
                                                                                  analysis::Lang lang) {
  auto other = Examination::open(path, lang, {});
  if (!other) return std::unexpected(other.error());
  (*other)->read();
  analysis::Comparer comparer;
  if (!feed(examined, comparer, 0) || !feed(**other, comparer, 1))
    return std::unexpected("cannot read the captures a second time, which comparing needs");
  auto out = std::make_unique<SecondCapture>();
  out->other_ = std::move(*other);
  out->compared_.emplace(examined.finder(), out->other_->finder(), comparer.finish(),
                         std::array{examined.file().name, out->other_->file().name});
  return out;
}

bool SecondCapture::tell(std::span<const analysis::report::FlowSteps* const> flows,
                         std::map<std::uint32_t, analysis::report::OtherPlace>& places) {
  for (const analysis::report::FlowSteps* flow : flows) {
    const analysis::ComparedConnection* compared = compared_->compared(flow->connection());
    const auto stream = compared == nullptr ? std::nullopt : compared_->second_stream(*compared);
    if (!stream) continue;
    analysis::report::FlowSteps there(*stream);
    if (!other_->read_again(there)) return false;
    other_->settle(there);
    places.emplace(flow->stream(), other_place(compared_->comparison(), *compared, flow->connection(), there));
  }
  return true;
}

}  // namespace ft::cli
