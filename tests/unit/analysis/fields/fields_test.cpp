#include "analysis/fields/field.hpp"
#include "analysis/fields/registry.hpp"
#include "analysis/fields/text.hpp"
#include "analysis/fields/tree.hpp"
#include "unit/analysis/fields/one_packet.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

using namespace ft;
using namespace ft::analysis;
using namespace ft::analysis::test;

namespace {

std::vector<std::string> values(std::string_view name, std::string_view packet) {
  const Field* field = find_field(name);
  REQUIRE(field != nullptr);
  OnePacket one(packet);
  Occurrences found;
  read_field(*field, one.context(), found);
  std::vector<std::string> texts;
  for (const Occurrence& value : found.items()) append_value(texts.emplace_back(), *field, value);
  return texts;
}

const TreeNode* node_of(const std::vector<TreeNode>& nodes, std::string_view name) {
  for (const TreeNode& node : nodes) {
    if (node.field != nullptr && node.field->name == name) return &node;
    if (const TreeNode* below = node_of(node.children, name)) return below;
  }
  return nullptr;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("every field has a name of its own, a description and a way to be read") {
  std::set<std::string_view> names;
  for (const Field* field : all_fields()) {
    INFO(std::string(field->name));
    CHECK(names.insert(field->name).second);
    CHECK_FALSE(field->description.empty());
    CHECK((field->extract != nullptr));
    CHECK((field->alias || !field->label.empty()));
    CHECK(find_field(field->name) == field);
  }
  CHECK(find_field("TCP") == nullptr);
}

TEST_CASE("every field can be read from every packet") {
  Occurrences found;
  for (const std::string_view packet :
       {syn, syn_ack, text, sack, unreachable, datagram, tagged, tunnelled, syn_of_six, arp_request}) {
    OnePacket one(packet);
    for (const Field* field : all_fields()) {
      read_field(*field, one.context(), found);
      for (const Occurrence& value : found.items()) {
        INFO(std::string(field->name));
        CHECK(value.offset + value.length <= one.context().frame.octets.size());
      }
    }
  }
}

TEST_CASE("values are those of the header") {
  CHECK(values("tcp.port", syn) == Texts{"40000", "9999"});
  CHECK(values("ip.addr", syn) == Texts{"10.9.0.1", "10.9.0.2"});
  CHECK(values("ip.src", tunnelled) == Texts{"10.9.0.1", "10.1.1.1"});
  CHECK(values("eth.addr", syn) == Texts{"02:00:00:00:00:02", "02:00:00:00:00:01"});
  CHECK(values("ipv6.src", syn_of_six) == Texts{"fd00::1"});
  CHECK(values("tcp.flags", syn) == Texts{"0x00c2"});
  CHECK(values("tcp.flags.str", syn_ack) == Texts{"·····E·A··S·"});
  CHECK(values("tcp.options.wscale.multiplier", syn) == Texts{"128"});
  CHECK(values("frame.protocols", tagged) == Texts{"eth:ethertype:ieee8021ad:ethertype:vlan:ethertype:ip:tcp"});
  CHECK(values("vlan.id", tagged) == Texts{"20"});
  CHECK(values("ieee8021ad.id", tagged) == Texts{"10"});
  CHECK(values("arp.dst.proto_ipv4", arp_request) == Texts{"10.9.0.2"});
  CHECK(values("eth.padding", arp_request) == Texts{std::string(36, '0')});
  CHECK(values("udp.payload", datagram) == Texts{"736f6d652074657874"});
  CHECK(values("icmp.code", unreachable) == Texts{"1"});
  CHECK(values("tcp.srcport", unreachable) == Texts{"40001"});
  CHECK(values("tcp.seq", unreachable) == Texts{"7000"});
  CHECK(values("frame.time", syn) == Texts{"2023-11-14 22:13:20.250000000"});
  CHECK(values("frame.time_relative", syn) == Texts{"0.250000000"});
  CHECK(values("tcp.stream", syn) == Texts{"3"});
}

TEST_CASE("numbers of a stream begin where each side began") {
  CHECK(values("tcp.seq", syn) == Texts{"0"});
  CHECK(values("tcp.seq_raw", syn) == Texts{"1000"});
  CHECK(values("tcp.nxtseq", syn) == Texts{"1"});
  CHECK(values("tcp.seq", text) == Texts{"1"});  // begins in its middle
  CHECK(values("tcp.ack", text) == Texts{"1"});
  CHECK(values("tcp.window_size_scalefactor", syn).empty());
  CHECK(values("tcp.window_size_scalefactor", text) == Texts{"-1"});
}

TEST_CASE("edges of SACK blocks are relative as acknowledgments are") {
  // Alone, its stream begins with it: the ACK is 1, and the hole of 26 octets remains.
  CHECK(values("tcp.options.sack_le", sack) == Texts{"27"});
  CHECK(values("tcp.options.sack_re", sack) == Texts{"37"});
  CHECK(values("tcp.options.sack.dsack_le", sack).empty());
}

TEST_CASE("a tree has a node for each header, fields below, and bits below their field") {
  OnePacket one(syn);
  const std::vector<TreeNode> tree = tree_of(one.context());
  REQUIRE(tree.size() == 4);
  CHECK(tree[0].field->name == "frame");
  CHECK(tree[2].shown == "10.9.0.1 > 10.9.0.2");
  const TreeNode* flags = node_of(tree, "tcp.flags");
  REQUIRE(flags != nullptr);
  CHECK(flags->children.size() == 10);
  const TreeNode* mss = node_of(tree, "tcp.options.mss");
  REQUIRE(mss != nullptr);
  const TreeNode* value = node_of(mss->children, "tcp.options.mss_val");
  REQUIRE(value != nullptr);
  CHECK(value->value == "1460");
  CHECK(value->offset == 14 + 20 + 20 + 2);
  CHECK(value->length == 2);
  CHECK(filter_for(*value) == "tcp.options.mss_val == 1460");
  CHECK(filter_for(*node_of(tree, "ip.src")) == "ip.src == 10.9.0.1");
}

TEST_CASE("text of a packet cannot speak to a terminal") {
  std::string shown;
  append_escaped(shown, "ok \x1b[31m\xc2\x9b \xff\xe2\x80\xae h\xc3\xa9");
  CHECK(shown == "ok \\x1b[31m\\xc2\\x9b \\xff\\xe2\\x80\\xae h\xc3\xa9");
}

TEST_CASE("names that do not exist lead to those that do") {
  CHECK(near_fields("tcp.prot").front() == "tcp.port");
  CHECK(near_fields("tcp.flags.rst").empty() == false);
  CHECK(near_fields("dstport").front() == "udp.dstport");
  CHECK(near_fields("IP.SRC").front() == "ip.src");
  CHECK(near_fields("nothing.like.this").empty());
}
