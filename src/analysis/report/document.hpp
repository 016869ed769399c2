// What a command has to say, as blocks in order, before anybody decides how it looks: document_text.cpp, document_markdown.cpp
// and html/ print the same blocks. Texts are as they came: who prints escapes.
#pragma once

#include "analysis/catalogue.hpp"
#include "analysis/find/finding.hpp"
#include "analysis/report/graph.hpp"
#include "analysis/row.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ft::analysis::report {

enum class Tone : std::uint8_t { plain, good, note, warning, bad, dim };

struct Heading {
  int level = 2;
  std::string text;
  std::string anchor{};  // for links; ASCII letters, digits and hyphens
};

struct Paragraph {
  std::string text;
  Tone tone = Tone::plain;
  std::vector<std::uint64_t> frames{};
};

/// Names and what they are, one a line.
struct Pairs {
  std::vector<std::pair<std::string, std::string>> rows;
};

/// Sentences with numbers before them and the frames that prove them behind.
struct Item {
  std::string text;
  std::vector<std::uint64_t> frames{};
  std::uint64_t frame_count = 0;  // when there are more than are listed
  Tone tone = Tone::plain;
};
struct Numbered {
  std::vector<Item> items;
};

struct Table {
  struct Column {
    std::string title;
    bool number = false;  // flush right, and sorted as a number
    bool detail = false;  // left out where the whole table would be too wide
  };
  std::string caption;
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;
  std::uint64_t left_out = 0;  // rows that are not here
};

/// One connection of a list.
struct ConnectionLine {
  std::uint32_t stream = 0;
  std::string opener, other;  // endpoints
  std::string_view state;
  std::string state_text;  // in words
  std::string history;
  std::string handshake, duration;
  std::int64_t handshake_ns = 0, duration_ns = 0;
  std::uint64_t octets_there = 0, octets_back = 0;
  std::string there, back;  // the same as text
  std::uint64_t repeats = 0;
  std::string_view verdict;
  std::string verdict_text;
  Severity gravest = Severity::info;
  bool has_finding = false;
  bool detailed = false;  // its story follows
};
struct Connections {
  std::vector<ConnectionLine> lines;
  std::uint64_t left_out = 0;
  std::string hint;  // how to see the others
};

/// A finding in words.
struct FindingText {
  std::string_view id;
  Severity severity = Severity::info;
  std::string where;  // of which connection, where that is not clear from what stands around it
  std::string says;
  std::string evidence;
  std::vector<std::uint64_t> frames;
  std::uint64_t frame_count = 0;
  std::string proof{};  // by another capture
  std::string cost;
  std::string sure;
  std::string alternatives;
  std::string next;
};

struct LadderBlock {
  Ladder ladder;
  std::vector<std::uint64_t> frames;  // of each row; 0 = none
};

/// A question of a lab sheet, and its answer, which may be hidden.
struct Question {
  std::string question;
  std::string answer;
  std::vector<std::uint64_t> frames;
  std::string how;       // how the answer is found
  bool answered = true;  // false: the reader is to find it
};

/// A packet, its fields as a tree and its octets.
struct PacketBlock {
  struct Field {
    int depth = 0;
    std::string text;
    std::size_t from = 0, size = 0;  // octets
  };
  std::uint64_t frame = 0;
  std::string line;  // as it stands in a list
  std::vector<Field> fields;
  std::vector<std::byte> octets;
  std::size_t length = 0;             // on the wire
  std::uint64_t left_out_before = 0;  // packets of the connections that are not here, since the one before
};
struct Packets {
  std::vector<PacketBlock> packets;
  std::uint64_t left_out = 0;  // after the last
};

using Block =
    std::variant<Heading, Paragraph, Pairs, Numbered, Table, Connections, FindingText, LadderBlock, Graph, Question, Packets>;

struct Document {
  std::string title;
  Lang lang = Lang::en;
  std::vector<Block> blocks;

  void heading(std::string text, int level = 2, std::string anchor = {}) {
    blocks.emplace_back(Heading{level, std::move(text), std::move(anchor)});
  }
  void paragraph(std::string text, Tone tone = Tone::plain, std::vector<std::uint64_t> frames = {}) {
    blocks.emplace_back(Paragraph{std::move(text), tone, std::move(frames)});
  }
  void add(Block block) { blocks.push_back(std::move(block)); }
};

/// The frames that the document names as evidence, in order, each once: those of findings before those of the story, and at most
/// `most` of them.
std::vector<std::uint64_t> frames_named(const Document& document, std::size_t most);

}  // namespace ft::analysis::report
