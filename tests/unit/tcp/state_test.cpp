#include "tcp/state.hpp"

#include <doctest/doctest.h>

using namespace ft::tcp;

TEST_CASE("the three-way handshake and both closes are paths of the table") {
  using enum State;
  CHECK(next(closed, Transition::active_open) == syn_sent);
  CHECK(next(syn_sent, Transition::syn_ack) == established);
  CHECK(next(closed, Transition::passive_open) == listen);
  CHECK(next(listen, Transition::syn) == syn_received);
  CHECK(next(syn_received, Transition::ack_of_syn) == established);
  CHECK(next(established, Transition::fin_sent) == fin_wait_1);
  CHECK(next(fin_wait_1, Transition::ack_of_fin) == fin_wait_2);
  CHECK(next(fin_wait_2, Transition::fin) == time_wait);
  CHECK(next(established, Transition::fin) == close_wait);
  CHECK(next(close_wait, Transition::fin_sent) == last_ack);
  CHECK(next(last_ack, Transition::ack_of_fin) == closed);
}

TEST_CASE("a state has no edge that the RFC does not know") {
  CHECK_FALSE(next(State::closed, Transition::fin));
  CHECK_FALSE(next(State::listen, Transition::ack_of_syn));
  CHECK_FALSE(next(State::time_wait, Transition::fin_sent));
  CHECK_FALSE(next(State::close_wait, Transition::fin));
}

TEST_CASE("every edge cites its clause and every state has the RFC's name") {
  for (const Edge& edge : edges()) {
    CHECK(edge.clause.starts_with("RFC "));
    CHECK_FALSE(to_string(edge.from).empty());
    CHECK_FALSE(to_string(edge.to).empty());
  }
  CHECK(to_string(State::fin_wait_1) == "FIN-WAIT-1");
  CHECK(to_string(State::syn_received) == "SYN-RECEIVED");
}
