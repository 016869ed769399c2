// What a second capture proves, in words; {near} and {far} are the captures nearer to and farther from who sent the segments in
// question. Included by words.cpp only.
#pragma once

#include "analysis/find/words.hpp"

namespace ft::analysis {

// clang-format off
inline constexpr Explanation proof_words[] = {
    {"lost-between",
     {"{gone|packet|packets} of {who} {#gone|is|are} in {near} and not in {far}: lost between the two places.",
      "{who}的 {gone} 个分组在 {near} 中，却不在 {far} 中：丢失在两处之间。"}},
    {"lost-beyond",
     {"All of it had come to {far}, and the host behind still asked for it: lost behind that place, or not taken by the host.",
      "这些数据都已到达 {far} 处，而其后的主机仍在索要：丢失在该处之后，或主机没有接收。"}},
    {"arrived-before",
     {"Every octet that was sent again had come to {far} by an earlier packet.",
      "重发的每个字节都已由更早的分组送达 {far} 处。"}},
    {"acks-lost",
     {"Every octet that was sent again had come to {far} by an earlier packet, and {gone|ACK|ACKs} that left there {#gone|is|are} not in {near}: they were lost.",
      "重发的每个字节都已由更早的分组送达 {far} 处，而从那里发出的 {gone} 个 ACK 不在 {near} 中：它们丢失了。"}},
    {"late-order",
     {"{near} has {gone|packet|packets} of {who} before others that came to {far} first.",
      "在 {near} 中，{who}的 {gone} 个分组先于其他分组发出，而后者先到达 {far} 处。"}},
    {"doubled",
     {"{near} has each of them once, {far} twice: the path doubled them.",
      "{near} 中它们各出现一次，{far} 中两次：是路径复制了它们。"}},
    {"captured-twice",
     {"The other capture has each of them once: they were doubled where they were captured.",
      "另一份抓包中它们各出现一次：是抓包处造成了重复。"}},
    {"syn-lost",
     {"{gone|SYN is|SYNs are} in {near} and not in {far}: the request was lost, not its answer.",
      "{gone} 个 SYN 在 {near} 中，却不在 {far} 中：丢失的是请求，而不是回应。"}},
    {"synack-lost",
     {"The SYN came to {near}, and {gone|answer|answers} that left there {#gone|is|are} not in {far}: the answer was lost.",
      "SYN 到达了 {near} 处，而从那里发出的 {gone} 个回应不在 {far} 中：丢失的是回应。"}},
    {"not-answered",
     {"The SYN came to {far}, and no answer left there: nothing was lost between the two places.",
      "SYN 到达了 {far} 处，而那里没有发出回应：两处之间没有丢失。"}},
    {"ack-lost",
     {"The ACK that ends the handshake is in {near} and not in {far}: it was lost.",
      "结束握手的 ACK 在 {near} 中，却不在 {far} 中：它丢失了。"}},
    {"ack-arrived",
     {"The ACK that ends the handshake had come to {far} when the SYN-ACK was sent again: it was not taken there.",
      "重发 SYN-ACK 时，结束握手的 ACK 已到达 {far} 处：那里没有接受它。"}},
    {"never-sent",
     {"It came to {far} and is not in {near}, the capture nearer to who is said to have sent it: somebody in between made it.",
      "它到达了 {far} 处，却不在更靠近所谓发送方的 {near} 中：是中间的某方制造了它。"}},
    {"was-sent",
     {"It is in both captures: it came from where {near} was taken, and nobody in between made it.",
      "两份抓包中都有它：它来自 {near} 一侧，并非中间某方所造。"}},
    {"altered",
     {"{near} has {before}, {far} has {after}: changed between the two places.",
      "{near} 中为 {before}，{far} 中为 {after}：在两处之间被改动。"}},
    {"damaged",
     {"{near} has them whole: they were damaged between the two places.",
      "{near} 中它们完好：是在两处之间损坏的。"}},
    {"peer-silent",
     {"What {who} sent came to {far}, and no answer came from there: the path between the two places carried it.",
      "{who}发送的分组到达了 {far} 处，而那里没有回应传来：两处之间的路径是通的。"}},
    {"answers-lost",
     {"What {who} sent came to {far} and was answered there; {gone|answer|answers} {#gone|was|were} lost on the way back.",
      "{who}发送的分组到达了 {far} 处并在那里得到回应；{gone} 个回应在返回途中丢失。"}},
    {"seen-there",
     {"The other capture shows it, which is nearer to where it happened.",
      "由更靠近事发处的另一份抓包显示。"}},
    {"unseen",
     {"Nothing of this connection is in {far}, which was recording at that time: it did not come there.",
      "{far} 当时正在抓包，其中却没有这个连接的任何分组：它没有到达那里。"}},
};
// clang-format on

}  // namespace ft::analysis
