#include <array>
#include <string_view>

#include "sim/torture/plan.hpp"

namespace ft::sim::torture {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Ending::count_)> endings = {
    "shuts down, reads to the end and closes", "reads to the end before it writes", "closes after the last write", "closes at",
    "aborts at"};
constexpr std::array<std::string_view, static_cast<std::size_t>(Fault::count_)> faults = {"loses",
                                                                                          "loses bursts, begun at",
                                                                                          "holds back",
                                                                                          "doubles",
                                                                                          "damages",
                                                                                          "is slower by",
                                                                                          "wavers by",
                                                                                          "takes packets of at most",
                                                                                          "carries bits a second, at most",
                                                                                          "has a queue in packets of",
                                                                                          "is cut"};
constexpr std::array<std::string_view, static_cast<std::size_t>(Attack::count_)> attacks = {
    "guessed segments", "old packets", "forged ICMP errors", "changed copies", "SYNs from nobody", "garbage"};

std::string seconds(Duration d) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(d).count();
  std::string fraction = std::to_string(1'000'000 + us % 1'000'000).substr(1);
  return std::to_string(us / 1'000'000) + "." + fraction + " s";
}

std::string percent(double p) { return std::to_string(static_cast<int>(p * 1000) / 10.0).substr(0, 4) + " %"; }

std::string end_of(const EndPlan& e) {
  std::string text = "writes " + std::to_string(e.octets) + " in pieces of " + std::to_string(e.chunk);
  if (e.write_gap > Duration::zero()) text += " every " + seconds(e.write_gap);
  text += ", reads " + std::to_string(e.gulp) + " at once";
  if (e.read_gap > Duration::zero()) text += " every " + seconds(e.read_gap);
  text += ", " + std::string(endings[static_cast<std::size_t>(e.ending)]);
  if (e.ending == Ending::leaves || e.ending == Ending::aborts) text += " " + seconds(e.end_at);
  return text;
}

std::string about(const ConnectionPlan& c) {
  std::string text = "at " + seconds(c.at) + " host " + std::to_string(c.from) + " opens a connection to host " +
                     std::to_string(c.to) + (c.ipv6 ? " over IPv6" : " over IPv4");
  text += c.simultaneous ? ", which does the same" : ", listener " + std::to_string(c.server);
  return text + "; it " + end_of(c.opener) + "; the other " + end_of(c.answerer);
}

std::string about(const Plan& plan, const FaultPlan& f) {
  const LinkPlan& link = plan.links[f.link];
  std::string text = "from " + seconds(f.from) + " to " + seconds(f.until) + " the link " +
                     std::to_string(f.forward ? link.a : link.b) + " -> " + std::to_string(f.forward ? link.b : link.a) + " " +
                     std::string(faults[static_cast<std::size_t>(f.fault)]);
  switch (f.fault) {
    case Fault::loss:
    case Fault::burst:
    case Fault::duplicate:
    case Fault::corrupt:
      return text + " " + percent(f.amount);
    case Fault::reorder:
      return text + " " + percent(f.amount) + " for " + seconds(f.time);
    case Fault::delay:
    case Fault::jitter:
      return text + " " + seconds(f.time);
    case Fault::outage:
      return text;
    default:
      return text + " " + std::to_string(f.size);
  }
}

std::string about(const AttackPlan& a) {
  return "from " + seconds(a.at) + " on " + std::to_string(a.count) + " " +
         std::string(attacks[static_cast<std::size_t>(a.attack)]) + ", one every " + seconds(a.gap) + ", at the " +
         (a.to_opener ? "opener" : "answerer") + " of item " + std::to_string(a.connection);
}

}  // namespace

std::string describe(const Plan& plan, const Item& item) {
  if (const auto* connection = std::get_if<ConnectionPlan>(&item)) return about(*connection);
  if (const auto* fault = std::get_if<FaultPlan>(&item)) return about(plan, *fault);
  return about(std::get<AttackPlan>(item));
}

}  // namespace ft::sim::torture
