#include "tcp/why.hpp"

#include <array>

namespace ft::tcp {

namespace {

constexpr std::array<Reason, static_cast<std::size_t>(Cause::count_)> causes = {{
    {"", ""},
    {"syn", "RFC 9293 3.10.1"},
    {"syn-ack", "RFC 9293 3.10.7.2"},
    {"syn-ack-simultaneous", "RFC 9293 3.10.7.3"},
    {"handshake-ack", "RFC 9293 3.10.7.3"},
    {"data", "RFC 9293 3.10.2"},
    {"data-push", "RFC 9293 3.9.1.2"},
    {"data-fin", "RFC 9293 3.10.4"},
    {"fin", "RFC 9293 3.10.4"},
    {"ack-every-second", "RFC 5681 4.2"},
    {"ack-delayed", "RFC 9293 3.8.6.3"},
    {"ack-quick", "RFC 5681 4.2"},
    {"ack-out-of-order", "RFC 5681 4.2"},
    {"ack-filled-hole", "RFC 5681 4.2"},
    {"ack-unacceptable", "RFC 9293 3.10.7.4"},
    {"ack-fin", "RFC 9293 3.10.7.4"},
    {"ack-window-update", "RFC 9293 3.8.6.2.2"},
    {"ack-window-probe", "RFC 9293 3.8.6.1"},
    {"ack-keepalive", "RFC 9293 3.8.4"},
    {"ack-challenge-rst", "RFC 5961 3.2"},
    {"ack-challenge-syn", "RFC 5961 4.2"},
    {"ack-challenge-ack", "RFC 5961 5.2"},
    {"ack-time-wait", "RFC 9293 3.10.7.4"},
    {"ack-ce-changed", "RFC 9768 3.2.2.5.1, RFC 8257 3.2"},
    {"ack-ce-count", "RFC 9768 3.2.2.5.1"},
    {"retransmit-syn", "RFC 6298 5.4"},
    {"retransmit-syn-without-ecn", "RFC 3168 6.1.1.1, RFC 9768 3.1.4.1"},
    {"retransmit-syn-ack", "RFC 6298 5.4"},
    {"retransmit-rto", "RFC 6298 5.4"},
    {"retransmit-fast", "RFC 5681 3.2"},
    {"retransmit-sack", "RFC 6675 2"},
    {"retransmit-rack", "RFC 8985 6.2"},
    {"retransmit-partial-ack", "RFC 6582 3.2"},
    {"retransmit-fin", "RFC 6298 5.4"},
    {"retransmit-pmtu", "RFC 1191 6.4"},
    {"retransmit-black-hole", "RFC 4821 7.7"},
    {"retransmit-path-probe", "RFC 4821 7.6.2"},
    {"path-probe", "RFC 4821 7.5"},
    {"tail-loss-probe", "RFC 8985 7.3"},
    {"tail-loss-probe-new", "RFC 8985 7.3"},
    {"window-probe", "RFC 9293 3.8.6.1"},
    {"keepalive-probe", "RFC 9293 3.8.4"},
    {"rst-call-abort", "RFC 9293 3.10.5"},
    {"rst-linger", "RFC 9293 3.10.5"},
    {"rst-unread-data", "RFC 9293 3.6.1"},
    {"rst-data-after-close", "RFC 9293 3.6.1"},
    {"rst-closed-port", "RFC 9293 3.10.7.1"},
    {"rst-bad-ack", "RFC 9293 3.10.7.4"},
    {"rst-half-open", "RFC 9293 3.5.1"},
    {"rst-timeout", "RFC 9293 3.8.4"},
    {"rst-listener-closed", "RFC 9293 3.10.4"},
    {"syn-ack-cookie", "RFC 4987 3.6"},
    {"rst-backlog-full", "RFC 9293 3.9.1.1"},
    {"rst-ecn-mixed", "RFC 9768 3.1.5"},
    {"syn-asks-cookie", "RFC 7413 4.2.1"},
    {"syn-fast-open", "RFC 7413 4.2.2"},
    {"syn-ack-fast-open", "RFC 7413 4.2.2"},
    {"retransmit-fast-open", "RFC 7413 4.2.2"},
}};

constexpr std::array<Reason, static_cast<std::size_t>(Effect::count_)> effects = {{
    {"", ""},
    {"syn-received", "RFC 9293 3.10.7.2"},
    {"syn-ack-received", "RFC 9293 3.10.7.3"},
    {"established", "RFC 9293 3.10.7.4"},
    {"ack-new", "RFC 9293 3.10.7.4"},
    {"ack-duplicate", "RFC 5681 2"},
    {"ack-old", "RFC 9293 3.10.7.4"},
    {"window-update", "RFC 9293 3.10.7.4"},
    {"text-in-order", "RFC 9293 3.10.7.4"},
    {"text-out-of-order", "RFC 9293 3.10.7.4"},
    {"text-duplicate", "RFC 9293 3.10.7.4"},
    {"fin-received", "RFC 9293 3.10.7.4"},
    {"our-fin-acked", "RFC 9293 3.10.7.4"},
    {"reset", "RFC 9293 3.10.7.4"},
    {"refused", "RFC 9293 3.10.7.3"},
    {"keepalive-answered", "RFC 9293 3.8.4"},
    {"simultaneous-open", "RFC 9293 3.5"},
    {"simultaneous-close", "RFC 9293 3.6"},
    {"returned-to-listen", "RFC 9293 3.10.7.4"},
    {"time-wait-restarted", "RFC 9293 3.10.7.4"},
    {"time-wait-reopened", "RFC 6191 2"},
    {"syn-answered-by-cookie", "RFC 4987 3.6"},
    {"cookie-accepted", "RFC 4987 3.6"},
    {"congestion-echoed", "RFC 3168 6.1.2, RFC 9768 3.2.2"},
    {"syn-reset-for-ecn", "RFC 3168 6.1.1.1"},
    {"fast-open-accepted", "RFC 7413 4.2.2"},
}};

constexpr std::array<Reason, static_cast<std::size_t>(Trigger::count_)> triggers = {{
    {"call-connect", "RFC 9293 3.10.1"},
    {"call-listen", "RFC 9293 3.10.1"},
    {"call-close", "RFC 9293 3.10.4"},
    {"call-abort", "RFC 9293 3.10.5"},
    {"timer-time-wait", "RFC 9293 3.10.8"},
    {"user-timeout", "RFC 9293 3.8.3"},
    {"connect-timeout", "RFC 9293 3.8.3"},
    {"keepalive-timeout", "RFC 9293 3.8.4"},
    {"fin-wait-2-timeout", "RFC 9293 3.6"},
    {"icmp-hard", "RFC 5927 4.1"},
}};

}  // namespace

Reason describe(Cause cause) { return causes[static_cast<std::size_t>(cause)]; }
Reason describe(Effect effect) { return effects[static_cast<std::size_t>(effect)]; }
Reason describe(Trigger trigger) { return triggers[static_cast<std::size_t>(trigger)]; }

}  // namespace ft::tcp
