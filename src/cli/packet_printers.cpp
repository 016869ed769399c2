#include "cli/packet_printers.hpp"

#include "analysis/fields/text.hpp"
#include "analysis/fields/tree.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iterator>

namespace ft::cli {

namespace {

using analysis::FrameContext;
using analysis::Occurrence;
using analysis::Occurrences;
using analysis::TreeNode;
using Out = std::back_insert_iterator<std::string>;

void append_node(std::string& text, const TreeNode& node, std::size_t depth, bool colour) {
  text.append(4 * depth, ' ');
  if (colour && depth == 0) text += "\x1b[1m";
  text += node.label;
  if (!node.shown.empty() && !(node.field != nullptr && node.field->type == analysis::FieldType::none)) text += ": " + node.shown;
  if (colour && depth == 0) text += "\x1b[0m";
  if (node.field != nullptr && depth > 0) {
    if (colour) text += "\x1b[2m";
    fmt::format_to(Out(text), "  ({})", node.field->name);
    if (colour) text += "\x1b[0m";
  }
  text += '\n';
  for (const TreeNode& child : node.children) append_node(text, child, depth + 1, colour);
}

void append_dump(std::string& text, std::span<const std::byte> octets) {
  constexpr std::size_t row = 16;
  for (std::size_t at = 0; at < octets.size(); at += row) {
    fmt::format_to(Out(text), "{:04x} ", at);
    std::string readable;
    for (std::size_t i = at; i < at + row; ++i) {
      if (i >= octets.size()) {
        text += "   ";
        continue;
      }
      const auto octet = std::to_integer<unsigned>(octets[i]);
      fmt::format_to(Out(text), " {:02x}", octet);
      readable += octet >= 0x20 && octet < 0x7f ? static_cast<char>(octet) : '.';
    }
    text += "   " + readable + "\n";
  }
}

class TextPrinter final : public PacketPrinter {
 public:
  explicit TextPrinter(const PacketStyle& style) : style_(style) {}
  std::string packet(const FrameContext& context) override {
    std::string text;
    if (style_.tree) {
      text = packet_tree(context, style_.colour);
    } else {
      text = packet_line(context, style_.colour, style_.unicode) + "\n";
    }
    if (style_.octets) text += packet_octets(context);
    if (style_.tree || style_.octets) text += "\n";
    return text;
  }

 private:
  PacketStyle style_;
};

class FieldsPrinter final : public PacketPrinter {
 public:
  explicit FieldsPrinter(const PacketStyle& style) : style_(style) {}
  std::string begin() override {
    if (!style_.fields_style.header) return {};
    std::string text;
    for (const analysis::Field* field : style_.fields) {
      if (field != style_.fields.front()) text += style_.fields_style.separator;
      text += field->name;
    }
    return text + "\n";
  }
  std::string packet(const FrameContext& context) override {
    const FieldStyle& how = style_.fields_style;
    std::string text;
    bool first = true;
    for (const analysis::Field* field : style_.fields) {
      if (!first) text += how.separator;
      first = false;
      analysis::read_field(*field, context, values_);
      if (values_.empty()) continue;
      if (how.quote != '\0') text += how.quote;
      std::span<const Occurrence> all = values_.items();
      if (how.occurrence == 'f') all = all.first(1);
      if (how.occurrence == 'l') all = all.last(1);
      for (const Occurrence& one : all) {
        if (&one != all.data()) text += how.aggregator;
        append_value(text, *field, one);
      }
      if (how.quote != '\0') text += how.quote;
    }
    return text + "\n";
  }

 private:
  PacketStyle style_;
  Occurrences values_;
};

class JsonPrinter final : public PacketPrinter {
 public:
  explicit JsonPrinter(const PacketStyle& style) : style_(style) {}
  std::string begin() override { return "["; }
  std::string packet(const FrameContext& context) override {
    nlohmann::ordered_json packet;
    packet["number"] = context.frame.number;
    if (style_.fields.empty())
      packet["tree"] = nodes(analysis::tree_of(context));
    else
      packet["fields"] = fields(context);
    if (style_.octets) {
      packet["octets"] = hex(context.frame.octets);
      if (!context.frame.reassembled.empty()) packet["reassembled"] = hex(context.frame.reassembled);
    }
    const std::string text = packet.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return (std::exchange(first_, false) ? "\n" : ",\n") + text;
  }
  std::string end() override { return first_ ? "]\n" : "\n]\n"; }

 private:
  static std::string hex(std::span<const std::byte> octets) {
    std::string text;
    for (const std::byte octet : octets) fmt::format_to(Out(text), "{:02x}", std::to_integer<unsigned>(octet));
    return text;
  }
  static nlohmann::ordered_json nodes(const std::vector<TreeNode>& all) {
    auto list = nlohmann::ordered_json::array();
    for (const TreeNode& node : all) {
      nlohmann::ordered_json one;
      if (node.field != nullptr) one["field"] = node.field->name;
      one["label"] = node.label;
      one["value"] = node.value;
      if (node.shown != node.value) one["shown"] = node.shown;
      if (node.length > 0) {
        one["offset"] = node.offset;
        one["length"] = node.length;
      }
      if (node.reassembled) one["reassembled"] = true;
      if (!node.children.empty()) one["children"] = nodes(node.children);
      list.push_back(std::move(one));
    }
    return list;
  }
  nlohmann::ordered_json fields(const FrameContext& context) {
    auto object = nlohmann::ordered_json::object();
    for (const analysis::Field* field : style_.fields) {
      analysis::read_field(*field, context, values_);
      if (values_.empty()) continue;
      auto list = nlohmann::ordered_json::array();
      for (const Occurrence& one : values_.items()) {
        std::string text;
        append_value(text, *field, one);
        list.push_back(std::move(text));
      }
      object[std::string(field->name)] = std::move(list);
    }
    return object;
  }

  PacketStyle style_;
  Occurrences values_;
  bool first_ = true;
};

/// "/t" is a tab and "/s" a blank, as in tshark.
std::string spelled(const std::string& text) {
  if (text == "/t") return "\t";
  if (text == "/s") return " ";
  return text;
}

}  // namespace

bool read_field_style(const std::string& text, FieldStyle& style) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) return false;
  const std::string key = text.substr(0, equals);
  const std::string value = text.substr(equals + 1);
  const auto is = [&](std::string_view name, std::string_view values) {
    return key == name && value.size() == 1 && values.find(value[0]) != std::string_view::npos;
  };
  if (is("header", "yn")) {
    style.header = value == "y";
  } else if (is("quote", "dsn")) {
    style.quote = value == "d" ? '"' : value == "s" ? '\'' : '\0';
  } else if (is("occurrence", "fla")) {
    style.occurrence = value[0];
  } else if (key == "separator" && !value.empty()) {
    style.separator = spelled(value);
  } else if (key == "aggregator" && !value.empty()) {
    style.aggregator = spelled(value);
  } else {
    return false;
  }
  return true;
}

std::string packet_tree(const FrameContext& context, bool colour) {
  std::string text;
  for (const TreeNode& node : analysis::tree_of(context)) append_node(text, node, 0, colour);
  return text;
}

std::string packet_octets(const FrameContext& context) {
  std::string text;
  append_dump(text, context.frame.octets);
  if (!context.frame.reassembled.empty()) {
    text += "put together of fragments:\n";
    append_dump(text, context.frame.reassembled);
  }
  return text;
}

std::unique_ptr<PacketPrinter> make_packet_printer(const PacketStyle& style) {
  if (style.format == PacketStyle::Format::fields) return std::make_unique<FieldsPrinter>(style);
  if (style.format == PacketStyle::Format::json) return std::make_unique<JsonPrinter>(style);
  return std::make_unique<TextPrinter>(style);
}

}  // namespace ft::cli
