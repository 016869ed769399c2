// Between the display filter and the capture filter (BPF, pcap-filter(7)), which people mix up: enough of the other language to
// recognise it and to say the same in this one.
#include "analysis/fields/field.hpp"
#include "analysis/filter/syntax.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace ft::analysis::filter {
namespace {

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t at = 0;
  while (at < text.size() && words.size() < 200) {
    if (text[at] == ' ' || text[at] == '\t' || text[at] == '\n') {
      ++at;
      continue;
    }
    std::size_t end = at + 1;
    if (text[at] == '(' || text[at] == ')' || text[at] == '!') {
      words.push_back(text.substr(at, 1));
    } else {
      while (end < text.size() && std::string_view(" \t\n()!").find(text[end]) == std::string_view::npos) ++end;
      words.push_back(text.substr(at, end - at));
    }
    at = end;
  }
  return words;
}

bool is_number(std::string_view word) {
  return !word.empty() && word.size() <= 5 && std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

/// Reads primitives: [protocol] [src|dst] [host|net|port|portrange] id, with and, or, not and parentheses.
class Translator {
 public:
  explicit Translator(std::string_view text) : words_(words_of(text)) {}

  std::string run() {
    std::string result;
    int open = 0;
    bool wants_primitive = true;
    while (at_ < words_.size()) {
      const std::string_view word = words_[at_];
      if (wants_primitive && (word == "not" || word == "!")) {
        result += "not ";
        ++at_;
      } else if (wants_primitive && word == "(") {
        result += '(';
        ++open;
        ++at_;
      } else if (!wants_primitive && word == ")") {
        if (open-- == 0) return "";
        result += ')';
        ++at_;
      } else if (!wants_primitive && (word == "and" || word == "or" || word == "&&" || word == "||")) {
        result += word == "or" || word == "||" ? " or " : " and ";
        ++at_;
        wants_primitive = true;
      } else if (wants_primitive) {
        const auto one = primitive();
        if (!one) return "";
        result += *one;
        wants_primitive = false;
      } else {
        return "";
      }
    }
    return certain_ && !wants_primitive && open == 0 ? result : "";
  }

 private:
  std::string_view here() const { return at_ < words_.size() ? words_[at_] : std::string_view{}; }
  std::string_view take() { return at_ < words_.size() ? words_[at_++] : std::string_view{}; }

  std::optional<std::string> primitive() {
    static constexpr std::array<std::string_view, 9> protocols{"tcp",   "udp", "ip",    "ip6", "icmp",
                                                               "icmp6", "arp", "ether", "vlan"};
    std::string_view protocol;
    if (std::ranges::find(protocols, here()) != protocols.end()) protocol = take();
    std::string_view direction;
    if (here() == "src" || here() == "dst") direction = take();
    std::string_view kind;
    static constexpr std::array<std::string_view, 5> kinds{"host", "net", "port", "portrange", "proto"};
    if (std::ranges::find(kinds, here()) != kinds.end()) kind = take();
    if (direction.empty() && kind.empty()) return alone(protocol);
    certain_ = true;
    const std::string_view id = take();
    if (id.empty()) return std::nullopt;
    if (kind == "port" || kind == "portrange") return port(protocol, direction, id);
    if (kind == "proto") return std::nullopt;
    return address(protocol, direction, id);
  }

  std::optional<std::string> alone(std::string_view protocol) {
    if (protocol == "vlan" && is_number(here())) {
      certain_ = true;
      return "vlan.id == " + std::string(take());
    }
    if (protocol.empty()) {
      if (here() == "less" || here() == "greater") {
        const std::string op = take() == "less" ? " <= " : " >= ";
        if (!is_number(here())) return std::nullopt;
        certain_ = true;
        return "frame.len" + op + std::string(take());
      }
      return std::nullopt;
    }
    if (protocol == "ip6") {
      certain_ = true;
      return "ipv6";
    }
    if (protocol == "icmp6") {
      certain_ = true;
      return "icmpv6";
    }
    return protocol == "ether" ? "eth" : std::string(protocol);
  }

  static std::optional<std::string> port(std::string_view protocol, std::string_view direction, std::string_view id) {
    const std::string name = direction.empty() ? ".port" : direction == "src" ? ".srcport" : ".dstport";
    std::string value;
    if (const std::size_t dash = id.find('-'); dash != std::string_view::npos) {
      if (!is_number(id.substr(0, dash)) || !is_number(id.substr(dash + 1))) return std::nullopt;
      value = " in {" + std::string(id.substr(0, dash)) + ".." + std::string(id.substr(dash + 1)) + "}";
    } else if (is_number(id)) {
      value = " == " + std::string(id);
    } else {
      return std::nullopt;
    }
    if (protocol == "tcp" || protocol == "udp") return std::string(protocol) + name + value;
    return "(tcp" + name + value + " or udp" + name + value + ")";
  }

  static std::optional<std::string> address(std::string_view protocol, std::string_view direction, std::string_view id) {
    if (id.find_first_not_of("0123456789abcdefABCDEF.:/") != std::string_view::npos) return std::nullopt;
    const std::string name = direction.empty() ? "addr" : std::string(direction);
    if (protocol == "ether") return "eth." + name + " == " + std::string(id);
    const bool six = id.find(':') != std::string_view::npos;
    return (six ? "ipv6." : "ip.") + name + " == " + std::string(id);
  }

  std::vector<std::string_view> words_;
  std::size_t at_ = 0;
  bool certain_ = false;  // a word that only capture filters have was there
};

/// The way back.
class Backward {
 public:
  explicit Backward(const Tree& tree) : tree_(tree) {}
  std::string run() {
    if (tree_.root == Tree::none) return "";
    const auto text = condition(tree_.root, 0);
    return text.value_or("");
  }

 private:
  using Said = std::optional<std::string>;
  const Node& node(std::uint32_t i) const { return tree_.nodes[i]; }

  Said condition(std::uint32_t i, int depth) const {
    const Node& n = node(i);
    if (depth > 50) return std::nullopt;
    if (n.kind == Node::Kind::exists) return exists(node(n.children[0]));
    if (n.kind == Node::Kind::compare) return compare(n);
    if (n.kind == Node::Kind::member) return member(n);
    if (n.kind != Node::Kind::logic || n.op == Op::logic_xor) return std::nullopt;
    const Said left = condition(n.children[0], depth + 1);
    if (!left) return std::nullopt;
    if (n.op == Op::logic_not) return "not (" + *left + ")";
    const Said right = condition(n.children[1], depth + 1);
    if (!right) return std::nullopt;
    return "(" + *left + (n.op == Op::logic_and ? " and " : " or ") + *right + ")";
  }
  static Said exists(const Node& what) {
    struct Name {
      std::string_view here, there;
    };
    static constexpr std::array names{Name{"tcp", "tcp"},   Name{"udp", "udp"},      Name{"ip", "ip"},   Name{"ipv6", "ip6"},
                                      Name{"icmp", "icmp"}, Name{"icmpv6", "icmp6"}, Name{"arp", "arp"}, Name{"vlan", "vlan"}};
    if (what.kind != Node::Kind::field || what.has_layers) return std::nullopt;
    const auto name = std::ranges::find(names, what.field->name, &Name::here);
    return name == names.end() ? Said{} : std::string(name->there);
  }
  static Said qualifier(std::string_view field) {
    struct Name {
      std::string_view here, there;
    };
    static constexpr std::array names{
        Name{"tcp.port", "tcp port"},   Name{"tcp.srcport", "tcp src port"}, Name{"tcp.dstport", "tcp dst port"},
        Name{"udp.port", "udp port"},   Name{"udp.srcport", "udp src port"}, Name{"udp.dstport", "udp dst port"},
        Name{"ip.addr", "net"},         Name{"ip.src", "src net"},           Name{"ip.dst", "dst net"},
        Name{"ipv6.addr", "net"},       Name{"ipv6.src", "src net"},         Name{"ipv6.dst", "dst net"},
        Name{"eth.addr", "ether host"}, Name{"eth.src", "ether src"},        Name{"eth.dst", "ether dst"}};
    const auto name = std::ranges::find(names, field, &Name::here);
    return name == names.end() ? Said{} : std::string(name->there);
  }
  Said compare(const Node& n) const {
    const Node& left = node(n.children[0]);
    const Node& right = node(n.children[1]);
    if (left.kind != Node::Kind::field || right.kind != Node::Kind::literal || left.has_layers || n.quantifier != Op::none)
      return std::nullopt;
    const std::string_view name = left.field->name;
    const std::string& value = right.lexeme.text;
    if (name.starts_with("tcp.flags.") && n.op == Op::any_equal && (value == "1" || value == "0"))
      return flag(name.substr(10), value == "1");
    if (name == "frame.len" && n.op == Op::greater_equal) return "greater " + value;
    if (name == "frame.len" && n.op == Op::less_equal) return "less " + value;
    const Said words = qualifier(name);
    if (!words || (n.op != Op::any_equal && n.op != Op::all_unequal)) return std::nullopt;
    const bool address = left.field->type == FieldType::ipv4 || left.field->type == FieldType::ipv6;
    std::string said = *words;
    if (address && value.find('/') == std::string::npos) said.replace(said.size() - 3, 3, "host");
    said += " " + value;
    return n.op == Op::any_equal ? said : "not " + said;
  }
  static Said flag(std::string_view name, bool set) {
    struct Name {
      std::string_view here, there;
    };
    static constexpr std::array names{Name{"syn", "tcp-syn"},   Name{"ack", "tcp-ack"},   Name{"fin", "tcp-fin"},
                                      Name{"reset", "tcp-rst"}, Name{"push", "tcp-push"}, Name{"urg", "tcp-urg"},
                                      Name{"ece", "tcp-ece"},   Name{"cwr", "tcp-cwr"}};
    const auto found = std::ranges::find(names, name, &Name::here);
    if (found == names.end()) return std::nullopt;
    return "tcp[tcpflags] & " + std::string(found->there) + (set ? " != 0" : " == 0");
  }
  Said member(const Node& n) const {
    const Node& left = node(n.children[0]);
    if (left.kind != Node::Kind::field || left.has_layers || left.field->type != FieldType::uint16 || n.quantifier != Op::none)
      return std::nullopt;
    const Said words = qualifier(left.field->name);
    if (!words) return std::nullopt;
    std::string said;
    for (std::size_t k = 1; k + 1 < n.children.size(); k += 2) {
      const Node& low = node(n.children[k]);
      const Node& high = node(n.children[k + 1]);
      if (low.kind != Node::Kind::literal || high.kind != Node::Kind::literal) return std::nullopt;
      if (!said.empty()) said += " or ";
      const bool range = n.children[k] != n.children[k + 1];
      said += *words + (range ? "range " + low.lexeme.text + "-" + high.lexeme.text : " " + low.lexeme.text);
    }
    return "(" + said + ")";
  }

  const Tree& tree_;
};

}  // namespace

std::string display_filter_of(std::string_view capture_filter) {
  if (capture_filter.size() > FilterLimits::most_octets) return "";
  return Translator(capture_filter).run();
}

std::string capture_filter_of(const Tree& tree) {
  std::string text = Backward(tree).run();
  if (text.size() > 2 && text.front() == '(' && text.back() == ')') {
    // The outermost pair, when it is one.
    int depth = 0;
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
      depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
      if (depth == 0) return text;
    }
    text = text.substr(1, text.size() - 2);
  }
  return text;
}

}  // namespace ft::analysis::filter
