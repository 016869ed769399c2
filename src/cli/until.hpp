// When a live capture has seen enough: a handshake that was finished, or a connection that was closed.
#pragma once

#include "analysis/dissect/segment.hpp"
#include "wire/seq.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

namespace ft::cli {

enum class Until : std::uint8_t { stopped, handshake, close };

class UntilWatch {
 public:
  static constexpr std::size_t most_connections = 65536;  // beyond: all are forgotten

  explicit UntilWatch(Until until) : until_(until) {}
  /// True when what was waited for has happened with this segment.
  bool on(const analysis::Segment& segment);

 private:
  struct Connection {
    bool asked = false, answered = false;
    Endpoint opener;
    std::array<std::optional<Seq>, 2> after_fin;  // of the lesser and the greater endpoint: the ACK that covers its FIN
    std::array<bool, 2> fin_acked{};
  };
  Until until_;
  std::map<FourTuple, Connection> connections_;
};

}  // namespace ft::cli
