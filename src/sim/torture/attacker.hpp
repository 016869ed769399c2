// Packets of somebody who means no good, made so that a right stack shrugs them off: guessed numbers, old packets, forged errors,
// and copies whose changes must not matter.
#pragma once

#include "base/rng.hpp"
#include "fourtuple/address.hpp"
#include "sim/torture/observer.hpp"
#include "sim/torture/plan.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace ft::sim::torture {

/// What the attacker knows of its victim: local is the end that is being lied to.
struct Victim {
  FourTuple tuple;
  const Flow* flow = nullptr;  // of the peer, in whose name it speaks; null: nothing seen
};

/// A packet towards victim.tuple.local; empty when there is nothing to be done. `old`: some packet that the wire carried.
std::vector<std::byte> make_attack(Attack attack, Rng& rng, const Victim& victim, std::span<const std::byte> old);

}  // namespace ft::sim::torture
