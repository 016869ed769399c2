#include "analysis/catalogue.hpp"

#include "analysis/sentences.hpp"

#include <algorithm>
#include <cctype>

namespace ft::analysis {

namespace {

/// "1483117554" is easier to read as it stands than grouped: it is a number to be compared with other tools.
std::string value_of(std::string_view name, Lang lang, const Facts& f) {
  if (name == "from") return name_in_text(f.from, lang, false);
  if (name == "From") return name_in_text(f.from, lang, true);
  if (name == "to") return name_in_text(f.to, lang, false);
  if (name == "To") return name_in_text(f.to, lang, true);
  if (name == "len") return std::to_string(f.length);
  if (name == "seq") return std::to_string(f.seq);
  if (name == "ack") return std::to_string(f.ack);
  if (name == "last") return std::to_string(f.seq + f.length - (f.length > 0 ? 1 : 0));
  if (name == "isn") return std::to_string(f.isn);
  if (name == "win") return std::to_string(f.window);
  if (name == "port") return std::to_string(f.port);
  return "{" + std::string(name) + "}";
}

std::string chinese_name(std::string_view name) {
  struct Known {
    std::string_view en;
    std::string_view zh;
  };
  static constexpr Known known[] = {{"client", "客户端"}, {"server", "服务器"}, {"attacker", "攻击者"},
                                    {"peer", "对端"},     {"kernel", "内核"},   {"router", "路由器"}};
  for (const Known& k : known) {
    if (name == k.en) return std::string(k.zh);
    // "client2", "client-2"
    if (name.starts_with(k.en) && name.size() > k.en.size() && !std::isalpha(static_cast<unsigned char>(name[k.en.size()])))
      return std::string(k.zh) + std::string(name.substr(k.en.size()));
  }
  return std::string(name);
}

}  // namespace

std::span<const Sentence> catalogue() { return sentences; }

const Sentence* find_sentence(std::string_view id) {
  const auto found = std::ranges::find(sentences, id, &Sentence::id);
  return found == sentences.end() ? nullptr : &*found;
}

std::string_view clause_of(DropReason reason) {
  switch (reason) {
    case DropReason::bad_ip_checksum:
      return "RFC 1122 3.2.1.2";
    case DropReason::bad_transport_checksum:
      return "RFC 9293 3.1";
    case DropReason::bad_source:
    case DropReason::not_unicast:
      return "RFC 9293 3.9.2.3";
    case DropReason::fragment_overlap:
      return "RFC 5722 4";
    case DropReason::icmp_unrelated:
      return "RFC 5927 4.1";
    case DropReason::syn_queue_full:
    case DropReason::accept_queue_full:
      return "RFC 4987 2.2";
    case DropReason::no_listener_rst_sent:
    case DropReason::rst_to_closed:
      return "RFC 9293 3.10.7.1";
    case DropReason::paws:
      return "RFC 7323 5.3";
    case DropReason::not_acceptable:
    case DropReason::ack_missing:
      return "RFC 9293 3.10.7.4";
    case DropReason::rst_challenged:
    case DropReason::rst_unacceptable:
      return "RFC 5961 3.2";
    case DropReason::syn_challenged:
      return "RFC 5961 4.2";
    case DropReason::ack_challenged:
      return "RFC 5961 5.2";
    case DropReason::bad_handshake_ack:
      return "RFC 9293 3.10.7";
    case DropReason::time_wait:
      return "RFC 1337 3";
    default:
      return {};
  }
}

std::string say(std::string_view id, Lang lang, const Facts& facts) {
  const Sentence* sentence = find_sentence(id);
  if (sentence == nullptr) return std::string(id);
  std::string_view rest = sentence->in(lang);
  std::string out;
  while (true) {
    const std::size_t open = rest.find('{');
    const std::size_t shut = rest.find('}', open);
    if (open == std::string_view::npos || shut == std::string_view::npos) break;
    out += rest.substr(0, open);
    out += value_of(rest.substr(open + 1, shut - open - 1), lang, facts);
    rest.remove_prefix(shut + 1);
  }
  return out += rest;
}

std::string name_in_text(std::string_view name, Lang lang, bool begins) {
  if (lang == Lang::zh) return chinese_name(name);
  const bool is_word = std::ranges::all_of(name, [](char c) { return std::islower(static_cast<unsigned char>(c)); });
  if (!is_word) return std::string(name);
  return (begins ? "The " : "the ") + std::string(name);
}

std::string name_as_heading(std::string_view name, Lang lang) {
  return lang == Lang::zh ? chinese_name(name) : std::string(name);
}

}  // namespace ft::analysis
