#include "cli/analysis_feed.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::analysis;

namespace {

/// Connections of one SYN each; every hundredth is told off by ICMP right after.
void feed_all(cli::AnalysisFeed& feed, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    Frame frame;
    frame.has_segment = true;
    Segment& s = frame.segment;
    s.frame = frame.number = i + 1;
    s.source = IpAddress::v4(10, 1, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i));
    s.destination = IpAddress::v4(10, 2, 0, 1);
    s.source_port = 4000;
    s.destination_port = 80;
    s.flags = wire::tcp_flag::syn;
    feed.take(frame);
    if (i % 100 != 99) continue;
    Frame refused;
    refused.has_icmp_error = true;
    IcmpError& e = refused.icmp_error;
    e.frame = i + 1;
    e.quoted_source = s.source;
    e.quoted_destination = s.destination;
    e.quoted_source_port = s.source_port;
    e.quoted_destination_port = s.destination_port;
    e.type = 3;
    e.code = 1;
    feed.take(refused);
  }
}

}  // namespace

TEST_CASE("a second thread judges the same segments in the same order, ICMP errors among them") {
  for (const bool threads : {false, true}) {
    Analysis analysis;
    {
      cli::AnalysisFeed feed(analysis, threads);
      feed_all(feed, 5000);
    }
    analysis.finish();
    CHECK(analysis.streams() == 5000);
    CHECK(analysis.capture().segments == 5000);
    CHECK(analysis.capture().icmp_unmatched == 0);
    CHECK(analysis.connection(99).state == FlowState::refused);
    CHECK(analysis.connection(98).state == FlowState::syn_sent);
  }
}

TEST_CASE("segments written in place are judged like those handed over, however far the judging is behind") {
  constexpr std::uint32_t count = 3 * cli::AnalysisFeed::batches * 256;
  for (const bool threads : {false, true}) {
    Analysis analysis;
    {
      cli::AnalysisFeed feed(analysis, threads);
      for (std::uint32_t i = 0; i < count; ++i) {
        Segment& s = feed.room();
        s = Segment{};
        s.frame = i + 1;
        s.source = IpAddress::v4(10, 1, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i));
        s.destination = IpAddress::v4(10, 2, static_cast<std::uint8_t>(i >> 16), 1);
        s.destination_port = 80;
        s.flags = wire::tcp_flag::syn;
        feed.take();
      }
    }
    analysis.finish();
    CHECK(analysis.streams() == count);
    CHECK(analysis.capture().segments == count);
    CHECK(analysis.connection(count - 1).first_frame == count);
  }
}

TEST_CASE("a feed that is finished can be fed again") {
  Analysis analysis;
  cli::AnalysisFeed feed(analysis);
  feed_all(feed, 1000);
  feed.finish();
  CHECK(analysis.capture().segments == 1000);
  feed_all(feed, 300);
  feed.finish();
  CHECK(analysis.capture().segments == 1300);
}
