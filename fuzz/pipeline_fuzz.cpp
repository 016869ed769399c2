// Any octets as a capture, all the way: file, dissector, connections, findings, and every form in which they are printed. Nothing
// crashes, everything comes to an end, and the memory and the time it takes grow no faster than the file. (Each octet of a file
// may cost a bounded number of steps: whoever can send packets must not be able to stop who looks at them.)
#include "analysis/dissect/dissector.hpp"
#include "analysis/find/find.hpp"
#include "analysis/flow/analysis.hpp"
#include "analysis/report/document_html.hpp"
#include "analysis/report/document_markdown.hpp"
#include "analysis/report/document_text.hpp"
#include "analysis/report/explain.hpp"
#include "analysis/report/explain_json.hpp"
#include "base/assert.hpp"
#include "pcap/reader.hpp"
#include "pcap/stream_reader.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <new>
#include <nlohmann/json.hpp>
#include <vector>

using namespace ft;

namespace {

// What the pipeline has asked for and not given back; the most of it.
std::size_t held = 0, most_held = 0;

constexpr std::size_t header = alignof(std::max_align_t);

void* take(std::size_t size) {
  auto* room = static_cast<std::byte*>(std::malloc(size + header));
  if (room == nullptr) std::abort();
  *reinterpret_cast<std::size_t*>(room) = size;
  held += size;
  most_held = std::max(most_held, held);
  return room + header;
}

void give(void* pointer) {
  if (pointer == nullptr) return;
  auto* room = static_cast<std::byte*>(pointer) - header;
  held -= *reinterpret_cast<std::size_t*>(room);
  std::free(room);
}

double cpu_seconds() {
  std::timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Octets of memory and seconds for a file of so many octets: a constant for tables, and so much for each octet. Sanitizers and
/// busy machines are slow; what these limits must catch grows with the square.
constexpr std::size_t memory_for(std::size_t octets) { return (std::size_t{96} << 20) + 64 * octets; }
constexpr double seconds_for(std::size_t octets) { return 2.0 + 20e-6 * static_cast<double>(octets); }

struct Sums {
  std::uint64_t packets = 0, segments = 0, streams = 0, findings = 0, labels = 0;
  friend bool operator==(const Sums&, const Sums&) = default;
};

class Pipeline {
 public:
  void on(const pcap::Packet& packet) {
    const analysis::Frame& frame = dissector_.dissect(packet);
    ++sums_.packets;
    FT_ASSERT(frame.number == sums_.packets);
    for (const analysis::Layer& layer : frame.layers()) {
      const auto octets = frame.octets_of(layer);
      FT_ASSERT(layer.offset <= octets.size() && layer.length <= octets.size() - layer.offset && layer.header <= layer.length);
    }
    if (frame.has_segment) {
      const auto judged = analysis_.on(frame.segment);
      FT_ASSERT(judged.stream < analysis_.streams() || analysis_.capture().streams_refused != 0);
      ++sums_.segments;
    }
    if (frame.has_icmp_error) analysis_.on(frame.icmp_error);
  }

  Sums finish() {
    analysis_.finish();
    const analysis::Finder finder{analysis_};
    analysis::CaptureVerdict verdict;
    sums_.streams = analysis_.streams();
    for (std::uint32_t i = 0; i < analysis_.streams(); ++i) {
      const analysis::Connection connection = finder.connection(i);
      check(connection);
      verdict.add(connection);
    }
    verdict.add(finder.findings());
    tell(finder, verdict);
    for (const auto lang : {analysis::Lang::en, analysis::Lang::zh}) FT_ASSERT(!say(verdict, lang).empty());
    for (std::uint64_t frame = 1; frame <= sums_.packets; ++frame)
      sums_.labels += static_cast<std::uint64_t>(analysis_.label_of(frame).label);
    return sums_;
  }

 private:
  /// All that is printed of it, in each form.
  void tell(const analysis::Finder& finder, const analysis::CaptureVerdict& verdict) {
    namespace report = analysis::report;
    report::CaptureFile file;
    file.name = "<b>\x1b[31mfuzz\xff";
    file.packets = sums_.packets;
    report::ExplainJson json(analysis::Lang::en);
    report::Summary summary(20, report::ListOrder::worst_first);
    json.begin(file);
    for (std::uint32_t i = 0; i < analysis_.streams(); ++i) {
      const analysis::Connection connection = finder.connection(i);
      summary.add(connection);
      if (i == 0) flow_.settle(connection, analysis_);
      json.connection(connection, i == 0 ? &flow_ : nullptr);
    }
    json.end(finder.findings());
    FT_ASSERT(nlohmann::json::accept(json.take()));
    report::Explained explained;
    explained.file = &file;
    explained.summary = &summary;
    explained.verdict = &verdict;
    explained.graphs = true;
    if (analysis_.streams() != 0) explained.chosen.push_back(&flow_);
    const report::Document document = report::explain_document(explained, analysis::Lang::zh);
    FT_ASSERT(report::document_html(document).find("<b>") == std::string::npos);
    FT_ASSERT(report::document_text(document, {}).find('\x1b') == std::string::npos);
    FT_ASSERT(!report::document_markdown(document).empty());
  }

  void check(const analysis::Connection& connection) {
    FT_ASSERT(connection.first_frame <= connection.last_frame && connection.last_frame <= sums_.packets);
    std::uint64_t packets = 0;
    for (const analysis::Side& side : connection.sides) {
      packets += side.packets;
      FT_ASSERT(side.unique_text <= side.text && side.needless <= side.retransmissions && side.retransmissions <= side.packets);
    }
    FT_ASSERT(packets >= 1 && packets <= sums_.segments);
    sums_.findings += connection.findings.size();
    for (const analysis::Finding& finding : connection.findings) {
      FT_ASSERT(!finding.id.empty() && finding.confidence >= 0 && finding.confidence <= 1);
      FT_ASSERT(finding.frames.size() <= analysis::Finding::most_frames && finding.frames.size() <= finding.frame_count);
      for (const std::uint64_t frame : finding.frames) FT_ASSERT(frame >= 1 && frame <= sums_.packets);
    }
  }

  analysis::Dissector dissector_;
  analysis::report::FlowSteps flow_{0, 2000};
  analysis::Analysis analysis_{{}, &flow_};
  Sums sums_;
};

Sums whole(std::span<const std::byte> file) {
  Pipeline pipeline;
  auto reader = pcap::Reader::open(file);
  if (!reader) return {};
  pcap::Packet packet;
  while (true) {
    const auto more = reader->next(packet);
    if (!more || !*more) break;
    pipeline.on(packet);
  }
  return pipeline.finish();
}

/// The same file in pieces, as a pipe brings it.
Sums in_pieces(std::span<const std::byte> file) {
  Pipeline pipeline;
  pcap::StreamReader reader;
  pcap::Packet packet;
  for (bool done = false; !done;) {
    switch (reader.next(packet)) {
      case pcap::StreamReader::Step::packet:
        pipeline.on(packet);
        break;
      case pcap::StreamReader::Step::need_more: {
        const auto room = reader.room();
        const std::size_t n = std::min({room.size(), file.size(), std::size_t{997}});
        std::copy_n(file.begin(), n, room.begin());
        reader.put(n);
        file = file.subspan(n);
        if (n == 0) reader.finish();
        break;
      }
      default:
        done = true;
    }
  }
  return pipeline.finish();
}

}  // namespace

void* operator new(std::size_t size) { return take(size); }
void* operator new[](std::size_t size) { return take(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return take(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return take(size); }
void operator delete(void* pointer) noexcept { give(pointer); }
void operator delete[](void* pointer) noexcept { give(pointer); }
void operator delete(void* pointer, std::size_t) noexcept { give(pointer); }
void operator delete[](void* pointer, std::size_t) noexcept { give(pointer); }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> file = std::as_bytes(std::span{data, size});
  const std::size_t before = held;
  most_held = held;
  const double begun = cpu_seconds();
  const Sums sums = whole(file);
  FT_ASSERT(cpu_seconds() - begun <= seconds_for(size));
  FT_ASSERT(most_held - before <= memory_for(size));
  FT_ASSERT(held == before);
  if (sums.packets != 0) FT_ASSERT(in_pieces(file) == sums);
  return 0;
}
