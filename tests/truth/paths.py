"""What happens on the way between both hosts: a path is a list of rules and a delay. A rule looks at a packet and says what becomes of
it, or nothing: then the next one is asked, and in the end it is delivered in order after the delay."""

import struct
import time

import packets
from network import OTHER, ROUTER, Deliver, Lost
from packets import ACK, FIN, RST, SYN


# --- which packets ----------------------------------------------------------------------------------------------------------------

def is_syn(segment):
    return segment.flags & (SYN | ACK) == SYN


def is_syn_ack(segment):
    return segment.flags & (SYN | ACK) == SYN | ACK


def is_data(segment):
    return segment.length > 0


def is_fin(segment):
    return bool(segment.flags & FIN)


def is_rst(segment):
    return bool(segment.flags & RST)


def is_pure_ack(segment):
    return segment.flags & (SYN | FIN | RST | ACK) == ACK and not segment.length


def always(_):
    return True


def chosen(sender, kind, *numbers, new_only=False):
    """The n-th packets of a kind from one side, counted from 1. `new_only` counts sequence numbers not sent before."""
    key = (sender, kind, numbers, new_only)

    def matches(wire, packet):
        segment = packet.segment
        if packet.sender != sender or segment is None or not kind(segment):
            return False
        if new_only:
            edge = wire.state.setdefault(("edge", key), {})
            end = (segment.seq + segment.span) & 0xFFFFFFFF
            last = edge.get(segment.way)
            if last is not None and (end - last) & 0xFFFFFFFF >= 1 << 31 or end == last:
                return False
            edge[segment.way] = end
        wire.state[key] = wire.state.get(key, 0) + 1
        return wire.state[key] in numbers

    return matches


def between(begin, end, sender=None, kind=always):
    """Whatever is sent in that time of the recording, in seconds."""
    def matches(wire, packet):
        return (begin <= wire.now() < end and sender in (None, packet.sender) and packet.segment is not None and
                kind(packet.segment))
    return matches


def each(sender, kind, every, after=0):
    """Each `every`-th new segment of that kind, once `after` of them have gone."""
    return chosen(sender, kind, *range(after + every, 100_000, every), new_only=True)


def randomly(probability, sender=None, kind=always, after=0):
    def matches(wire, packet):
        if sender not in (None, packet.sender) or packet.segment is None or not kind(packet.segment):
            return False
        wire.state["seen"] = wire.state.get("seen", 0) + 1
        return wire.state["seen"] > after and wire.random.random() < probability
    return matches


def while_set(flag, sender=None, kind=always):
    """While `flag` is set: for what only the hosts can time."""
    def matches(wire, packet):
        return flag.is_set() and sender in (None, packet.sender) and packet.segment is not None and kind(packet.segment)
    return matches


# --- what becomes of them ---------------------------------------------------------------------------------------------------------

def drop(which, why="loss"):
    return lambda wire, packet: [Lost(why)] if which(wire, packet) else None


def late(which, by):
    return lambda wire, packet: [Deliver(wire.delay + by)] if which(wire, packet) else None


def hold_up(which, by):
    """A delay that keeps the order: what follows waits as well."""
    return lambda wire, packet: [Deliver(wire.delay + by, first_in_line=True)] if which(wire, packet) else None


def duplicate(which, by):
    return lambda wire, packet: ([Deliver(wire.delay, first_in_line=True), Deliver(wire.delay + by, copy=True)]
                                 if which(wire, packet) else None)


def corrupt(which):
    """A bit of the text, or of the TCP header, is flipped; the checksum stays."""
    def rule(wire, packet):
        if not which(wire, packet):
            return None
        out = bytearray(packet.octets)
        at = packet.segment.text + packet.segment.length // 2 if packet.segment.length else packet.segment.tcp + 14
        out[at] ^= 1 << wire.random.randrange(8)
        return [Deliver(wire.delay, octets=bytes(out), corrupted=True, first_in_line=True)]
    return rule


def mark(which):
    """Congestion Experienced, on what may be marked."""
    def rule(wire, packet):
        segment = packet.segment
        if not which(wire, packet) or segment.traffic_class & 3 in (0, 3):
            return None
        out = bytearray(packet.octets)
        if segment.family == 4:
            out[segment.ip + 1] |= 3
            return [Deliver(wire.delay, octets=packets.with_sums(bytes(out), segment), first_in_line=True)]
        out[segment.ip + 1] |= 0x30
        return [Deliver(wire.delay, octets=bytes(out), first_in_line=True)]
    return rule


def narrow(limit, told, sender=None):
    """A link for packets of at most `limit` octets; `told`: its router says so by ICMP."""
    def rule(wire, packet):
        if sender not in (None, packet.sender) or packet.segment is None:
            return None
        octets = packet.octets[packet.segment.ip:]
        if len(octets) <= limit:
            return None
        if told:
            family = packet.segment.family
            kind, code = (3, 4) if family == 4 else (2, 0)
            wire.inject(packet.sender, packets.icmp_error(ROUTER[family], octets, kind, code, limit), wire.delay / 2, "icmp")
        return [Lost("mtu")]
    return rule


def policer(rate, burst, sender):
    """Lets `rate` octets a second through and `burst` at once; drops the rest and queues nothing."""
    def rule(wire, packet):
        if packet.sender != sender or packet.segment is None or not packet.segment.length:
            return None
        now = time.monotonic()
        level, since = wire.state.get("bucket", (burst, now))
        level = min(burst, level + (now - since) * rate)
        size = len(packet.octets)
        passes = level >= size
        wire.state["bucket"] = (level - size if passes else level, now)
        return None if passes else [Lost("policer")]
    return rule


def bottleneck(rate, queue, sender):
    """A line of `rate` octets a second behind a queue of `queue` octets."""
    def rule(wire, packet):
        if packet.sender != sender:
            return None
        now = time.monotonic()
        free = max(wire.state.get("free", 0), now)
        if (free - now) * rate + len(packet.octets) > queue:
            return [Lost("queue")]
        wire.state["free"] = free = free + len(packet.octets) / rate
        return [Deliver(free - now + wire.delay, first_in_line=True)]
    return rule


def answer_by_icmp(which, kinds):
    """A router refuses: `kinds` gives type and code for each family."""
    def rule(wire, packet):
        if not which(wire, packet):
            return None
        family = packet.segment.family
        wire.inject(packet.sender, packets.icmp_error(ROUTER[family], packet.octets[packet.segment.ip:], *kinds[family]), wire.delay / 2,
                    "icmp")
        return [Lost("rejected")]
    return rule


def answer_by_reset(which, ttl, after=0.001):
    """Something on the way answers a SYN by RST in the name of the server."""
    def rule(wire, packet):
        if not which(wire, packet):
            return None
        s = packet.segment
        wire.inject(packet.sender, packets.tcp_packet(s.destination, s.dport, s.source, s.sport, 0, s.seq + s.span, RST | ACK, ttl=ttl),
                    after)
        return [Lost("rejected")]
    return rule


def answer_data_by_reset(since, ttl):
    """From then on something on the way, which has forgotten all connections, answers by RST (RFC 9293 3.10.7.1)."""
    def rule(wire, packet):
        s = packet.segment
        if wire.now() < since or s is None or s.flags & RST:
            return None
        wire.inject(packet.sender, packets.tcp_packet(s.destination, s.dport, s.source, s.sport, s.ack, 0, RST, ttl=ttl), wire.delay / 2)
        return [Lost("forgotten")]
    return rule


def forge_reset(which, ttl, seq_offset=0, both=False):
    """When such a packet passes, an RST in its sender's name goes along (its number is the next one, plus `seq_offset`)."""
    def rule(wire, packet):
        if not which(wire, packet):
            return None
        s = packet.segment
        wire.inject(OTHER[packet.sender], packets.tcp_packet(s.source, s.sport, s.destination, s.dport, s.seq + s.span + seq_offset, s.ack,
                                                             RST, ttl=ttl), wire.delay + 0.0005)
        if both:
            wire.inject(packet.sender, packets.tcp_packet(s.destination, s.dport, s.source, s.sport, s.ack, s.seq + s.span, RST, ttl=ttl),
                        0.002)
        return None
    return rule


def rewrite(which, change):
    """`change(octets, segment)` alters the frame in place; checksums follow."""
    def rule(wire, packet):
        if not which(wire, packet):
            return None
        out = bytearray(packet.octets)
        change(out, packet.segment)
        packet.notes["rewritten"] = True
        return [Deliver(wire.delay, octets=packets.with_sums(bytes(out), packet.segment), first_in_line=True)]
    return rule


def without_option(*kinds):
    """Overwrites these options by NOPs."""
    def change(out, segment):
        at = segment.tcp + 20
        while at < segment.text and out[at] != 0:
            length = 1 if out[at] == 1 else out[at + 1]
            if out[at] in kinds:
                out[at:at + length] = b"\1" * length
            at += length
    return change


def with_mss(value):
    def change(out, segment):
        at = segment.tcp + 20
        while at < segment.text and out[at] != 0:
            if out[at] == 2:
                struct.pack_into("!H", out, at + 2, min(value, struct.unpack_from("!H", out, at + 2)[0]))
            at += 1 if out[at] == 1 else out[at + 1]
    return change


def path(*rules, delay=0.01):
    def walk(wire, packet):
        wire.delay = delay
        for rule in rules:
            fates = rule(wire, packet)
            if fates is not None:
                return fates
        return [Deliver(delay, first_in_line=True)]
    return walk
