// A connection's story, ladder and pages, out of segments made by hand.
#include "report_case.hpp"

#include "analysis/report/document_html.hpp"
#include "analysis/report/document_markdown.hpp"
#include "analysis/report/document_text.hpp"
#include "analysis/report/flow_ladder.hpp"
#include "analysis/report/story.hpp"
#include "analysis/text_width.hpp"

#include <algorithm>

using namespace ft::analysis;
using namespace ft::analysis::report;

namespace {

bool tells(const std::vector<Item>& story, std::string_view words) {
  return std::ranges::any_of(story, [words](const Item& item) { return item.text.find(words) != std::string::npos; });
}

Case transfer_with_a_loss() {
  Case c;
  c.shake_hands();
  c.send({.side = 0, .when = 30ms, .seq = 1, .ack = 1, .length = 1000});
  c.send({.side = 0, .when = 31ms, .seq = 1001, .ack = 1, .length = 1000});
  c.send({.side = 1, .when = 51ms, .seq = 1, .ack = 1001});
  c.send({.side = 0,
          .when = 300ms,
          .seq = 1001,
          .ack = 1,
          .length = 1000,
          .label = Label::retransmission,
          .cause = RepeatCause::rto});
  c.send({.side = 1, .when = 320ms, .seq = 1, .ack = 2001});
  c.close(2s, 2001, 1);
  return c;
}

std::string page_of(Case& c, Lang lang, auto printer) {
  const FlowSteps& flow = c.settled();
  CaptureFile file;
  file.name = "<b>\x1b[31m&name";
  file.format = "pcap";
  CaptureVerdict verdict;
  verdict.add(c.connection);
  Summary summary(10, ListOrder::worst_first);
  summary.add(c.connection);
  return printer(explain_document(
      {.file = &file, .summary = &summary, .verdict = &verdict, .chosen = {&flow}, .hint = {}, .graphs = true}, lang));
}

}  // namespace

TEST_CASE("a story tells handshake, transfer, what went wrong and the end, with frames") {
  Case c = transfer_with_a_loss();
  const auto story = tell_story(c.settled(), Lang::en);
  CHECK(tells(story, "asks for a connection: SYN, initial sequence number 4294967280"));
  CHECK(tells(story, "The server agrees 20 ms later"));
  CHECK(tells(story, "ACK ends the handshake, 20 ms after the SYN"));
  CHECK(tells(story, "The client sends 2000 B at 30 ms in 2 segments"));
  CHECK(tells(story, "At 300 ms the client sends 1 segment again (timeout)"));
  CHECK(tells(story, "Nothing is sent for 1.68 s"));
  CHECK(tells(story, "it holds TIME-WAIT"));
  CHECK(story.front().frames == std::vector<std::uint64_t>{1});
}

TEST_CASE("a story in Chinese tells the same") {
  Case c = transfer_with_a_loss();
  const auto story = tell_story(c.settled(), Lang::zh);
  CHECK(story.size() == tell_story(c.settled(), Lang::en).size());
  CHECK(tells(story, "客户端请求建立连接"));
  CHECK(tells(story, "重传 1 个报文段（超时重传（RTO））"));
}

TEST_CASE("a SYN that nobody answers is told with each try") {
  Case c;
  c.connection.state = FlowState::syn_sent;
  c.connection.closer = 2;
  c.send({.side = 0, .when = 0ms, .flags = flag::syn});
  for (const auto when : {1s, 3s})
    c.send({.side = 0, .when = when, .flags = flag::syn, .label = Label::retransmission, .cause = RepeatCause::syn});
  const auto story = tell_story(c.settled(), Lang::en);
  CHECK(tells(story, "It asks again 2 times, after 1 s, 3 s."));
  CHECK(tells(story, "Nobody answers."));
}

TEST_CASE("a refusal, a reset and a capture that begins in the middle are told as such") {
  Case refused;
  refused.connection.state = FlowState::refused;
  refused.send({.side = 0, .when = 0ms, .flags = flag::syn});
  refused.send({.side = 1, .when = 20ms, .flags = flag::rst | flag::ack, .ack = 1});
  CHECK(tells(tell_story(refused.settled(), Lang::en), "The answer is RST, after 20 ms"));

  Case reset;
  reset.shake_hands();
  reset.connection.state = FlowState::reset;
  reset.send({.side = 1, .when = 50ms, .flags = flag::rst, .seq = 1});
  CHECK(tells(tell_story(reset.settled(), Lang::en), "The server resets the connection: RST at 50 ms"));

  Case middle;
  middle.connection.state = FlowState::midstream;
  middle.send({.side = 0, .when = 0ms, .seq = 500, .ack = 7, .length = 10});
  CHECK(tells(tell_story(middle.settled(), Lang::en), "The capture begins in the middle"));
}

TEST_CASE("a long story is cut in its middle and says by how much") {
  Case c;
  c.shake_hands();
  std::uint32_t client = 1, server = 1;
  for (int i = 0; i < 100; ++i) {
    c.send({.side = 0, .when = 30ms + i * 10ms, .seq = client, .ack = server, .length = 10});
    client += 10;
    c.send({.side = 1, .when = 35ms + i * 10ms, .seq = server, .ack = client, .length = 20});
    server += 20;
  }
  const auto story = tell_story(c.settled(), Lang::en);
  CHECK(story.size() < 40);
  CHECK(tells(story, "more turns"));
}

TEST_CASE("relative numbers go on where sequence numbers wrap") {
  Case c = transfer_with_a_loss();  // the client's ISN is sixteen below 2^32
  const auto& steps = c.settled().steps();
  CHECK(steps[3].relative_seq == 1);
  CHECK(steps[4].relative_seq == 1001);
  CHECK(steps[5].relative_ack == 1001);
}

TEST_CASE("a ladder has each segment once, its frame, and the lost copy as lost") {
  Case c = transfer_with_a_loss();
  const LadderBlock block = ladder_of(c.settled(), Lang::en);
  CHECK(block.ladder.rows.size() == c.steps.steps().size());
  CHECK(block.ladder.rows[4].lost == "beyond");
  CHECK(block.ladder.rows[6].why.id == "retransmit-rto");
  CHECK(block.ladder.rows[6].packet == 7);
}

TEST_CASE("where the capture was taken at the receiver, what is there was not lost") {
  Case c = transfer_with_a_loss();
  c.connection.vantage = Vantage::server;
  const LadderBlock block = ladder_of(c.settled(), Lang::en);
  CHECK(std::ranges::all_of(block.ladder.rows, [](const Row& row) { return row.lost.empty(); }));
}

TEST_CASE("a ladder of thousands of repeats is cut") {
  Case c;
  c.shake_hands();
  for (int i = 0; i < 3000; ++i)
    c.send({.side = 0,
            .when = 30ms + i * 1ms,
            .seq = 1,
            .ack = 1,
            .length = 10,
            .label = i == 0 ? Label::original : Label::retransmission});
  const LadderBlock block = ladder_of(c.settled(), Lang::en);
  const auto keep = rows_to_show(block.ladder.rows, false);
  CHECK(std::ranges::count(keep, true) <= 200);
}

TEST_CASE("a page for the terminal keeps to 80 columns and lets no control character through") {
  for (const Lang lang : {Lang::en, Lang::zh}) {
    Case c = transfer_with_a_loss();
    const std::string page = page_of(c, lang, [](const Document& d) { return document_text(d, {}); });
    CHECK(page.find('\x1b') == std::string::npos);
    std::size_t widest = 0;
    for (std::size_t at = 0; at < page.size();) {
      const std::size_t end = page.find('\n', at);
      widest = std::max(widest, display_width(std::string_view(page).substr(at, end - at)));
      at = end + 1;
    }
    CHECK(widest <= ladder_columns);
  }
}

TEST_CASE("a page in ASCII holds nothing else") {
  Case c = transfer_with_a_loss();
  const std::string page = page_of(c, Lang::en, [](const Document& d) { return document_text(d, {.style = {.ascii = true}}); });
  const auto other = std::ranges::find_if(page, [](char x) { return static_cast<unsigned char>(x) >= 0x80; });
  CHECK(other == page.end());
}

TEST_CASE("an HTML page escapes names, asks no network and has a table beside each picture") {
  Case c = transfer_with_a_loss();
  const std::string page = page_of(c, Lang::en, [](const Document& d) { return document_html(d); });
  CHECK(page.find("<b>") == std::string::npos);
  CHECK(page.find("&lt;b&gt;") != std::string::npos);
  CHECK(page.find("http://www.w3.org/2000/svg") != std::string::npos);
  std::size_t links = 0;
  for (std::size_t at = 0; (at = page.find("http", at)) != std::string::npos; ++at) ++links;
  std::size_t names = 0;
  for (std::size_t at = 0; (at = page.find("http://www.w3.org/2000/svg", at)) != std::string::npos; ++at) ++names;
  CHECK(links == names + 1);  // and the policy's http-equiv
  std::size_t graphs = 0, tables = 0;
  for (std::size_t at = 0; (at = page.find("<svg xmlns", at)) != std::string::npos; ++at) ++graphs;
  for (std::size_t at = 0; (at = page.find("<details class=\"noprint\">", at)) != std::string::npos; ++at) ++tables;
  CHECK(graphs == tables);
  CHECK(page.find("@media print") != std::string::npos);
  CHECK(page.find("Content-Security-Policy") != std::string::npos);
}

TEST_CASE("Markdown escapes names and fences ladders") {
  Case c = transfer_with_a_loss();
  const std::string page = page_of(c, Lang::en, [](const Document& d) { return document_markdown(d); });
  CHECK(page.find("# &lt;b&gt; \\[31m&amp;name") != std::string::npos);
  CHECK(page.find("```\n") != std::string::npos);
}
