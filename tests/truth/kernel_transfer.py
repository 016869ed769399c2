"""Stories with the kernel at both ends: what happens to a connection while it lives."""

import socket
import struct
import time

import packets
from network import ADDRESS, CLIENT, SERVER
from paths import (between, bottleneck, chosen, corrupt, drop, duplicate, each, hold_up, is_data, is_pure_ack, late, mark, narrow, path,
                   policer, randomly)
from stories import (LISTENING, PORT, Story, accepted, connected, download, finish, listener, many, new_socket, read_to_end, reads_all,
                     requests, upload)

BOTH = (CLIENT, SERVER)
MEBIBYTE = 1 << 20
TCP_MD5SIG, IPPROTO_MPTCP = 14, 262
RENO = {CLIENT: [("net.ipv4.tcp_congestion_control", "reno")]}  # which fills a queue until it overflows
NO_PROBING = {SERVER: [("net.ipv4.tcp_mtu_probing", 0)]}


def answer_tail(octets):
    """Requests whose answers end with a short segment, with time between them."""
    return requests([(200, octets)] * 3, client_think=0.3)


def slow_reader(pause, octets=600_000, forever=False):
    def client(story, _):
        s = connected(story)
        s.settimeout(60)
        s.sendall(b"x" * octets)
        finish(s)

    def server(story, _):
        c = accepted(listener(story, receive_buffer=32768))
        time.sleep(60 if forever else pause)
        read_to_end(c)
        c.close()

    return {"client": client, "server": server}


def small_window():
    def client(story, _):
        s = connected(story)
        s.sendall(b"x" * 300_000)
        finish(s)

    def server(story, _):
        c = accepted(listener(story, receive_buffer=8192))
        read_to_end(c)
        c.close()

    return {"client": client, "server": server}


def drips(blocks, size, pause):
    """The sender has nothing to say for most of the time."""
    def client(story, _):
        s = connected(story)
        for _ in range(blocks):
            s.sendall(b"x" * size)
            time.sleep(pause)
        finish(s)

    return {"client": client, "server": reads_all}


def urgent():
    def client(story, _):
        s = connected(story)
        s.sendall(b"x" * 100)
        s.send(b"!", socket.MSG_OOB)
        s.sendall(b"x" * 100)
        time.sleep(0.1)
        s.close()

    return {"client": client, "server": reads_all}


def signed():
    """Every segment carries an MD5 signature (RFC 2385)."""
    def key_for(address):  # struct tcp_md5sig
        return struct.pack("=HH4s120xBBHI80s", socket.AF_INET, 0, socket.inet_aton(address), 0, 0, 6, 0, b"secret")

    def client(story, _):
        s = new_socket(story)
        s.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG, key_for(ADDRESS[SERVER][4]))
        while not LISTENING.is_set():
            time.sleep(0.01)
        s.connect((ADDRESS[SERVER][4], PORT))
        s.sendall(b"x" * 20_000)
        finish(s)

    def server(story, _):
        s = listener(story)
        s.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG, key_for(ADDRESS[CLIENT][4]))
        c = accepted(s)
        read_to_end(c)
        c.close()

    return {"client": client, "server": server}


def multipath():
    """The client offers MPTCP, the server's host does not speak it."""
    def client(story, _):
        while not LISTENING.is_set():
            time.sleep(0.01)
        s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
        s.connect((ADDRESS[SERVER][4], PORT))
        s.sendall(b"x" * 5000)
        finish(s)

    return {"client": client, "server": reads_all}


def twin_with_tag(frame, _):
    """A mirror port that tags: the same packet again, in a VLAN."""
    return frame[:12] + b"\x81\x00\x00\x07" + frame[12:]


def twin_routed(frame, segment):
    """A capture on both sides of a router: the same packet again, from other MAC addresses and with one hop less."""
    out = bytearray(frame)
    out[0:12] = bytes.fromhex("02000000fe0102000000fe02")
    out[segment.ip + (8 if segment.family == 4 else 7)] -= 1
    return packets.with_sums(bytes(out), segment)


def losses():
    """Losses and repairs, of data and of acknowledgements."""
    for family in (4, 6):
        yield Story(f"three_lost_v{family}", "three segments of one flight are lost", **upload(500_000), family=family,
                    path=path(drop(chosen(CLIENT, is_data, 40, 43, 47, new_only=True)), delay=0.02),
                    finds={CLIENT: ["loss-fast-recovery"], SERVER: ["loss-fast-recovery"]})
        yield Story(f"random_loss_v{family}", "2 % of the packets are lost, both ways", **upload(MEBIBYTE), family=family,
                    path=path(drop(randomly(0.02, after=20)), delay=0.015), finds={CLIENT: ["loss-random"]}, judged=(CLIENT,), seed=3)
    yield Story("burst_lost", "twenty segments in a row are lost", **upload(500_000),
                path=path(drop(chosen(CLIENT, is_data, *range(60, 80), new_only=True)), delay=0.02),
                finds={CLIENT: ["loss-fast-recovery"], SERVER: ["loss-fast-recovery"]})
    yield Story("tail_lost", "the last segment of an answer is lost", **answer_tail(6000),
                path=path(drop(chosen(SERVER, is_data, 5, 10, new_only=True)), delay=0.02), finds={SERVER: ["tail-loss"]},
                judged=(SERVER,))
    yield Story("repair_lost", "a segment and its repair are lost", **upload(500_000),
                path=path(drop(both_copies(CLIENT, 60)), delay=0.02), finds={CLIENT: ["lost-retransmission"]}, judged=(CLIENT,))
    yield Story("outage", "nothing gets through for 1.5 s", **drips(60, 20_000, 0.03), path=path(drop(between(1.0, 2.5)), delay=0.02),
                finds={CLIENT: ["path-outage"]}, judged=(CLIENT,))
    yield Story("acks_lost", "a third of the acknowledgements is lost", **upload(400_000),
                path=path(drop(randomly(0.3, SERVER, is_pure_ack, after=5))), may=("ack-loss-only",), seed=5)
    yield Story("policed", "a policer lets 600 kB/s through", **upload(2 * MEBIBYTE),
                path=path(policer(600_000, 40_000, CLIENT), delay=0.015), finds={CLIENT: ["policer-loss"]}, judged=(CLIENT,))


def both_copies(sender, number):
    """The n-th new segment with text, and the first repetition of it."""
    first = chosen(sender, is_data, number, new_only=True)

    def matches(wire, packet):
        if first(wire, packet):
            wire.state["doomed"] = packet.segment.seq
            return True
        s = packet.segment
        if packet.sender == sender and s and s.length and s.seq == wire.state.get("doomed"):
            del wire.state["doomed"]
            return True
        return False
    return matches


def disorder():
    """Late packets, doubled ones, and senders who are impatient."""
    for family in (4, 6):
        yield Story(f"late_ones_v{family}", "each twelfth segment comes 8 ms late", **upload(500_000), family=family,
                    path=path(late(each(CLIENT, is_data, 12), 0.008)), finds={SERVER: ["reordering"]}, judged=(SERVER,))
    yield Story("late_by_luck", "3 % of all packets come 4 ms late", **upload(800_000),
                path=path(late(randomly(0.03), 0.004), delay=0.012), finds={SERVER: ["reordering"]}, judged=(SERVER,), seed=8)
    yield Story("delay_spikes", "for a while the path takes half a second more", **drips(80, 10_000, 0.02),
                path=path(hold_up(between(0.6, 0.65), 0.5), hold_up(between(1.4, 1.45), 0.5), delay=0.01),
                finds={CLIENT: ["spurious-retransmission"]}, judged=(CLIENT,))
    yield Story("acks_late", "the acknowledgements stop for half a second", **drips(80, 10_000, 0.02),
                path=path(drop(between(0.8, 1.2, SERVER, is_pure_ack)), delay=0.01),
                finds={CLIENT: ["spurious-retransmission"]}, judged=(CLIENT,))
    for family in (4, 6):
        yield Story(f"doubled_v{family}", "5 % of the packets come twice", **upload(400_000), family=family,
                    path=path(duplicate(randomly(0.05), 0.002)), finds={SERVER: ["network-duplicates"]}, judged=(SERVER,), seed=4)
    yield Story("mirrored", "the capture holds each packet twice, with and without a tag", **download(60_000), path=path(),
                finds={CLIENT: ["capture-duplicates"]}, mirror={CLIENT: twin_with_tag}, may=("capture-duplicates",))
    yield Story("mirrored_v6", "the capture holds each packet before and behind a router", **download(60_000), path=path(), family=6,
                finds={SERVER: ["capture-duplicates"]}, mirror={SERVER: twin_routed})
    yield Story("damaged", "a bit of some segments is flipped", **upload(400_000),
                path=path(corrupt(chosen(CLIENT, is_data, 30, 71, 115, new_only=True))), finds={SERVER: ["checksum-corruption"]},
                judged=(SERVER,))
    yield Story("stale", "a segment comes again two seconds later", **drips(30, 5_000, 0.1),
                path=path(duplicate(chosen(CLIENT, is_data, 12, new_only=True), 2.0)), finds={SERVER: ["stale-duplicate"]},
                judged=(SERVER,))


def limits():
    """What keeps a connection slow."""
    yield Story("black_hole", "what is larger than 1400 octets vanishes", **download(50_000), path=path(narrow(1400, False)),
                finds={SERVER: ["mtu-black-hole"]}, settings=NO_PROBING, until=6, judged=(SERVER,))
    for family in (4, 6):
        yield Story(f"path_mtu_v{family}", "a router tells that its link is narrow", **download(200_000), family=family,
                    path=path(narrow(1400, True)), finds={SERVER: ["pmtud"]}, judged=(SERVER,))
    yield Story("probed_mtu", "what is larger than 1400 octets vanishes, and the sender finds out", **download(50_000),
                path=path(narrow(1400, False)), finds={SERVER: ["mtu-probing-recovered"]}, judged=(SERVER,),
                settings={SERVER: [("net.ipv4.tcp_mtu_probing", 1)]})
    yield Story("deep_queue", "a slow line behind a deep queue", **upload(1_200_000), settings=RENO,
                path=path(bottleneck(300_000, 400_000, CLIENT)), finds={CLIENT: ["bufferbloat"]}, judged=(CLIENT,))
    yield Story("not_reading", "the receiver does not read for 2 s", **slow_reader(2),
                path=path(delay=0.005), finds={end: ["zero-window-recovered"] for end in BOTH})
    yield Story("never_reads", "the receiver reads no more", **slow_reader(0, forever=True), path=path(delay=0.005),
                finds={end: ["zero-window-stalled"] for end in BOTH}, until=8)
    yield Story("small_window", "the receiver has little room", **small_window(), path=path(delay=0.03),
                finds={CLIENT: ["receive-window-limited"]}, judged=(CLIENT,), may=("zero-window-recovered",))
    yield Story("drips", "the sender says 3000 octets each 300 ms", **drips(12, 3000, 0.3), path=path(delay=0.02),
                finds={end: ["application-limited"] for end in BOTH})
    yield Story("server_thinks", "the server takes 0.8 s for each answer", **requests([(200, 3000)] * 3, think=0.8),
                path=path(delay=0.02), finds={end: ["server-think-time"] for end in BOTH})
    yield Story("client_thinks", "the client takes 1 s before each request", **requests([(200, 3000)] * 4, client_think=1.0),
                path=path(delay=0.02), finds={end: ["client-think-time"] for end in BOTH})
    yield Story("far_away", "it is far", **requests([(200, 3000)] * 5), path=path(delay=0.18), finds={CLIENT: ["high-rtt"]},
                judged=(CLIENT,))
    yield Story("two_writes", "each request is written in two pieces", **requests([(400, 300)] * 15, writes=2, no_delay=False),
                path=path(delay=0.005), finds={end: ["nagle-delayed-ack"] for end in BOTH})
    yield Story("marked", "a router marks instead of dropping", **upload(500_000), path=path(mark(randomly(0.04, CLIENT, is_data))),
                finds={end: ["ecn-congestion"] for end in BOTH}, settings={"both": [("net.ipv4.tcp_ecn", 1)]}, seed=6)
    yield Story("signed", "every segment is signed", **signed(), path=path(), finds={end: ["md5"] for end in BOTH}, healthy=True)
    yield Story("multipath", "one host offers MPTCP, the other does not speak it", **multipath(), path=path(), healthy=True,
                finds={end: ["mptcp-fallback"] for end in BOTH})
    yield Story("urgent", "urgent data", **urgent(), path=path(), finds={end: ["urgent"] for end in BOTH})


def healthy():
    yield Story("bulk", "a MiB to the server", **upload(MEBIBYTE), path=path(), healthy=True)
    yield Story("bulk_v6", "a MiB to the client over IPv6", **download(MEBIBYTE), path=path(), healthy=True, family=6)
    yield Story("offloads", "a MiB in super-segments, the network card does the rest", **upload(MEBIBYTE), path=path(), healthy=True,
                offloads=True, finds={CLIENT: ["offload-artefact"]})
    yield Story("offloads_v6", "the same over IPv6, to the client", **download(MEBIBYTE), path=path(), healthy=True, offloads=True,
                family=6, finds={SERVER: ["offload-artefact"]})
    yield Story("nearby", "requests with hardly any delay", **requests([(100, 2000)] * 40), path=path(delay=0.0003), healthy=True)
    yield Story("marks_possible", "both speak ECN and nobody marks", **download(300_000), path=path(), healthy=True,
                settings={"both": [("net.ipv4.tcp_ecn", 1)]})
    yield Story("plain", "no timestamps, no SACK", **download(300_000), path=path(), healthy=True,
                settings={"both": [("net.ipv4.tcp_timestamps", 0), ("net.ipv4.tcp_sack", 0)]})
    yield Story("many_at_once", "thirty connections at once", **many(30, 30), path=path(), healthy=True)


def stories():
    for room in (losses, disorder, limits, healthy):
        yield from room()

