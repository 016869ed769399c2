// Two languages are mixed up more than any others: libpcap's for capturing ("tcp port 80") and Wireshark's for looking ("tcp.port
// == 80"). The simple part of the second is said here in the first.
#include "io/live_capture.hpp"

#include <array>
#include <cctype>

namespace ft::io {
namespace {

struct Word {
  std::string_view display;
  std::string_view capture;  // before the value
};
constexpr std::array comparisons{
    Word{"tcp.port", "tcp port"}, Word{"tcp.srcport", "tcp src port"}, Word{"tcp.dstport", "tcp dst port"},
    Word{"udp.port", "udp port"}, Word{"udp.srcport", "udp src port"}, Word{"udp.dstport", "udp dst port"},
    Word{"ip.addr", "host"},      Word{"ip.src", "src host"},          Word{"ip.dst", "dst host"},
    Word{"ipv6.addr", "host"},    Word{"ipv6.src", "src host"},        Word{"ipv6.dst", "dst host"},
    Word{"ip.host", "host"},      Word{"eth.addr", "ether host"},      Word{"eth.src", "ether src"},
    Word{"eth.dst", "ether dst"}, Word{"ip.ttl", "ip[8] ="},           Word{"vlan.id", "vlan"},
};
struct Flag {
  std::string_view display, capture;
};
constexpr std::array flags{Flag{"tcp.flags.syn", "tcp-syn"}, Flag{"tcp.flags.fin", "tcp-fin"}, Flag{"tcp.flags.ack", "tcp-ack"},
                           Flag{"tcp.flags.reset", "tcp-rst"}, Flag{"tcp.flags.push", "tcp-push"}};
constexpr std::array display_families{"tcp.", "ip.", "ipv6.", "udp.", "eth.", "frame.", "conn.", "vlan.", "icmp.", "icmpv6."};

/// Words, operators and parentheses.
std::vector<std::string_view> tokens_of(std::string_view text) {
  std::vector<std::string_view> tokens;
  const auto is_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == ':' || c == '_' || c == '/' || c == '-';
  };
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t from = at;
    if (std::isspace(static_cast<unsigned char>(text[at])) != 0) {
      ++at;
      continue;
    }
    if (is_word(text[at])) {
      while (at < text.size() && is_word(text[at])) ++at;
    } else if (text.substr(at, 2) == "==" || text.substr(at, 2) == "!=" || text.substr(at, 2) == "&&" ||
               text.substr(at, 2) == "||") {
      at += 2;
    } else {
      ++at;
    }
    tokens.push_back(text.substr(from, at - from));
  }
  return tokens;
}

/// The same in libpcap's language; nullopt when a part of it cannot be said there.
std::optional<std::string> translate(const std::vector<std::string_view>& tokens) {
  std::string out;
  const auto add = [&out](std::string_view word) {
    if (!out.empty() && out.back() != '(' && word != ")") out += ' ';
    out += word;
  };
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::string_view token = tokens[i];
    if (token == "&&" || token == "and") {
      add("and");
    } else if (token == "||" || token == "or") {
      add("or");
    } else if (token == "!" || token == "not") {
      add("not");
    } else if (token == "(" || token == ")") {
      add(token);
    } else if (token == "tcp" || token == "udp" || token == "ip" || token == "icmp" || token == "arp") {
      add(token);
    } else if (token == "ipv6") {
      add("ip6");
    } else {
      if (i + 2 >= tokens.size()) return std::nullopt;
      const std::string_view operation = tokens[i + 1], value = tokens[i + 2];
      const bool equal = operation == "==" || operation == "eq";
      if (!equal && operation != "!=" && operation != "ne") return std::nullopt;
      std::string said;
      for (const Word& word : comparisons)
        if (word.display == token) said = std::string(word.capture) + " " + std::string(value);
      if (const std::size_t host = said.find("host "); host != std::string::npos && value.find('/') != std::string_view::npos) {
        said.replace(host, 4, "net");
      }
      for (const Flag& flag : flags)
        if (flag.display == token)
          said = "tcp[tcpflags] & " + std::string(flag.capture) + (value == "1" || value == "TRUE" ? " != 0" : " == 0");
      if (said.empty()) return std::nullopt;
      if (!equal) add("not");
      add(said);
      i += 2;
    }
  }
  return out;
}

}  // namespace

std::string hint_for_capture_filter(std::string_view text) {
  const auto tokens = tokens_of(text);
  bool looks_like_display = false;
  for (const std::string_view token : tokens)
    for (const std::string_view family : display_families) looks_like_display = looks_like_display || token.starts_with(family);
  if (!looks_like_display) return "";
  const auto translated = translate(tokens);
  std::string hint = "this looks like a display filter: give it with -Y";
  if (translated && !translated->empty()) hint += ", or say it in the capture filter's language: '" + *translated + "'";
  return hint;
}

}  // namespace ft::io
