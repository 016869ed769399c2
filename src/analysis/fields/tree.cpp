#include "analysis/fields/tree.hpp"

#include "analysis/fields/registry.hpp"
#include "analysis/fields/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ft::analysis {
namespace {

struct Found {
  const Field* field = nullptr;
  Occurrence value;
  std::string bare, shown;
};

/// Everything in the frame, read once: fields of headers by layer, the rest under no_layer.
std::vector<Found> read_all(const FrameContext& context) {
  std::vector<Found> found;
  Occurrences values;
  for (const Field* field : all_fields()) {
    if (field->alias) continue;
    read_field(*field, context, values);
    for (const Occurrence& one : values.items()) {
      Found& item = found.emplace_back(Found{field, one, {}, {}});
      append_value(item.bare, *field, one);
      if (field->type != FieldType::protocol) append_explained(item.shown, *field, one);
      item.value.data = nullptr;  // it ends with `values`
    }
  }
  return found;
}

TreeNode node_of(const Found& found) {
  TreeNode node;
  node.label = found.field->label;
  node.field = found.field;
  node.value = found.bare;
  node.shown = found.shown;
  node.offset = found.value.offset;
  node.length = found.value.length;
  return node;
}

/// The fields of a group have its name before theirs; those of an option lie in it, whatever they are called.
bool belongs(const Field& group, const Field& field) {
  if (field.name.starts_with("tcp.option") && group.name.starts_with("tcp.option")) return true;
  return field.name.size() > group.name.size() && field.name.starts_with(group.name) && field.name[group.name.size()] == '.';
}
bool covers(const TreeNode& outer, const Found& inner) {
  return belongs(*outer.field, *inner.field) && inner.value.length > 0 && outer.length > 0 && outer.field->group &&
         outer.offset <= inner.value.offset && inner.value.offset + inner.value.length <= outer.offset + outer.length &&
         outer.field != inner.field;
}

/// In the order of the tables; options in that of their octets.
void sort(TreeNode& node, std::span<const Field* const> order) {
  const auto key = [&](const TreeNode& one) {
    const bool option = one.field->group && one.field->name.starts_with("tcp.options.");
    return std::pair(option ? order.end() : std::ranges::find(order, one.field), one.offset);
  };
  std::ranges::sort(node.children, {}, key);
  for (TreeNode& child : node.children) sort(child, order);
}

/// Below the innermost group whose octets hold its own.
void place(TreeNode& header, const Found& found) {
  TreeNode* parent = &header;
  while (true) {
    const auto inner = std::ranges::find_if(parent->children, [&](const TreeNode& child) { return covers(child, found); });
    if (inner == parent->children.end()) break;
    parent = &*inner;
  }
  parent->children.push_back(node_of(found));
}

const Found* find(const std::vector<Found>& all, std::uint8_t layer, std::string_view name) {
  const auto one = std::ranges::find_if(all, [&](const Found& f) { return f.value.layer == layer && f.field->name == name; });
  return one == all.end() ? nullptr : &*one;
}
std::string_view shown(const std::vector<Found>& all, std::uint8_t layer, std::string_view name) {
  const Found* one = find(all, layer, name);
  return one == nullptr ? std::string_view{} : std::string_view(one->shown);
}

/// "10.9.0.1 > 10.9.0.2", "57804 > 8080".
std::string summary(const std::vector<Found>& all, std::uint8_t layer, const Frame& frame) {
  const auto pair = [&](std::string_view from, std::string_view to) {
    const std::string_view a = shown(all, layer, from);
    const std::string_view b = shown(all, layer, to);
    return a.empty() || b.empty() ? std::string{} : fmt::format("{} > {}", a, b);
  };
  switch (frame.layer_room[layer].protocol) {
    case Protocol::ethernet:
      return pair("eth.src", "eth.dst");
    case Protocol::ipv4:
      return pair("ip.src", "ip.dst");
    case Protocol::ipv6:
      return pair("ipv6.src", "ipv6.dst");
    case Protocol::udp:
      return pair("udp.srcport", "udp.dstport");
    case Protocol::tcp: {
      const std::string_view seq = shown(all, layer, "tcp.seq");
      const std::string_view length = shown(all, layer, "tcp.len");
      std::string text = pair("tcp.srcport", "tcp.dstport");
      if (!seq.empty()) text += fmt::format(", seq {}", seq);
      if (!length.empty()) text += fmt::format(", {} octets of text", length);
      return text;
    }
    case Protocol::icmp:
      return std::string(shown(all, layer, "icmp.type"));
    case Protocol::icmpv6:
      return std::string(shown(all, layer, "icmpv6.type"));
    case Protocol::arp:
      return std::string(shown(all, layer, "arp.opcode"));
    case Protocol::data:
      return fmt::format("{} octets", frame.layer_room[layer].length);
    default:
      return {};
  }
}

bool is_header(const Field& field) { return field.type == FieldType::protocol && !field.name.starts_with("tcp.options."); }

}  // namespace

std::vector<TreeNode> tree_of(const FrameContext& context) {
  const std::vector<const Field*> order = all_fields();
  const std::vector<Found> all = read_all(context);
  std::vector<TreeNode> roots;
  const Frame& frame = context.frame;
  const auto add_root = [&](const Found& header) -> TreeNode& {
    roots.push_back(node_of(header));
    return roots.back();
  };
  // The packet as a whole.
  for (const Found& one : all)
    if (one.field->name == "frame") {
      TreeNode& root = add_root(one);
      root.value = fmt::format("{}", frame.number);
      root.shown =
          fmt::format("{}: {} octets on the wire, {} captured", frame.number, frame.original_length, frame.octets.size());
    }
  for (const Found& one : all)
    if (one.field->of_frame && one.field->name != "frame" && !one.field->name.starts_with("conn.") &&
        one.field->name != "finding" && !roots.empty())
      roots.front().children.push_back(node_of(one));
  // Each header, with its fields.
  for (std::uint8_t layer = 0; layer < frame.layer_count; ++layer) {
    const auto header = std::ranges::find_if(all, [&](const Found& f) { return f.value.layer == layer && is_header(*f.field); });
    if (header == all.end()) continue;
    TreeNode& root = add_root(*header);
    root.shown = summary(all, layer, frame);
    root.value = root.shown;
    root.reassembled = frame.layer_room[layer].reassembled;
    for (const Found& one : all)
      if (one.value.layer == layer && &one != &*header && one.field->group) place(root, one);
    for (const Found& one : all)
      if (one.value.layer == layer && &one != &*header && !one.field->group) place(root, one);
    // What was worked out for the frame's own segment belongs to its header.
    const bool own = frame.layer_room[layer].protocol == Protocol::tcp && !frame.layer_room[layer].quoted;
    for (const Found& one : all)
      if (own && one.value.layer == Occurrence::no_layer && !one.field->of_frame && one.field->protocol == Protocol::tcp)
        root.children.push_back(node_of(one));
    sort(root, order);
  }
  // What the end of the capture told.
  TreeNode connection;
  connection.label = "Connection";
  for (const Found& one : all)
    if (one.field->name.starts_with("conn.") || one.field->name == "finding") connection.children.push_back(node_of(one));
  if (!connection.children.empty()) roots.push_back(std::move(connection));
  return roots;
}

std::string filter_for(const TreeNode& node) {
  if (node.field == nullptr) return {};
  const Field& field = *node.field;
  const std::string name(field.name);
  switch (field.type) {
    case FieldType::none:
    case FieldType::protocol:
      return name;
    case FieldType::string:
      return node.value.find_first_of("\"\\") == std::string::npos ? name + " == \"" + node.value + "\"" : "";
    case FieldType::absolute_time:
      return name + " == \"" + node.value + "\"";
    case FieldType::bytes: {
      if (node.value.size() > 64 || node.value.empty()) return "";
      return name + " == " + node.value;
    }
    default:
      return name + " == " + node.value;
  }
}

}  // namespace ft::analysis
