// A frame as a tree of values: a node for each header, below it its fields, below those that are made of bits or parts these.
// What a packet view shows, and what JSON and HTML carry. Offsets are in the packet's octets, or in those that were put together
// of fragments when the node says so.
#pragma once

#include "analysis/fields/context.hpp"
#include "analysis/fields/field.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ft::analysis {

struct TreeNode {
  std::string_view label;        // "Time to live"; static storage
  const Field* field = nullptr;  // its name, for a filter
  std::string value;             // bare: "64"; of a header: a summary
  std::string shown;             // "6 (TCP)"; escaped
  std::uint32_t offset = 0;      // octets that it was read from
  std::uint32_t length = 0;      // 0: worked out
  bool reassembled = false;      // offset counts in Frame::reassembled
  std::vector<TreeNode> children;
};

/// frame, then each layer from the outside in, then what is known of the connection.
std::vector<TreeNode> tree_of(const FrameContext& context);

/// `field == value`, as a filter for the packets that have the same; "" for headers and octets too long to write.
std::string filter_for(const TreeNode& node);

}  // namespace ft::analysis
