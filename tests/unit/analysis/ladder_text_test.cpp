#include "analysis/ladder_text.hpp"

#include "analysis/text_width.hpp"
#include "tell.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

using namespace ft;
using namespace ft::analysis;

namespace {

void check_width(const std::string& page) {
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    CHECK(display_width(line) <= ladder_columns);
  }
}

bool has(const std::string& page, std::string_view text) { return page.find(text) != std::string::npos; }

}  // namespace

TEST_CASE("a handshake reads as a ladder") {
  Teller t;
  t.handshake();
  const std::string page = t.page();
  CHECK(has(page, "client 10.0.0.1:50000"));
  CHECK(has(page, "      CLOSED │                                                    │ LISTEN\n"));
  CHECK(has(page, "    0.000 ms │ SYN  seq 0  win 65535                              │\n"));
  CHECK(has(page, "             │ mss 1460, wscale 7, sackOK                         │\n"));
  CHECK(has(page, "    SYN-SENT ├───────────────────────────────────────────────────→│ 20.000 ms\n"));
  CHECK(has(page, "             │                  SYN, ACK  seq 0  ack 1  win 65535 │ 20.000 ms\n"));
  CHECK(has(page, "   40.000 ms │←───────────────────────────────────────────────────┤\n"));
  check_width(page);
}

TEST_CASE("a lost packet is a broken arrow with the reason") {
  Teller t;
  t.lose(0ms, 0, t.send(0ms, 0, Teller::syn(), "syn", "CLOSED", "SYN-SENT"));
  t.handshake();
  t.lose(90ms, 1, t.send(90ms, 1, Teller::data(1, 9), "data-push", "ESTABLISHED", "ESTABLISHED"));
  const std::string page = t.page();
  CHECK(has(page, "├─────────────────────────────✗                      │"));
  CHECK(has(page, "│                      ✗─────────────────────────────┤"));
  CHECK(has(page, "The link loses this packet (by chance)."));
  check_width(page);
}

TEST_CASE("in ASCII and English nothing else is printed; in Chinese only letters are") {
  Teller t;
  t.lose(0ms, 0, t.send(0ms, 0, Teller::syn(), "syn", "CLOSED", "SYN-SENT"));
  t.handshake();
  const std::string page = t.page({.ascii = true});
  CHECK(std::ranges::all_of(page, [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
  CHECK(has(page, "SYN-SENT |--------------------------------------------------->| 20.000 ms"));
  const std::string chinese = t.page({.lang = Lang::zh, .ascii = true});
  CHECK(has(chinese, "客户端"));
  CHECK_FALSE(has(chinese, "│"));
  check_width(page);
  check_width(chinese);
}

TEST_CASE("Chinese sentences keep the lifelines straight") {
  Teller t;
  t.handshake();
  std::istringstream lines(t.page({.lang = Lang::zh}));
  std::size_t rungs = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t last = line.find_last_of('\x82');  // the last octet of │ is 0x82
    if (!line.ends_with("│") || last == std::string::npos) continue;
    CAPTURE(line);
    CHECK(display_width(line) == 67);
    ++rungs;
  }
  CHECK(rungs > 6);
}

TEST_CASE("colours are there only when asked for, and change no width") {
  Teller t;
  t.handshake();
  CHECK_FALSE(has(t.page(), "\x1b["));
  CHECK(has(t.page({.colour = true}), "\x1b["));
}

TEST_CASE("a long transfer is cut to its ends, unless all is asked for") {
  Teller t;
  t.handshake();
  for (std::uint32_t i = 0; i < 40; ++i) {
    const auto p = t.send(100ms + i * 1ms, 0, Teller::data(1 + i * 1000, 1000), "data", "ESTABLISHED", "ESTABLISHED");
    t.deliver(120ms + i * 1ms, 1, p, "ESTABLISHED", "ESTABLISHED", "text-in-order");
  }
  const std::string page = t.page();
  CHECK(has(page, "more: "));
  CHECK(has(page, "with data (34000 octets)"));  // all but the first four and the last two
  CHECK_FALSE(has(page, "seq 20001"));
  CHECK(has(page, "seq 39001"));
  CHECK(has(t.page({.all = true}), "seq 20001"));
  check_width(page);
}

TEST_CASE("repeated rows are not hidden when something is wrong with one of them") {
  std::vector<Row> rows(30);
  for (Row& row : rows) {
    row.window = 1000;
    row.why = {"data", ""};
  }
  rows[15].dropped = DropReason::not_acceptable;
  const auto keep = rows_to_show(rows, false);
  CHECK(keep[15]);
  CHECK_FALSE(keep[8]);
  CHECK(std::ranges::count(keep, true) == 13);  // 4 + 2, the odd one, 4 + 2
}

TEST_CASE("reads and writes beside a long transfer are hidden with it, alone they are shown") {
  std::vector<Row> rows(40);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].window = 1000;
    rows[i].why = {"data", ""};
    if (i % 2 == 1) {
      rows[i] = {};
      rows[i].kind = Row::Kind::call;
      rows[i].call = "read";
    }
  }
  const auto keep = rows_to_show(rows, false);
  CHECK(std::ranges::count(keep, true) == 4 + 3 + 2 + 2);  // with the reads between what is shown
  CHECK(std::ranges::count(rows_to_show({rows.begin(), rows.begin() + 10}, false), true) == 10);
  Teller t;
  for (std::uint32_t i = 0; i < 40; ++i) {
    const auto p = t.send(100ms + i * 1ms, 0, Teller::data(1 + i * 1000, 1000), "data", "ESTABLISHED", "ESTABLISHED");
    t.deliver(120ms + i * 1ms, 1, p, "ESTABLISHED", "ESTABLISHED", "text-in-order");
    t.tell(120ms + i * 1ms, 1, trace::Call{t.tuples[1], "read", 1000, ""});
  }
  CHECK(has(t.page(), "… 34 more: 34 with data (34000 octets), 0 ACKs"));
}

TEST_CASE("the state of both ends and long addresses fit in the margins") {
  Teller t;
  t.handshake();
  auto last = t.send(100ms, 0, Teller::fin(1, 1), "fin", "ESTABLISHED", "FIN-WAIT-1");
  t.deliver(120ms, 1, last, "ESTABLISHED", "CLOSE-WAIT", "fin-received");
  t.tell(20h, 0, trace::StateChanged{t.tuples[0], "FIN-WAIT-1", "CLOSED", {"user-timeout", "RFC 9293 3.8.3"}});
  const std::string page = t.page();
  CHECK(has(page, "  FIN-WAIT-1 ├"));
  CHECK(has(page, "│ CLOSE-WAIT"));
  CHECK(has(page, " 72000.000 s ○"));
  check_width(page);
}
