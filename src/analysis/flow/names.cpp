#include "analysis/flow/connection.hpp"

namespace ft::analysis {

std::string_view to_string(Label label) {
  switch (label) {
    case Label::original:
      return "original";
    case Label::retransmission:
      return "retransmission";
    case Label::needless:
      return "needless";
    case Label::reordered:
      return "reordered";
    case Label::network_duplicate:
      return "network-duplicate";
    case Label::capture_duplicate:
      return "capture-duplicate";
    case Label::probe:
      return "probe";
    case Label::keep_alive:
      return "keep-alive";
    case Label::injected:
      return "injected";
  }
  return "original";
}

std::string_view to_string(RepeatCause cause) {
  switch (cause) {
    case RepeatCause::none:
      return "none";
    case RepeatCause::fast:
      return "fast";
    case RepeatCause::rack:
      return "rack";
    case RepeatCause::tlp:
      return "tlp";
    case RepeatCause::rto:
      return "rto";
    case RepeatCause::go_back_n:
      return "go-back-n";
    case RepeatCause::syn:
      return "syn";
    case RepeatCause::fin:
      return "fin";
    case RepeatCause::mtu_probe:
      return "mtu-probe";
    case RepeatCause::unknown:
      return "unknown";
  }
  return "unknown";
}

std::string_view to_string(Vantage vantage) {
  switch (vantage) {
    case Vantage::unknown:
      return "unknown";
    case Vantage::client:
      return "client";
    case Vantage::server:
      return "server";
    case Vantage::middle:
      return "middle";
  }
  return "unknown";
}

std::string_view to_string(FlowState state) {
  switch (state) {
    case FlowState::syn_sent:
      return "syn-sent";
    case FlowState::refused:
      return "refused";
    case FlowState::syn_received:
      return "syn-received";
    case FlowState::established:
      return "established";
    case FlowState::half_closed:
      return "half-closed";
    case FlowState::closing:
      return "closing";
    case FlowState::closed:
      return "closed";
    case FlowState::reset:
      return "reset";
    case FlowState::midstream:
      return "midstream";
  }
  return "midstream";
}

std::string_view to_string(Opening opening) {
  switch (opening) {
    case Opening::unseen:
      return "unseen";
    case Opening::normal:
      return "normal";
    case Opening::simultaneous:
      return "simultaneous";
    case Opening::split:
      return "split";
    case Opening::fast_open:
      return "fast-open";
  }
  return "unseen";
}

std::string_view to_string(TcpState state) {
  switch (state) {
    case TcpState::unknown:
      return "unknown";
    case TcpState::closed:
      return "CLOSED";
    case TcpState::listen:
      return "LISTEN";
    case TcpState::syn_sent:
      return "SYN-SENT";
    case TcpState::syn_received:
      return "SYN-RECEIVED";
    case TcpState::established:
      return "ESTABLISHED";
    case TcpState::fin_wait_1:
      return "FIN-WAIT-1";
    case TcpState::fin_wait_2:
      return "FIN-WAIT-2";
    case TcpState::close_wait:
      return "CLOSE-WAIT";
    case TcpState::closing:
      return "CLOSING";
    case TcpState::last_ack:
      return "LAST-ACK";
    case TcpState::time_wait:
      return "TIME-WAIT";
  }
  return "unknown";
}

}  // namespace ft::analysis
