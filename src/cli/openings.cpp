#include "cli/openings.hpp"

#include "fourtuple/openssl_mac.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>

namespace ft::cli {
namespace {

template <class T>
using OrLine = std::expected<T, std::string>;

constexpr std::size_t longest_md5_secret = 80;  // what Linux takes

/// "@FILE" is what the file holds, without the line's end: so that no list of processes shows it.
OrLine<std::vector<std::byte>> read_secret(const std::string& text) {
  std::string secret = text;
  if (text.starts_with('@')) {
    std::ifstream file(text.substr(1), std::ios::binary);
    if (!file) return std::unexpected("cannot read the secret from " + text.substr(1));
    secret.assign(std::istreambuf_iterator<char>(file), {});
    while (secret.ends_with('\n') || secret.ends_with('\r')) secret.pop_back();
  }
  if (secret.empty()) return std::unexpected("the secret is empty");
  const auto octets = std::as_bytes(std::span(secret));
  return std::vector<std::byte>(octets.begin(), octets.end());
}

struct Named {
  IpAddress peer;
  std::string rest;
};

OrLine<Named> read_peer(const std::string& text, const std::string& expected) {
  const std::size_t equals = text.find('=');
  const auto peer = IpAddress::parse(text.substr(0, equals));
  // What follows the sign may be secret, so it is not repeated.
  if (equals == std::string::npos || !peer) return std::unexpected("expected " + expected);
  return Named{*peer, text.substr(equals + 1)};
}

PeerKeys& keys_of(Authentication& all, const IpAddress& peer) {
  const auto found = std::ranges::find(all.peers, peer, &PeerKeys::peer);
  return found != all.peers.end() ? *found : all.peers.emplace_back(PeerKeys{.peer = peer});
}

OrLine<void> add_md5(Authentication& all, const std::string& text) {
  const auto named = read_peer(text, "PEER=SECRET, as in 10.9.0.1=abc or fd00::1=@FILE");
  if (!named) return std::unexpected(named.error());
  auto secret = read_secret(named->rest);
  if (!secret) return std::unexpected(secret.error());
  if (secret->size() > longest_md5_secret) return std::unexpected("a secret has at most 80 octets");
  keys_of(all, named->peer).md5 = std::move(*secret);
  return {};
}

/// "ID:" at the beginning of `rest`, taken off.
std::optional<std::uint8_t> take_id(std::string& rest) {
  std::uint8_t id = 0;
  const std::size_t colon = rest.find(':');
  if (colon == std::string::npos) return std::nullopt;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + colon, id);
  if (error != std::errc{} || end != rest.data() + colon) return std::nullopt;
  rest.erase(0, colon + 1);
  return id;
}

OrLine<void> add_ao(Authentication& all, const std::string& text) {
  constexpr const char* expected = "PEER=SENDID:RECEIVEID:SECRET, as in 10.9.0.1=1:1:abc, each ID from 0 to 255";
  auto named = read_peer(text, expected);
  if (!named) return std::unexpected(named.error());
  AoKey key;
  const auto send = take_id(named->rest);
  const auto receive = send ? take_id(named->rest) : std::nullopt;
  if (!receive) return std::unexpected(std::string("expected ") + expected);
  auto secret = read_secret(named->rest);
  if (!secret) return std::unexpected(secret.error());
  key.send_id = *send;
  key.receive_id = *receive;
  key.secret = std::move(*secret);
  keys_of(all, named->peer).ao.push_back(std::move(key));
  return {};
}

}  // namespace

void add_opening_options(CLI::App& command, OpeningOptions& options, const std::string& fast_open_help) {
  command.add_flag("--fast-open", options.fast_open, fast_open_help);
  command
      .add_option("--md5", options.md5,
                  "sign with MD5 (RFC 2385) what goes to this peer, and take nothing unsigned from it; PEER=@FILE reads the\n"
                  "secret from a file; may be repeated")
      ->type_name("PEER=SECRET");
  command
      .add_option("--ao", options.ao,
                  "the same with the TCP authentication option (RFC 5925, HMAC-SHA-1-96); repeated for one peer, the first key\n"
                  "is the one to begin with")
      ->type_name("PEER=SENDID:RECEIVEID:SECRET");
}

std::expected<std::shared_ptr<const Authentication>, std::string> read_keys(const OpeningOptions& options) {
  auto all = std::make_shared<Authentication>();
  for (const std::string& text : options.md5)
    if (const auto added = add_md5(*all, text); !added) return std::unexpected("--md5: " + added.error());
  for (const std::string& text : options.ao)
    if (const auto added = add_ao(*all, text); !added) return std::unexpected("--ao: " + added.error());
  if (all->peers.empty()) return nullptr;
  all->provider = openssl_mac_provider();
  return all;
}

}  // namespace ft::cli
