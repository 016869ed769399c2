// What a connection needs once octets pass, and not before: its account, and how far its rings have grown. An idle connection
// costs a pointer.
#pragma once

#include "tcp/diary.hpp"
#include "tcp/recv/autotune.hpp"
#include "tcp/send/autotune.hpp"

#include <cstdint>

namespace ft::tcp {

struct Traffic {
  Diary diary;
  ReceiveAutotune receive;
  SendAutotune send;
  std::uint32_t retransmissions = 0;  // segments
  std::uint64_t octets_sent = 0;
  std::uint64_t octets_received = 0;
};

}  // namespace ft::tcp
