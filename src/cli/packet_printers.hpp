// Packets as text: a line each, as people know it; a tree of all fields; octets; chosen fields; JSON.
#pragma once

#include "analysis/fields/context.hpp"
#include "analysis/fields/field.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace ft::cli {

/// How `-T fields` separates, as tshark's -E names it.
struct FieldStyle {
  bool header = false;
  std::string separator = "\t";
  std::string aggregator = ",";
  char quote = '\0';      // around each field; 0: none
  char occurrence = 'a';  // all, f(irst) or l(ast)
};
/// Reads one "header=y", "separator=,", "quote=d", "occurrence=f", "aggregator=/s". False: it is none of these.
bool read_field_style(const std::string& text, FieldStyle& style);

struct PacketStyle {
  enum class Format { text, json, fields } format = Format::text;
  bool tree = false;    // -V
  bool octets = false;  // -x
  bool colour = false;
  bool unicode = true;
  std::vector<const analysis::Field*> fields;
  FieldStyle fields_style;
};

class PacketPrinter {
 public:
  virtual ~PacketPrinter() = default;
  virtual std::string begin() { return {}; }
  virtual std::string packet(const analysis::FrameContext& context) = 0;
  virtual std::string end() { return {}; }
};
std::unique_ptr<PacketPrinter> make_packet_printer(const PacketStyle& style);

/// The packet in one line, without its end.
std::string packet_line(const analysis::FrameContext& context, bool colour, bool unicode);
/// All fields, indented; lines.
std::string packet_tree(const analysis::FrameContext& context, bool colour);
/// Sixteen octets a line, with what of them is ASCII; lines.
std::string packet_octets(const analysis::FrameContext& context);

}  // namespace ft::cli
