// The catalogue of sentences: one plain sentence, in English and in Chinese, for each reason that a trace can give
// (trace::Why::id), for each DropReason and for what a link did to a packet. Neutral about who: {from} and {to} stand for
// the ends. The clause that proves the sentence comes with the event, not from here.
#pragma once

#include "fourtuple/error.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ft::analysis {

enum class Lang : std::uint8_t { en, zh };

struct Sentence {
  std::string_view id;
  std::string_view en;
  std::string_view zh;
  constexpr std::string_view in(Lang lang) const { return lang == Lang::zh ? zh : en; }
};

/// What the placeholders stand for. {from}, {to}: who sent (or did) it and the other end; {From}, {To}: the same at the
/// beginning of a sentence. {len} octets of text, {seq} and {ack} relative, {last} the last octet's number, {isn} absolute,
/// {win} octets, {port} the sender's port, {wait} a length of time.
struct Facts {
  std::string_view from;
  std::string_view to;
  std::int64_t seq = 0;
  std::int64_t ack = 0;
  std::uint32_t length = 0;
  std::uint32_t isn = 0;
  std::uint64_t window = 0;
  std::uint16_t port = 0;
};

/// Every sentence of the catalogue; ids are unique.
std::span<const Sentence> catalogue();

/// The source for dropping a packet for this reason; empty when it is our own limit.
std::string_view clause_of(DropReason reason);

/// Null when the catalogue does not know the id.
const Sentence* find_sentence(std::string_view id);

/// The sentence with its placeholders filled; an unknown id speaks for itself, so that nothing is ever hidden.
std::string say(std::string_view id, Lang lang, const Facts& facts);

/// "client" as in running text: "the client", at the beginning of a sentence "The client"; 客户端 in Chinese.
std::string name_in_text(std::string_view name, Lang lang, bool begins);

/// "client" as a heading: "client", 客户端.
std::string name_as_heading(std::string_view name, Lang lang);

}  // namespace ft::analysis
